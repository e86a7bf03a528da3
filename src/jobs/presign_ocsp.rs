//! Signs OCSP answers when certificates are issued or revoked, and before answers end.

use super::rhythm::Rhythm;
use crate::app::App;
use crate::service::publish;
use std::time::Duration;
use tokio::sync::watch;

/// How often it looks without being woken: another node on the same database may have issued or revoked.
const PERIOD: Duration = Duration::from_secs(5);

pub(super) async fn run(app: App, mut shutdown: watch::Receiver<bool>) {
    let mut rhythm = Rhythm::new("presign-ocsp", PERIOD);
    loop {
        let published = publish::presign_due(&app).await;
        if let Ok(answers @ 1..) = published {
            tracing::debug!(answers, "OCSP answers published");
        }
        if !rhythm.next(&published, Some(&app.wake.ocsp), &mut shutdown).await {
            return;
        }
    }
}
