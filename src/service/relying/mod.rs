//! Relying services: their registration, and what they ask behind the browser's back.

pub mod caller;
pub mod exchange;
pub mod register;
pub mod token;

use crate::app::{App, Registered};
use crate::service::login::{LoginError, parts};
use domain::ports::StoreError;
use federation::oidc::client::Client;
use federation::oidc::{Code, OidcError};
use federation::saml::SamlError;
use federation::saml::service::Service;
use std::sync::Arc;

/// The registration in force of a relying service, whatever its protocol.
///
/// # Errors
/// If the store fails. None if nobody registered it.
pub async fn registered(app: &App, id: &str) -> Result<Option<Registered>, LoginError> {
    let login = parts(app)?;
    let Some(found) = app.store.registration(id).await? else { return Ok(None) };
    if let Some(known) = login.known(id, found.revision) {
        return Ok(Some(known));
    }
    let corrupt = StoreError::Corrupt { what: "registration" };
    let service = read(&found.body).map_err(|error| {
        tracing::error!(client = id, %error, "a registration cannot be read");
        corrupt
    })?;
    login.remember(found.revision, &service);
    Ok(Some(service))
}

/// The registration in force of an OpenID client.
///
/// # Errors
/// `invalid_client` if there is none.
pub async fn client(app: &App, id: &str) -> Result<Arc<Client>, LoginError> {
    match registered(app, id).await? {
        Some(Registered::Oidc(client)) => Ok(client),
        _ => Err(OidcError::new(Code::InvalidClient, "the client is not registered").into()),
    }
}

/// The metadata in force of a SAML service.
///
/// # Errors
/// If there is none.
pub async fn saml_service(app: &App, entity_id: &str) -> Result<Arc<Service>, LoginError> {
    match registered(app, entity_id).await? {
        Some(Registered::Saml(service)) => Ok(service),
        _ => Err(SamlError::Message("the service is not registered").into()),
    }
}

/// Reads a registration of either protocol; what is wrong with it in words.
fn read(body: &str) -> Result<Registered, String> {
    if Service::is_registration(body) {
        let service = Service::from_json(body).map_err(|error| text(&error))?;
        return Ok(Registered::Saml(Arc::new(service)));
    }
    let client = Client::from_json(body).map_err(|error| text(&error))?;
    Ok(Registered::Oidc(Arc::new(client)))
}

/// The whole chain: which key is wrong stands in the cause.
fn text(error: &dyn std::error::Error) -> String {
    error.source().map_or_else(|| error.to_string(), |cause| format!("{error}: {cause}"))
}

/// Legal name of the agency whose service this is.
///
/// # Errors
/// `invalid_client` if it is not registered.
pub async fn agency(app: &App, id: &str) -> Result<String, LoginError> {
    let registration = app.store.registration(id).await?;
    let registration = registration.ok_or(OidcError::new(Code::InvalidClient, "the client is not registered"))?;
    let agency = app.store.tenant(&registration.tenant).await?;
    Ok(agency.ok_or(StoreError::Corrupt { what: "registration" })?.name)
}
