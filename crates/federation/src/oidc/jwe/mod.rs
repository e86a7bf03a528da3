//! Compact JSON web encryption (RFC 7516) by ECDH-ES on P-256 (RFC 7518 section 4.6): tokens that only their relying
//! service can read, and requests that only this provider can.

mod content;

pub use self::content::ContentEncryption;

use aws_lc_rs::agreement::{ECDH_P256, PrivateKey, UnparsedPublicKey, agree};
use aws_lc_rs::digest::{Context, SHA256};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use pki::jose::{MAX_JWS_OCTETS, read_jwk, write_jwk};
use pki::key::KeyKind;
use pki::{Kind, PublicKey};
use serde_json::{Value, json};

/// The only key agreement in use: the content's key follows from it directly.
pub const ALGORITHM: &str = "ECDH-ES";

/// Whom something is encrypted to, and how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recipient {
    /// The key's name among the recipient's keys.
    pub kid: Option<String>,
    /// The key, on P-256.
    pub public: PublicKey,
    /// How the content is encrypted.
    pub content: ContentEncryption,
}

/// Random numbers for one message; never used again.
pub struct Drawn {
    /// The ephemeral private key.
    pub ephemeral: [u8; 32],
    /// The initialisation vector; the content encryption takes as much of it as it needs.
    pub vector: [u8; 16],
}

/// Why a message cannot be encrypted or read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum JweError {
    /// Not five parts of base64url with a JSON object in the first, or too large.
    #[error("not a compact JWE")]
    Malformed,
    /// `alg` or `enc` is none of those in use.
    #[error("the algorithm is not supported")]
    Algorithm,
    /// The header demands something that is not understood (`crit`, `zip`).
    #[error("the header asks for something that is not supported")]
    Critical,
    /// A key is not a point of P-256.
    #[error("the key does not fit")]
    Key,
    /// It is for another key, or was changed on its way.
    #[error("the message does not decrypt")]
    Decryption,
}

impl JweError {
    /// Coarse class for the edge and for metrics.
    pub const fn kind(self) -> Kind {
        match self {
            Self::Decryption => Kind::Refused,
            _ => Kind::Invalid,
        }
    }
}

impl Recipient {
    /// Encrypts a JWS, so that what is read is signed too (OpenID Connect Core section 10.2).
    ///
    /// # Errors
    /// [`JweError::Key`] if the recipient's key is not on P-256.
    pub fn encrypt(&self, jws: &str, drawn: &Drawn) -> Result<String, JweError> {
        if self.public.kind() != KeyKind::EcP256 {
            return Err(JweError::Key);
        }
        let mut scalar = drawn.ephemeral;
        // Below the order of the group, whatever was drawn.
        scalar[0] &= 0x7f;
        let ephemeral = PrivateKey::from_private_key(&ECDH_P256, &scalar).map_err(|_| JweError::Key)?;
        let epk = ephemeral.compute_public_key().map_err(|_| JweError::Key)?;
        let (x, y) = epk.as_ref()[1..].split_at(32);
        let mut header = json!({
            "alg": ALGORITHM,
            "enc": self.content.as_str(),
            "cty": "JWT",
            "epk": {"kty": "EC", "crv": "P-256", "x": URL_SAFE_NO_PAD.encode(x), "y": URL_SAFE_NO_PAD.encode(y)},
        });
        if let Some(kid) = &self.kid {
            header["kid"] = kid.as_str().into();
        }
        let header = URL_SAFE_NO_PAD.encode(header.to_string());
        let peer = UnparsedPublicKey::new(&ECDH_P256, self.public.key_bits());
        let key = agree(&ephemeral, peer, JweError::Key, |shared| Ok(derive(shared, self.content)))?;
        let sealed = self.content.seal(&key, &drawn.vector, header.as_bytes(), jws.as_bytes())?;
        let part = |octets: &[u8]| URL_SAFE_NO_PAD.encode(octets);
        Ok(format!("{header}..{}.{}.{}", part(&sealed.vector), part(&sealed.text), part(&sealed.tag)))
    }
}

