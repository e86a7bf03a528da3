//! `/ra/v1/bulk-revocations`: many cards revoked as one act, which goes on after the answer.

use crate::app::App;
use crate::http::conditions::Tagged;
use crate::http::page::{Listing, Page};
use crate::http::permit::{Body, Path, Query};
use crate::http::problem::Problem;
use crate::service::bulk_revoke::{self, Progress};
use crate::service::permit::{ClearRevocations, ReadCard, RevokeMany};
use crate::service::refusal::{About, Attempt};
use crate::service::{Permit, ServiceError};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use domain::BulkId;
use domain::bulk::{Item, Order, Outcome};
use pki::crl::Reason;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use utoipa::{IntoParams, ToSchema};

/// Cards to revoke.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BulkOrder {
    /// Card numbers, 10,000 at most; a number that stands here twice counts once.
    #[schema(example = json!(["9752269900000000017"]))]
    pub cards: Vec<String>,
    /// `CRLReason` of RFC 5280.
    #[schema(value_type = String, example = "superseded")]
    pub reason: Reason,
    /// The grounds in words.
    #[schema(example = "Tillverkningsfel i kortserie 2026-4", max_length = 200)]
    pub grounds: String,
}

/// Which cards of the act to list.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ItemPage {
    /// Where the list goes on: `next` of the page before.
    pub cursor: Option<String>,
    /// At most so many: 50 unless it is said, 200 at most.
    #[param(minimum = 1, maximum = 200)]
    pub limit: Option<u32>,
}

/// An act and how far it has come.
#[derive(Serialize, ToSchema)]
pub struct BulkView {
    id: String,
    /// `waiting` for a second person, `running` or `finished`.
    state: &'static str,
    reason: &'static str,
    grounds: String,
    total: u32,
    /// How many cards have an outcome.
    done: u32,
    /// How many cards have which outcome.
    #[schema(value_type = BTreeMap<String, u32>)]
    outcomes: BTreeMap<&'static str, u32>,
    requested_by: String,
    requested_at: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    cleared_by: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cleared_at: Option<String>,
}

impl From<&Progress> for BulkView {
    fn from(Progress { bulk, counts, .. }: &Progress) -> Self {
        let cleared = bulk.cleared_by.as_ref();
        Self {
            id: bulk.id.to_string(),
            state: bulk.state.as_str(),
            reason: bulk.reason.as_str(),
            grounds: bulk.grounds.clone(),
            total: bulk.total,
            done: counts.iter().map(|(_, count)| count).sum(),
            outcomes: counts.iter().map(|(outcome, count)| (outcome.as_str(), *count)).collect(),
            requested_by: bulk.requested_by.to_string(),
            requested_at: bulk.requested_at.to_string(),
            cleared_by: cleared.map(|(by, _)| by.to_string()),
            cleared_at: cleared.map(|(_, at)| at.to_string()),
        }
    }
}

/// Cards and what became, or would become, of them.
#[derive(Serialize, ToSchema)]
pub struct ItemList {
    /// In order of card number.
    pub items: Vec<ItemView>,
}

/// A card of the act.
#[derive(Serialize, ToSchema)]
pub struct ItemView {
    card: String,
    /// `revoked`, `already-revoked` or `unknown`; missing until it is the card's turn.
    #[serde(skip_serializing_if = "Option::is_none")]
    outcome: Option<&'static str>,
}

impl From<Item> for ItemView {
    fn from(item: Item) -> Self {
        Self { card: item.card.to_string(), outcome: item.outcome.map(Outcome::as_str) }
    }
}

impl TryFrom<BulkOrder> for Order {
    type Error = ServiceError;

    fn try_from(order: BulkOrder) -> Result<Self, ServiceError> {
        let cards: Result<BTreeSet<_>, _> = order.cards.iter().map(|card| card.parse()).collect();
        let problem = || "each 1 to 64 letters, digits or hyphens".to_owned();
        let cards = cards.map_err(|_| ServiceError::Invalid { field: "cards", problem: problem() })?;
        Ok(Self { cards, reason: order.reason, grounds: order.grounds })
    }
}

