//! Renews the OCSP signers' certificates, and the service's own TLS certificate, before they end.

use super::rhythm::{Rhythm, never};
use crate::app::App;
use crate::service::{publish, tls};
use std::time::Duration;
use tokio::sync::watch;

/// How often it looks; certificates live for days.
const PERIOD: Duration = Duration::from_mins(10);

pub(super) async fn run_signers(app: App, mut shutdown: watch::Receiver<bool>) {
    let mut rhythm = Rhythm::new("renew-signers", PERIOD);
    loop {
        let renewed = publish::renew_signers(&app).await;
        if !rhythm.next(&renewed, never(), &mut shutdown).await {
            return;
        }
    }
}

/// The TLS certificate has a rhythm of its own: it must not wait for a token that is away.
pub(super) async fn run_tls(app: App, mut shutdown: watch::Receiver<bool>) {
    let mut rhythm = Rhythm::new("renew-tls", PERIOD);
    loop {
        let renewed = tls::renew_if_due(&app).await;
        if !rhythm.next(&renewed, never(), &mut shutdown).await {
            return;
        }
    }
}
