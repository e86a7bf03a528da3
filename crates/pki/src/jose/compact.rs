//! `header.payload.signature`.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::Value;

use super::JoseAlgorithm;
use crate::Kind;
use crate::key::{KeyId, PublicKey, SignError, SignatureAlgorithm, Signer};

/// Largest JWS that is read, in octets.
pub const MAX_JWS_OCTETS: usize = 32 * 1024;

/// A JWS that lacks its signature only: for tokens that sign elsewhere or later.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draft {
    input: String,
    algorithm: JoseAlgorithm,
}

impl Draft {
    /// Joins `header`, an object to which `alg` is added, and `payload`.
    ///
    /// # Errors
    /// [`SignError::Refused`] if the header is no object or holds an `alg` already.
    pub fn new(header: Value, payload: &[u8], algorithm: JoseAlgorithm) -> Result<Self, SignError> {
        let refused = |detail: &str| SignError::Refused { detail: detail.to_owned() };
        let Value::Object(mut header) = header else { return Err(refused("a JWS header is an object")) };
        if header.insert("alg".to_owned(), algorithm.as_str().into()).is_some() {
            return Err(refused("the JWS header already names an algorithm"));
        }
        let header = Value::Object(header).to_string();
        let input = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(payload));
        Ok(Self { input, algorithm })
    }

    /// What is to be signed.
    pub fn message(&self) -> &[u8] {
        self.input.as_bytes()
    }

    /// How it is to be signed, in the words of X.509.
    pub const fn algorithm(&self) -> SignatureAlgorithm {
        self.algorithm.signature_algorithm()
    }

    /// The JWS with its signature, which has the form of X.509.
    ///
    /// # Errors
    /// [`SignError::Faulty`] if an ECDSA signature is not DER.
    pub fn finish(self, signature: Vec<u8>) -> Result<String, SignError> {
        let signature = self
            .algorithm
            .to_jose(signature)
            .ok_or_else(|| SignError::Faulty { detail: "the ECDSA signature is not DER".to_owned() })?;
        let mut jws = self.input;
        jws.push('.');
        jws.push_str(&URL_SAFE_NO_PAD.encode(signature));
        Ok(jws)
    }
}

/// Signs `payload` under `header`, an object to which `alg` is added.
///
/// # Errors
/// [`SignError::Refused`] if the header is no object, holds an `alg` already,
/// or the algorithm is none of JOSE; else as the token reported.
pub fn sign_compact(
    header: Value,
    payload: &[u8],
    key: &KeyId,
    algorithm: SignatureAlgorithm,
    signer: &dyn Signer,
) -> Result<String, SignError> {
    let unknown = || SignError::Refused { detail: "JOSE has no such algorithm".to_owned() };
    let draft = Draft::new(header, payload, JoseAlgorithm::of(algorithm).ok_or_else(unknown)?)?;
    let signature = signer.sign(key, draft.algorithm(), draft.message())?;
    draft.finish(signature)
}

/// A JWS that was read; nothing of it is trusted before [`verify`](Self::verify).
#[derive(Debug, Clone, PartialEq)]
pub struct Jws {
    /// The protected header.
    pub header: Value,
    /// The payload.
    pub payload: Vec<u8>,
    algorithm: JoseAlgorithm,
    signing_input: String,
    signature: Vec<u8>,
}

/// Why a JWS is not accepted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum JoseError {
    /// Over [`MAX_JWS_OCTETS`].
    #[error("a JWS of {octets} octets is over the limit of {MAX_JWS_OCTETS}")]
    Oversized {
        /// Octets given.
        octets: usize,
    },
    /// Not three parts of base64url with a JSON object in the first.
    #[error("not a compact JWS")]
    Malformed,
    /// `alg` is absent, `none` or unknown.
    #[error("the algorithm is not supported")]
    Algorithm,
    /// The header demands something that is not understood (`crit`, RFC 7515 section 4.1.11).
    #[error("the header has critical parameters")]
    Critical,
    /// The algorithm does not fit the key.
    #[error("the algorithm does not fit the key")]
    KeyMismatch,
    /// The signature does not verify.
    #[error("the signature does not verify")]
    BadSignature,
}

impl JoseError {
    /// Coarse class for the edge and for metrics.
    pub const fn kind(&self) -> Kind {
        match self {
            Self::KeyMismatch | Self::BadSignature => Kind::Refused,
            _ => Kind::Invalid,
        }
    }
}

/// Reads a compact JWS.
///
/// # Errors
/// [`JoseError`] if it does not have the form, or an algorithm that is not used here.
pub fn read_compact(jws: &str) -> Result<Jws, JoseError> {
    if jws.len() > MAX_JWS_OCTETS {
        return Err(JoseError::Oversized { octets: jws.len() });
    }
    let (signing_input, signature) = jws.rsplit_once('.').ok_or(JoseError::Malformed)?;
    let (header, payload) = signing_input.split_once('.').ok_or(JoseError::Malformed)?;
    let decode = |part: &str| URL_SAFE_NO_PAD.decode(part).map_err(|_| JoseError::Malformed);
    let header: Value = serde_json::from_slice(&decode(header)?).map_err(|_| JoseError::Malformed)?;
    let fields = header.as_object().ok_or(JoseError::Malformed)?;
    if fields.contains_key("crit") {
        return Err(JoseError::Critical);
    }
    let name = fields.get("alg").and_then(Value::as_str).ok_or(JoseError::Algorithm)?;
    let algorithm = JoseAlgorithm::from_name(name).ok_or(JoseError::Algorithm)?;
    Ok(Jws {
        payload: decode(payload)?,
        signature: decode(signature)?,
        signing_input: signing_input.to_owned(),
        algorithm,
        header,
    })
}

impl Jws {
    /// The algorithm that the header names.
    pub fn algorithm(&self) -> JoseAlgorithm {
        self.algorithm
    }

    /// Checks the signature; the algorithm must be one of this kind of key.
    ///
    /// # Errors
    /// [`JoseError::KeyMismatch`] or [`JoseError::BadSignature`].
    pub fn verify(&self, key: &PublicKey) -> Result<(), JoseError> {
        if !self.algorithm.fits(key.kind()) {
            return Err(JoseError::KeyMismatch);
        }
        let algorithm: SignatureAlgorithm = self.algorithm.signature_algorithm();
        let signature = self.algorithm.to_x509(&self.signature).ok_or(JoseError::BadSignature)?;
        key.verify(algorithm, self.signing_input.as_bytes(), &signature).map_err(|_| JoseError::BadSignature)
    }

    /// DER of the first certificate in `x5c` (RFC 7515 section 4.1.6).
    pub fn x5c(&self) -> Option<Vec<u8>> {
        let first = self.header.get("x5c")?.as_array()?.first()?.as_str()?;
        STANDARD.decode(first).ok()
    }
}
