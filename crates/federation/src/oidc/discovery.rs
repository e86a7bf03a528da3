//! Metadata and keys: nothing is announced that does not work.

use super::claims::{NAMES, SCOPES};
use super::dpop;
use super::level::supported;
use super::provider::{Provider, path};
use pki::PublicKey;
use pki::jose::{JoseAlgorithm, write_jwk};
use serde_json::{Value, json};

/// The provider's metadata (OpenID Connect Discovery section 3, RFC 8414 section 2).
pub fn metadata(provider: &Provider) -> Value {
    let at = |path| provider.endpoint(path);
    let names = |algorithms: &[JoseAlgorithm]| algorithms.iter().map(|alg| alg.as_str()).collect::<Vec<_>>();
    let signed = names(&provider.algorithms);
    let accepted = names(&ACCEPTED);
    let claims: Vec<&str> = ["sub", "acr", "auth_time", "amr", "sid"].iter().chain(NAMES).copied().collect();
    let methods = if provider.mtls.is_some() { METHODS } else { &METHODS[..1] };
    let mut metadata = json!({
        "issuer": provider.issuer,
        "authorization_endpoint": at(path::AUTHORIZE),
        "token_endpoint": at(path::TOKEN),
        "userinfo_endpoint": at(path::USERINFO),
        "jwks_uri": at(path::JWKS),
        "pushed_authorization_request_endpoint": at(path::PAR),
        "introspection_endpoint": at(path::INTROSPECT),
        "revocation_endpoint": at(path::REVOKE),
        "end_session_endpoint": at(path::END_SESSION),
        "require_pushed_authorization_requests": false,
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": ["authorization_code"],
        "scopes_supported": SCOPES.iter().map(|(scope, _)| *scope).collect::<Vec<_>>(),
        "acr_values_supported": supported(provider.approval).iter().map(|(acr, _)| *acr).collect::<Vec<_>>(),
        "subject_types_supported": ["public", "pairwise"],
        "id_token_signing_alg_values_supported": signed,
        "userinfo_signing_alg_values_supported": signed,
        "request_object_signing_alg_values_supported": accepted,
        "token_endpoint_auth_methods_supported": methods,
        "token_endpoint_auth_signing_alg_values_supported": accepted,
        "introspection_endpoint_auth_methods_supported": methods,
        "introspection_endpoint_auth_signing_alg_values_supported": accepted,
        "revocation_endpoint_auth_methods_supported": methods,
        "revocation_endpoint_auth_signing_alg_values_supported": accepted,
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
        "dpop_signing_alg_values_supported": names(&dpop::ALGORITHMS),
        "ui_locales_supported": ["sv", "en"],
        "https://id.oidc.se/disco/userMessageSupported": true,
        "https://id.oidc.se/disco/userMessageSupportedMimeTypes": ["text/plain"],
    });
    if let Some(mtls) = &provider.mtls {
        let at = |path| format!("{mtls}{path}");
        metadata["mtls_endpoint_aliases"] = json!({
            "token_endpoint": at(path::TOKEN),
            "pushed_authorization_request_endpoint": at(path::PAR),
            "introspection_endpoint": at(path::INTROSPECT),
            "revocation_endpoint": at(path::REVOKE),
            "userinfo_endpoint": at(path::USERINFO),
        });
        metadata["tls_client_certificate_bound_access_tokens"] = true.into();
    }
    metadata
}

/// The keys that tokens verify with (RFC 7517 section 5): name and key. An RSA key is for PS256 and RS256, so it names no
/// algorithm.
pub fn jwks<'a>(keys: impl IntoIterator<Item = (&'a str, &'a PublicKey)>) -> Value {
    let jwk = |(kid, key): (&str, &PublicKey)| {
        let mut jwk = write_jwk(key);
        jwk["kid"] = kid.into();
        jwk["use"] = "sig".into();
        if !key.kind().is_rsa() {
            jwk["alg"] = JoseAlgorithm::default_for(key.kind()).as_str().into();
        }
        jwk
    };
    json!({"keys": keys.into_iter().map(jwk).collect::<Vec<_>>()})
}

const METHODS: &[&str] = &["private_key_jwt", "tls_client_auth", "self_signed_tls_client_auth"];
/// What clients may sign with. FAPI 2.0 clients may not use RS256 and ES384.
const ACCEPTED: [JoseAlgorithm; 5] =
    [JoseAlgorithm::Es256, JoseAlgorithm::Ps256, JoseAlgorithm::EdDsa, JoseAlgorithm::Rs256, JoseAlgorithm::Es384];
