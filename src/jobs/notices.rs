//! Delivers notices, and writes reminders.

use super::rhythm::{Rhythm, never};
use crate::app::App;
use crate::service::notices::{deliver, remind};
use crate::service::seal;
use std::time::Duration;
use tokio::sync::watch;

/// Delivers what waits.
pub(super) async fn run_deliveries(app: App, mut shutdown: watch::Receiver<bool>) {
    if app.config.notices.is_none() {
        return;
    }
    let mut rhythm = Rhythm::new("notices", DELIVERY_PERIOD);
    loop {
        let delivered = deliver::due(&app).await;
        if !rhythm.next(&delivered, app.wake.notices.notified(), &mut shutdown).await {
            return;
        }
    }
}

/// Reminds of what ends soon.
pub(super) async fn run_reminders(app: App, mut shutdown: watch::Receiver<bool>) {
    if app.config.notices.is_none() {
        return;
    }
    let mut rhythm = Rhythm::new("reminders", REMINDER_PERIOD);
    loop {
        let reminded = remind::of_endings(&app).await;
        if let Ok(notices @ 1..) = reminded {
            tracing::info!(notices, "reminders");
            app.wake.notices.notify_one();
        }
        if !rhythm.next(&reminded, never(), &mut shutdown).await {
            return;
        }
    }
}

/// Keeps a valid certificate for the service's seal.
pub(super) async fn run_seal(app: App, mut shutdown: watch::Receiver<bool>) {
    let mut rhythm = Rhythm::new("seal", REMINDER_PERIOD);
    loop {
        let certified = seal::certify_if_due(&app).await;
        if !rhythm.next(&certified, never(), &mut shutdown).await {
            return;
        }
    }
}

/// A retry waits no longer than this past its time.
const DELIVERY_PERIOD: Duration = Duration::from_secs(5);
const REMINDER_PERIOD: Duration = Duration::from_hours(1);