/// A JWE that was read; nothing of it is known before [`open`](Self::open).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Jwe {
    /// The name of the key that it is for.
    pub kid: Option<String>,
    /// The sender's ephemeral key: agree with it.
    pub ephemeral: PublicKey,
    content: ContentEncryption,
    header: String,
    sealed: content::Sealed,
}

/// Whether this has the five parts of a JWE; a JWS has three.
pub fn is_jwe(text: &str) -> bool {
    text.bytes().filter(|byte| *byte == b'.').count() == 4
}

impl Jwe {
    /// Reads a compact JWE.
    ///
    /// # Errors
    /// [`JweError`].
    pub fn read(text: &str) -> Result<Self, JweError> {
        if text.len() > MAX_JWS_OCTETS {
            return Err(JweError::Malformed);
        }
        let parts: Vec<&str> = text.split('.').collect();
        let [header, "", vector, cipher, tag] = parts.as_slice() else { return Err(JweError::Malformed) };
        let decode = |part: &str| URL_SAFE_NO_PAD.decode(part).map_err(|_| JweError::Malformed);
        let fields: Value = serde_json::from_slice(&decode(header)?).map_err(|_| JweError::Malformed)?;
        let text = |name: &str| fields.get(name).and_then(Value::as_str);
        if fields.get("crit").is_some() || fields.get("zip").is_some() {
            return Err(JweError::Critical);
        }
        if text("alg") != Some(ALGORITHM) {
            return Err(JweError::Algorithm);
        }
        // Nobody here names parties, so that both sides derive the same key.
        if fields.get("apu").is_some() || fields.get("apv").is_some() {
            return Err(JweError::Critical);
        }
        let content = text("enc").and_then(ContentEncryption::from_name).ok_or(JweError::Algorithm)?;
        let ephemeral = read_jwk(fields.get("epk").ok_or(JweError::Malformed)?).map_err(|_| JweError::Key)?;
        if ephemeral.kind() != KeyKind::EcP256 {
            return Err(JweError::Key);
        }
        let sealed = content::Sealed { vector: decode(vector)?, text: decode(cipher)?, tag: decode(tag)? };
        let (kid, header) = (text("kid").map(str::to_owned), (*header).to_owned());
        Ok(Self { kid, ephemeral, content, header, sealed })
    }

    /// The message, with what the recipient's key agreed on with [`Self::ephemeral`].
    ///
    /// # Errors
    /// [`JweError::Decryption`], whatever the cause.
    pub fn open(self, shared: &[u8]) -> Result<String, JweError> {
        let key = derive(shared, self.content);
        let clear = self.content.open(&key, self.header.as_bytes(), self.sealed)?;
        String::from_utf8(clear).map_err(|_| JweError::Decryption)
    }
}

/// A public key for encryption, for a JWKS.
pub fn encryption_jwk(kid: &str, key: &PublicKey) -> Value {
    let mut jwk = write_jwk(key);
    jwk["kid"] = kid.into();
    jwk["use"] = "enc".into();
    jwk["alg"] = ALGORITHM.into();
    jwk
}

/// Concat KDF with SHA-256, one round (NIST SP 800-56A section 5.8.1 as RFC 7518 section 4.6.2 uses it): no content
/// encryption here has a key of more than 32 octets.
fn derive(shared: &[u8], content: ContentEncryption) -> Vec<u8> {
    let octets = content.key_octets();
    let bits = u32::try_from(octets * 8).expect("keys have at most 32 octets");
    let name = content.as_str().as_bytes();
    let length = u32::try_from(name.len()).expect("names are short");
    let mut hash = Context::new(&SHA256);
    // Round; shared secret; AlgorithmID; PartyUInfo and PartyVInfo, both empty; SuppPubInfo.
    for part in [&1_u32.to_be_bytes()[..], shared, &length.to_be_bytes(), name, &[0; 8], &bits.to_be_bytes()] {
        hash.update(part);
    }
    hash.finish().as_ref()[..octets].to_vec()
}

#[cfg(test)]
mod tests;
