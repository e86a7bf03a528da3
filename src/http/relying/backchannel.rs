//! What relying services call themselves.

use crate::app::App;
use crate::http::tls::PeerCertificate;
use crate::service::login::LoginError;
use crate::service::login::begin::{Pushed, push as keep};
use crate::service::relying::caller::{self, Caller, Shown};
use crate::service::relying::{exchange, token as tokens};
use axum::Json;
use axum::body::Bytes;
use axum::extract::{FromRequest, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use federation::oidc::{Code, OidcError, Parameters};
use serde_json::json;

/// A request of a relying service that said who it is.
pub(super) struct Call {
    app: App,
    caller: Caller,
    parameters: Parameters,
}

impl FromRequest<App> for Call {
    type Rejection = Response;

    async fn from_request(request: Request, app: &App) -> Result<Self, Response> {
        let (parts, body) = request.into_parts();
        let body = Bytes::from_request(Request::from_parts(parts.clone(), body), app).await;
        let body = body.map_err(IntoResponse::into_response)?;
        let call = authenticated(app, &parts, &body).await.map_err(|error| refusal(&error))?;
        super::pacing::held_up(app, &call.caller.client.id).map_or(Ok(call), Err)
    }
}

/// `POST /oidc/token` (RFC 6749 section 3.2).
pub(super) async fn token(Call { app, caller, parameters }: Call) -> Response {
    answer(async { Ok(Json(exchange::exchange(&app, &caller, &parameters).await?).into_response()) }).await
}

/// `POST /oidc/par` (RFC 9126 section 2).
pub(super) async fn push(Call { app, caller, parameters }: Call) -> Response {
    answer(async {
        caller::remember(&app, &caller).await?;
        let Pushed { uri, expires_in } = keep(&app, &caller.client, parameters, caller.proof.as_ref()).await?;
        Ok((StatusCode::CREATED, Json(json!({"request_uri": uri, "expires_in": expires_in}))).into_response())
    })
    .await
}

/// `POST /oidc/introspect` (RFC 7662 section 2).
pub(super) async fn introspect(Call { app, caller, parameters }: Call) -> Response {
    answer(async {
        caller::remember(&app, &caller).await?;
        let token = parameters.need("token", "token is missing")?;
        Ok(Json(tokens::introspect(&app, &caller, token).await?).into_response())
    })
    .await
}

/// `POST /oidc/revoke` (RFC 7009 section 2).
pub(super) async fn revoke(Call { app, caller, parameters }: Call) -> Response {
    answer(async {
        caller::remember(&app, &caller).await?;
        let token = parameters.need("token", "token is missing")?;
        tokens::revoke(&app, &caller, token).await?;
        Ok(StatusCode::OK.into_response())
    })
    .await
}

/// `GET` and `POST /oidc/userinfo` (OpenID Connect Core section 5.3). The token stands in the header only (FAPI 2.0
/// section 5.3.4).
pub(super) async fn userinfo(State(app): State<App>, request: Request) -> Response {
    let (parts, _) = request.into_parts();
    let answered = async {
        let token = presented(&parts.headers)?;
        tokens::userinfo(&app, token, shown(&parts)?).await
    };
    match answered.await {
        Ok(jwt) => ([(header::CONTENT_TYPE, "application/jwt")], jwt).into_response(),
        Err(error) => challenge(&error),
    }
}

/// Any other address where only relying services come.
pub(super) async fn nothing_here() -> Response {
    StatusCode::NOT_FOUND.into_response()
}

async fn authenticated(app: &App, parts: &Parts, body: &[u8]) -> Result<Call, LoginError> {
    let kind = parts.headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    if !kind.starts_with("application/x-www-form-urlencoded") {
        return Err(OidcError::new(Code::InvalidRequest, "send application/x-www-form-urlencoded").into());
    }
    if parts.headers.contains_key(header::AUTHORIZATION) {
        return Err(OidcError::new(Code::InvalidClient, "no client has a secret").into());
    }
    let parameters = Parameters::from_form(body)?;
    let caller = caller::caller(app, &parameters, shown(parts)?).await?;
    Ok(Call { app: app.clone(), caller, parameters })
}

/// What comes beside the parameters. Two proofs are none (RFC 9449 section 4.3, number 1).
fn shown(parts: &Parts) -> Result<Shown<'_>, OidcError> {
    let mut proofs = parts.headers.get_all(DPOP).iter();
    let wrong = OidcError::new(Code::InvalidDpopProof, "one DPoP proof at most, in ASCII");
    let proof = proofs.next().map(|proof| proof.to_str().map_err(|_| wrong)).transpose()?;
    if proofs.next().is_some() {
        return Err(wrong);
    }
    let certificate = parts.extensions.get::<PeerCertificate>().map(|certificate| certificate.0.as_ref());
    Ok(Shown { certificate, proof, method: parts.method.as_str(), path: parts.uri.path() })
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

pub(super) fn refusal(error: &LoginError) -> Response {
    let told = error.oidc();
    match error {
        LoginError::Service(cause) => {
            tracing::error!(error = %cause, code = cause.code(), "a relying service's request failed");
        }
        why => tracing::info!(%why, "a relying service's request was refused"),
    }
    metrics::counter!("sigill_relying_refusals_total", "error" => told.code.as_str()).increment(1);
    let status = StatusCode::from_u16(told.code.status()).unwrap_or(StatusCode::BAD_REQUEST);
    let body = Json(json!({"error": told.code.as_str(), "error_description": told.description}));
    let mut response = (status, body).into_response();
    if status == StatusCode::SERVICE_UNAVAILABLE {
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
    }
    response
}

/// A refusal where a token is used: the scheme says what is wrong with token or proof (RFC 6750 section 3, RFC 9449 section
/// 7.1).
fn challenge(error: &LoginError) -> Response {
    let mut response = refusal(error);
    let code = error.oidc().code;
    let schemes = match code {
        Code::InvalidToken => &["Bearer", "DPoP"][..],
        Code::InvalidDpopProof => &["DPoP"],
        _ => return response,
    };
    *response.status_mut() = StatusCode::UNAUTHORIZED;
    for scheme in schemes {
        let algorithms = if *scheme == "DPoP" { ", algs=\"ES256 PS256 EdDSA\"" } else { "" };
        let challenge = format!("{scheme} error=\"{}\"{algorithms}", code.as_str());
        let challenge = HeaderValue::from_str(&challenge).expect("words of ASCII");
        response.headers_mut().append(header::WWW_AUTHENTICATE, challenge);
    }
    response
}

const DPOP: &str = "dpop";
const NO_TOKEN: OidcError = OidcError::new(Code::InvalidToken, "an access token is needed in the Authorization header");
