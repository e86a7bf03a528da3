//! Kinds of keys and signature algorithms, with their DER identifiers.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The kinds of keys that Sigill certifies or signs with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum KeyKind {
    /// ECDSA on NIST P-256.
    #[serde(rename = "ec-p256")]
    EcP256,
    /// ECDSA on NIST P-384.
    #[serde(rename = "ec-p384")]
    EcP384,
    /// Ed25519 (RFC 8032).
    Ed25519,
    /// RSA with a modulus of exactly 2048 bits.
    #[serde(rename = "rsa-2048")]
    Rsa2048,
    /// RSA with a modulus of exactly 3072 bits.
    #[serde(rename = "rsa-3072")]
    Rsa3072,
    /// RSA with a modulus of exactly 4096 bits.
    #[serde(rename = "rsa-4096")]
    Rsa4096,
}

impl KeyKind {
    /// The name that policies and configuration use.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::EcP256 => "ec-p256",
            Self::EcP384 => "ec-p384",
            Self::Ed25519 => "ed25519",
            Self::Rsa2048 => "rsa-2048",
            Self::Rsa3072 => "rsa-3072",
            Self::Rsa4096 => "rsa-4096",
        }
    }

    /// Whether this is an RSA key of any size.
    pub const fn is_rsa(self) -> bool {
        matches!(self, Self::Rsa2048 | Self::Rsa3072 | Self::Rsa4096)
    }
}

impl fmt::Display for KeyKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// How a message is hashed, padded and signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SignatureAlgorithm {
    /// ecdsa-with-SHA256 (RFC 5758 section 3.2).
    EcdsaSha256,
    /// ecdsa-with-SHA384 (RFC 5758 section 3.2).
    EcdsaSha384,
    /// Ed25519 (RFC 8410).
    Ed25519,
    /// sha256WithRSAEncryption (RFC 4055 section 5).
    RsaPkcs1Sha256,
    /// sha384WithRSAEncryption (RFC 4055 section 5).
    RsaPkcs1Sha384,
    /// sha512WithRSAEncryption (RFC 4055 section 5).
    RsaPkcs1Sha512,
    /// RSASSA-PSS, SHA-256 also in MGF1, salt of 32 octets (RFC 4055 section 3.1).
    RsaPssSha256,
    /// RSASSA-PSS, SHA-384 also in MGF1, salt of 48 octets (RFC 4055 section 3.1).
    RsaPssSha384,
    /// RSASSA-PSS, SHA-512 also in MGF1, salt of 64 octets (RFC 4055 section 3.1).
    RsaPssSha512,
}

impl SignatureAlgorithm {
    /// Every algorithm.
    pub const ALL: [Self; 9] = [
        Self::EcdsaSha256,
        Self::EcdsaSha384,
        Self::Ed25519,
        Self::RsaPkcs1Sha256,
        Self::RsaPkcs1Sha384,
        Self::RsaPkcs1Sha512,
        Self::RsaPssSha256,
        Self::RsaPssSha384,
        Self::RsaPssSha512,
    ];

    /// DER of the AlgorithmIdentifier, parameters as the RFC of the algorithm demands.
    pub const fn identifier(self) -> &'static [u8] {
        match self {
            Self::EcdsaSha256 => b"\x30\x0a\x06\x08\x2a\x86\x48\xce\x3d\x04\x03\x02",
            Self::EcdsaSha384 => b"\x30\x0a\x06\x08\x2a\x86\x48\xce\x3d\x04\x03\x03",
            Self::Ed25519 => b"\x30\x05\x06\x03\x2b\x65\x70",
            Self::RsaPkcs1Sha256 => b"\x30\x0d\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0b\x05\x00",
            Self::RsaPkcs1Sha384 => b"\x30\x0d\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0c\x05\x00",
            Self::RsaPkcs1Sha512 => b"\x30\x0d\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0d\x05\x00",
            Self::RsaPssSha256 => &PSS_SHA256,
            Self::RsaPssSha384 => &PSS_SHA384,
            Self::RsaPssSha512 => &PSS_SHA512,
        }
    }

    /// The algorithm with exactly this AlgorithmIdentifier.
    ///
    /// Only the encodings of [`identifier`](Self::identifier) are known: parameters
    /// with other hashes or salt lengths are other algorithms to us.
    pub fn from_identifier(der: &[u8]) -> Option<Self> {
        Self::ALL.into_iter().find(|algorithm| algorithm.identifier() == der)
    }

    /// The algorithm that a key of this kind signs certificates with.
    pub const fn default_for(kind: KeyKind) -> Self {
        match kind {
            KeyKind::EcP256 => Self::EcdsaSha256,
            KeyKind::EcP384 => Self::EcdsaSha384,
            KeyKind::Ed25519 => Self::Ed25519,
            KeyKind::Rsa2048 | KeyKind::Rsa3072 => Self::RsaPkcs1Sha256,
            KeyKind::Rsa4096 => Self::RsaPkcs1Sha512,
        }
    }

    /// Whether a key of this kind can make such a signature.
    pub const fn fits(self, kind: KeyKind) -> bool {
        match self {
            Self::EcdsaSha256 | Self::EcdsaSha384 => matches!(kind, KeyKind::EcP256 | KeyKind::EcP384),
            Self::Ed25519 => matches!(kind, KeyKind::Ed25519),
            _ => kind.is_rsa(),
        }
    }
}

/// RSASSA-PSS parameters; `hash` is the last arc of the SHA-2 identifier.
const fn pss(hash: u8, salt: u8) -> [u8; 67] {
    let mut der = *b"\x30\x41\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0a\x30\x34\
        \xa0\x0f\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x00\x05\x00\
        \xa1\x1c\x30\x1a\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x08\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x00\x05\x00\
        \xa2\x03\x02\x01\x00";
    der[29] = hash;
    der[59] = hash;
    der[66] = salt;
    der
}

const PSS_SHA256: [u8; 67] = pss(1, 32);
const PSS_SHA384: [u8; 67] = pss(2, 48);
const PSS_SHA512: [u8; 67] = pss(3, 64);
