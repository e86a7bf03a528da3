//! Hash algorithms that documents may be stamped by.

use pki::asn1::{ObjectIdentifier, oid};
use serde::Deserialize;

/// A hash algorithm that is fit for stamping (ETSI TS 119 312).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
pub enum HashAlgorithm {
    /// SHA-256.
    #[serde(rename = "sha-256")]
    Sha256,
    /// SHA-384.
    #[serde(rename = "sha-384")]
    Sha384,
    /// SHA-512.
    #[serde(rename = "sha-512")]
    Sha512,
    /// SHA3-256.
    #[serde(rename = "sha3-256")]
    Sha3x256,
    /// SHA3-384.
    #[serde(rename = "sha3-384")]
    Sha3x384,
    /// SHA3-512.
    #[serde(rename = "sha3-512")]
    Sha3x512,
}

impl HashAlgorithm {
    /// Every algorithm.
    pub const ALL: [Self; 6] =
        [Self::Sha256, Self::Sha384, Self::Sha512, Self::Sha3x256, Self::Sha3x384, Self::Sha3x512];

    /// Its object identifier.
    pub const fn oid(self) -> ObjectIdentifier {
        match self {
            Self::Sha256 => oid::SHA256,
            Self::Sha384 => oid::SHA384,
            Self::Sha512 => oid::SHA512,
            Self::Sha3x256 => oid::SHA3_256,
            Self::Sha3x384 => oid::SHA3_384,
            Self::Sha3x512 => oid::SHA3_512,
        }
    }

    /// Octets of a digest.
    pub const fn octets(self) -> usize {
        match self {
            Self::Sha256 | Self::Sha3x256 => 32,
            Self::Sha384 | Self::Sha3x384 => 48,
            Self::Sha512 | Self::Sha3x512 => 64,
        }
    }

    /// The algorithm with this object identifier, by its content octets.
    pub(super) fn of(content: &[u8]) -> Option<Self> {
        Self::ALL.into_iter().find(|algorithm| algorithm.oid().as_bytes() == content)
    }
}
