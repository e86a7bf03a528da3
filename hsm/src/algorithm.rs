//! From a signature algorithm and a message to what the token is asked, and from its answer to an X.509 signature.
//!
//! Messages are hashed here, in software: every HSM has the bare mechanisms, and a long message never crosses the bus.

use aws_lc_rs::digest::{Algorithm as Digest, SHA256, SHA384, SHA512, digest};
use der::asn1::UintRef;
use der::{Encode, Sequence};
use pkcs11::mechanism::eddsa::{EddsaParams, EddsaSignatureScheme};
use pkcs11::mechanism::rsa::{PkcsMgfType, PkcsPssParams};
use pkcs11::mechanism::{Mechanism, MechanismType};
use pkcs11::types::Ulong;
use pki::{KeyKind, SignatureAlgorithm};

/// What one signing call gives to the token.
pub(crate) struct Prepared {
    pub(crate) mechanism: Mechanism<'static>,
    pub(crate) input: Vec<u8>,
}

/// Hashes and pads `message`; `None` if the algorithm does not fit the kind of key.
pub(crate) fn prepare(algorithm: SignatureAlgorithm, kind: KeyKind, message: &[u8]) -> Option<Prepared> {
    use SignatureAlgorithm as A;
    let prepared = match (algorithm, kind) {
        (A::EcdsaSha256, KeyKind::EcP256 | KeyKind::EcP384) => ecdsa(&SHA256, kind, message),
        (A::EcdsaSha384, KeyKind::EcP256 | KeyKind::EcP384) => ecdsa(&SHA384, kind, message),
        (A::Ed25519, KeyKind::Ed25519) => Prepared {
            mechanism: Mechanism::Eddsa(EddsaParams::new(EddsaSignatureScheme::Pure)),
            input: message.to_vec(),
        },
        (A::RsaPkcs1Sha256, k) if k.is_rsa() => pkcs1(&SHA256, &SHA256_INFO, message),
        (A::RsaPkcs1Sha384, k) if k.is_rsa() => pkcs1(&SHA384, &SHA384_INFO, message),
        (A::RsaPkcs1Sha512, k) if k.is_rsa() => pkcs1(&SHA512, &SHA512_INFO, message),
        (A::RsaPssSha256, k) if k.is_rsa() => {
            pss(&SHA256, MechanismType::SHA256, PkcsMgfType::MGF1_SHA256, PSS_SALT_32, message)
        }
        (A::RsaPssSha384, k) if k.is_rsa() => {
            pss(&SHA384, MechanismType::SHA384, PkcsMgfType::MGF1_SHA384, PSS_SALT_48, message)
        }
        (A::RsaPssSha512, k) if k.is_rsa() => {
            pss(&SHA512, MechanismType::SHA512, PkcsMgfType::MGF1_SHA512, PSS_SALT_64, message)
        }
        _ => return None,
    };
    Some(prepared)
}

/// The X.509 form of the token's signature: ECDSA's `r ‖ s` becomes a DER SEQUENCE of two INTEGERs (RFC 3279 section
/// 2.2.3), others stay as they are. `None` if the length is wrong or a half is zero.
pub(crate) fn assemble(kind: KeyKind, raw: Vec<u8>) -> Option<Vec<u8>> {
    let Some(half) = field_octets(kind) else { return Some(raw) };
    if raw.len() != 2 * half {
        return None;
    }
    let (r, s) = raw.split_at(half);
    let value = EcdsaSigValue { r: UintRef::new(strip(r)?).ok()?, s: UintRef::new(strip(s)?).ok()? };
    value.to_der().ok()
}

/// Ecdsa-Sig-Value (RFC 3279 section 2.2.3).
#[derive(Sequence)]
struct EcdsaSigValue<'a> {
    r: UintRef<'a>,
    s: UintRef<'a>,
}

/// Octets of a coordinate on the key's curve; `None` if the key does no ECDSA.
pub(crate) fn field_octets(kind: KeyKind) -> Option<usize> {
    match kind {
        KeyKind::EcP256 => Some(32),
        KeyKind::EcP384 => Some(48),
        _ => None,
    }
}

/// Without leading zeros; `None` for zero itself.
fn strip(number: &[u8]) -> Option<&[u8]> {
    number.iter().position(|&octet| octet != 0).map(|start| &number[start..])
}

/// The leftmost bits of the hash, as many as the curve's order has (SEC 1 section 4.1.3): not every token truncates.
fn ecdsa(hash: &'static Digest, kind: KeyKind, message: &[u8]) -> Prepared {
    let mut input = digest(hash, message).as_ref().to_vec();
    input.truncate(field_octets(kind).unwrap_or(usize::MAX));
    Prepared { mechanism: Mechanism::Ecdsa, input }
}

fn pkcs1(hash: &'static Digest, info: &[u8; 19], message: &[u8]) -> Prepared {
    let input = [info.as_slice(), digest(hash, message).as_ref()].concat();
    Prepared { mechanism: Mechanism::RsaPkcs, input }
}

fn pss(hash: &'static Digest, hash_alg: MechanismType, mgf: PkcsMgfType, s_len: Ulong, message: &[u8]) -> Prepared {
    let mechanism = Mechanism::RsaPkcsPss(PkcsPssParams { hash_alg, mgf, s_len });
    Prepared { mechanism, input: digest(hash, message).as_ref().to_vec() }
}

// The salt is as long as the hash (RFC 4055 section 3.1).
const PSS_SALT_32: Ulong = Ulong::new(32);
const PSS_SALT_48: Ulong = Ulong::new(48);
const PSS_SALT_64: Ulong = Ulong::new(64);

// DigestInfo up to the hash (RFC 8017 section 9.2, note 1).
const SHA256_INFO: [u8; 19] = *b"\x30\x31\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x01\x05\x00\x04\x20";
const SHA384_INFO: [u8; 19] = *b"\x30\x41\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x02\x05\x00\x04\x30";
const SHA512_INFO: [u8; 19] = *b"\x30\x51\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x03\x05\x00\x04\x40";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ecdsa_halves_become_the_shortest_integers() {
        let mut raw = [0; 64];
        raw[31] = 1;
        raw[32] = 0x80;
        let der = assemble(KeyKind::EcP256, raw.to_vec()).unwrap();
        assert_eq!(der[..5], [0x30, 38, 2, 1, 1]);
        assert_eq!(der[5..9], [2, 33, 0, 0x80]);
    }

    #[test]
    fn malformed_halves_are_refused() {
        assert!(assemble(KeyKind::EcP256, vec![0; 64]).is_none());
        assert!(assemble(KeyKind::EcP384, vec![1; 64]).is_none());
        assert_eq!(assemble(KeyKind::Ed25519, vec![1; 64]), Some(vec![1; 64]));
    }

    #[test]
    fn algorithm_must_fit_the_key() {
        assert!(prepare(SignatureAlgorithm::Ed25519, KeyKind::EcP256, b"").is_none());
        assert!(prepare(SignatureAlgorithm::EcdsaSha256, KeyKind::Rsa3072, b"").is_none());
        let long = prepare(SignatureAlgorithm::EcdsaSha384, KeyKind::EcP256, b"m").unwrap();
        assert_eq!(long.input.len(), 32);
    }
}
