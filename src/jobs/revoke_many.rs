//! Revokes the cards of acts that were asked for and cleared.

use super::rhythm::Rhythm;
use crate::app::App;
use crate::service::bulk_revoke;
use std::time::Duration;
use tokio::sync::watch;

/// How often it looks, if nobody wakes it: an act that a crash interrupted goes on.
const PERIOD: Duration = Duration::from_secs(30);

pub(super) async fn run(app: App, mut shutdown: watch::Receiver<bool>) {
    let mut rhythm = Rhythm::new("revoke-many", PERIOD);
    loop {
        let done = bulk_revoke::run(&app).await;
        if let Ok(cards @ 1..) = done {
            tracing::info!(cards, "cards of bulk revocations have their outcome");
        }
        if !rhythm.next(&done, app.wake.bulk.notified(), &mut shutdown).await {
            return;
        }
    }
}
