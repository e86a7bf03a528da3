//! Public keys as JSON (RFC 7517, RFC 7518 section 6, RFC 8037 section 2).

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use crate::asn1::{Reader, Writer, tag};
use crate::digest::sha256;
use crate::key::{EC_P256, EC_P384, ED25519, KeyError, KeyKind, PublicKey, RSA};

/// Why a JWK is not accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum JwkError {
    /// A member is missing or has the wrong form.
    #[error("the JWK lacks {0}, or it has the wrong form")]
    Member(&'static str),
    /// It holds a private or symmetric key: whoever sent it must make a new one.
    #[error("the JWK holds a secret key")]
    Secret,
    /// Another kind of key or curve.
    #[error("the kind of key is not supported")]
    Unsupported,
    /// The numbers are no acceptable key.
    #[error(transparent)]
    Key(#[from] KeyError),
}

/// The public key of a JWK. `use`, `alg` and `kid` are the caller's business.
///
/// # Errors
/// [`JwkError`]; a JWK with private members is refused whole.
pub fn read_jwk(jwk: &Value) -> Result<PublicKey, JwkError> {
    if ["d", "p", "q", "dp", "dq", "qi", "oth", "k"].iter().any(|secret| jwk.get(secret).is_some()) {
        return Err(JwkError::Secret);
    }
    let word = |name: &'static str| jwk.get(name).and_then(Value::as_str).ok_or(JwkError::Member(name));
    let octets = |name| URL_SAFE_NO_PAD.decode(word(name)?).map_err(|_| JwkError::Member(name));
    let (identifier, bits) = match (word("kty")?, jwk.get("crv").and_then(Value::as_str)) {
        ("EC", Some("P-256")) => (EC_P256, point(32, &octets("x")?, &octets("y")?)?),
        ("EC", Some("P-384")) => (EC_P384, point(48, &octets("x")?, &octets("y")?)?),
        ("OKP", Some("Ed25519")) => (ED25519, octets("x")?),
        ("RSA", _) => (RSA, rsa(&octets("n")?, &octets("e")?)),
        _ => return Err(JwkError::Unsupported),
    };
    let mut writer = Writer::with_capacity(bits.len() + 32);
    writer.sequence(|w| {
        w.raw(identifier);
        w.bit_string(&bits);
    });
    Ok(PublicKey::from_spki(&writer.into_der())?)
}

/// The members that RFC 7638 section 3.2 demands of a key's kind, and no others.
pub fn write_jwk(key: &PublicKey) -> Value {
    let text = |octets: &[u8]| URL_SAFE_NO_PAD.encode(octets);
    let bits = key.key_bits();
    let curve = |name: &str, octets: usize| {
        let (x, y) = bits[1..].split_at(octets);
        json!({"kty": "EC", "crv": name, "x": text(x), "y": text(y)})
    };
    match key.kind() {
        KeyKind::EcP256 => curve("P-256", 32),
        KeyKind::EcP384 => curve("P-384", 48),
        KeyKind::Ed25519 => json!({"kty": "OKP", "crv": "Ed25519", "x": text(bits)}),
        KeyKind::Rsa2048 | KeyKind::Rsa3072 | KeyKind::Rsa4096 => {
            let (n, e) = rsa_numbers(bits).expect("a checked RSA key is two integers");
            json!({"kty": "RSA", "n": text(n), "e": text(e)})
        }
    }
}

/// The name of a key by its content: SHA-256, base64url (RFC 7638).
pub fn thumbprint(key: &PublicKey) -> String {
    // serde_json keeps members in order of name, without white space: exactly RFC 7638 section 3.3.
    URL_SAFE_NO_PAD.encode(sha256(write_jwk(key).to_string().as_bytes()))
}

/// RFC 7518 section 6.2.1.2: each coordinate has the full size of the field.
fn point(octets: usize, x: &[u8], y: &[u8]) -> Result<Vec<u8>, JwkError> {
    for (name, coordinate) in [("x", x), ("y", y)] {
        if coordinate.len() != octets {
            return Err(JwkError::Member(name));
        }
    }
    Ok([&[UNCOMPRESSED], x, y].concat())
}

fn rsa(n: &[u8], e: &[u8]) -> Vec<u8> {
    let mut writer = Writer::with_capacity(n.len() + e.len() + 16);
    writer.sequence(|w| {
        w.unsigned(n);
        w.unsigned(e);
    });
    writer.into_der()
}

/// Modulus and exponent without the sign octet of DER.
fn rsa_numbers(bits: &[u8]) -> Option<(&[u8], &[u8])> {
    let mut fields = Reader::only(bits, tag::SEQUENCE).ok()?.inside();
    let [n, e] = [fields.integer().ok()?, fields.integer().ok()?];
    let bare = |digits| <[u8]>::strip_prefix(digits, &[0]).unwrap_or(digits);
    Some((bare(n), bare(e)))
}

const UNCOMPRESSED: u8 = 4;
