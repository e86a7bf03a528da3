//! Certificates, CRLs and OCSP answers: profiles, encoding, lints. No IO, no clock, no randomness.
//!
//! The tour, in the order of a certificate's life:
//! [`csr`] reads a request, [`profile`] says what is allowed, [`issue`] builds
//! the bytes to sign, [`lint`] judges them, a [`key::Signer`] signs what passed,
//! [`crl`] and [`ocsp`] tell the world about it, [`certificate`] reads it back.
//! [`jose`] signs and reads compact JWS, [`identifier`] knows Swedish numbers.

pub mod asn1;
pub mod certificate;
pub mod crl;
pub mod csr;
mod digest;
mod hex;
pub mod identifier;
pub mod issue;
pub mod jose;
pub mod key;
mod kind;
pub mod lint;
mod name;
pub mod ocsp;
pub mod profile;
pub mod serial;
pub mod subject;
mod text;
pub mod time;

pub use certificate::{Certificate, CertificateDer, CertificateError};
pub use csr::{CertificationRequest, CsrError, read_csr};
pub use key::{BadSignature, KeyError, KeyId, KeyKind, PublicKey, SignError, SignatureAlgorithm, Signer};
pub use kind::Kind;
pub use lint::Finding;
pub use name::{Attribute, name_digest};
pub use profile::{Profile, Profiles, Purpose};
pub use serial::SerialNumber;
pub use subject::SubjectFacts;
pub use text::{TextFault, is_deceptive};
pub use time::UtcTime;
