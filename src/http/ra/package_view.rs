//! What `/ra/v1/packages`, `/ra/v1/assignments` and `/ra/v1/trainings` read and write.

use crate::http::conditions::tag;
use domain::access::{Action, Role};
use domain::assignment::{AnyAssignment, Training};
use domain::changes::Stored;
use domain::packages::Package;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// A permission package.
#[derive(Serialize, ToSchema)]
pub struct PackageView {
    name: String,
    version: u32,
    permissions: Vec<&'static str>,
    /// What a holder's signature counts as.
    #[serde(skip_serializing_if = "Option::is_none")]
    role: Option<&'static str>,
    /// `agency`, or `service` for all agencies.
    scope: &'static str,
    /// `person`, or `system`.
    holder: &'static str,
    /// Whether its holder can hold no other.
    exclusive: bool,
    /// The training that it asks for.
    #[serde(skip_serializing_if = "Option::is_none")]
    training: Option<String>,
    /// The longest time that it is given for.
    max_days: u32,
}

impl From<&Package> for PackageView {
    fn from(package: &Package) -> Self {
        Self {
            name: package.name.clone(),
            version: package.version,
            permissions: package.permissions.iter().copied().map(Action::as_str).collect(),
            role: package.role.map(Role::as_str),
            scope: package.scope.as_str(),
            holder: package.holder.as_str(),
            exclusive: package.exclusive,
            training: package.training.clone(),
            max_days: package.max_days,
        }
    }
}

/// Which assignments to list.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct AssignmentPage {
    /// Where the list goes on: `next` of the page before.
    pub cursor: Option<String>,
    /// At most so many: 50 unless it is said, 200 at most.
    #[param(minimum = 1, maximum = 200)]
    pub limit: Option<u32>,
}

/// An order of a package.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewOrder {
    /// For whom: a person's id.
    #[schema(example = "0b6d5f6e2c1f4a0f8d9e3a7b5c4d2e1f")]
    pub person: Option<String>,
    /// In the place of a person, a function's id: a system holds the package.
    #[schema(example = json!(null))]
    pub function: Option<String>,
    /// Name of the package; its highest version is ordered.
    #[schema(example = "approver")]
    pub package: String,
    /// First second; without it now.
    #[schema(example = "2026-12-01T00:00:00Z")]
    pub from: Option<String>,
    /// Last second.
    #[schema(example = "2027-11-30T23:59:59Z")]
    pub until: String,
    /// What the person needs it for.
    #[schema(example = "Ersätter godkännare under föräldraledighet", max_length = 200)]
    pub reason: String,
}

/// A decision on an order.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OrderDecision {
    /// Whether the package is given.
    pub approve: bool,
    /// The decision's own grounds.
    #[schema(example = "Behövs för uppgiften", max_length = 200)]
    pub reason: String,
}

/// Why a package is taken back.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TakeBack {
    /// Why.
    #[schema(example = "Byter arbetsuppgift", max_length = 200)]
    pub reason: String,
}

/// A training that somebody passed.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewTraining {
    /// Who passed: a person's id.
    #[schema(example = "0b6d5f6e2c1f4a0f8d9e3a7b5c4d2e1f")]
    pub person: String,
    /// Which training.
    #[schema(example = "registration")]
    pub training: String,
    /// When.
    #[schema(example = "2026-11-20T12:00:00Z")]
    pub passed_at: String,
}

/// A package for a person. One without people who ordered and decided was given by a key ceremony.
#[derive(Serialize, ToSchema)]
pub struct AssignmentView {
    id: String,
    /// `ordered`, `active`, `refused` or `ended`. An active one is in force within its time, while the training counts.
    stage: &'static str,
    /// Who holds it; of a system's, who answers for the system.
    person: String,
    /// The system that holds it.
    #[serde(skip_serializing_if = "Option::is_none")]
    function: Option<String>,
    package: String,
    package_version: u32,
    from: String,
    until: String,
    reason: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    ordered_by: Option<String>,
    ordered_at: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    decided_by: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    decided_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    decision_reason: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ended_by: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ended_at: Option<String>,
    /// In a list: the entity tag, for `If-Match`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "\"assignment-1\"")]
    etag: Option<String>,
}

impl From<&Stored<AnyAssignment>> for AssignmentView {
    fn from(row: &Stored<AnyAssignment>) -> Self {
        Self { etag: Some(tag("assignment", row.version)), ..Self::from(&row.value) }
    }
}

impl From<&AnyAssignment> for AssignmentView {
    fn from(assignment: &AnyAssignment) -> Self {
        let (bare, ordered) = (assignment.bare(), assignment.ordered());
        let (decided, ended) = (assignment.decided(), assignment.ended());
        Self {
            id: bare.id.to_string(),
            stage: assignment.stage_name(),
            person: bare.person.to_string(),
            function: bare.function.as_ref().map(ToString::to_string),
            package: bare.package.name.clone(),
            package_version: bare.package.version,
            from: bare.from.to_string(),
            until: bare.until.to_string(),
            reason: bare.reason.clone(),
            ordered_by: ordered.by.as_ref().map(ToString::to_string),
            ordered_at: ordered.at.to_string(),
            decided_by: decided.and_then(|d| d.by.as_ref()).map(ToString::to_string),
            decided_at: decided.map(|d| d.at.to_string()),
            decision_reason: decided.map(|d| d.reason.clone()),
            ended_by: ended.map(|e| e.by.to_string()),
            ended_at: ended.map(|e| e.at.to_string()),
            etag: None,
        }
    }
}

/// A recorded training.
#[derive(Serialize, ToSchema)]
pub struct TrainingView {
    person: String,
    training: String,
    passed_at: String,
    recorded_at: String,
}

impl From<&Training> for TrainingView {
    fn from(training: &Training) -> Self {
        Self {
            person: training.person.to_string(),
            training: training.training.clone(),
            passed_at: training.passed_at.to_string(),
            recorded_at: training.recorded_at.to_string(),
        }
    }
}
