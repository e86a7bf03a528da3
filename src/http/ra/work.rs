//! `/ra/v1/work`: what waits for somebody at the agency.

use crate::app::App;
use crate::http::page::{Listing, Page};
use crate::http::permit::{Body, Path, Query};
use crate::http::problem::Problem;
use crate::service::permit::{CloseWork, ReadWork};
use crate::service::refusal::{About, Attempt};
use crate::service::{Permit, work};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use domain::WorkId;
use domain::work::WorkItem;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// Which work to list.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct WorkPage {
    /// Also what is done.
    #[serde(default)]
    pub done: bool,
    /// Where the list goes on: `next` of the page before.
    pub cursor: Option<String>,
    /// At most so many: 50 unless it is said, 200 at most.
    #[param(minimum = 1, maximum = 200)]
    pub limit: Option<u32>,
}

/// Something that waits, or waited.
#[derive(Serialize, ToSchema)]
pub struct WorkView {
    id: String,
    /// The person, if the agency knows them.
    #[serde(skip_serializing_if = "Option::is_none")]
    person: Option<String>,
    /// Their name; `***` if the caller may not see who it is.
    #[schema(example = "Elsa Testsson")]
    name: String,
    /// Their number; `***` if the caller may not see who it is.
    #[schema(example = "198504309803")]
    identity_number: String,
    /// Why it waits.
    #[schema(example = json!(["register-new-name"]))]
    reasons: Vec<&'static str>,
    since: String,
    /// Who asked for it, where somebody else must decide.
    #[serde(skip_serializing_if = "Option::is_none")]
    asked_by: Option<String>,
    /// On which grounds it was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "Begäran från den enskilde, ärende 2026-20")]
    grounds: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    closed_by: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    closed_at: Option<String>,
    /// What was done, in the officer's own words.
    #[serde(skip_serializing_if = "Option::is_none")]
    closed_reason: Option<String>,
}

impl From<WorkItem> for WorkView {
    fn from(item: WorkItem) -> Self {
        let (closed_by, closed_at, closed_reason) = match item.closing {
            Some(closing) => (Some(closing.by.to_string()), Some(closing.at.to_string()), Some(closing.reason)),
            None => (None, None, None),
        };
        Self {
            id: item.id.to_string(),
            person: item.person.map(|person| person.to_string()),
            name: item.about.name,
            identity_number: item.about.identity_number,
            reasons: item.reasons.iter().map(|reason| reason.as_str()).collect(),
            since: item.since.to_string(),
            grounds: Some(item.about.grounds).filter(|_| item.asked_by.is_some()),
            asked_by: item.asked_by.map(|person| person.to_string()),
            closed_by,
            closed_at,
            closed_reason,
        }
    }
}

/// What was done.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct WorkClosing {
    /// In the officer's own words.
    #[schema(example = "Nytt kort beställt, ärende 2026-18", max_length = 200)]
    pub reason: String,
}

/// Lists what waits at the agency, in order of id: whom for, why and since when.
#[utoipa::path(get, operation_id = "listWork", tag = "ra", path = "/ra/v1/work", params(WorkPage),
    responses((status = 200, body = Page<WorkView>), (status = "default", body = Problem)))]
pub async fn list(
    permit: Permit<ReadWork>,
    State(app): State<App>,
    Query(page): Query<WorkPage>,
) -> Result<Json<Page<WorkView>>, Problem> {
    let of = if page.done { "work with what is done" } else { "work" };
    let listing = Listing::new(&app, &permit, of, (page.cursor.as_deref(), page.limit))?;
    let after = listing.after::<WorkId>()?;
    let rows = work::list(&app, &permit, !page.done, (after.as_ref(), listing.rows())).await?;
    Ok(listing.page(rows, |item| item.id.to_string(), WorkView::from))
}

/// Says that a piece of work is done.
#[utoipa::path(post, operation_id = "closeWork", tag = "ra", path = "/ra/v1/work/{id}/closing", params(("id" = String, Path,)),
    request_body = WorkClosing,
    responses((status = 204, description = "Done."), (status = "default", body = Problem)))]
pub async fn close(
    permit: Permit<CloseWork>,
    State(app): State<App>,
    Path(id): Path<WorkId>,
    Body(closing): Body<WorkClosing>,
) -> Result<StatusCode, Problem> {
    let closed = work::close(&app, &permit, &id, &closing.reason).await;
    Attempt::of(&permit).noted(&app, About::Other("work"), closed).await?;
    Ok(StatusCode::NO_CONTENT)
}
