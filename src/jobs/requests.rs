//! Forgets the keys of requests that were done long enough ago.

use super::rhythm::{Rhythm, never};
use crate::app::App;
use crate::service::conditions::forget;
use std::time::Duration;
use tokio::sync::watch;

pub(super) async fn run(app: App, mut shutdown: watch::Receiver<bool>) {
    let mut rhythm = Rhythm::new("keys of requests", PERIOD);
    loop {
        let forgotten = forget(&app).await;
        if !rhythm.next(&forgotten, never(), &mut shutdown).await {
            return;
        }
    }
}

const PERIOD: Duration = Duration::from_mins(10);
