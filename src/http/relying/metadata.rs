//! What clients read before they begin.

use crate::app::{App, KeyUsage};
use crate::http::problem::Problem;
use crate::service::login::{keys, parts};
use axum::extract::State;
use axum::http::header;
use axum::response::IntoResponse;
use axum::routing::get;
use axum::{Json, Router};
use federation::oidc::discovery;
use federation::oidc::provider::path;
use pki::PublicKey;

/// Metadata and keys.
pub(super) fn router() -> Router<App> {
    Router::new()
        .route(path::DISCOVERY, get(metadata))
        .route(path::OAUTH_DISCOVERY, get(metadata))
        .route(path::JWKS, get(jwks))
}

async fn metadata(State(app): State<App>) -> Result<impl IntoResponse, Problem> {
    Ok(([CACHED], Json(discovery::metadata(&parts(&app)?.provider()))))
}

async fn jwks(State(app): State<App>) -> Result<impl IntoResponse, Problem> {
    let login = parts(&app)?;
    let named = |usage| login.keys(usage).into_iter().map(|key| (keys::name(&key), key.public)).collect::<Vec<_>>();
    let (signing, encryption) = (named(KeyUsage::Signature), named(KeyUsage::Encryption));
    let listed = |keys| <[(String, PublicKey)]>::iter(keys).map(|(kid, key)| (kid.as_str(), key));
    Ok(([CACHED], Json(discovery::jwks(listed(&signing), listed(&encryption)))))
}

/// New keys are published two days before they sign.
const CACHED: (header::HeaderName, &str) = (header::CACHE_CONTROL, "public, max-age=300");
