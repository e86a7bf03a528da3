//! The relying services' side: the OpenID provider and the SAML identity provider on the API origin, the card step on an origin of its own.
//!
//! `browser` and `consent` are what a person passes through, `card` the step that asks for the certificate,
//! `backchannel` what relying services call themselves. Every page works without script.

mod backchannel;
mod browser;
mod card;
mod consent;
mod logout;
mod metadata;
mod pages;
pub mod registration;
mod saml;
mod text;
mod visitor;

use crate::app::App;
use crate::config::login::CARD_CHECK;
use axum::Router;
use axum::extract::{DefaultBodyLimit, Request};
use axum::http::{HeaderValue, header};
use axum::middleware::{Next, from_fn};
use axum::response::Response;
use axum::routing::{get, post};
use federation::oidc::provider::path;

/// What the API listener serves browsers and relying services.
pub fn provider() -> Router<App> {
    metadata::router()
        .route(path::AUTHORIZE, get(browser::authorize).post(browser::authorize_posted))
        .route(crate::service::login::consent::PATH, get(consent::show).post(consent::decide))
        .route(CANCEL, get(consent::cancel))
        .route(path::END_SESSION, get(logout::ask).post(logout::end))
        .route(STYLE, get(pages::style))
        .merge(backchannel())
        .merge(saml::router())
        .layer(from_fn(guarded))
}

/// What the listener for relying services with a certificate of their own serves (RFC 8705 section 5).
pub fn clients(app: App) -> Router {
    backchannel()
        .fallback(backchannel::nothing_here)
        .layer(DefaultBodyLimit::max(MAX_BODY))
        .layer(from_fn(guarded))
        .with_state(app)
}

/// What the card's origin serves.
pub fn cards(app: App) -> Router {
    Router::new()
        .route(crate::service::login::card::PATH, get(card::login))
        .route(CARD_CHECK, get(card::check))
        .route(STYLE, get(pages::style))
        .fallback(card::nothing_here)
        .layer(from_fn(guarded))
        .with_state(app)
}

fn backchannel() -> Router<App> {
    Router::new()
        .route(path::PAR, post(backchannel::push))
        .route(path::TOKEN, post(backchannel::token))
        .route(path::INTROSPECT, post(backchannel::introspect))
        .route(path::REVOKE, post(backchannel::revoke))
        .route(path::USERINFO, get(backchannel::userinfo).post(backchannel::userinfo))
}

/// Nothing is kept by caches, framed, or read as something else; addresses with secrets go to no third party.
async fn guarded(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
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
/// The pages' style.
const STYLE: &str = "/oidc/style.css";
/// Largest body of a back-channel request, in octets.
const MAX_BODY: usize = 64 * 1024;
