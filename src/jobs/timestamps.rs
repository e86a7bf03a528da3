//! Time stamps, unasked: measures the clock, and has a unit ready.

use super::rhythm::{Rhythm, never};
use crate::app::App;
use crate::service::stamp;
use std::time::Duration;
use tokio::sync::watch;

/// Measures the clock as often as the policy says.
pub(super) async fn run_clock(app: App, mut shutdown: watch::Receiver<bool>) {
    let Some(timestamps) = &app.timestamps else { return };
    let mut was_good = None;
    loop {
        let period = Duration::from_secs(app.policies.get().timestamps.clock_check_seconds.into());
        let mut rhythm = Rhythm::new("clock", period);
        let checked = stamp::check_clock(&app, timestamps, &mut was_good).await;
        if !rhythm.next(&checked, never(), &mut shutdown).await {
            return;
        }
    }
}

/// Makes the first unit, and the next in time.
pub(super) async fn run_units(app: App, mut shutdown: watch::Receiver<bool>) {
    let Some(timestamps) = &app.timestamps else { return };
    let mut rhythm = Rhythm::new("time-stamping units", UNITS_PERIOD);
    loop {
        let renewed = stamp::renew(&app, timestamps).await;
        if !rhythm.next(&renewed, never(), &mut shutdown).await {
            return;
        }
    }
}

/// Keys stamp for months.
const UNITS_PERIOD: Duration = Duration::from_mins(10);
