//! Ends employments at their date, revokes cards that nobody collected, and looks people with cards up again.

use super::rhythm::Rhythm;
use crate::app::App;
use crate::service::{lifecycle, recheck};
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

pub(super) async fn run_register(app: App, mut shutdown: watch::Receiver<bool>) {
    let mut rhythm = Rhythm::new("person-register", PERIOD);
    loop {
        let checked = recheck::run(&app).await;
        if let Ok(people @ 1..) = checked {
            tracing::info!(people, "people with cards were looked up again");
        }
        if !rhythm.next(&checked, super::rhythm::never(), &mut shutdown).await {
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
