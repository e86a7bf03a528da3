//! Revokes many cards as one act: tried first, cleared by a second person above a number, then one by one.

use crate::app::App;
use crate::service::ServiceError;
use crate::service::commit::commit;
use crate::service::permit::{ClearRevocations, Permit, ReadCard, RevokeMany};
use crate::service::read::MAX_PAGE;
use crate::service::revoke;
use crate::service::text::{MAX_REASON, one_line};
use domain::audit::{Actor, Event};
use domain::bulk::{BulkRevocation, Item, Order, Outcome};
use domain::card::CardState;
use domain::changes::{Changes, Stored, Version, Write};
use domain::ports::{Conflict, StoreError};
use domain::{BulkId, CardNumber};
use futures::future::try_join_all;
use std::collections::BTreeMap;

/// An act, and how many of its cards have which outcome.
#[derive(Debug, Clone)]
pub struct Progress {
    /// The act.
    pub bulk: BulkRevocation,
    /// Its version.
    pub version: Version,
    /// Outcomes so far.
    pub counts: Vec<(Outcome, u32)>,
}

/// Says what an order would do to each card. Changes nothing, and is recorded.
///
/// # Errors
/// [`ServiceError`] if there are too many cards, or none.
pub async fn try_out(app: &App, permit: &Permit<RevokeMany>, order: &Order) -> Result<Vec<Item>, ServiceError> {
    one_line("grounds", &order.grounds, MAX_REASON)?;
    order.check()?;
    let numbers: Vec<_> = order.cards.iter().cloned().collect();
    let known = app.store.cards_among(permit.tenant(), &numbers).await?;
    let known: BTreeMap<_, _> = known.into_iter().map(|card| (card.value.number, card.value.state)).collect();
    let event = Event::new("bulk-revocation.tried", permit.actor(), "cards", app.clock.now())
        .in_tenant(permit.tenant())
        .with("cards", numbers.len());
    commit(app, Changes::recording(event)).await?;
    let outcome = |card: &CardNumber| match known.get(card) {
        None => Outcome::Unknown,
        Some(CardState::Revoked) => Outcome::AlreadyRevoked,
        Some(CardState::Bound | CardState::Active) => Outcome::Revoked,
    };
    Ok(numbers.into_iter().map(|card| Item { outcome: Some(outcome(&card)), card }).collect())
}

/// Asks for the act. It begins at once, or waits for a second person if the policy says so.
///
/// # Errors
/// [`ServiceError`] if there are too many cards, or none.
pub async fn request(app: &App, permit: &Permit<RevokeMany>, order: Order) -> Result<Progress, ServiceError> {
    one_line("grounds", &order.grounds, MAX_REASON)?;
    let ids = (BulkId::from_random(app.entropy.random16()), permit.tenant().clone());
    let by = (permit.person().clone(), app.clock.now());
    let bulk = BulkRevocation::request(ids, &order, by, &app.policies.get().revocation)?;
    let event = about("bulk-revocation.requested", permit.actor(), &bulk, app)
        .with("reason", bulk.reason.as_str())
        .with("grounds", &bulk.grounds)
        .with("state", bulk.state);
    let write = Write::NewBulk { new: bulk.clone(), cards: order.cards };
    commit(app, Changes::recording(event).write(write)).await?;
    Ok(Progress { bulk, version: Version(1), counts: Vec::new() })
}

/// Clears an act that somebody else asked for; it begins at once.
///
/// # Errors
/// [`ServiceError`]; whoever asked for it is refused.
pub async fn clear(app: &App, permit: &Permit<ClearRevocations>, id: &BulkId) -> Result<Progress, ServiceError> {
    let row = app.store.bulk(permit.tenant(), id).await?.ok_or(ServiceError::NotFound)?;
    let bulk = row.value.clear(permit.person().clone(), app.clock.now())?;
    let event = about("bulk-revocation.cleared", permit.actor(), &bulk, app);
    commit(app, Changes::recording(event).write(Write::Bulk { new: bulk.clone(), seen: row.version })).await?;
    Ok(Progress { bulk, version: Version(row.version.0 + 1), counts: Vec::new() })
}

/// How far an act has come.
///
/// # Errors
/// [`ServiceError::NotFound`] also for one of another agency.
pub async fn read(app: &App, permit: &Permit<ReadCard>, id: &BulkId) -> Result<Progress, ServiceError> {
    let row = app.store.bulk(permit.tenant(), id).await?.ok_or(ServiceError::NotFound)?;
    Ok(Progress { bulk: row.value, version: row.version, counts: app.store.bulk_counts(permit.tenant(), id).await? })
}

/// The cards of an act in order of number.
///
/// # Errors
/// [`ServiceError::NotFound`] also for an act of another agency.
pub async fn items(
    app: &App,
    permit: &Permit<ReadCard>,
    id: &BulkId,
    (after, limit): (Option<&CardNumber>, u32),
) -> Result<Vec<Item>, ServiceError> {
    app.store.bulk(permit.tenant(), id).await?.ok_or(ServiceError::NotFound)?;
    Ok(app.store.bulk_items(permit.tenant(), id, (false, after), limit.clamp(1, MAX_PAGE)).await?)
}

/// Does what was cleared, to the end; how many cards have an outcome now that had none.
///
/// # Errors
/// [`ServiceError`] if the store fails; the next run goes on where this one stopped.
pub async fn run(app: &App) -> Result<usize, ServiceError> {
    let mut done = 0;
    while let Some(Stored { value: bulk, version }) = app.store.running_bulk().await? {
        let open = app.store.bulk_items(&bulk.tenant, &bulk.id, (true, None), BATCH).await?;
        if open.is_empty() {
            let actor = Actor::System(JOB.to_owned());
            let event = about("bulk-revocation.finished", actor, &bulk, app);
            let write = Write::Bulk { new: bulk.finish(), seen: version };
            commit(app, Changes::recording(event).write(write)).await?;
            continue;
        }
        done += open.len();
        // Together they share transactions.
        try_join_all(open.iter().map(|item| one(app, &bulk, &item.card))).await?;
    }
    Ok(done)
}

/// Revokes one card and records that with it, or why there was nothing to revoke.
async fn one(app: &App, bulk: &BulkRevocation, card: &CardNumber) -> Result<(), ServiceError> {
    let outcome = |outcome| {
        let (tenant, id) = (bulk.tenant.clone(), bulk.id.clone());
        Write::BulkOutcome { tenant, id, card: card.clone(), outcome }
    };
    let other = match revoke::in_bulk(app, bulk, card, outcome(Outcome::Revoked)).await {
        Ok(_) => return Ok(()),
        Err(ServiceError::NotFound) => Outcome::Unknown,
        Err(ServiceError::Store(StoreError::Conflict(Conflict::AlreadyRevoked))) => Outcome::AlreadyRevoked,
        Err(error) => return Err(error),
    };
    let event = Event::new("bulk-revocation.skipped", Actor::System(JOB.to_owned()), card.as_str(), app.clock.now())
        .in_tenant(&bulk.tenant)
        .with("bulk_revocation", &bulk.id)
        .with("outcome", other);
    commit(app, Changes::recording(event).write(outcome(other))).await?;
    Ok(())
}

fn about(kind: &'static str, actor: Actor, bulk: &BulkRevocation, app: &App) -> Event {
    Event::new(kind, actor, bulk.id.as_str(), app.clock.now()).in_tenant(&bulk.tenant).with("cards", bulk.total)
}

/// Cards that are revoked together.
const BATCH: u32 = 64;
const JOB: &str = "bulk-revocations";
