//! Relying services: their registration, and what they ask behind the browser's back.

pub mod register;
pub mod token;

use crate::app::App;
use crate::service::login::{LoginError, parts};
use domain::ports::StoreError;
use federation::oidc::client::Client;
use federation::oidc::{Code, OidcError};
use std::sync::Arc;

/// The registration in force of a relying service.
///
/// # Errors
/// `invalid_client` if there is none.
pub async fn client(app: &App, id: &str) -> Result<Arc<Client>, LoginError> {
    let login = parts(app)?;
    let found = app.store.registration(id).await?;
    let found = found.ok_or(OidcError::new(Code::InvalidClient, "the client is not registered"))?;
    if let Some(known) = login.known_client(id, found.revision) {
        return Ok(known);
    }
    let client = Client::from_json(&found.body).map_err(|_| StoreError::Corrupt { what: "registration" })?;
    let client = Arc::new(client);
    login.remember_client(found.revision, &client);
    Ok(client)
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
