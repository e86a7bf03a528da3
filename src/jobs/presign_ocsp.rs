//! Signs OCSP answers when certificates are issued or revoked, and before answers end.

use super::rhythm::{Rhythm, stopped};
use crate::app::{App, Wake};
use crate::service::publish;
use std::time::Duration;
use tokio::sync::watch;

/// How often it looks without being woken: another node on the same database may have issued or revoked.
const PERIOD: Duration = Duration::from_secs(5);
/// While certificates keep coming, those of this time get their answers together: one look and one commit for many.
/// A card needs far longer to reach its holder, and [handing it out](crate::service::activate) does not wait for this.
const GATHER: Duration = Duration::from_secs(1);

pub(super) async fn run(app: App, mut shutdown: watch::Receiver<bool>) {
    let mut rhythm = Rhythm::new("presign-ocsp", PERIOD);
    loop {
        let published = publish::presign_due(&app).await;
        if let Ok(answers @ 1..) = published {
            tracing::debug!(answers, "OCSP answers published");
            if revoked_while_gathering(&app.wake, &mut shutdown).await {
                continue;
            }
        }
        if !rhythm.next(&published, woken(&app.wake), &mut shutdown).await {
            return;
        }
    }
}

async fn woken(wake: &Wake) {
    tokio::select! {
        () = wake.ocsp_soon.notified() => {}
        () = wake.ocsp_now.notified() => {}
    }
}

/// Lets what comes next gather; true as soon as something is revoked. The stop is not kept waiting.
async fn revoked_while_gathering(wake: &Wake, shutdown: &mut watch::Receiver<bool>) -> bool {
    tokio::select! {
        () = wake.ocsp_now.notified() => true,
        // Both outcomes are seen again where the job waits.
        _time_or_stop = tokio::time::timeout(GATHER, stopped(shutdown)) => false,
    }
}
