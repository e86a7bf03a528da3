//! Revokes the serials of issuances that never ended, and what is left of a CA whose key may be in other hands.

use super::rhythm::{Rhythm, never};
use crate::app::App;
use crate::service::{keys, reconcile};
use std::time::Duration;
use tokio::sync::watch;

/// How often it looks.
const PERIOD: Duration = Duration::from_mins(1);

pub(super) async fn run(app: App, mut shutdown: watch::Receiver<bool>) {
    let mut rhythm = Rhythm::new("reconcile", PERIOD);
    loop {
        // Neither waits for the other.
        let finished = keys::finish_compromised(&app).await;
        let revoked = reconcile::reconcile(&app).await;
        let revoked = finished.and(revoked);
        if let Ok(serials @ 1..) = revoked {
            tracing::warn!(serials, "issuances that never ended were revoked");
        }
        if !rhythm.next(&revoked, never(), &mut shutdown).await {
            return;
        }
    }
}
