//! `/ra/v1/notices`: what was told, and what became of it. The addresses are nobody's business here.

use crate::app::App;
use crate::http::page::{Listing, Page};
use crate::http::permit::{Body, Path, Query};
use crate::http::problem::Problem;
use crate::service::permit::{ReadNotices, RecordAddress, RetryNotice};
use crate::service::refusal::{About, Attempt};
use crate::service::{Permit, notices};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use domain::notice::{Channel, Delivery, DeliveryState};
use domain::ports::Thing;
use domain::{NoticeId, PersonId};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// Where an employee is reached.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EmployeeAddress {
    /// An e-mail address; null if none is known any more.
    #[schema(example = "asa.oberg@norrsken.example.se", max_length = 254)]
    pub email: Option<String>,
}

/// Which notices to list.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct NoticePage {
    /// What became of them; those that were given up, if it is not said.
    #[param(inline)]
    pub state: Option<NoticeState>,
    /// Where the list goes on: `next` of the page before.
    pub cursor: Option<String>,
    /// At most so many: 50 unless it is said, 200 at most.
    #[param(minimum = 1, maximum = 200)]
    pub limit: Option<u32>,
}

/// What became of a notice.
#[derive(Debug, Clone, Copy, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum NoticeState {
    /// To be delivered, for the first time or again.
    Waiting,
    /// Taken by the other side.
    Delivered,
    /// Given up.
    Dead,
}

impl From<NoticeState> for DeliveryState {
    fn from(state: NoticeState) -> Self {
        match state {
            NoticeState::Waiting => Self::Waiting,
            NoticeState::Delivered => Self::Delivered,
            NoticeState::Dead => Self::Dead,
        }
    }
}

/// A notice on one of its ways.
#[derive(Serialize, ToSchema)]
pub struct NoticeView {
    id: String,
    /// `mail` or `webhook`.
    channel: &'static str,
    /// What happened, such as `card-ready`.
    kind: &'static str,
    /// To what: a card's number or a function's id.
    about: String,
    at: String,
    /// `waiting`, `delivered` or `dead`.
    state: &'static str,
    attempts: u32,
    /// When it is tried again, while it waits.
    #[serde(skip_serializing_if = "Option::is_none")]
    next_at: Option<String>,
    /// Why the last attempt failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    outcome: Option<String>,
}

impl From<&Delivery> for NoticeView {
    fn from(delivery: &Delivery) -> Self {
        let notice = &delivery.notice;
        Self {
            id: notice.id.to_string(),
            channel: delivery.channel.as_str(),
            kind: notice.kind.as_str(),
            about: notice.about.clone(),
            at: notice.at.to_string(),
            state: delivery.state.as_str(),
            attempts: delivery.attempts,
            next_at: (delivery.state == DeliveryState::Waiting).then(|| delivery.next_at.to_string()),
            outcome: delivery.outcome.clone(),
        }
    }
}

/// Says where an employee is reached, or that nobody knows.
#[utoipa::path(post, operation_id = "recordAddress", tag = "ra", path = "/ra/v1/persons/{id}/address",
    params(("id" = String, Path,)), request_body = EmployeeAddress,
    responses((status = 204), (status = "default", body = Problem)))]
pub async fn record_address(
    permit: Permit<RecordAddress>,
    State(app): State<App>,
    Path(id): Path<PersonId>,
    Body(address): Body<EmployeeAddress>,
) -> Result<StatusCode, Problem> {
    let recorded = notices::record_address(&app, &permit, &id, address.email.as_deref()).await;
    Attempt::of(&permit).noted(&app, About::Thing(Thing::Person(&id)), recorded).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Lists what the agency's people and systems were told, in order of id and way.
#[utoipa::path(get, operation_id = "listNotices", tag = "ra", path = "/ra/v1/notices", params(NoticePage),
    responses((status = 200, body = Page<NoticeView>), (status = "default", body = Problem)))]
pub async fn list(
    permit: Permit<ReadNotices>,
    State(app): State<App>,
    Query(page): Query<NoticePage>,
) -> Result<Json<Page<NoticeView>>, Problem> {
    let state = page.state.map_or(DeliveryState::Dead, DeliveryState::from);
    let of = format!("notices {}", state.as_str());
    let listing = Listing::new(&app, &permit, &of, (page.cursor.as_deref(), page.limit))?;
    let after = listing.after::<RowKey>()?;
    let after = after.as_ref().map(|RowKey(id, channel)| (id, *channel));
    let rows = notices::list(&app, &permit, (state, after, listing.rows())).await?;
    let key = |row: &Delivery| RowKey(row.notice.id.clone(), row.channel).to_string();
    Ok(listing.page(rows, key, |row| NoticeView::from(&row)))
}

/// Where the list of notices goes on: one is told on several ways.
struct RowKey(NoticeId, Channel);

impl std::fmt::Display for RowKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", self.0, self.1)
    }
}

impl std::str::FromStr for RowKey {
    type Err = domain::id::InvalidId;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (id, channel) = text.split_once('/').ok_or(domain::id::InvalidId { what: "notice" })?;
        Ok(Self(id.parse()?, channel.parse()?))
    }
}

/// Has a notice delivered again that was given up.
#[utoipa::path(post, operation_id = "retryNotice", tag = "ra", path = "/ra/v1/notices/{id}/{channel}/retry",
    params(("id" = String, Path,), ("channel" = String, Path,)),
    responses((status = 200, body = NoticeView), (status = "default", body = Problem)))]
pub async fn retry(
    permit: Permit<RetryNotice>,
    State(app): State<App>,
    Path((id, channel)): Path<(NoticeId, Channel)>,
) -> Result<Json<NoticeView>, Problem> {
    let retried = notices::retry(&app, &permit, (&id, channel)).await;
    let retried = Attempt::of(&permit).noted(&app, About::Other(id.as_str()), retried).await?;
    Ok(Json(NoticeView::from(&retried)))
}
