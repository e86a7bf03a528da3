//! A public key that was checked once and is trusted to be well-formed after.

use std::fmt;
use std::sync::Arc;

use aws_lc_rs::signature as lc;

use super::{KeyKind, SignatureAlgorithm, rsa};
use crate::asn1::{Malformed, Reader, tag};
use crate::digest;

/// A validated SubjectPublicKeyInfo. Cheap to clone.
///
/// It is one of the supported kinds, an EC point is on its curve and
/// uncompressed, and an RSA key passed the checks of [`KeyError`].
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct PublicKey {
    spki: Arc<[u8]>,
    key_bits_at: usize,
    kind: KeyKind,
}

impl PublicKey {
    /// Reads and checks the DER of a SubjectPublicKeyInfo (RFC 5280 section 4.1.2.7).
    ///
    /// # Errors
    /// [`KeyError`] naming what is wrong or unsupported.
    pub fn from_spki(spki: &[u8]) -> Result<Self, KeyError> {
        if spki.len() > MAX_SPKI_OCTETS {
            return Err(KeyError::Oversized { octets: spki.len() });
        }
        let mut fields = Reader::only(spki, tag::SEQUENCE)?.inside();
        let algorithm = fields.element(tag::SEQUENCE)?;
        let key_bits = fields.whole_bits()?;
        fields.finish()?;
        let kind = match algorithm.whole {
            EC_P256 => on_curve(KeyKind::EcP256, &lc::ECDSA_P256_SHA256_ASN1, key_bits, 65)?,
            EC_P384 => on_curve(KeyKind::EcP384, &lc::ECDSA_P384_SHA384_ASN1, key_bits, 97)?,
            ED25519 => ed25519(key_bits)?,
            RSA => rsa::kind(key_bits)?,
            other => return Err(unsupported(other)),
        };
        Ok(Self { spki: spki.into(), key_bits_at: spki.len() - key_bits.len(), kind })
    }

    /// DER of the SubjectPublicKeyInfo, as it was read.
    pub fn spki(&self) -> &[u8] {
        &self.spki
    }

    /// The kind of key.
    pub fn kind(&self) -> KeyKind {
        self.kind
    }

    /// Content of the subjectPublicKey BIT STRING without its unused-bits octet.
    pub fn key_bits(&self) -> &[u8] {
        &self.spki[self.key_bits_at..]
    }

    /// SHA-256 of the SubjectPublicKeyInfo.
    pub fn fingerprint(&self) -> [u8; 32] {
        digest::sha256(&self.spki)
    }

    /// SHA-1 of [`key_bits`](Self::key_bits) (RFC 5280 section 4.2.1.2, method 1).
    pub fn key_identifier(&self) -> [u8; 20] {
        digest::sha1(self.key_bits())
    }

    /// Verifies a signature of the X.509 form over `message`.
    ///
    /// # Errors
    /// [`BadSignature`] if it is not this key's signature of that algorithm.
    pub fn verify(&self, algorithm: SignatureAlgorithm, message: &[u8], signature: &[u8]) -> Result<(), BadSignature> {
        let verifier = verification(algorithm, self.kind).ok_or(BadSignature)?;
        lc::UnparsedPublicKey::new(verifier, self.key_bits()).verify(message, signature).map_err(|_| BadSignature)
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PublicKey({}, {})", self.kind, crate::hex::encode(&self.fingerprint()[..8]))
    }
}

/// A signature does not verify, or its algorithm does not fit the key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the signature does not verify")]
pub struct BadSignature;

/// Why a public key is not accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KeyError {
    /// Not a DER SubjectPublicKeyInfo, or a point that is compressed.
    #[error("the public key is malformed")]
    Malformed,
    /// Far larger than any key that is supported.
    #[error("a public key of {octets} octets is over the limit of {MAX_SPKI_OCTETS}")]
    Oversized {
        /// Octets given.
        octets: usize,
    },
    /// The numbers are no point of the curve.
    #[error("the public key is not a point of its curve")]
    NotOnCurve,
    /// An EC key on another curve than P-256 and P-384, or with explicit parameters.
    #[error("the curve is not supported")]
    UnsupportedCurve,
    /// Another kind of key.
    #[error("the kind of key is not supported")]
    UnsupportedKey,
    /// The RSA modulus is below 2048 bits.
    #[error("an RSA modulus of {bits} bits is too small")]
    WeakRsa {
        /// Size of the modulus.
        bits: usize,
    },
    /// The RSA modulus is larger than 2048 bits, but not of 3072 or 4096.
    #[error("an RSA modulus of {bits} bits is not supported")]
    UnsupportedRsaSize {
        /// Size of the modulus.
        bits: usize,
    },
    /// The RSA modulus has a small factor or a known generator's fault.
    #[error("the RSA modulus is weak")]
    WeakModulus,
    /// The RSA exponent is even, below 65537 or over 64 bits.
    #[error("the RSA exponent is not accepted")]
    BadExponent,
    /// An Edwards point of small order, for which signatures prove nothing.
    #[error("the Ed25519 point has a small order")]
    SmallOrder,
}

impl From<Malformed> for KeyError {
    fn from(_: Malformed) -> Self {
        Self::Malformed
    }
}

