//! What an agency takes out of the record: the evidence of a card, and its part of the audit log.

use crate::app::App;
use crate::http::admin::{AuditPage, RecordView};
use crate::http::page::{Listing, Page};
use crate::http::permit::{Path, Query};
use crate::http::problem::Problem;
use crate::service::permit::{ExportEvidence, ReadOwnAudit};
use crate::service::refusal::{About, Attempt};
use crate::service::{Permit, audit, evidence};
use axum::Json;
use axum::extract::State;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use domain::CardNumber;
use domain::ports::Thing;

/// Exports the evidence of a card as one signed package, for `sigill evidence verify`. The export is itself recorded.
#[utoipa::path(get, operation_id = "exportEvidence", tag = "ra", path = "/ra/v1/cards/{number}/evidence",
    params(("number" = String, Path,)),
    responses((status = 200, body = Vec<u8>, content_type = "application/x-tar"), (status = "default", body = Problem)))]
pub async fn export(
    permit: Permit<ExportEvidence>,
    State(app): State<App>,
    Path(number): Path<CardNumber>,
) -> Result<Response, Problem> {
    let package = evidence::of_card(&app, &permit, &number).await;
    let package = Attempt::of(&permit).noted(&app, About::Thing(Thing::Card(&number)), package).await?;
    Ok(tar(package))
}

/// A package as an answer.
pub(in crate::http) fn tar(package: Vec<u8>) -> Response {
    let headers = [(CONTENT_TYPE, "application/x-tar"), (CONTENT_DISPOSITION, "attachment; filename=\"evidence.tar\"")];
    (headers, package).into_response()
}

/// Reads the agency's part of the audit log. The reading is itself recorded.
#[utoipa::path(get, operation_id = "readOwnAudit", tag = "ra", path = "/ra/v1/audit", params(AuditPage),
    responses((status = 200, body = Page<RecordView>), (status = "default", body = Problem)))]
pub async fn audit(
    permit: Permit<ReadOwnAudit>,
    State(app): State<App>,
    Query(page): Query<AuditPage>,
) -> Result<Json<Page<RecordView>>, Problem> {
    let listing = Listing::new(&app, &permit, "own audit", (page.cursor.as_deref(), page.limit))?;
    let records = audit::own_records(&app, &permit, page.first(&listing)?, listing.rows()).await?;
    Ok(listing.page(records, |record| record.sequence.to_string(), RecordView::from))
}
