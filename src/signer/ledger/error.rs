//! Why a record cannot follow those before it.

use domain::key::KeyState;
use pki::serial::SerialNumber;

/// Why a record cannot follow.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(in crate::signer) enum LedgerError {
    #[error("this record has no place here")]
    OutOfPlace,
    #[error("serial {0} was used before")]
    SerialUsed(SerialNumber),
    #[error("the key is certified for another holder or purpose")]
    KeyUsed,
    #[error("the card belongs to somebody else")]
    CardUsed,
    #[error("the approval was used before")]
    ApprovalUsed,
    #[error("CRL number {number} is not above {last}")]
    CrlNumber { number: u64, last: u64 },
    #[error("there is no such intent")]
    NoIntent,
    #[error("the policies are neither the ceremony's nor approved in place of those in force")]
    PoliciesNotApproved,
    #[error("security officers did not approve this act on a key")]
    KeyActNotApproved,
    #[error("the key of {issuer} is {found}, not {wanted}")]
    KeyState { issuer: String, found: KeyState, wanted: KeyState },
    #[error("a key that is {from} cannot become {to}")]
    NoSuchMove { from: KeyState, to: KeyState },
    #[error("{issuer} has another certificate")]
    OtherCertificate { issuer: String },
    #[error("the last CRL of {issuer} is not signed: a key is retired when nothing is left to say")]
    NoLastCrl { issuer: String },
    #[error("the CRL of {issuer} that never ends is signed: nothing follows it")]
    AfterLastCrl { issuer: String },
    #[error("the root {name} is trusted already")]
    AnchorKnown { name: String },
    #[error("profile {name} was changed without a new revision: revision {revision} says something else")]
    ProfileChanged { name: String, revision: u32 },
}
