//! JWS algorithms, and the two forms of an ECDSA signature.

use crate::asn1::{Reader, Writer, tag};
use crate::key::{KeyKind, SignatureAlgorithm};

/// The `alg` values in use (RFC 7518 section 3.1, RFC 8037 section 3.1); never `none`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum JoseAlgorithm {
    /// ECDSA, P-256, SHA-256.
    Es256,
    /// ECDSA, P-384, SHA-384.
    Es384,
    /// Ed25519.
    EdDsa,
    /// RSASSA-PKCS1-v1_5, SHA-256.
    Rs256,
    /// RSASSA-PSS, SHA-256.
    Ps256,
}

impl JoseAlgorithm {
    /// The algorithms of JOSE in use.
    pub const ALL: [Self; 5] = [Self::Es256, Self::Es384, Self::EdDsa, Self::Rs256, Self::Ps256];

    /// The `alg` value.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Es256 => "ES256",
            Self::Es384 => "ES384",
            Self::EdDsa => "EdDSA",
            Self::Rs256 => "RS256",
            Self::Ps256 => "PS256",
        }
    }

    /// The algorithm with this `alg` value.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|alg| alg.as_str() == name)
    }

    /// The algorithm that is this one in the words of X.509.
    pub fn of(algorithm: SignatureAlgorithm) -> Option<Self> {
        Self::ALL.into_iter().find(|alg| alg.signature_algorithm() == algorithm)
    }

    /// The algorithm that a key of this kind signs with by default.
    pub const fn default_for(kind: KeyKind) -> Self {
        match kind {
            KeyKind::EcP256 => Self::Es256,
            KeyKind::EcP384 => Self::Es384,
            KeyKind::Ed25519 => Self::EdDsa,
            KeyKind::Rsa2048 | KeyKind::Rsa3072 | KeyKind::Rsa4096 => Self::Ps256,
        }
    }

    /// Whether a key of this kind can make such a signature; JOSE ties curve to hash.
    pub const fn fits(self, kind: KeyKind) -> bool {
        match self {
            Self::Es256 => matches!(kind, KeyKind::EcP256),
            Self::Es384 => matches!(kind, KeyKind::EcP384),
            Self::EdDsa => matches!(kind, KeyKind::Ed25519),
            Self::Rs256 | Self::Ps256 => kind.is_rsa(),
        }
    }

    /// The same algorithm in the words of X.509.
    pub const fn signature_algorithm(self) -> SignatureAlgorithm {
        match self {
            Self::Es256 => SignatureAlgorithm::EcdsaSha256,
            Self::Es384 => SignatureAlgorithm::EcdsaSha384,
            Self::EdDsa => SignatureAlgorithm::Ed25519,
            Self::Rs256 => SignatureAlgorithm::RsaPkcs1Sha256,
            Self::Ps256 => SignatureAlgorithm::RsaPssSha256,
        }
    }

    /// Octets of each half of an ECDSA signature.
    const fn ecdsa_octets(self) -> Option<usize> {
        match self {
            Self::Es256 => Some(32),
            Self::Es384 => Some(48),
            _ => None,
        }
    }

    /// From the X.509 form of a signature to that of JOSE (RFC 7518 section 3.4: r and s side by side), which XML signatures
    /// share. None if it is no such signature.
    pub fn to_jose(self, signature: Vec<u8>) -> Option<Vec<u8>> {
        let Some(octets) = self.ecdsa_octets() else { return Some(signature) };
        let mut fields = Reader::only(&signature, tag::SEQUENCE).ok()?.inside();
        let mut raw = vec![0; 2 * octets];
        for half in raw.chunks_exact_mut(octets) {
            let integer = fields.integer().ok()?;
            let digits = integer.strip_prefix(&[0]).unwrap_or(integer);
            half.get_mut(octets.checked_sub(digits.len())?..)?.copy_from_slice(digits);
        }
        fields.finish().ok()?;
        Some(raw)
    }

    /// From the form of JOSE to that of X.509. None if it is no such signature.
    pub fn to_x509(self, signature: &[u8]) -> Option<Vec<u8>> {
        let Some(octets) = self.ecdsa_octets() else { return Some(signature.to_vec()) };
        if signature.len() != 2 * octets {
            return None;
        }
        let (r, s) = signature.split_at(octets);
        let mut writer = Writer::with_capacity(signature.len() + 8);
        writer.sequence(|w| {
            w.unsigned(r);
            w.unsigned(s);
        });
        Some(writer.into_der())
    }
}
