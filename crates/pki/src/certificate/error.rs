//! Why a certificate is not accepted.

use crate::Kind;
use crate::asn1::Malformed;
use crate::key::KeyError;

/// Why octets are not a certificate that Sigill can use.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CertificateError {
    /// Not the DER (or PEM) of a certificate.
    #[error("not a certificate")]
    Malformed,
    /// More octets than a certificate may have.
    #[error("a certificate of {octets} octets is over the limit of {limit}")]
    Oversized {
        /// Octets given.
        octets: usize,
        /// Octets allowed.
        limit: usize,
    },
    /// The signature algorithm is unknown, or differs inside and outside of the signed part.
    #[error("the signature algorithm is not supported")]
    Algorithm,
    /// The key is not supported.
    #[error("the public key is not accepted")]
    Key(#[from] KeyError),
    /// The issuer's name is another.
    #[error("issued under another name")]
    OtherIssuer,
    /// The issuer's key did not sign it.
    #[error("the signature does not verify")]
    BadSignature,
}

impl CertificateError {
    /// Coarse class for the edge and for metrics.
    pub const fn kind(&self) -> Kind {
        match self {
            Self::OtherIssuer | Self::BadSignature => Kind::Refused,
            _ => Kind::Invalid,
        }
    }
}

impl From<Malformed> for CertificateError {
    fn from(_: Malformed) -> Self {
        Self::Malformed
    }
}
