//! The relying services' side: the OpenID provider and the SAML identity provider on the API origin, the card step on an origin of its own.
//!
//! `browser` and `consent` are what a person passes through, `card` the step that asks for the certificate,
//! `backchannel` what relying services call themselves. `logins`, `standing` and `catalogue` are what people look up:
//! their sessions, what works now, what errors mean. Every page works without script.

mod backchannel;
mod browser;
mod card;
mod catalogue;
mod consent;
mod logins;
mod logout;
mod metadata;
mod pacing;
mod pages;
mod proxied;
mod reader;
pub mod registration;
mod saml;
mod standing;
mod text;
mod visitor;

use self::pacing::paced;
use crate::app::App;
use crate::config::login::CARD_CHECK;
use axum::Extension;
use axum::Router;
use axum::extract::{DefaultBodyLimit, Request};
use axum::http::{HeaderValue, header};
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::Response;
use axum::routing::{get, post};
use federation::oidc::provider::path;
use std::sync::Arc;

/// What the API listener serves browsers and relying services.
pub fn provider(app: &App) -> Router<App> {
    metadata::router()
        .route(path::AUTHORIZE, get(browser::authorize).post(browser::authorize_posted))
        .route(crate::service::login::consent::PATH, get(consent::show).post(consent::decide))
        .route(CANCEL, get(consent::cancel))
        .route(path::END_SESSION, get(logout::ask).post(logout::end))
        .route(SELF, get(logins::elsewhere))
        .merge(public())
        .merge(backchannel())
        .merge(saml::router())
        .layer(from_fn_with_state(App::clone(app), paced))
        .layer(from_fn(guarded))
}

/// What the listener for relying services with a certificate of their own serves (RFC 8705 section 5).
pub fn clients(app: App) -> Router {
    backchannel()
        .fallback(backchannel::nothing_here)
        .layer(DefaultBodyLimit::max(MAX_BODY))
        .layer(from_fn_with_state(App::clone(&app), paced))
        .layer(from_fn(guarded))
        .with_state(app)
}

/// What the card's origin serves.
pub fn cards(app: App) -> Router {
    Router::new()
        .route(crate::service::login::card::PATH, get(card::login))
        .route(CARD_CHECK, get(card::check))
        .route(MY_LOGINS, get(logins::show).post(logins::end))
        .merge(public())
        .fallback(card::nothing_here)
        .layer(from_fn_with_state(App::clone(&app), paced))
        .layer(from_fn_with_state(App::clone(&app), proxied::heard))
        .layer(from_fn(guarded))
        .with_state(app)
}

/// What anybody may read, on every origin that has pages.
fn public() -> Router<App> {
    Router::new()
        .route(STATUS, get(standing::show).layer(Extension(Arc::<standing::Look>::default())))
        .route(ERRORS, get(catalogue::show))
        .route(STYLE, get(pages::style))
}

fn backchannel() -> Router<App> {
    Router::new()
        .route(path::PAR, post(backchannel::push))
        .route(path::TOKEN, post(backchannel::token))
        .route(path::INTROSPECT, post(backchannel::introspect))
        .route(path::REVOKE, post(backchannel::revoke))
        .route(path::USERINFO, get(backchannel::userinfo).post(backchannel::userinfo))
}

/// Nothing is kept by caches, framed, or read as something else; addresses with secrets go to no third party. A language
/// that was asked for is remembered.
async fn guarded(request: Request, next: Next) -> Response {
    let language = reader::remembered(request.uri().query());
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    headers.extend(language.map(|cookie| (header::SET_COOKIE, cookie)));
    for (name, value) in [
        (header::CACHE_CONTROL, "no-store"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::X_FRAME_OPTIONS, "DENY"),
        (header::REFERRER_POLICY, "same-origin"),
        (header::STRICT_TRANSPORT_SECURITY, "max-age=31536000"),
    ] {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    }
    response
}

/// Gives up before a card was accepted.
const CANCEL: &str = "/oidc/cancel";
/// The holder's sessions, by the provider's address.
const SELF: &str = "/self";
/// The same on the card's origin: the card says whose they are.
const MY_LOGINS: &str = "/card/logins";
/// What works now.
const STATUS: &str = "/status";
/// What errors mean.
const ERRORS: &str = "/oidc/errors";
/// The pages' style.
const STYLE: &str = "/oidc/style.css";
/// Largest body of a back-channel request, in octets.
const MAX_BODY: usize = 64 * 1024;
