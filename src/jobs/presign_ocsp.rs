//! Signs OCSP answers when certificates are issued or revoked, and before answers end.

use super::rhythm::{Rhythm, stopped};
use crate::app::App;
use crate::service::publish;
use std::time::Duration;
use tokio::sync::watch;

/// How often it looks without being woken: another node on the same database may have issued or revoked.
const PERIOD: Duration = Duration::from_secs(5);
/// While certificates keep coming, those of this time get their answers together: one look and one commit for many.
const GATHER: Duration = Duration::from_millis(100);

pub(super) async fn run(app: App, mut shutdown: watch::Receiver<bool>) {
    let mut rhythm = Rhythm::new("presign-ocsp", PERIOD);
    loop {
        let published = publish::presign_due(&app).await;
        if let Ok(answers @ 1..) = published {
            tracing::debug!(answers, "OCSP answers published");
            gather(&mut shutdown).await;
        }
        if !rhythm.next(&published, Some(&app.wake.ocsp), &mut shutdown).await {
            return;
        }
    }
}

/// Lets what comes next gather; the stop is not kept waiting.
async fn gather(shutdown: &mut watch::Receiver<bool>) {
    // Both outcomes are seen again where the job waits.
    let _time_or_stop = tokio::time::timeout(GATHER, stopped(shutdown)).await;
}
