//! The revocation journal: append-only, final, and the one source of OCSP and CRL.

use crate::PersonId;
use crate::certificate::CertificateRef;
use pki::crl::Reason;
use pki::time::UtcTime;

/// One entry of the journal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Revocation {
    /// What was revoked.
    pub certificate: CertificateRef,
    /// Why (RFC 5280 section 5.3.1).
    pub reason: Reason,
    /// Since when it must not be relied on: the time of acceptance.
    pub at: UtcTime,
    /// Who asked.
    pub requester: Requester,
}

/// Who asked for a revocation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Requester {
    /// An officer or the holder.
    Person(PersonId),
    /// A job of the service, such as `reconcile`.
    System(String),
}
