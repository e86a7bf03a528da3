//! Extractors: who calls, and what they sent.

use crate::app::App;
use crate::http::conditions::again;
use crate::http::problem::Problem;
use crate::http::tls::PeerCertificate;
use crate::service::Permit;
use crate::service::conditions::Conditions;
use crate::service::permit::{Permits, authorise};
use axum::extract::rejection::{JsonRejection, PathRejection, QueryRejection};
use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use serde::de::DeserializeOwned;
use std::sync::Arc;

/// The permit that a handler demands is made from the connection's client certificate.
impl<A: Permits> FromRequestParts<App> for Permit<A> {
    /// A problem; or the answer of the first time, if the request was done before under the caller's key.
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Response> {
        let certificate = parts.extensions.get::<PeerCertificate>();
        let der = certificate.map(|certificate| certificate.0.as_ref());
        let problem = |error| Problem::from(error).into_response();
        let permit = authorise(app, der).await.map_err(problem)?;
        let Some(conditions) = parts.extensions.get::<Arc<Conditions>>() else { return Ok(permit) };
        match conditions.answered(app, &permit).await.map_err(problem)? {
            Some(answer) => Err(again(answer)),
            None => Ok(permit),
        }
    }
}

/// A JSON body; whatever is wrong with it becomes a [`Problem`] that does not repeat the input.
pub struct Body<T>(pub T);

impl<T: DeserializeOwned> FromRequest<App> for Body<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, app: &App) -> Result<Self, Problem> {
        match axum::Json::<T>::from_request(request, app).await {
            Ok(axum::Json(value)) => Ok(Self(value)),
            Err(JsonRejection::MissingJsonContentType(_)) => {
                Err(Problem::edge(StatusCode::BAD_REQUEST, "content-type", "send application/json"))
            }
            Err(JsonRejection::JsonSyntaxError(_)) => {
                Err(Problem::edge(StatusCode::BAD_REQUEST, "json", "the body is not JSON"))
            }
            Err(JsonRejection::JsonDataError(_)) => Err(Problem::edge(
                StatusCode::BAD_REQUEST,
                "json",
                "the body lacks a field, has an unknown one, or one of a wrong form; see /openapi.json",
            )),
            Err(other) if other.status() == StatusCode::PAYLOAD_TOO_LARGE => {
                Err(Problem::edge(StatusCode::PAYLOAD_TOO_LARGE, "too-large", "the body is too large"))
            }
            Err(_) => Err(Problem::edge(StatusCode::BAD_REQUEST, "body", "the body could not be read")),
        }
    }
}

/// A path parameter. One that cannot be an id names nothing, so it is not found.
pub struct Path<T>(pub T);

impl<T: DeserializeOwned + Send> FromRequestParts<App> for Path<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let path: Result<axum::extract::Path<T>, PathRejection> =
            axum::extract::Path::from_request_parts(parts, app).await;
        path.map(|axum::extract::Path(value)| Self(value)).map_err(|_| crate::service::ServiceError::NotFound.into())
    }
}

/// Query parameters.
pub struct Query<T>(pub T);

impl<T: DeserializeOwned> FromRequestParts<App> for Query<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let query: Result<axum::extract::Query<T>, QueryRejection> =
            axum::extract::Query::from_request_parts(parts, app).await;
        query
            .map(|axum::extract::Query(value)| Self(value))
            .map_err(|_| Problem::edge(StatusCode::BAD_REQUEST, "query", "an unknown or malformed query parameter"))
    }
}
