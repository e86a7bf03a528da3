//! What the service does unasked, a file per job.
//!
//! Each job has a rhythm: it works when it is woken and at least once in its period, retries with growing pauses while
//! something is away, and says so once, not at every attempt.

mod emergency;
mod lifecycle;
mod logins;
mod notices;
mod presign_ocsp;
mod publish_crl;
mod reconcile;
mod renew;
mod requests;
mod revoke_many;
mod rhythm;
mod timestamps;

use crate::app::App;
use tokio::sync::watch;

/// Runs every job until `shutdown` becomes true or its sender is gone.
///
/// Load the board first (`service::publish::load`).
pub async fn run(app: App, shutdown: watch::Receiver<bool>) {
    let each = |job: fn(App, watch::Receiver<bool>) -> rhythm::Work| rhythm::keep_alive(job, &app, &shutdown);
    tokio::join!(
        each(|app, stop| Box::pin(presign_ocsp::run(app, stop))),
        each(|app, stop| Box::pin(publish_crl::run(app, stop))),
        each(|app, stop| Box::pin(renew::run_signers(app, stop))),
        each(|app, stop| Box::pin(renew::run_tls(app, stop))),
        each(|app, stop| Box::pin(reconcile::run(app, stop))),
        each(|app, stop| Box::pin(emergency::run(app, stop))),
        each(|app, stop| Box::pin(revoke_many::run(app, stop))),
        each(|app, stop| Box::pin(lifecycle::run_employments(app, stop))),
        each(|app, stop| Box::pin(lifecycle::run_uncollected(app, stop))),
        each(|app, stop| Box::pin(lifecycle::run_register(app, stop))),
        each(|app, stop| Box::pin(notices::run_deliveries(app, stop))),
        each(|app, stop| Box::pin(notices::run_reminders(app, stop))),
        each(|app, stop| Box::pin(notices::run_seal(app, stop))),
        each(|app, stop| Box::pin(logins::run_keys(app, stop))),
        each(|app, stop| Box::pin(logins::run_sessions(app, stop))),
        each(|app, stop| Box::pin(requests::run(app, stop))),
        each(|app, stop| Box::pin(timestamps::run_clock(app, stop))),
        each(|app, stop| Box::pin(timestamps::run_units(app, stop))),
    );
}
