//! Where a relying service sends a browser.

use super::pages::{error, go_on, see_other, with_cookies};
use super::visitor::Visitor;
use crate::app::App;
use crate::service::login::Halt;
use crate::service::login::begin::{Begun, begin};
use axum::body::Bytes;
use axum::extract::{RawQuery, State};
use axum::response::Response;
use federation::oidc::Parameters;

/// `GET /oidc/authorize` (OpenID Connect Core section 3.1.2.1).
pub(super) async fn authorize(State(app): State<App>, visitor: Visitor, RawQuery(query): RawQuery) -> Response {
    answer(&app, &visitor, query.unwrap_or_default().as_bytes()).await
}

/// `POST /oidc/authorize`: the same with the parameters in the body.
pub(super) async fn authorize_posted(State(app): State<App>, visitor: Visitor, body: Bytes) -> Response {
    answer(&app, &visitor, &body).await
}

async fn answer(app: &App, visitor: &Visitor, form: &[u8]) -> Response {
    let begun = match Parameters::from_form(form) {
        Ok(parameters) => begin(app, parameters, visitor.browser()).await,
        Err(error) => Err(error.into()),
    };
    let response = match begun {
        Ok(Begun::Card(address)) => see_other(&address),
        Ok(Begun::Answered(way)) | Err(Halt::Answer(way)) => go_on(way, visitor.reader.frame()),
        Err(Halt::Page(why)) => error(app, visitor.reader.frame(), &why),
    };
    with_cookies(response, visitor.cookie())
}
