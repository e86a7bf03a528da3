//! What relying services call themselves.

use crate::app::App;
use crate::http::tls::PeerCertificate;
use crate::service::login::LoginError;
use crate::service::login::begin::{Pushed, push as keep};
use crate::service::relying::token::{self as tokens, Caller, Shown};
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use federation::oidc::provider::path;
use federation::oidc::{Code, OidcError, Parameters};
use serde_json::json;

type Certificate = Option<Extension<PeerCertificate>>;

/// `POST /oidc/token` (RFC 6749 section 3.2).
pub(super) async fn token(
    State(app): State<App>,
    certificate: Certificate,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    answer(async {
        let (caller, parameters) = caller(&app, &certificate, &headers, &body, path::TOKEN).await?;
        Ok(Json(tokens::exchange(&app, &caller, &parameters).await?).into_response())
    })
    .await
}

/// `POST /oidc/par` (RFC 9126 section 2).
pub(super) async fn push(
    State(app): State<App>,
    certificate: Certificate,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    answer(async {
        let (caller, parameters) = caller(&app, &certificate, &headers, &body, path::PAR).await?;
        tokens::remember(&app, &caller).await?;
        let Pushed { uri, expires_in } = keep(&app, &caller.client, parameters, caller.proof.as_ref()).await?;
        Ok((StatusCode::CREATED, Json(json!({"request_uri": uri, "expires_in": expires_in}))).into_response())
    })
    .await
}

/// `POST /oidc/introspect` (RFC 7662 section 2).
pub(super) async fn introspect(
    State(app): State<App>,
    certificate: Certificate,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    answer(async {
        let (caller, parameters) = caller(&app, &certificate, &headers, &body, path::INTROSPECT).await?;
        tokens::remember(&app, &caller).await?;
        let token = parameters.need("token", "token is missing")?;
        Ok(Json(tokens::introspect(&app, &caller, token).await?).into_response())
    })
    .await
}

/// `POST /oidc/revoke` (RFC 7009 section 2).
pub(super) async fn revoke(
    State(app): State<App>,
    certificate: Certificate,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    answer(async {
        let (caller, parameters) = caller(&app, &certificate, &headers, &body, path::REVOKE).await?;
        tokens::remember(&app, &caller).await?;
        let token = parameters.need("token", "token is missing")?;
        tokens::revoke(&app, &caller, token).await?;
        Ok(StatusCode::OK.into_response())
    })
    .await
}

/// `GET` and `POST /oidc/userinfo` (OpenID Connect Core section 5.3). The token stands in the header only (FAPI 2.0
/// section 5.3.4).
pub(super) async fn userinfo(
    State(app): State<App>,
    method: Method,
    certificate: Certificate,
    headers: HeaderMap,
) -> Response {
    answer(async {
        let token = presented(&headers)?;
        let jwt = tokens::userinfo(&app, token, shown(&certificate, &headers, &method, path::USERINFO)?).await?;
        Ok(([(header::CONTENT_TYPE, "application/jwt")], jwt).into_response())
    })
    .await
}

/// Any other address where only relying services come.
pub(super) async fn nothing_here() -> Response {
    StatusCode::NOT_FOUND.into_response()
}

async fn caller(
    app: &App,
    certificate: &Certificate,
    headers: &HeaderMap,
    body: &[u8],
    path: &str,
) -> Result<(Caller, Parameters), LoginError> {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    if !kind.starts_with("application/x-www-form-urlencoded") {
        return Err(OidcError::new(Code::InvalidRequest, "send application/x-www-form-urlencoded").into());
    }
    if headers.contains_key(header::AUTHORIZATION) {
        return Err(OidcError::new(Code::InvalidClient, "no client has a secret").into());
    }
    let parameters = Parameters::from_form(body)?;
    let shown = shown(certificate, headers, &Method::POST, path)?;
    Ok((tokens::caller(app, &parameters, shown).await?, parameters))
}

/// What comes beside the parameters. Two proofs are none (RFC 9449 section 4.3, number 1).
fn shown<'a>(
    certificate: &'a Certificate,
    headers: &'a HeaderMap,
    method: &'a Method,
    path: &'a str,
) -> Result<Shown<'a>, OidcError> {
    let mut proofs = headers.get_all(DPOP).iter();
    let wrong = OidcError::new(Code::InvalidDpopProof, "one DPoP proof at most, in ASCII");
    let proof = proofs.next().map(|proof| proof.to_str().map_err(|_| wrong)).transpose()?;
    if proofs.next().is_some() {
        return Err(wrong);
    }
    let certificate = certificate.as_ref().map(|Extension(certificate)| certificate.0.as_ref());
    Ok(Shown { certificate, proof, method: method.as_str(), path })
}

/// The access token. Its scheme must say whether a proof comes along, so that a bound token is never taken as a bearer's
/// (RFC 9449 section 7.2).
fn presented(headers: &HeaderMap) -> Result<&str, OidcError> {
    let text = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let (scheme, token) = text.and_then(|text| text.split_once(' ')).ok_or(NO_TOKEN)?;
    let wanted = if headers.contains_key(DPOP) { "DPoP" } else { "Bearer" };
    if scheme.eq_ignore_ascii_case(wanted) && !token.is_empty() { Ok(token) } else { Err(NO_TOKEN) }
}

async fn answer(work: impl Future<Output = Result<Response, LoginError>>) -> Response {
    match work.await {
        Ok(response) => response,
        Err(error) => refusal(&error),
    }
}

fn refusal(error: &LoginError) -> Response {
    let told = error.oidc();
    match error {
        LoginError::Service(cause) => {
            tracing::error!(error = %cause, code = cause.code(), "a relying service's request failed");
        }
        LoginError::Oidc(why) => tracing::info!(%why, "a relying service's request was refused"),
    }
    metrics::counter!("sigill_relying_refusals_total", "error" => told.code.as_str()).increment(1);
    let status = StatusCode::from_u16(told.code.status()).unwrap_or(StatusCode::BAD_REQUEST);
    let body = Json(json!({"error": told.code.as_str(), "error_description": told.description}));
    let mut response = (status, body).into_response();
    if told.code == Code::InvalidToken {
        let error = told.code.as_str();
        let challenge = format!("Bearer error=\"{error}\", DPoP error=\"{error}\", algs=\"ES256 PS256 EdDSA\"");
        if let Ok(challenge) = HeaderValue::from_str(&challenge) {
            response.headers_mut().insert(header::WWW_AUTHENTICATE, challenge);
        }
    }
    if status == StatusCode::SERVICE_UNAVAILABLE {
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
    }
    response
}

const DPOP: &str = "dpop";
const NO_TOKEN: OidcError = OidcError::new(Code::InvalidToken, "an access token is needed in the Authorization header");
