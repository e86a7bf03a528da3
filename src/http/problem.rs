//! The only mapping from errors to responses (RFC 9457).

use crate::service::ServiceError;
use crate::service::attempts::WINDOW_SECONDS;
use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use catalogue::Titles;
use domain::Kind;
use domain::ports::StoreError;
use serde::Serialize;

mod catalogue;

/// An error as a client sees it: `application/problem+json`.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct Problem {
    /// A URI that names the kind of problem; the code again, in the form RFC 9457 asks for.
    #[serde(rename = "type")]
    #[schema(example = "urn:sigill:problem:not-found")]
    uri: String,
    /// The kind of problem, in Swedish, or in English if the client prefers it.
    #[schema(example = "Finns inte")]
    title: &'static str,
    /// The same in Swedish.
    #[schema(example = "Finns inte")]
    title_sv: &'static str,
    /// The same in English.
    #[schema(example = "Not found")]
    title_en: &'static str,
    /// The HTTP status.
    #[schema(example = 404)]
    status: u16,
    /// A stable word for machines; `docs/problems.md` lists them.
    #[schema(example = "not-found")]
    code: &'static str,
    /// What was wrong this time, for whoever writes the client; never personal data.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "not found")]
    detail: Option<String>,
}

impl Problem {
    /// A problem that is no [`ServiceError`]: one of the edge itself.
    pub fn edge(status: StatusCode, code: &'static str, detail: impl Into<String>) -> Self {
        Self::new(status, code, Some(detail.into()))
    }

    fn new(status: StatusCode, code: &'static str, detail: Option<String>) -> Self {
        let Titles { sv, en } = catalogue::titles(code);
        let uri = format!("urn:sigill:problem:{code}");
        Self { uri, title: sv, title_sv: sv, title_en: en, status: status.as_u16(), code, detail }
    }

    /// The response in one of our languages.
    pub(super) fn answer(mut self, language: &'static str) -> Response {
        self.title = if language == "en" { self.title_en } else { self.title_sv };
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = (status, Json(self)).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(PROBLEM));
        headers.insert(header::CONTENT_LANGUAGE, HeaderValue::from_static(language));
        headers.insert(header::VARY, HeaderValue::from_static("Accept-Language"));
        match status {
            StatusCode::SERVICE_UNAVAILABLE => headers.insert(header::RETRY_AFTER, HeaderValue::from_static("1")),
            StatusCode::TOO_MANY_REQUESTS => headers.insert(header::RETRY_AFTER, HeaderValue::from(WINDOW_SECONDS)),
            _ => None,
        };
        response
    }
}

impl From<ServiceError> for Problem {
    fn from(error: ServiceError) -> Self {
        let status = status(&error);
        let code = error.code();
        if status.is_server_error() {
            tracing::error!(code, error = %chain(&error), "request failed");
        } else {
            tracing::info!(code, status = status.as_u16(), "request refused");
        }
        metrics::counter!("sigill_problems_total", "code" => code).increment(1);
        let detail = match error.kind() {
            Kind::Internal => None,
            _ => Some(error.to_string()),
        };
        Self::new(status, code, detail)
    }
}

fn status(error: &ServiceError) -> StatusCode {
    match (error, error.kind()) {
        (ServiceError::NoCertificate | ServiceError::BadCertificate(_), _) => StatusCode::UNAUTHORIZED,
        (ServiceError::Store(StoreError::NotAsSeen), _) => StatusCode::PRECONDITION_FAILED,
        (ServiceError::TooMany, _) => StatusCode::TOO_MANY_REQUESTS,
        (_, Kind::Invalid) => StatusCode::BAD_REQUEST,
        (_, Kind::Denied) => StatusCode::FORBIDDEN,
        (_, Kind::NotFound) => StatusCode::NOT_FOUND,
        (_, Kind::Conflict) => StatusCode::CONFLICT,
        (_, Kind::Refused) => StatusCode::UNPROCESSABLE_ENTITY,
        (_, Kind::Busy) => StatusCode::SERVICE_UNAVAILABLE,
        (_, Kind::Internal) => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        source = cause.source();
    }
    text
}

/// In Swedish; the problem goes along for the layer of languages, which may put it in English.
impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response = self.clone().answer("sv");
        response.extensions_mut().insert(self);
        response
    }
}

/// Content type of a problem.
pub(super) const PROBLEM: &str = "application/problem+json";