/// Says what an order would do to each card. Changes nothing.
#[utoipa::path(post, operation_id = "tryBulkRevocation", tag = "ra", path = "/ra/v1/bulk-revocations/trial", request_body = BulkOrder,
    responses((status = 200, body = ItemList), (status = "default", body = Problem)))]
pub async fn try_out(
    permit: Permit<RevokeMany>,
    State(app): State<App>,
    Body(order): Body<BulkOrder>,
) -> Result<Json<ItemList>, Problem> {
    let items = bulk_revoke::try_out(&app, &permit, &order.try_into()?).await?;
    Ok(Json(ItemList { items: items.into_iter().map(ItemView::from).collect() }))
}

/// Revokes many cards. Above a number it waits for a second person. Final.
#[utoipa::path(post, operation_id = "requestBulkRevocation", tag = "ra", path = "/ra/v1/bulk-revocations", request_body = BulkOrder,
    responses((status = 202, body = BulkView), (status = "default", body = Problem)))]
pub async fn request(
    permit: Permit<RevokeMany>,
    State(app): State<App>,
    Body(order): Body<BulkOrder>,
) -> Result<(StatusCode, Json<BulkView>), Problem> {
    let progress = bulk_revoke::request(&app, &permit, order.try_into()?).await?;
    Ok((StatusCode::ACCEPTED, Json(BulkView::from(&progress))))
}

/// Clears an act that somebody else asked for.
#[utoipa::path(post, operation_id = "clearBulkRevocation", tag = "ra", path = "/ra/v1/bulk-revocations/{id}/clearance", params(("id" = String, Path,)),
    responses((status = 202, body = BulkView), (status = "default", body = Problem)))]
pub async fn clear(
    permit: Permit<ClearRevocations>,
    State(app): State<App>,
    Path(id): Path<BulkId>,
) -> Result<(StatusCode, Json<BulkView>), Problem> {
    let progress = bulk_revoke::clear(&app, &permit, &id).await;
    let progress = Attempt::of(&permit).noted(&app, About::Other(id.as_str()), progress).await?;
    Ok((StatusCode::ACCEPTED, Json(BulkView::from(&progress))))
}

/// Shows how far an act has come.
#[utoipa::path(get, operation_id = "readBulkRevocation", tag = "ra", path = "/ra/v1/bulk-revocations/{id}", params(("id" = String, Path,)),
    responses((status = 200, body = BulkView), (status = "default", body = Problem)))]
pub async fn read(
    permit: Permit<ReadCard>,
    State(app): State<App>,
    Path(id): Path<BulkId>,
) -> Result<Tagged<Json<BulkView>>, Problem> {
    let progress = bulk_revoke::read(&app, &permit, &id).await;
    let progress = Attempt::of(&permit).noted(&app, About::Other(id.as_str()), progress).await?;
    Ok(Tagged("bulk-revocation", progress.version, Json(BulkView::from(&progress))))
}

/// Lists the cards of an act with what became of them, in order of number.
#[utoipa::path(get, operation_id = "listBulkRevocation", tag = "ra", path = "/ra/v1/bulk-revocations/{id}/items",
    params(("id" = String, Path,), ItemPage),
    responses((status = 200, body = Page<ItemView>), (status = "default", body = Problem)))]
pub async fn items(
    permit: Permit<ReadCard>,
    State(app): State<App>,
    Path(id): Path<BulkId>,
    Query(page): Query<ItemPage>,
) -> Result<Json<Page<ItemView>>, Problem> {
    let of = format!("bulk revocation {id}");
    let listing = Listing::new(&app, &permit, &of, (page.cursor.as_deref(), page.limit))?;
    let after = listing.after()?;
    let items = bulk_revoke::items(&app, &permit, &id, (after.as_ref(), listing.rows())).await;
    let items = Attempt::of(&permit).noted(&app, About::Other(id.as_str()), items).await?;
    Ok(listing.page(items, |item| item.card.to_string(), ItemView::from))
}
