//! What `/admin/v1/tenants/…` reads and writes.

use crate::service::onboard;
use crate::service::standing::Connection;
use domain::eligibility::AgencyKind;
use domain::onboarding::{Agreement, AnyMove, Criterion, Phase, Scope, Verdict};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// An organisation that wants to be connected.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewTenant {
    /// Its key from now on.
    #[schema(example = "skogsbryn", max_length = 64)]
    pub id: String,
    /// Legal name, as it is to stand in certificates.
    #[schema(example = "TEST Myndigheten Skogsbryn", max_length = 64)]
    pub name: String,
    /// Organisation number, ten digits.
    #[schema(example = "2021005521")]
    pub organisation_number: String,
    /// `state-agency`, `region`, `municipality` or `other`.
    #[schema(value_type = String, example = "state-agency")]
    pub kind: AgencyKind,
}

/// A signed agreement, kept elsewhere.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewAgreement {
    /// Registry number.
    #[schema(example = "FK 2026/012345", max_length = 200)]
    pub reference: String,
    /// SHA-256 of the document, hexadecimal in lower case.
    #[schema(example = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08")]
    pub sha256: String,
    /// Who signed for the agency: an office, not a person's name.
    #[schema(example = "Generaldirektören", max_length = 200)]
    pub signatory: String,
    /// First second in force.
    #[schema(example = "2026-01-01T00:00:00Z")]
    pub from: String,
    /// Last second in force; without it until further notice.
    #[schema(example = "2028-12-31T23:59:59Z")]
    pub until: Option<String>,
}

/// A step into a phase.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewStep {
    /// `agency`, or one of its services: `certificates`, `login`, `signing`.
    #[schema(value_type = String, example = "certificates")]
    pub scope: Scope,
    /// `initiera`, `planera`, `paketera`, `köra` or `avslut`.
    #[schema(value_type = String, example = "initiera")]
    pub phase: Phase,
    /// What is shown for it, each with a reference to where it is kept.
    #[serde(default)]
    #[schema(value_type = BTreeMap<String, String>, example = json!({"letter-of-intent": "FK 2026/012300"}))]
    pub shown: BTreeMap<Criterion, String>,
}

/// A decision on a step.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Decision {
    /// `accepted` or `refused`.
    #[schema(value_type = String, example = "accepted")]
    pub verdict: Verdict,
    /// The decision's own grounds.
    #[schema(example = "Avsiktsförklaringen är undertecknad", max_length = 200)]
    pub reason: String,
}

/// Where an agency and its services stand.
#[derive(Serialize, ToSchema)]
pub struct ConnectionView {
    id: String,
    name: String,
    organisation_number: String,
    kind: &'static str,
    /// Phase by `agency` and service; null where there is but an interest.
    #[schema(value_type = BTreeMap<String, Option<String>>)]
    phases: BTreeMap<&'static str, Option<&'static str>>,
    /// Whether an agreement is in force now.
    agreement_in_force: bool,
    agreements: Vec<AgreementView>,
    /// In the order of proposals.
    steps: Vec<StepView>,
}

/// An agreement on file.
#[derive(Serialize, ToSchema)]
pub struct AgreementView {
    reference: String,
    sha256: String,
    signatory: String,
    from: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    until: Option<String>,
    /// None for a ceremony.
    #[serde(skip_serializing_if = "Option::is_none")]
    filed_by: Option<String>,
    filed_at: String,
}

/// A step, open or decided. One without people was taken by a key ceremony.
#[derive(Serialize, ToSchema)]
pub struct StepView {
    id: String,
    scope: &'static str,
    phase: &'static str,
    #[schema(value_type = BTreeMap<String, String>)]
    shown: BTreeMap<&'static str, String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    proposed_by: Option<String>,
    proposed_at: String,
    /// `accepted` or `refused`; missing while it is open.
    #[serde(skip_serializing_if = "Option::is_none")]
    verdict: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    decided_by: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    decided_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
}

impl From<&Connection> for ConnectionView {
    fn from(connection: &Connection) -> Self {
        let tenant = &connection.standing.tenant;
        let phases = onboard::phases(&connection.standing);
        Self {
            id: tenant.id.to_string(),
            name: tenant.name.clone(),
            organisation_number: tenant.organisation_number.to_string(),
            kind: tenant.kind.as_str(),
            phases: phases.map(|(scope, phase)| (scope.as_str(), phase.map(Phase::as_str))).collect(),
            agreement_in_force: connection.standing.is_agreed(),
            agreements: connection.agreements.iter().map(AgreementView::from).collect(),
            steps: connection.moves.iter().map(|row| StepView::from(&row.value)).collect(),
        }
    }
}

impl From<&Agreement> for AgreementView {
    fn from(agreement: &Agreement) -> Self {
        Self {
            reference: agreement.reference.clone(),
            sha256: agreement.sha256.clone(),
            signatory: agreement.signatory.clone(),
            from: agreement.from.to_string(),
            until: agreement.until.map(|until| until.to_string()),
            filed_by: agreement.filed_by.as_ref().map(ToString::to_string),
            filed_at: agreement.filed_at.to_string(),
        }
    }
}

impl From<&AnyMove> for StepView {
    fn from(step: &AnyMove) -> Self {
        let ((_, scope, phase), proposed, decided) = (step.target(), step.proposed(), step.decided());
        Self {
            id: step.id().to_string(),
            scope: scope.as_str(),
            phase: phase.as_str(),
            shown: step.shown().iter().map(|(criterion, kept)| (criterion.as_str(), kept.clone())).collect(),
            proposed_by: proposed.by.as_ref().map(ToString::to_string),
            proposed_at: proposed.at.to_string(),
            verdict: decided.map(|d| d.verdict.as_str()),
            decided_by: decided.and_then(|d| d.by.as_ref()).map(ToString::to_string),
            decided_at: decided.map(|d| d.at.to_string()),
            reason: decided.map(|d| d.reason.clone()),
        }
    }
}
