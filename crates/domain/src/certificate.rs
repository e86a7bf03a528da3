//! What is kept of each certificate, from the moment its serial is reserved.

use crate::revocation::Revocation;
use crate::{CardNumber, EnrolmentId, FunctionId, PersonId, TenantId};
use pki::profile::Purpose;
use pki::serial::SerialNumber;
use pki::time::UtcTime;

/// The certificate of one issuer with one serial.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CertificateRef {
    /// The issuer's URL name, such as `test-person-loa4-ca-v1`.
    pub issuer: String,
    /// Its serial.
    pub serial: SerialNumber,
}

/// Stored and audited *before* the HSM is asked; a crash leaves it to revoke from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Intent {
    /// Issuer and serial.
    pub certificate: CertificateRef,
    /// Whom it is for: a person's card, or a machine.
    pub holder: Holder,
    /// What the certificate is for.
    pub purpose: Purpose,
    /// Profile name.
    pub profile: String,
    /// Profile revision.
    pub revision: u32,
    /// SHA-256 of the SubjectPublicKeyInfo.
    pub key_fingerprint: [u8; 32],
    /// DER of the TBSCertificate.
    pub tbs: Vec<u8>,
    /// End of validity, as in the TBS; after it no OCSP answer is made any more.
    pub not_after: UtcTime,
    /// When the serial was reserved.
    pub at: UtcTime,
}

/// Whom a certificate is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Holder {
    /// A person, through an enrolment.
    Person {
        /// The agency.
        tenant: TenantId,
        /// The person.
        person: PersonId,
        /// The card that carries the key; none for a demo person's software key.
        card: Option<CardNumber>,
        /// The enrolment it was approved in; none for those made by the ceremony.
        enrolment: Option<EnrolmentId>,
    },
    /// A system of an agency, or the agency itself, through an order.
    Function {
        /// The agency.
        tenant: TenantId,
        /// The order.
        function: FunctionId,
    },
    /// A key of the service itself, by its label.
    Service {
        /// The key's label.
        key: String,
    },
}

impl Holder {
    /// Whether it is a person, of whom a certificate says the name.
    pub const fn is_person(&self) -> bool {
        matches!(self, Self::Person { .. })
    }
}

/// A certificate as the store knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CertificateRecord {
    /// Issuer, serial, holder, profile, TBS.
    pub intent: Intent,
    /// The certificate; none while only the intent is stored.
    pub issued: Option<IssuedCertificate>,
    /// Its revocation, if any. A revoked intent may have no certificate.
    pub revocation: Option<Revocation>,
}

/// The signed certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IssuedCertificate {
    /// DER.
    pub der: Vec<u8>,
    /// When it was stored.
    pub at: UtcTime,
}

/// SHA-256 of a certificate's DER.
pub fn fingerprint(der: &[u8]) -> [u8; 32] {
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, der);
    digest.as_ref().try_into().expect("SHA-256 gives 32 bytes")
}
