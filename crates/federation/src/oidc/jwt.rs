//! What the provider signs: ID tokens, UserInfo answers, logout tokens. Each is a draft; the key signs it elsewhere.

use super::token::Grant;
use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use pki::SignError;
use pki::jose::{Draft, JoseAlgorithm};
use serde_json::{Map, Value, json};

/// With which key, for whom, when.
#[derive(Debug, Clone, Copy)]
pub struct Frame<'a> {
    /// The key's name in the JWKS.
    pub kid: &'a str,
    /// Its algorithm.
    pub algorithm: JoseAlgorithm,
    /// The issuer.
    pub issuer: &'a str,
    /// The client.
    pub audience: &'a str,
    /// Unix time.
    pub now: i64,
}

impl Frame<'_> {
    fn draft(&self, typ: &str, mut claims: Map<String, Value>) -> Result<Draft, SignError> {
        claims.insert("iss".to_owned(), self.issuer.into());
        claims.insert("aud".to_owned(), self.audience.into());
        claims.insert("iat".to_owned(), self.now.into());
        let payload = Value::Object(claims).to_string();
        Draft::new(json!({"typ": typ, "kid": self.kid}), payload.as_bytes(), self.algorithm)
    }

    /// An ID token (OpenID Connect Core section 2) that lives [`ID_TOKEN_SECONDS`]. `claims` are those about the holder.
    ///
    /// # Errors
    /// As [`Draft::new`], never in practice.
    pub fn id_token(&self, grant: &Grant, access_token: &str, claims: Map<String, Value>) -> Result<Draft, SignError> {
        let mut all = claims;
        let hash = digest(&SHA256, access_token.as_bytes());
        let half = &hash.as_ref()[..16];
        for (name, value) in [
            ("sub", Value::from(grant.sub.as_str())),
            ("exp", (self.now + ID_TOKEN_SECONDS).into()),
            ("auth_time", grant.auth_time.into()),
            ("acr", grant.acr.as_str().into()),
            ("amr", json!(grant.amr)),
            ("sid", grant.sid.as_str().into()),
            ("at_hash", URL_SAFE_NO_PAD.encode(half).into()),
        ] {
            all.insert(name.to_owned(), value);
        }
        if let Some(nonce) = &grant.request.nonce {
            all.insert("nonce".to_owned(), nonce.as_str().into());
        }
        self.draft("JWT", all)
    }

    /// A UserInfo answer (OpenID Connect Core section 5.3.2).
    ///
    /// # Errors
    /// As [`Draft::new`], never in practice.
    pub fn userinfo(&self, subject: &str, claims: Map<String, Value>) -> Result<Draft, SignError> {
        let mut all = claims;
        all.insert("sub".to_owned(), subject.into());
        self.draft("JWT", all)
    }

    /// A logout token (OpenID Connect Back-Channel Logout section 2.4). `id` must be unique.
    ///
    /// # Errors
    /// As [`Draft::new`], never in practice.
    pub fn logout_token(&self, subject: &str, session: &str, id: &str) -> Result<Draft, SignError> {
        let claims = json!({
            "sub": subject,
            "sid": session,
            "jti": id,
            "exp": self.now + LOGOUT_TOKEN_SECONDS,
            "events": {"http://schemas.openid.net/event/backchannel-logout": {}},
        });
        let Value::Object(claims) = claims else { return self.draft("logout+jwt", Map::new()) };
        self.draft("logout+jwt", claims)
    }
}

/// Life of an ID token (OIDC Sweden section 3.1: at most five minutes).
pub const ID_TOKEN_SECONDS: i64 = 300;
/// Life of a logout token (Back-Channel Logout section 2.4 recommends at most two minutes).
pub const LOGOUT_TOKEN_SECONDS: i64 = 120;
