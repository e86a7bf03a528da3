//! Logins that SAML services ask for: the same card, page and sessions, another way in and out.

pub(super) mod answer;
pub mod begin;
pub mod logout;
pub mod metadata;

use super::keys::complete_for_saml;
use super::{LoginError, parts, secret};
use crate::app::{App, TokenKey};
use crate::service::ServiceError;
use federation::saml::signature::{Draft, SigningKey};
use pki::key::{SignError, SignatureAlgorithm};

/// A key that signs now, for a reader of `methods`: once there are keys for every reader.
fn key(app: &App, methods: &[String]) -> Result<(TokenKey, SignatureAlgorithm), LoginError> {
    let login = parts(app)?;
    let key = if complete_for_saml(&login.saml_keys()) { login.saml_key(methods, app.clock.now()) } else { None };
    let none = SignError::Unavailable { detail: "the keys for SAML are not made yet".to_owned() };
    Ok(key.ok_or(none)?)
}

/// The key as the messages name it.
fn named((key, algorithm): &(TokenKey, SignatureAlgorithm)) -> SigningKey<'_> {
    let certificate = key.certificate.as_deref().unwrap_or_default();
    SigningKey { certificate, kind: key.public.kind(), algorithm: *algorithm }
}

/// The document with the signature of a key on the token.
async fn signed(app: &App, draft: Draft, key: &TokenKey) -> Result<String, LoginError> {
    let signature = super::keys::sign_octets(app, key, draft.algorithm(), draft.message().to_vec()).await?;
    Ok(draft.finish(signature).map_err(federation::saml::SamlError::from)?)
}

/// A new ID of a message: an XML name (SAML Core section 1.3.4).
fn message_id(app: &App) -> String {
    format!("_{}", secret(app))
}

/// Refuses where SAML is not configured.
fn offered(app: &App) -> Result<(), ServiceError> {
    parts(app)?.saml().map(drop).ok_or(ServiceError::NotFound)
}
