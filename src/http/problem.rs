//! The only mapping from errors to responses (RFC 9457).

use crate::service::ServiceError;
use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use domain::Kind;
use serde::Serialize;

/// An error as a client sees it: `application/problem+json`.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct Problem {
    /// A URI that names the kind of problem; the code again, in the form RFC 9457 asks for.
    #[serde(rename = "type")]
    uri: String,
    /// The kind of problem, in words.
    title: &'static str,
    /// The same in Swedish.
    title_sv: &'static str,
    /// The HTTP status.
    status: u16,
    /// A stable word for machines.
    code: &'static str,
    /// What was wrong this time; never personal data.
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<String>,
}

impl Problem {
    /// A problem that is no [`ServiceError`]: one of the edge itself.
    pub fn edge(status: StatusCode, code: &'static str, detail: impl Into<String>) -> Self {
        Self::new(status, code, Some(detail.into()))
    }

    fn new(status: StatusCode, code: &'static str, detail: Option<String>) -> Self {
        let (title, title_sv) = titles(status);
        Self { uri: format!("urn:sigill:problem:{code}"), title, title_sv, status: status.as_u16(), code, detail }
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

fn titles(status: StatusCode) -> (&'static str, &'static str) {
    match status {
        StatusCode::UNAUTHORIZED => ("Certificate not accepted", "Certifikatet godtas inte"),
        StatusCode::BAD_REQUEST => ("Request not understood", "Begäran går inte att förstå"),
        StatusCode::FORBIDDEN => ("Not allowed", "Inte tillåtet"),
        StatusCode::NOT_FOUND => ("Not found", "Finns inte"),
        StatusCode::METHOD_NOT_ALLOWED => ("Method not allowed", "Metoden är inte tillåten"),
        StatusCode::CONFLICT => ("Not possible now", "Går inte i detta läge"),
        StatusCode::PAYLOAD_TOO_LARGE => ("Request too large", "Begäran är för stor"),
        StatusCode::TOO_MANY_REQUESTS => ("Too many attempts", "För många försök"),
        StatusCode::UNPROCESSABLE_ENTITY => ("Refused", "Avvisat"),
        StatusCode::SERVICE_UNAVAILABLE => ("Not available now, try again", "Inte tillgängligt just nu, försök igen"),
        _ => ("Internal error", "Internt fel"),
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

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = (status, Json(self)).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if status == StatusCode::SERVICE_UNAVAILABLE {
            headers.insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
        }
        response
    }
}
