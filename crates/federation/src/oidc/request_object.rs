//! Signed request objects (RFC 9101).

use super::authentication::{Clock, key_for};
use super::client::Client;
use super::provider::{Provider, path};
use super::{Code, OidcError, Parameters};
use pki::jose::read_compact;
use serde_json::{Map, Value};

/// Reads and verifies a request object. Only its own parameters count, not those beside it (RFC 9101 section 6.3).
///
/// # Errors
/// `invalid_request_object`.
pub fn read(jws: &str, client: &Client, provider: &Provider, clock: Clock) -> Result<Parameters, OidcError> {
    let refused = |description| OidcError::new(Code::InvalidRequestObject, description);
    let jws = read_compact(jws).map_err(|_| refused("the request object is not a JWS with an accepted algorithm"))?;
    let typ = jws.header.get("typ").and_then(Value::as_str);
    if typ.is_some_and(|typ| !TYPES.iter().any(|known| typ.eq_ignore_ascii_case(known))) {
        return Err(refused("the request object has another type"));
    }
    let key = key_for(&jws, client).map_err(refused)?;
    jws.verify(&key.public).map_err(|_| refused("the request object's signature does not verify"))?;
    let claims: Map<String, Value> =
        serde_json::from_slice(&jws.payload).map_err(|_| refused("the request object is not a JSON object"))?;
    if claims.get("iss").and_then(Value::as_str) != Some(client.id.as_str()) {
        return Err(refused("iss of the request object must be the client_id"));
    }
    let token_endpoint = provider.endpoint(path::TOKEN);
    let is_ours = |audience: &Value| audience.as_str().is_some_and(|a| a == provider.issuer || a == token_endpoint);
    let ours = match claims.get("aud") {
        Some(Value::Array(all)) => all.iter().any(is_ours),
        Some(one) => is_ours(one),
        None => false,
    };
    if !ours {
        return Err(refused("aud of the request object must be the issuer"));
    }
    clock.check(&claims, LONGEST_LIFE).map_err(refused)?;
    if claims.contains_key("request") || claims.contains_key("request_uri") {
        return Err(refused("a request object holds no other"));
    }
    if claims.get("client_id").and_then(Value::as_str).is_some_and(|id| id != client.id) {
        return Err(refused("client_id of the request object is another"));
    }
    Parameters::from_claims(claims)
}

/// RFC 9101 section 10.8 asks for the first; OpenID Connect for none or `JWT`.
const TYPES: [&str; 3] = ["oauth-authz-req+jwt", "application/oauth-authz-req+jwt", "JWT"];
/// Longest time from nbf or now to exp, in seconds.
const LONGEST_LIFE: i64 = 3_600;
