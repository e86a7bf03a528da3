//! Metadata and keys: nothing is announced that does not work.

use super::claims::{NAMES, SCOPES};
use super::dpop;
use super::jwe::{self, ContentEncryption, encryption_jwk};
use super::level::supported;
use super::provider::{Provider, path};
use pki::PublicKey;
use pki::jose::{JoseAlgorithm, write_jwk};
use serde_json::{Map, Value, json};

/// The provider's metadata (OpenID Connect Discovery section 3, RFC 8414 section 2).
pub fn metadata(provider: &Provider) -> Value {
    let mut metadata = endpoints(provider);
    for part in [algorithms(provider), abilities(provider), if_there(provider)] {
        metadata.extend(part);
    }
    Value::Object(metadata)
}

fn endpoints(provider: &Provider) -> Map<String, Value> {
    let at = |path| provider.endpoint(path);
    object(json!({
        "issuer": provider.issuer,
        "authorization_endpoint": at(path::AUTHORIZE),
        "token_endpoint": at(path::TOKEN),
        "userinfo_endpoint": at(path::USERINFO),
        "jwks_uri": at(path::JWKS),
        "pushed_authorization_request_endpoint": at(path::PAR),
        "introspection_endpoint": at(path::INTROSPECT),
        "revocation_endpoint": at(path::REVOKE),
        "end_session_endpoint": at(path::END_SESSION),
    }))
}

fn algorithms(provider: &Provider) -> Map<String, Value> {
    let names = |algorithms: &[JoseAlgorithm]| algorithms.iter().map(|alg| alg.as_str()).collect::<Vec<_>>();
    let (signed, accepted) = (names(&provider.algorithms), names(&ACCEPTED));
    object(json!({
        "id_token_signing_alg_values_supported": signed,
        "userinfo_signing_alg_values_supported": signed,
        "id_token_encryption_alg_values_supported": [jwe::ALGORITHM],
        "id_token_encryption_enc_values_supported": contents(),
        "userinfo_encryption_alg_values_supported": [jwe::ALGORITHM],
        "userinfo_encryption_enc_values_supported": contents(),
        "request_object_signing_alg_values_supported": accepted,
        "token_endpoint_auth_signing_alg_values_supported": accepted,
        "introspection_endpoint_auth_signing_alg_values_supported": accepted,
        "revocation_endpoint_auth_signing_alg_values_supported": accepted,
        "dpop_signing_alg_values_supported": names(&dpop::ALGORITHMS),
    }))
}

fn abilities(provider: &Provider) -> Map<String, Value> {
    let claims: Vec<&str> = ["sub", "acr", "auth_time", "amr", "sid"].iter().chain(NAMES).copied().collect();
    let methods = if provider.mtls.is_some() { METHODS } else { &METHODS[..1] };
    let grants = if provider.refreshes { GRANTS } else { &GRANTS[..1] };
    object(json!({
        "require_pushed_authorization_requests": false,
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": grants,
        "scopes_supported": SCOPES.iter().map(|(scope, _)| *scope).collect::<Vec<_>>(),
        "acr_values_supported": supported(provider.approval).iter().map(|(acr, _)| *acr).collect::<Vec<_>>(),
        "subject_types_supported": ["public", "pairwise"],
        "token_endpoint_auth_methods_supported": methods,
        "introspection_endpoint_auth_methods_supported": methods,
        "revocation_endpoint_auth_methods_supported": methods,
        "code_challenge_methods_supported": ["S256"],
        "claim_types_supported": ["normal"],
        "claims_supported": claims,
        "claims_parameter_supported": true,
        "request_parameter_supported": true,
        "request_uri_parameter_supported": false,
        "authorization_response_iss_parameter_supported": true,
        "prompt_values_supported": ["none", "login", "consent"],
        "backchannel_logout_supported": true,
        "backchannel_logout_session_supported": true,
        "ui_locales_supported": ["sv", "en"],
        "https://id.oidc.se/disco/userMessageSupported": true,
        "https://id.oidc.se/disco/userMessageSupportedMimeTypes": ["text/plain"],
    }))
}

/// What only some installations have.
fn if_there(provider: &Provider) -> Map<String, Value> {
    let mut found = Map::new();
    if provider.decrypts {
        found.insert("request_object_encryption_alg_values_supported".to_owned(), json!([jwe::ALGORITHM]));
        found.insert("request_object_encryption_enc_values_supported".to_owned(), json!(contents()));
    }
    if let Some(mtls) = &provider.mtls {
        let at = |path| format!("{mtls}{path}");
        let aliases = json!({
            "token_endpoint": at(path::TOKEN),
            "pushed_authorization_request_endpoint": at(path::PAR),
            "introspection_endpoint": at(path::INTROSPECT),
            "revocation_endpoint": at(path::REVOKE),
            "userinfo_endpoint": at(path::USERINFO),
        });
        found.insert("mtls_endpoint_aliases".to_owned(), aliases);
        found.insert("tls_client_certificate_bound_access_tokens".to_owned(), true.into());
    }
    found
}

fn contents() -> Vec<&'static str> {
    ContentEncryption::ALL.iter().map(|content| content.as_str()).collect()
}

fn object(value: Value) -> Map<String, Value> {
    if let Value::Object(members) = value { members } else { Map::new() }
}

/// A set of keys (RFC 7517 section 5), by name: those that tokens verify with, and those that requests are encrypted to. An
/// RSA key is for PS256 and RS256, so it names no algorithm.
pub fn jwks<'a>(
    signing: impl IntoIterator<Item = (&'a str, &'a PublicKey)>,
    encryption: impl IntoIterator<Item = (&'a str, &'a PublicKey)>,
) -> Value {
    let jwk = |(kid, key): (&str, &PublicKey)| {
        let mut jwk = write_jwk(key);
        jwk["kid"] = kid.into();
        jwk["use"] = "sig".into();
        if !key.kind().is_rsa() {
            jwk["alg"] = JoseAlgorithm::default_for(key.kind()).as_str().into();
        }
        jwk
    };
    let encryption = encryption.into_iter().map(|(kid, key)| encryption_jwk(kid, key));
    json!({"keys": signing.into_iter().map(jwk).chain(encryption).collect::<Vec<_>>()})
}

const GRANTS: &[&str] = &["authorization_code", "refresh_token"];
const METHODS: &[&str] = &["private_key_jwt", "tls_client_auth", "self_signed_tls_client_auth"];
/// What clients may sign with. FAPI 2.0 clients may not use RS256 and ES384.
const ACCEPTED: [JoseAlgorithm; 5] =
    [JoseAlgorithm::Es256, JoseAlgorithm::Ps256, JoseAlgorithm::EdDsa, JoseAlgorithm::Rs256, JoseAlgorithm::Es384];
