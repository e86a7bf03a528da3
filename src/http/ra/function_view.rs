//! What `/ra/v1/functions` reads and writes.

use super::view::{CertificateView, OperationView};
use domain::certificate::CertificateRecord;
use domain::function::AnyFunction;
use domain::operation::{ControlEvidence, ControlProof};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// A certificate that is asked for.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewFunction {
    /// `function-server`, `function-client` or `legal-person-seal`, as the policy has them.
    #[schema(example = "function-server")]
    pub profile: String,
    /// Name of the function: a host, a system, the organisation.
    #[schema(example = "diariet.norrsken.example.se", max_length = 64)]
    pub common_name: String,
    /// Hosts, in lower case; no wildcards.
    #[serde(default)]
    #[schema(example = json!(["diariet.norrsken.example.se"]))]
    pub dns_names: Vec<String>,
    /// Identifier of the function, as HSA has it.
    #[schema(example = "SE5560160680-DIARIET1")]
    pub hsa_id: Option<String>,
    /// Address of the function.
    #[schema(example = "https://diariet.norrsken.example.se/api")]
    pub uri: Option<String>,
    /// Internal id of the employee who answers for it.
    pub responsible: String,
    /// Where notices about it go: an address that several people read.
    #[schema(example = "drift@norrsken.example.se", max_length = 254)]
    pub contact: String,
    /// PKCS#10 of its one key, PEM.
    pub csr: String,
    /// The order that it takes the place of.
    pub renews: Option<String>,
}

/// An order that is about to be signed.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OrderDraft {
    /// Names that a register shows. Every other name is looked up in its zone now.
    #[serde(default)]
    pub control: Vec<RegisterProof>,
}

/// What an officer read in a register about a name.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RegisterProof {
    /// The name.
    #[schema(example = "Diariet")]
    pub name: String,
    /// Which register.
    #[schema(example = "Myndighetens systemförteckning", max_length = 200)]
    pub register: String,
    /// What stands there.
    #[schema(example = "post 17, läst 2026-05-02", max_length = 200)]
    pub reference: String,
}

/// A signed order.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SignedOrder {
    /// The exact bytes that were prepared.
    pub operation: String,
    /// Compact JWS over the statement `order`, made with the officer's card.
    pub statement: String,
}

/// Who answers for a function from now on.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct HandOver {
    /// Internal id of the employee.
    pub responsible: String,
    /// Where notices go.
    #[schema(example = "drift@norrsken.example.se", max_length = 254)]
    pub contact: String,
    /// Why.
    #[schema(example = "Ny systemägare, diarienummer 2026-31", max_length = 200)]
    pub reason: String,
}

/// Which orders to list.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct FunctionPage {
    /// Only those at this stage.
    #[param(inline)]
    pub stage: Option<FunctionStage>,
    /// Where the list goes on: `next` of the page before.
    pub cursor: Option<String>,
    /// At most so many: 50 unless it is said, 200 at most.
    #[param(minimum = 1, maximum = 200)]
    pub limit: Option<u32>,
}

/// How much of the work-list to give.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct WorkListPage {
    /// At most so many; 200 at most.
    #[param(minimum = 1, maximum = 200)]
    pub limit: Option<u32>,
}

/// A stage of an order.
#[derive(Debug, Clone, Copy, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum FunctionStage {
    /// Asked for.
    Requested,
    /// Ordered.
    Ordered,
    /// Approved.
    Approved,
    /// The certificate exists.
    Issued,
}

impl FunctionStage {
    /// The word in rows.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Requested => "requested",
            Self::Ordered => "ordered",
            Self::Approved => "approved",
            Self::Issued => "issued",
        }
    }
}

/// An order.
#[derive(Serialize, ToSchema)]
pub struct FunctionView {
    id: String,
    /// `requested`, `ordered`, `approved` or `issued`.
    stage: &'static str,
    profile: String,
    common_name: String,
    dns_names: Vec<String>,
    responsible: String,
    contact: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    renews: Option<String>,
    ordered_by: String,
    requested_at: String,
    /// What is put into the zone of each host, as TXT at `_sigill-challenge`, before the order is prepared.
    challenge: String,
    /// What shows control over each name, once it is ordered.
    #[serde(skip_serializing_if = "Option::is_none")]
    control: Option<Vec<ControlView>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    approved_by: Option<String>,
    /// While it waits for its approval: the exact bytes that an approver signs the hash of.
    #[serde(skip_serializing_if = "Option::is_none")]
    operation: Option<String>,
    /// SHA-256 of the operation, hexadecimal.
    #[serde(skip_serializing_if = "Option::is_none")]
    operation_hash: Option<String>,
    /// Last second of the certificate.
    #[serde(skip_serializing_if = "Option::is_none")]
    not_after: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    certificate: Option<CertificateView>,
}

/// What shows control over a name.
#[derive(Serialize, ToSchema)]
pub struct ControlView {
    name: String,
    /// `dns` or `register`.
    method: &'static str,
    at: String,
}

impl From<&ControlProof> for ControlView {
    fn from(proof: &ControlProof) -> Self {
        let method = match proof.evidence {
            ControlEvidence::Dns { .. } => "dns",
            ControlEvidence::Register { .. } => "register",
        };
        Self { name: proof.name.clone(), method, at: proof.at.to_string() }
    }
}

impl From<(&AnyFunction, Option<&CertificateRecord>)> for FunctionView {
    fn from((function, certificate): (&AnyFunction, Option<&CertificateRecord>)) -> Self {
        let (wish, keeper) = (function.wish(), function.keeper());
        let operation = match function {
            AnyFunction::Ordered(ordered) => Some(OperationView::from(&ordered.operation())),
            _ => None,
        };
        let (operation, operation_hash) = operation.map(|o| (o.operation, o.operation_hash)).unzip();
        Self {
            id: wish.id.to_string(),
            stage: function.stage_name(),
            profile: wish.certificate.profile.clone(),
            common_name: wish.subject.get(domain::function::COMMON_NAME).unwrap_or_default().to_owned(),
            dns_names: wish.subject.dns_names.clone(),
            responsible: keeper.responsible.to_string(),
            contact: keeper.contact.clone(),
            renews: wish.renews.as_ref().map(ToString::to_string),
            ordered_by: wish.ordered_by.to_string(),
            requested_at: wish.at.to_string(),
            challenge: wish.challenge.clone(),
            control: function.ordered().map(|ordered| ordered.control.iter().map(ControlView::from).collect()),
            approved_by: function.approved().map(|approved| approved.by.to_string()),
            operation,
            operation_hash,
            not_after: function.issued().map(|issued| issued.not_after.to_string()),
            certificate: certificate.map(CertificateView::from),
        }
    }
}

impl From<&AnyFunction> for FunctionView {
    fn from(function: &AnyFunction) -> Self {
        Self::from((function, None))
    }
}

/// What must be looked after first.
#[derive(Serialize, ToSchema)]
pub struct WorkList {
    /// In order of the certificates' end. What is done is no longer on it, so it has no other page.
    pub items: Vec<FunctionView>,
}

/// A certificate that was issued.
#[derive(Serialize, ToSchema)]
pub struct IssuedFunction {
    /// The order.
    pub function: FunctionView,
    /// The certificate, PEM.
    pub pem: String,
}
