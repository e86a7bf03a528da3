//! `/admin/v1/relying-services`: one proposes a registration, another approves it.

use crate::app::App;
use crate::http::permit::{Body, Path};
use crate::http::problem::Problem;
use crate::service::Permit;
use crate::service::permit::{ApproveRelyingService, ProposeRelyingService};
use crate::service::relying::register;
use axum::Json;
use axum::extract::State;
use domain::relying::Registration;
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// The routes, on the officers' listener.
pub fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(propose)).routes(routes!(approve))
}

/// A registration.
#[derive(Serialize, ToSchema)]
pub struct RegistrationView {
    client_id: String,
    revision: i64,
    /// Whether it is in force.
    approved: bool,
}

impl From<&Registration> for RegistrationView {
    fn from(registration: &Registration) -> Self {
        Self {
            client_id: registration.client_id.clone(),
            revision: registration.revision,
            approved: registration.approved_by.is_some(),
        }
    }
}

/// Proposes a relying service, or the next revision of one: an object with the names of RFC 7591 and its extensions,
/// and `security_profile`. What is in force stays so until the proposal is approved.
#[utoipa::path(post, operation_id = "proposeRelyingService", tag = "admin", path = "/admin/v1/relying-services",
    request_body(content = Object, example = json!({
        "client_id": "https://tjanst.example", "redirect_uris": ["https://tjanst.example/svar"],
        "token_endpoint_auth_method": "private_key_jwt", "jwks_uri": "https://tjanst.example/jwks",
    })),
    responses((status = 201, body = RegistrationView), (status = "default", body = Problem)))]
pub async fn propose(
    permit: Permit<ProposeRelyingService>,
    State(app): State<App>,
    Body(registration): Body<Map<String, Value>>,
) -> Result<(axum::http::StatusCode, Json<RegistrationView>), Problem> {
    let proposed = register::propose(&app, &permit, Value::Object(registration).to_string()).await?;
    Ok((axum::http::StatusCode::CREATED, Json(RegistrationView::from(&proposed))))
}

/// Which proposal.
#[derive(serde::Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RegistrationApproval {
    /// The revision that the approver has seen: a later one needs another look.
    revision: i64,
}

/// Approves the last proposal. Not whoever proposed it.
#[utoipa::path(post, operation_id = "approveRelyingService", tag = "admin",
    path = "/admin/v1/relying-services/{client_id}/approval", params(("client_id" = String, Path,)),
    request_body = RegistrationApproval,
    responses((status = 200, body = RegistrationView), (status = "default", body = Problem)))]
pub async fn approve(
    permit: Permit<ApproveRelyingService>,
    State(app): State<App>,
    Path(client_id): Path<String>,
    Body(request): Body<RegistrationApproval>,
) -> Result<Json<RegistrationView>, Problem> {
    let approved = register::approve(&app, &permit, &client_id, request.revision).await?;
    Ok(Json(RegistrationView::from(&approved)))
}
