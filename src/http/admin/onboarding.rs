//! `/admin/v1/tenants/…`: how agencies are registered and led through the phases.

use super::onboarding_view::{ConnectionView, Decision, NewAgreement, NewStep, NewTenant};
use crate::app::App;
use crate::http::permit::{Body, Path};
use crate::http::problem::Problem;
use crate::service::onboard::{self, Step};
use crate::service::permit::{DecidePhase, FileAgreement, ProposePhase, ReadTenants, RegisterTenant};
use crate::service::{Permit, ServiceError};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use domain::onboarding::Agreement;
use domain::people::Tenant;
use domain::{MoveId, TenantId};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// The routes, but for registering: that one shares its path with the list.
pub(super) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(read))
        .routes(routes!(file_agreement))
        .routes(routes!(propose))
        .routes(routes!(decide))
}

/// Registers an organisation that wants to be connected. It has no phase yet.
#[utoipa::path(post, operation_id = "registerTenant", tag = "admin", path = "/admin/v1/tenants", request_body = NewTenant,
    responses((status = 201, body = ConnectionView), (status = "default", body = Problem)))]
pub async fn register(
    permit: Permit<RegisterTenant>,
    State(app): State<App>,
    Body(new): Body<NewTenant>,
) -> Result<(StatusCode, Json<ConnectionView>), Problem> {
    let invalid = |field, problem: &str| ServiceError::Invalid { field, problem: problem.to_owned() };
    let tenant = Tenant {
        id: new.id.parse().map_err(|_| invalid("id", "1 to 64 letters, digits or hyphens"))?,
        name: new.name,
        organisation_number: new
            .organisation_number
            .parse()
            .map_err(|_| invalid("organisation_number", "not an organisation number"))?,
        kind: new.kind,
    };
    let connection = onboard::register(&app, &permit, tenant).await?;
    Ok((StatusCode::CREATED, Json(ConnectionView::from(&connection))))
}

/// Shows where an agency and its services stand, and how they came there.
#[utoipa::path(get, operation_id = "readOnboarding", tag = "admin", path = "/admin/v1/tenants/{id}/onboarding",
    params(("id" = String, Path,)),
    responses((status = 200, body = ConnectionView), (status = "default", body = Problem)))]
pub async fn read(
    permit: Permit<ReadTenants>,
    State(app): State<App>,
    Path(id): Path<TenantId>,
) -> Result<Json<ConnectionView>, Problem> {
    Ok(Json(ConnectionView::from(&onboard::read(&app, &permit, &id).await?)))
}

/// Puts an agreement on file. It is never changed; a new one takes another reference.
#[utoipa::path(post, operation_id = "fileAgreement", tag = "admin", path = "/admin/v1/tenants/{id}/agreements",
    params(("id" = String, Path,)), request_body = NewAgreement,
    responses((status = 201, body = ConnectionView), (status = "default", body = Problem)))]
pub async fn file_agreement(
    permit: Permit<FileAgreement>,
    State(app): State<App>,
    Path(id): Path<TenantId>,
    Body(new): Body<NewAgreement>,
) -> Result<(StatusCode, Json<ConnectionView>), Problem> {
    let agreement = Agreement {
        tenant: id,
        reference: new.reference,
        sha256: new.sha256,
        signatory: new.signatory,
        from: super::time("from", &new.from)?,
        until: new.until.as_deref().map(|until| super::time("until", until)).transpose()?,
        filed_by: Some(permit.person().clone()),
        filed_at: app.clock.now(),
    };
    let connection = onboard::file(&app, &permit, agreement).await?;
    Ok((StatusCode::CREATED, Json(ConnectionView::from(&connection))))
}

/// Proposes that an agency or one of its services enters a phase.
#[utoipa::path(post, operation_id = "proposePhase", tag = "admin", path = "/admin/v1/tenants/{id}/steps",
    params(("id" = String, Path,)), request_body = NewStep,
    responses((status = 201, body = ConnectionView), (status = "default", body = Problem)))]
pub async fn propose(
    permit: Permit<ProposePhase>,
    State(app): State<App>,
    Path(id): Path<TenantId>,
    Body(new): Body<NewStep>,
) -> Result<(StatusCode, Json<ConnectionView>), Problem> {
    let step = Step { scope: new.scope, to: new.phase, shown: new.shown };
    let connection = onboard::propose(&app, &permit, &id, step).await?;
    Ok((StatusCode::CREATED, Json(ConnectionView::from(&connection))))
}

/// Decides a step that somebody else proposed.
#[utoipa::path(post, operation_id = "decidePhase", tag = "admin", path = "/admin/v1/tenants/{id}/steps/{step}/decision",
    params(("id" = String, Path,), ("step" = String, Path,)), request_body = Decision,
    responses((status = 200, body = ConnectionView), (status = "default", body = Problem)))]
pub async fn decide(
    permit: Permit<DecidePhase>,
    State(app): State<App>,
    Path((id, step)): Path<(TenantId, MoveId)>,
    Body(decision): Body<Decision>,
) -> Result<Json<ConnectionView>, Problem> {
    let connection = onboard::decide(&app, &permit, (&id, &step), (decision.verdict, decision.reason)).await?;
    Ok(Json(ConnectionView::from(&connection)))
}
