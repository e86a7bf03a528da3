//! Delivers what waits.

use super::{mail, webhook};
use crate::app::App;
use crate::config::notices::NoticesConfig;
use crate::service::ServiceError;
use crate::service::commit::commit;
use domain::audit::{Actor, Event};
use domain::changes::{Changes, Stored, Write};
use domain::notice::{Channel, Delivery, DeliveryState};
use domain::ports::StoreError;

/// Why a notice was not delivered: a word for the record, and whether it may pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Failure {
    /// A word of ours, never what the other side wrote.
    pub why: &'static str,
    /// Whether it may go better later.
    pub passes: bool,
}

/// Tries every notice that is due; how many were taken.
///
/// At least once: a crash after the other side took a notice and before that is recorded delivers it again, under the same
/// id.
///
/// # Errors
/// [`ServiceError`] if the store fails; the next run goes on.
pub async fn due(app: &App) -> Result<usize, ServiceError> {
    let Some(config) = &app.config.notices else { return Ok(0) };
    let mut taken = 0;
    let waiting = app.store.due_notices(app.clock.now(), BATCH).await?;
    for some in waiting.chunks(ABREAST) {
        let results = futures::future::join_all(some.iter().map(|row| deliver(app, config, &row.value))).await;
        for (row, result) in some.iter().zip(results) {
            taken += usize::from(result.is_ok());
            record(app, config, row, result).await?;
        }
    }
    Ok(taken)
}

async fn deliver(app: &App, config: &NoticesConfig, delivery: &Delivery) -> Result<(), Failure> {
    match delivery.channel {
        Channel::Mail => mail::send(app, config, &delivery.notice).await,
        Channel::Webhook => webhook::post(app, config, &delivery.notice).await,
    }
}

async fn record(
    app: &App,
    config: &NoticesConfig,
    row: &Stored<Delivery>,
    result: Result<(), Failure>,
) -> Result<(), ServiceError> {
    let (delivery, now) = (&row.value, app.clock.now());
    let result = result.map_err(|failure| (failure.why, failure.passes));
    let attempted = delivery.attempted(result, config.patience(), (now, row.version));
    let kind = match attempted.state {
        DeliveryState::Delivered => "notice.delivered",
        DeliveryState::Waiting => "notice.delayed",
        DeliveryState::Dead => "notice.given-up",
    };
    let mut event = Event::new(kind, Actor::System(NOTICES.to_owned()), attempted.id.as_str(), now)
        .in_tenant(&attempted.tenant)
        .with("channel", attempted.channel)
        .with("about", delivery.notice.kind)
        .with("attempts", attempted.attempts);
    if let Some(why) = &attempted.outcome {
        event = event.with("outcome", why);
    }
    match commit(app, Changes::recording(event).write(Write::Attempted(attempted))).await {
        // Somebody else was faster.
        Ok(_) | Err(StoreError::Stale { .. }) => Ok(()),
        Err(other) => Err(other.into()),
    }
}

/// Looked at in one run.
const BATCH: u32 = 500;
/// Delivered at the same time.
const ABREAST: usize = 8;
pub(super) const NOTICES: &str = "notices";
