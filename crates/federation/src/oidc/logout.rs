//! Logout asked for by a relying service (OpenID Connect RP-Initiated Logout).

use super::client::Client;
use super::{OidcError, Parameters};
use url::Url;

/// Where the browser goes after the logout; none if it stays.
///
/// # Errors
/// `invalid_request` for an address that is not registered (no open redirect).
pub fn after(parameters: &Parameters, client: Option<&Client>) -> Result<Option<String>, OidcError> {
    let Some(uri) = parameters.get("post_logout_redirect_uri") else { return Ok(None) };
    let registered = client.is_some_and(|client| client.post_logout_redirect_uris.iter().any(|known| known == uri));
    let mut url = Url::parse(uri).ok().filter(|_| registered).ok_or(NOT_REGISTERED)?;
    if let Some(state) = parameters.get("state") {
        url.query_pairs_mut().append_pair("state", state);
    }
    Ok(Some(url.into()))
}

const NOT_REGISTERED: OidcError = OidcError::request("post_logout_redirect_uri is not registered");
