//! Our metadata: signed when somebody asks, kept until something in it changes or it grows old.

use super::{key, message_id, named, offered, signed};
use crate::app::App;
use crate::service::login::{LoginError, parts};
use federation::saml::metadata::{IdentityProvider, describe};

/// The signed `EntityDescriptor`.
///
/// # Errors
/// If it cannot be signed.
pub async fn metadata(app: &App) -> Result<String, LoginError> {
    offered(app)?;
    let login = parts(app)?;
    let Some(saml) = login.saml() else { return Err(crate::service::ServiceError::NotFound.into()) };
    let keys = login.saml_keys();
    let certificates: Vec<_> = keys.iter().filter_map(|key| key.certificate.clone()).collect();
    let now = app.clock.now();
    if let Some(known) = login.known_metadata(&certificates, now) {
        return Ok(known);
    }
    let scopes = scopes(app).await?;
    let entity_id = login.entity_id();
    let provider = IdentityProvider {
        entity_id: &entity_id,
        origin: &login.issuer,
        approval: login.provider().approval,
        presentation: &saml.presentation,
        scopes: &scopes,
        certificates: &certificates,
    };
    let key = key(app, &[])?;
    let id = message_id(app);
    let draft = describe(&provider, (&id, now.plus_days(VALID_DAYS)), named(&key))?;
    let xml = signed(app, draft, &key.0).await?;
    login.remember_metadata(certificates, now, &xml);
    Ok(xml)
}

/// Organisation numbers of the agencies whose people log in here: as they are now.
async fn scopes(app: &App) -> Result<Vec<String>, LoginError> {
    let mut scopes = Vec::new();
    let mut last = None;
    loop {
        let page = app.store.tenants(last.as_ref(), PAGE).await?;
        scopes.extend(page.iter().map(|tenant| tenant.organisation_number.as_str().to_owned()));
        match page.last() {
            Some(tenant) if page.len() >= PAGE as usize => last = Some(tenant.id.clone()),
            _ => break,
        }
    }
    scopes.sort_unstable();
    Ok(scopes)
}

const PAGE: u32 = 256;
/// How long what was read may be used, in days; it is signed anew each hour.
const VALID_DAYS: i64 = 7;
