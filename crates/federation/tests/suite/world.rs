//! A provider, a client with keys, and its messages.

use federation::oidc::Parameters;
use federation::oidc::authentication::Clock;
use federation::oidc::authorization::{AuthorizationRequest, Refused, Way};
use federation::oidc::client::Client;
use federation::oidc::level::Approval;
use federation::oidc::provider::Provider;
use pki::jose::{JoseAlgorithm, sign_compact, write_jwk};
use pki::{KeyId, KeyKind, SignatureAlgorithm, UtcTime};
use serde_json::{Value, json};
use testkit::SoftSigner;

pub(crate) const ISSUER: &str = "https://op.example";
pub(crate) const NOW: i64 = 1_800_000_000;
pub(crate) const REDIRECT: &str = "https://rp.example/cb?tenant=1";
/// SHA-256 of [`VERIFIER`], as in RFC 7636 appendix B.
pub(crate) const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
pub(crate) const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";

pub(crate) struct World {
    pub(crate) keys: SoftSigner,
    pub(crate) key: KeyId,
    pub(crate) client: Client,
    pub(crate) provider: Provider,
}

impl World {
    pub(crate) fn new() -> Self {
        Self::with(&json!({}))
    }

    /// With changes in the registration.
    pub(crate) fn with(changes: &Value) -> Self {
        let mut keys = SoftSigner::new();
        let key = keys.add("rp", KeyKind::EcP256);
        let mut jwk = write_jwk(&keys.public(&key));
        jwk["kid"] = "k1".into();
        let mut registration = json!({
            "client_id": "rp",
            "redirect_uris": [REDIRECT],
            "jwks": {"keys": [jwk]},
            "scope": "openid https://id.oidc.se/scope/naturalPersonInfo https://id.oidc.se/scope/naturalPersonNumber",
        });
        for (name, value) in changes.as_object().unwrap() {
            registration[name] = value.clone();
        }
        let client = Client::from_json(&registration.to_string()).unwrap();
        let provider = Provider {
            issuer: ISSUER.to_owned(),
            mtls: None,
            approval: Approval::None,
            algorithms: vec![JoseAlgorithm::Es256],
            decrypts: true,
            refreshes: true,
        };
        Self { keys, key, client, provider }
    }

    /// A JWS with this header (`alg` is added) and these claims, by the client's key.
    pub(crate) fn sign(&self, header: Value, claims: &Value) -> String {
        let payload = claims.to_string();
        sign_compact(header, payload.as_bytes(), &self.key, SignatureAlgorithm::EcdsaSha256, &self.keys).unwrap()
    }

    /// A good client assertion with changes in its claims.
    pub(crate) fn assertion(&self, changes: &Value) -> String {
        let claims = changed(
            json!({"iss": "rp", "sub": "rp", "aud": ISSUER, "jti": "j1", "iat": NOW, "exp": NOW + 60}),
            changes,
        );
        self.sign(json!({"kid": "k1"}), &claims)
    }

    pub(crate) fn read(&self, way: Way, parameters: &[(&str, &str)]) -> Result<AuthorizationRequest, Refused> {
        AuthorizationRequest::read(form(parameters), &self.client, (&self.provider, way, clock()))
    }
}

pub(crate) fn clock() -> Clock {
    Clock(UtcTime::from_unix(NOW))
}

pub(crate) fn form(parameters: &[(&str, &str)]) -> Parameters {
    let text: String = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(parameters).finish();
    Parameters::from_form(text.as_bytes()).unwrap()
}

/// An object with other members; null takes one away.
pub(crate) fn changed(mut object: Value, changes: &Value) -> Value {
    let members = object.as_object_mut().unwrap();
    for (name, value) in changes.as_object().unwrap() {
        if value.is_null() {
            members.remove(name);
        } else {
            members.insert(name.clone(), value.clone());
        }
    }
    object
}

/// The parameters of a good request, with changes; an empty value takes one away.
pub(crate) fn parameters<'a>(changes: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let mut all = vec![
        ("client_id", "rp"),
        ("response_type", "code"),
        ("redirect_uri", REDIRECT),
        ("scope", "openid https://id.oidc.se/scope/naturalPersonInfo"),
        ("state", "s&1"),
        ("nonce", "n1"),
        ("code_challenge", CHALLENGE),
        ("code_challenge_method", "S256"),
    ];
    for (name, value) in changes {
        all.retain(|(known, _)| known != name);
        if !value.is_empty() {
            all.push((name, value));
        }
    }
    all
}
