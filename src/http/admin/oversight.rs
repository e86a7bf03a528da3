//! `/admin/v1/tenants/{id}/…`: what an auditor reads of every agency. Each reading is recorded.

use crate::app::App;
use crate::http::page::{Listing, Page};
use crate::http::permit::{Path, Query};
use crate::http::problem::Problem;
use crate::http::ra::package_view::{AssignmentPage, AssignmentView};
use crate::http::ra::record::tar;
use crate::http::ra::view::{CardView, EnrolmentPage, EnrolmentView, Stage};
use crate::service::permit::ReadAnyAgency;
use crate::service::{self, Permit, oversee};
use axum::Json;
use axum::extract::State;
use axum::response::Response;
use domain::{CardNumber, TenantId};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// The routes.
pub(super) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(enrolments))
        .routes(routes!(assignments))
        .routes(routes!(card))
        .routes(routes!(evidence))
}

/// Lists applications of an agency, in order of id.
#[utoipa::path(get, operation_id = "overseeEnrolments", tag = "admin", path = "/admin/v1/tenants/{id}/enrolments",
    params(("id" = String, Path,), EnrolmentPage),
    responses((status = 200, body = Page<EnrolmentView>), (status = "default", body = Problem)))]
pub async fn enrolments(
    permit: Permit<ReadAnyAgency>,
    State(app): State<App>,
    Path(id): Path<TenantId>,
    Query(page): Query<EnrolmentPage>,
) -> Result<Json<Page<EnrolmentView>>, Problem> {
    let stage = page.stage.map(Stage::as_str);
    let of = format!("enrolments of {id} {}", stage.unwrap_or_default());
    let listing = Listing::new(&app, &permit, &of, (page.cursor.as_deref(), page.limit))?;
    let after = listing.after()?;
    let rows = oversee::enrolments(&app, &permit, &id, (stage, after.as_ref(), listing.rows())).await?;
    Ok(listing.page(rows, |row| row.bare().id.to_string(), |row| EnrolmentView::from(&row)))
}

/// Lists who at an agency was given or ordered which package, in order of id.
#[utoipa::path(get, operation_id = "overseeAssignments", tag = "admin", path = "/admin/v1/tenants/{id}/assignments",
    params(("id" = String, Path,), AssignmentPage),
    responses((status = 200, body = Page<AssignmentView>), (status = "default", body = Problem)))]
pub async fn assignments(
    permit: Permit<ReadAnyAgency>,
    State(app): State<App>,
    Path(id): Path<TenantId>,
    Query(page): Query<AssignmentPage>,
) -> Result<Json<Page<AssignmentView>>, Problem> {
    let of = format!("assignments of {id}");
    let listing = Listing::new(&app, &permit, &of, (page.cursor.as_deref(), page.limit))?;
    let after = listing.after()?;
    let rows = oversee::assignments(&app, &permit, &id, (after.as_ref(), listing.rows())).await?;
    Ok(listing.page(rows, |row| row.value.bare().id.to_string(), |row| AssignmentView::from(&row)))
}

/// Reads a card of an agency with its certificates.
#[utoipa::path(get, operation_id = "overseeCard", tag = "admin", path = "/admin/v1/tenants/{id}/cards/{number}",
    params(("id" = String, Path,), ("number" = String, Path,)),
    responses((status = 200, body = CardView), (status = "default", body = Problem)))]
pub async fn card(
    permit: Permit<ReadAnyAgency>,
    State(app): State<App>,
    Path((id, number)): Path<(TenantId, CardNumber)>,
) -> Result<Json<CardView>, Problem> {
    let (card, certificates) = oversee::card(&app, &permit, &id, &number).await?;
    Ok(Json(CardView::from((&card, certificates.as_slice()))))
}

/// Exports the evidence of a card of an agency as one signed package, for `sigill evidence verify`.
#[utoipa::path(get, operation_id = "overseeEvidence", tag = "admin", path = "/admin/v1/tenants/{id}/cards/{number}/evidence",
    params(("id" = String, Path,), ("number" = String, Path,)),
    responses((status = 200, body = Vec<u8>, content_type = "application/x-tar"), (status = "default", body = Problem)))]
pub async fn evidence(
    permit: Permit<ReadAnyAgency>,
    State(app): State<App>,
    Path((id, number)): Path<(TenantId, CardNumber)>,
) -> Result<Response, Problem> {
    Ok(tar(service::evidence::of_any_agency(&app, &permit, &id, &number).await?))
}
