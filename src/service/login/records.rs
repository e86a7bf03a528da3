//! What is kept with the steps of a login: bodies of tickets and sessions.

use super::flow::Flow;
use crate::app::App;
use crate::service::ServiceError;
use domain::ports::StoreError;
use domain::session::SecretDigest;
use federation::oidc::authorization::AuthorizationRequest;
use federation::oidc::claims::Release;
use federation::oidc::level::Level;
use federation::saml::request::NameIdFormat;
use pki::serial::SerialNumber;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// A login under way.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct LoginBody {
    /// What was asked for.
    pub(super) request: Flow,
    /// Digest of the secret of the browser that began it.
    pub(super) browser: String,
    /// `sv` or `en`.
    pub(super) language: String,
}

/// What a card proved.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct ProofBody {
    /// Digest of the login that it is for.
    pub(super) login: String,
    /// The certificate's issuer.
    pub(super) issuer: String,
    /// The certificate's serial.
    pub(super) serial: String,
    /// When, Unix time.
    pub(super) at: i64,
}

/// What was agreed in a session.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct SessionBody {
    /// The card's level.
    pub(crate) level: Level,
    /// How it was proved (RFC 8176).
    pub(crate) amr: Vec<String>,
    /// The subject towards the relying service.
    pub(crate) sub: String,
    /// The kind of name that a SAML service knows the subject by; none for OpenID Connect.
    #[serde(default)]
    pub(crate) name_id: Option<NameIdFormat>,
    /// What was told; by SAML all in one assertion, as if in an ID token.
    pub(crate) release: Release,
    /// First second of the certificate, Unix time.
    pub(crate) valid_from: i64,
    /// Its last second, Unix time.
    pub(crate) valid_to: i64,
}

impl ProofBody {
    /// The certificate's serial.
    pub(super) fn serial(&self) -> Result<SerialNumber, ServiceError> {
        self.serial.parse().map_err(|_| corrupt())
    }
}

/// Whether `sub` is the person that a request wants logged in: by the claims parameter, or by an ID token of this
/// provider's for the same relying service. A hint that cannot be read is nobody.
pub(super) fn is_wanted(app: &App, request: &AuthorizationRequest, sub: &str) -> Result<bool, ServiceError> {
    if request.claims.demanded_subject().is_some_and(|demanded| demanded != sub) {
        return Ok(false);
    }
    let Some(hint) = &request.id_token_hint else { return Ok(true) };
    let claims = super::keys::own_claims(app, hint)?;
    Ok(claims.is_some_and(|claims| claims["sub"] == sub && claims["aud"] == request.client_id.as_str()))
}

/// The text of a body.
pub(crate) fn write(body: &impl Serialize) -> String {
    serde_json::to_string(body).expect("bodies hold strings and numbers, and maps with string keys")
}

/// A body from its text.
pub(crate) fn read<T: DeserializeOwned>(text: &str) -> Result<T, ServiceError> {
    serde_json::from_str(text).map_err(|_| corrupt())
}

/// A digest as text.
pub(super) fn digest_text(digest: SecretDigest) -> String {
    domain::id::hex(&digest.0)
}

/// A digest from its text.
pub(super) fn digest(text: &str) -> Result<SecretDigest, ServiceError> {
    let octet = |at: usize| text.get(2 * at..2 * at + 2).and_then(|pair| u8::from_str_radix(pair, 16).ok());
    let octets: Option<Vec<u8>> = (0..32).map(octet).collect();
    octets.and_then(|octets| octets.try_into().ok()).map(SecretDigest).ok_or_else(corrupt)
}

fn corrupt() -> ServiceError {
    StoreError::Corrupt { what: "ticket" }.into()
}
