//! Looks whether the signer announces an emergency.

use super::rhythm::{Rhythm, never};
use crate::app::App;
use crate::service::emergency;
use std::time::Duration;
use tokio::sync::watch;

/// How often it looks.
const PERIOD: Duration = Duration::from_secs(10);

pub(super) async fn run(app: App, mut shutdown: watch::Receiver<bool>) {
    let mut rhythm = Rhythm::new("emergency", PERIOD);
    let mut told = None;
    loop {
        let found = emergency::watch(&app, told.as_ref()).await;
        if let Ok(found) = &found {
            told.clone_from(found);
        }
        if !rhythm.next(&found, never(), &mut shutdown).await {
            return;
        }
    }
}
