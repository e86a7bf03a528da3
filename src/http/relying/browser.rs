//! Where a relying service sends a browser.

use super::pages::{error, see_other, with_cookies};
use super::visitor::Visitor;
use crate::app::App;
use crate::service::login::Halt;
use crate::service::login::begin::{Begun, Browser, begin};
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
    let (reader, session) = (&visitor.reader, visitor.session.as_deref());
    let (chosen, language) = (reader.chosen(), reader.language());
    let browser = Browser { secret: &visitor.secret, session, chosen, language };
    let begun = match Parameters::from_form(form) {
        Ok(parameters) => begin(app, parameters, browser).await,
        Err(error) => Err(error.into()),
    };
    let response = match begun {
        Ok(Begun::Card(address) | Begun::Answered(address)) | Err(Halt::Redirect(address)) => see_other(&address),
        Err(Halt::Page(why)) => error(app, visitor.reader.frame(), &why),
    };
    with_cookies(response, visitor.cookie())
}
