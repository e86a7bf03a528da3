//! Signs OCSP answers when certificates are issued or revoked, and before answers end.

use super::rhythm::{Rhythm, never};
use crate::app::{App, Wake};
use crate::service::publish;
use std::time::Duration;
use tokio::sync::watch;

/// How often it looks without being woken: another node on the same database may have issued or revoked.
const PERIOD: Duration = Duration::from_secs(5);
/// New certificates wait so long for others, and get their answers together: one look and one commit for many.
/// A card needs far longer to reach its holder.
const GATHER: Duration = Duration::from_secs(1);

pub(super) async fn run(app: App, mut shutdown: watch::Receiver<bool>) {
    let mut rhythm = Rhythm::new("presign-ocsp", PERIOD);
    loop {
        let published = publish::presign_due(&app).await;
        if let Ok(answers @ 1..) = published {
            tracing::debug!(answers, "OCSP answers published");
        }
        if !rhythm.next(&published, due(&app.wake), &mut shutdown).await {
            return;
        }
    }
}

/// A revocation is due at once, whatever gathers.
async fn due(wake: &Wake) {
    let gathered = async {
        wake.issued.notified().await;
        // Nothing but time ends this.
        let _elapsed = tokio::time::timeout(GATHER, never()).await;
    };
    tokio::select! {
        () = wake.revoked.notified() => {}
        () = gathered => {}
    }
}
