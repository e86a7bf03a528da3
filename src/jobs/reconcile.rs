//! Revokes the serials of issuances that never ended.

use super::rhythm::{Rhythm, never};
use crate::app::App;
use crate::service::reconcile;
use std::time::Duration;
use tokio::sync::watch;

/// How often it looks.
const PERIOD: Duration = Duration::from_mins(1);

pub(super) async fn run(app: App, mut shutdown: watch::Receiver<bool>) {
    let mut rhythm = Rhythm::new("reconcile", PERIOD);
    loop {
        let revoked = reconcile::reconcile(&app).await;
        if let Ok(serials @ 1..) = revoked {
            tracing::warn!(serials, "issuances that never ended were revoked");
        }
        if !rhythm.next(&revoked, never(), &mut shutdown).await {
            return;
        }
    }
}
