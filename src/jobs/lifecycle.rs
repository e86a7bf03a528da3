//! Ends employments at their date, and revokes cards that nobody collected.

use super::rhythm::Rhythm;
use crate::app::App;
use crate::service::lifecycle;
use std::time::Duration;
use tokio::sync::watch;

/// How often it looks.
const PERIOD: Duration = Duration::from_secs(30);

pub(super) async fn run_employments(app: App, mut shutdown: watch::Receiver<bool>) {
    let mut rhythm = Rhythm::new("employments", PERIOD);
    loop {
        let ended = lifecycle::end_employments(&app).await;
        if let Ok(people @ 1..) = ended {
            tracing::info!(people, "employments ended");
        }
        if !rhythm.next(&ended, app.wake.employments.notified(), &mut shutdown).await {
            return;
        }
    }
}

pub(super) async fn run_uncollected(app: App, mut shutdown: watch::Receiver<bool>) {
    let mut rhythm = Rhythm::new("uncollected-cards", PERIOD);
    loop {
        let revoked = lifecycle::revoke_uncollected(&app).await;
        if let Ok(cards @ 1..) = revoked {
            tracing::warn!(cards, "cards that nobody collected were revoked");
        }
        if !rhythm.next(&revoked, super::rhythm::never(), &mut shutdown).await {
            return;
        }
    }
}
