//! The certificate of a system or an organisation, as officers order and approve it.

use super::PlannedProfile;
use crate::{FunctionId, PersonId, TenantId};
use pki::issue::SubjectFacts;
use pki::time::UtcTime;
use serde::{Deserialize, Serialize};

/// A certificate for one key of a system or an organisation. The officer who orders it and those who approve it sign
/// the same bytes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IssueFunction {
    /// The order.
    pub function: FunctionId,
    /// The agency.
    pub tenant: TenantId,
    /// What becomes the subject.
    pub subject: SubjectFacts,
    /// Which certificate.
    pub certificate: PlannedProfile,
    /// SHA-256 of the key's SubjectPublicKeyInfo, hexadecimal.
    pub key: String,
    /// The employee who answers for it.
    pub responsible: PersonId,
    /// Where notices about it go: an address that several people read.
    pub contact: String,
    /// What shows that its names are the agency's.
    pub control: Vec<ControlProof>,
    /// The order that it takes the place of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub renews: Option<FunctionId>,
    /// Who orders it.
    pub ordered_by: PersonId,
}

/// What shows that one name is the agency's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ControlProof {
    /// The name: a host, a system's name, an address.
    pub name: String,
    /// On what evidence.
    pub evidence: ControlEvidence,
    /// When it was seen.
    pub at: UtcTime,
}

/// How control over a name was shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "method", rename_all = "kebab-case", deny_unknown_fields)]
pub enum ControlEvidence {
    /// The name's zone held the order's challenge, as the service itself looked up.
    Dns {
        /// The value of the TXT record.
        record: String,
    },
    /// An officer read it in a register.
    Register {
        /// Which register.
        register: String,
        /// What stands there: a number, a date, a page.
        reference: String,
    },
}
