//! Proofs of possession (RFC 9449): a key of the client's own, to which its tokens are bound.

use super::authentication::{Clock, Remember};
use super::{Code, OidcError};
use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use pki::jose::{JoseAlgorithm, read_compact, read_jwk, thumbprint};
use pki::time::UtcTime;
use serde_json::Value;

/// A proof that was verified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proof {
    /// Thumbprint of its key (RFC 7638).
    pub jkt: String,
    /// The proof to remember: refuse whoever presents it again.
    pub remember: Remember,
}

/// What a proof must be for.
#[derive(Debug, Clone, Copy)]
pub struct Request<'a> {
    /// The HTTP method.
    pub method: &'a str,
    /// The address without query and fragment.
    pub address: &'a str,
    /// The access token that is used, at a resource.
    pub access_token: Option<&'a str>,
}

/// Verifies the value of a DPoP header (RFC 9449 section 4.3).
///
/// # Errors
/// `invalid_dpop_proof`.
pub fn verify(header: &str, request: Request<'_>, clock: Clock) -> Result<Proof, OidcError> {
    let jws = read_compact(header).map_err(|_| refused("the DPoP proof is not a JWS with an accepted algorithm"))?;
    if jws.header.get("typ").and_then(Value::as_str) != Some("dpop+jwt") {
        return Err(refused("the DPoP proof has another type"));
    }
    if !ALGORITHMS.contains(&jws.algorithm()) {
        return Err(refused("the algorithm of the DPoP proof is not accepted"));
    }
    // Here, and nowhere else, a JWS brings its key: it proves that one and the same came before.
    let key = jws.header.get("jwk").ok_or(refused("the DPoP proof needs its public key"))?;
    let key = read_jwk(key).map_err(|_| refused("the key of the DPoP proof is not an acceptable public key"))?;
    jws.verify(&key).map_err(|_| refused("the DPoP proof's signature does not verify"))?;
    let claims: Value = serde_json::from_slice(&jws.payload).map_err(|_| refused("the DPoP proof is not JSON"))?;
    let text = |name: &str| claims.get(name).and_then(Value::as_str);
    if text("htm") != Some(request.method) || text("htu").map(bare) != Some(request.address) {
        return Err(refused("the DPoP proof is for another request"));
    }
    let issued = claims.get("iat").and_then(Value::as_i64).ok_or(refused("the DPoP proof needs iat"))?;
    let now = clock.0.unix();
    if issued < now.saturating_sub(LIFE) || issued > now.saturating_add(AHEAD) {
        return Err(refused("the DPoP proof is too old, or from the future"));
    }
    let ath = request.access_token.map(|token| URL_SAFE_NO_PAD.encode(digest(&SHA256, token.as_bytes())));
    if ath.is_some() && text("ath") != ath.as_deref() {
        return Err(refused("the DPoP proof is for another token"));
    }
    let id =
        text("jti").filter(|jti| (1..=MAX_JTI).contains(&jti.len())).ok_or(refused("the DPoP proof needs a jti"))?;
    let jkt = thumbprint(&key);
    let until = UtcTime::from_unix(issued.saturating_add(LIFE + AHEAD));
    Ok(Proof { remember: Remember { id: format!("dpop\n{jkt}\n{id}"), until }, jkt })
}

/// Without query and fragment (RFC 9449 section 4.3, number 9).
fn bare(address: &str) -> &str {
    address.split(['?', '#']).next().unwrap_or_default()
}

const fn refused(description: &'static str) -> OidcError {
    OidcError::new(Code::InvalidDpopProof, description)
}

/// What proofs may be signed with (FAPI 2.0 section 5.4.1).
pub const ALGORITHMS: [JoseAlgorithm; 3] = [JoseAlgorithm::Es256, JoseAlgorithm::Ps256, JoseAlgorithm::EdDsa];
/// How old a proof may be, in seconds.
const LIFE: i64 = 60;
/// How far ahead of ours a clock may be, in seconds.
const AHEAD: i64 = 10;
const MAX_JTI: usize = 256;
