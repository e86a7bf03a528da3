//! Ends a session (OpenID Connect RP-Initiated Logout section 2).

use super::consent::is_our_page;
use super::pages::{self, error, page, see_other, with_cookies};
use super::visitor::{Visitor, forget_session};
use crate::app::App;
use crate::service::login::LoginError;
use crate::service::login::keys::own_claims;
use crate::service::login::session::end_own;
use crate::service::relying::client;
use axum::body::Bytes;
use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use federation::oidc::{Code, OidcError, Parameters, logout};

/// `GET /oidc/end_session`: asks, since anybody can send a browser here.
pub(super) async fn ask(State(app): State<App>, visitor: Visitor, RawQuery(query): RawQuery) -> Response {
    let form = query.unwrap_or_default();
    match after(&app, form.as_bytes()).await {
        Ok((parameters, target)) => confirm(&visitor, &parameters, target.as_deref()),
        Err(why) => error(&app, visitor.reader.frame(), &why),
    }
}

/// `POST /oidc/end_session`: from our own page ends, from elsewhere asks.
pub(super) async fn end(State(app): State<App>, visitor: Visitor, headers: HeaderMap, body: Bytes) -> Response {
    let (parameters, target) = match after(&app, &body).await {
        Ok(read) => read,
        Err(why) => return error(&app, visitor.reader.frame(), &why),
    };
    if parameters.get("answer").is_none() || !is_our_page(&app, &headers) {
        return confirm(&visitor, &parameters, target.as_deref());
    }
    if let Some(session) = &visitor.session
        && let Err(why) = end_own(&app, session).await
    {
        return error(&app, visitor.reader.frame(), &why.into());
    }
    let response = target.map_or_else(|| logged_out(&visitor), |address| see_other(&address));
    with_cookies(response, forget_session())
}

/// The parameters, and where the browser goes afterwards.
async fn after(app: &App, form: &[u8]) -> Result<(Parameters, Option<String>), LoginError> {
    let parameters = Parameters::from_form(form)?;
    // RP-Initiated Logout section 2: an ID token of ours names the relying service as well as its id does.
    let hint = match parameters.get("id_token_hint") {
        Some(hint) => own_claims(app, hint)?.and_then(|claims| claims["aud"].as_str().map(str::to_owned)),
        None => None,
    };
    let named = parameters.get("client_id").map(str::to_owned);
    if named.is_some() && hint.is_some() && named != hint {
        return Err(OidcError::new(Code::InvalidRequest, "client_id and id_token_hint name two clients").into());
    }
    let known = match named.or(hint) {
        Some(id) => Some(client(app, &id).await?),
        None => None,
    };
    let target = logout::after(&parameters, known.as_deref())?;
    Ok((parameters, target))
}

fn logged_out(visitor: &Visitor) -> Response {
    page(StatusCode::OK, &pages::Notice::of(visitor.reader.frame(), "logged-out"), "")
}

fn confirm(visitor: &Visitor, parameters: &Parameters, target: Option<&str>) -> Response {
    let field = |name: &str| Some((name.to_owned(), parameters.get(name)?.to_owned()));
    let fields =
        ["client_id", "id_token_hint", "post_logout_redirect_uri", "state"].into_iter().filter_map(field).collect();
    let origin = target.and_then(|target| url::Url::parse(target).ok());
    let origin = origin.map(|url| url.origin().ascii_serialization()).unwrap_or_default();
    page(StatusCode::OK, &pages::Logout { frame: visitor.reader.frame(), fields }, &origin)
}
