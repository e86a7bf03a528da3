//! Why OCSP octets are not accepted.

use super::{MALFORMED_REQUEST, UNAUTHORIZED};
use crate::Kind;
use crate::asn1::Malformed;

/// Why octets are not a request or an answer that can be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum OcspError {
    /// Not the DER of the message.
    #[error("not an OCSP message")]
    Malformed,
    /// More octets than a message may have.
    #[error("an OCSP message of {octets} octets is too large")]
    Oversized {
        /// Octets given.
        octets: usize,
    },
    /// No certificate is named, or too many are.
    #[error("{count} certificates in one request")]
    Count {
        /// Certificates named.
        count: usize,
    },
    /// A certificate is named by another hash than SHA-1 and SHA-256.
    #[error("the hash algorithm is not supported")]
    UnsupportedHash,
    /// A critical extension is not known.
    #[error("a critical extension is not supported")]
    CriticalExtension,
    /// The nonce has not 1 to 128 octets (RFC 9654 section 2.1).
    #[error("the nonce has an unusable length")]
    Nonce,
    /// The answer is an error status of this value.
    #[error("the responder answered with status {0}")]
    Status(u8),
    /// The signature does not verify.
    #[error("the signature does not verify")]
    BadSignature,
}

impl OcspError {
    /// The unsigned answer to a request that failed so.
    pub const fn response(&self) -> &'static [u8] {
        match self {
            Self::UnsupportedHash => UNAUTHORIZED,
            _ => MALFORMED_REQUEST,
        }
    }

    /// Coarse class for the edge and for metrics.
    pub const fn kind(&self) -> Kind {
        match self {
            Self::Status(_) | Self::BadSignature => Kind::Refused,
            _ => Kind::Invalid,
        }
    }
}

impl From<Malformed> for OcspError {
    fn from(_: Malformed) -> Self {
        Self::Malformed
    }
}