fn on_curve(
    kind: KeyKind,
    algorithm: &'static lc::EcdsaVerificationAlgorithm,
    point: &[u8],
    octets: usize,
) -> Result<KeyKind, KeyError> {
    if point.len() != octets || point[0] != UNCOMPRESSED {
        return Err(KeyError::Malformed);
    }
    lc::ParsedPublicKey::new(algorithm, point).map_err(|_| KeyError::NotOnCurve)?;
    Ok(kind)
}

fn ed25519(point: &[u8]) -> Result<KeyKind, KeyError> {
    let mut y: [u8; 32] = point.try_into().map_err(|_| KeyError::Malformed)?;
    y[31] &= 0x7f;
    if SMALL_ORDER_Y.contains(&y) {
        return Err(KeyError::SmallOrder);
    }
    lc::ParsedPublicKey::new(&lc::ED25519, point).map_err(|_| KeyError::NotOnCurve)?;
    Ok(KeyKind::Ed25519)
}

fn unsupported(algorithm: &[u8]) -> KeyError {
    if algorithm.get(2..).is_some_and(|fields| fields.starts_with(EC_PUBLIC_KEY)) {
        KeyError::UnsupportedCurve
    } else {
        KeyError::UnsupportedKey
    }
}

fn verification(algorithm: SignatureAlgorithm, kind: KeyKind) -> Option<&'static dyn lc::VerificationAlgorithm> {
    use KeyKind as K;
    use SignatureAlgorithm as A;
    Some(match (algorithm, kind) {
        (A::EcdsaSha256, K::EcP256) => &lc::ECDSA_P256_SHA256_ASN1,
        (A::EcdsaSha384, K::EcP256) => &lc::ECDSA_P256_SHA384_ASN1,
        (A::EcdsaSha256, K::EcP384) => &lc::ECDSA_P384_SHA256_ASN1,
        (A::EcdsaSha384, K::EcP384) => &lc::ECDSA_P384_SHA384_ASN1,
        (A::Ed25519, K::Ed25519) => &lc::ED25519,
        (A::RsaPkcs1Sha256, k) if k.is_rsa() => &lc::RSA_PKCS1_2048_8192_SHA256,
        (A::RsaPkcs1Sha384, k) if k.is_rsa() => &lc::RSA_PKCS1_2048_8192_SHA384,
        (A::RsaPkcs1Sha512, k) if k.is_rsa() => &lc::RSA_PKCS1_2048_8192_SHA512,
        (A::RsaPssSha256, k) if k.is_rsa() => &lc::RSA_PSS_2048_8192_SHA256,
        (A::RsaPssSha384, k) if k.is_rsa() => &lc::RSA_PSS_2048_8192_SHA384,
        (A::RsaPssSha512, k) if k.is_rsa() => &lc::RSA_PSS_2048_8192_SHA512,
        _ => return None,
    })
}

/// An RSA key of 4096 bits takes 550 octets.
const MAX_SPKI_OCTETS: usize = 2048;
const UNCOMPRESSED: u8 = 4;
pub(crate) const EC_P256: &[u8] =
    b"\x30\x13\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07";
pub(crate) const EC_P384: &[u8] = b"\x30\x10\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x05\x2b\x81\x04\x00\x22";
pub(crate) const ED25519: &[u8] = b"\x30\x05\x06\x03\x2b\x65\x70";
pub(crate) const RSA: &[u8] = b"\x30\x0d\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01\x05\x00";
/// id-ecPublicKey with its header.
const EC_PUBLIC_KEY: &[u8] = b"\x06\x07\x2a\x86\x48\xce\x3d\x02\x01";

/// The y coordinates, canonical or not, of the points whose order divides eight.
const SMALL_ORDER_Y: [[u8; 32]; 7] = {
    let zero = [0; 32];
    let mut one = zero;
    one[0] = 1;
    [zero, one, ORDER_EIGHT_A, ORDER_EIGHT_B, near_prime(0xec), near_prime(0xed), near_prime(0xee)]
};
const ORDER_EIGHT_A: [u8; 32] = [
    0x26, 0xe8, 0x95, 0x8f, 0xc2, 0xb2, 0x27, 0xb0, 0x45, 0xc3, 0xf4, 0x89, 0xf2, 0xef, 0x98, 0xf0, 0xd5, 0xdf, 0xac,
    0x05, 0xd3, 0xc6, 0x33, 0x39, 0xb1, 0x38, 0x02, 0x88, 0x6d, 0x53, 0xfc, 0x05,
];
const ORDER_EIGHT_B: [u8; 32] = [
    0xc7, 0x17, 0x6a, 0x70, 0x3d, 0x4d, 0xd8, 0x4f, 0xba, 0x3c, 0x0b, 0x76, 0x0d, 0x10, 0x67, 0x0f, 0x2a, 0x20, 0x53,
    0xfa, 0x2c, 0x39, 0xcc, 0xc6, 0x4e, 0xc7, 0xfd, 0x77, 0x92, 0xac, 0x03, 0x7a,
];

/// 2^255 - 19 with another lowest octet.
const fn near_prime(lowest: u8) -> [u8; 32] {
    let mut y = [0xff; 32];
    y[0] = lowest;
    y[31] = 0x7f;
    y
}
