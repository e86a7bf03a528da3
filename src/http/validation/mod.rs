//! `/validate/v1`: what relying services ask.

mod view;

use crate::app::App;
use crate::http::permit::Body;
use crate::http::problem::Problem;
use crate::service;
use crate::service::Permit;
use crate::service::permit::Validate;
use axum::Json;
use axum::extract::{DefaultBodyLimit, State};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use view::{CertificateAnswer, CertificateQuestion};

/// The routes.
pub fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(certificate)).layer(DefaultBodyLimit::max(MAX_BODY))
}

/// Validates a certificate (RFC 5280 clause 6), in the terms of EN 319 102-1.
#[utoipa::path(post, operation_id = "validateCertificate", tag = "validate", path = "/validate/v1/certificate",
    request_body = CertificateQuestion,
    responses((status = 200, body = CertificateAnswer), (status = "default", body = Problem)))]
pub async fn certificate(
    permit: Permit<Validate>,
    State(app): State<App>,
    Body(question): Body<CertificateQuestion>,
) -> Result<Json<CertificateAnswer>, Problem> {
    let request = question.into_request(app.clock.now())?;
    let answer = service::validate::certificate(&app, &permit, request).await?;
    Ok(Json(CertificateAnswer::from(answer)))
}

/// Largest request, in octets: a chain with long CRLs.
const MAX_BODY: usize = 4 * 1024 * 1024;
