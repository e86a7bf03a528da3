//! The SAML identity provider over HTTP (SAML Bindings sections 3.4 and 3.5).

use super::pages::{error, go_on, with_cookies};
use super::visitor::Visitor;
use crate::app::App;
use crate::http::problem::Problem;
use crate::service::login::begin::Begun;
use crate::service::login::saml::begin::begin;
use crate::service::login::saml::logout::end;
use crate::service::login::saml::metadata::metadata;
use crate::service::login::{Halt, LoginError};
use axum::Router;
use axum::body::Bytes;
use axum::extract::{RawQuery, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use federation::saml::metadata::path;
use federation::saml::post::Message;
use federation::saml::{SamlError, post, redirect};

/// Metadata, and where browsers are sent.
pub(super) fn router() -> Router<App> {
    Router::new()
        .route(path::METADATA, get(describe))
        .route(path::LOGIN, get(login).post(login_posted))
        .route(path::LOGOUT, get(logout).post(logout_posted))
        .route(path::LOGO, get(logo))
        .route(SUBMIT, get(submit))
}

async fn describe(State(app): State<App>) -> Result<Response, Problem> {
    let xml = metadata(&app).await.map_err(|error| match error {
        LoginError::Service(error) => Problem::from(error),
        other => {
            tracing::error!(error = %other, "our metadata cannot be made");
            Problem::from(crate::service::ServiceError::Incomplete("metadata"))
        }
    })?;
    let headers =
        [(header::CONTENT_TYPE, "application/samlmetadata+xml"), (header::CACHE_CONTROL, "public, max-age=300")];
    Ok((headers, xml).into_response())
}

async fn login(State(app): State<App>, visitor: Visitor, RawQuery(query): RawQuery) -> Response {
    begun(&app, &visitor, redirect::read(&query.unwrap_or_default(), REQUEST)).await
}

async fn login_posted(State(app): State<App>, visitor: Visitor, body: Bytes) -> Response {
    begun(&app, &visitor, post::read(&body, REQUEST)).await
}

async fn begun(app: &App, visitor: &Visitor, message: Result<Message, SamlError>) -> Response {
    let begun = match message {
        Ok(message) => begin(app, &message, (visitor.browser(), visitor.address)).await,
        Err(why) => Err(why.into()),
    };
    let response = match begun {
        Ok(Begun::Card(address)) => super::pages::see_other(&address),
        Ok(Begun::Answered(way)) | Err(Halt::Answer(way)) => go_on(way, visitor.reader.frame()),
        Err(Halt::Page(why)) => error(app, visitor.reader.frame(), &why),
    };
    with_cookies(response, visitor.cookie())
}

async fn logout(State(app): State<App>, visitor: Visitor, RawQuery(query): RawQuery) -> Response {
    ended(&app, &visitor, redirect::read(&query.unwrap_or_default(), REQUEST)).await
}

async fn logout_posted(State(app): State<App>, visitor: Visitor, body: Bytes) -> Response {
    ended(&app, &visitor, post::read(&body, REQUEST)).await
}

async fn ended(app: &App, visitor: &Visitor, message: Result<Message, SamlError>) -> Response {
    let ended = match message {
        Ok(message) => end(app, &message, visitor.session.as_deref()).await,
        Err(why) => Err(why.into()),
    };
    match ended {
        Ok(way) => go_on(way, visitor.reader.frame()),
        Err(why) => error(app, visitor.reader.frame(), &why),
    }
}

async fn logo() -> impl IntoResponse {
    let headers = [(header::CONTENT_TYPE, "image/svg+xml"), (header::CACHE_CONTROL, "public, max-age=3600")];
    (headers, include_str!("logo.svg"))
}

/// Sends the form of a page on; without script there is a button.
async fn submit() -> impl IntoResponse {
    let headers =
        [(header::CONTENT_TYPE, "text/javascript; charset=utf-8"), (header::CACHE_CONTROL, "public, max-age=3600")];
    (headers, include_str!("submit.js"))
}

const REQUEST: &str = "SAMLRequest";
/// The script that sends the form of a page on.
const SUBMIT: &str = "/saml/submit.js";
