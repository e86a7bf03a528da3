//! Revokes what a crash or a failure left half done.
//!
//! An intent without a certificate is treated as signed: somewhere a certificate with that serial
//! may exist, so the serial is revoked, for ever.

use crate::app::App;
use crate::service::ServiceError;
use crate::service::commit::commit;
use domain::audit::{Actor, Event};
use domain::certificate::CertificateRef;
use domain::changes::{Changes, Write};
use domain::ports::{Conflict, StoreError};
use domain::revocation::{Requester, Revocation};
use pki::crl::Reason;

/// Revokes every intent that has waited for its certificate longer than any issuance may take.
///
/// # Errors
/// [`ServiceError`] if the store fails; the next run goes on.
pub async fn reconcile(app: &App) -> Result<usize, ServiceError> {
    reconcile_before(app, app.clock.now().plus_seconds(-LONGEST_ISSUANCE_SECONDS)).await
}

/// As [`reconcile`], at start: nothing is on its way, so every open intent is abandoned.
///
/// # Errors
/// [`ServiceError`] if the store fails.
pub async fn at_start(app: &App) -> Result<usize, ServiceError> {
    // Also those reserved under a clock that was ahead of today's.
    reconcile_before(app, pki::time::UtcTime::MAX).await
}

async fn reconcile_before(app: &App, before: pki::time::UtcTime) -> Result<usize, ServiceError> {
    let mut revoked = 0;
    loop {
        let open = app.store.open_intents(before, BATCH).await?;
        let found = open.len();
        let references = open.into_iter().map(|record| record.intent.certificate).collect();
        revoked += abandon(app, references, NEVER_FINISHED).await?;
        if found < BATCH as usize {
            return Ok(revoked);
        }
    }
}

/// Revokes these serials, each on its own, and says how many were still open; `cause` stands in the audit records.
///
/// # Errors
/// [`ServiceError`] if the store fails; the job will try again.
pub async fn abandon(app: &App, references: Vec<CertificateRef>, cause: &str) -> Result<usize, ServiceError> {
    let mut revoked = 0;
    for certificate in references {
        let at = app.clock.now();
        let system = "reconcile".to_owned();
        let event =
            Event::new("certificate.abandoned", Actor::System(system.clone()), certificate.serial.to_string(), at)
                .with("issuer", &certificate.issuer)
                .with("cause", cause);
        let revocation =
            Revocation { certificate, reason: Reason::Unspecified, at, requester: Requester::System(system) };
        match commit(app, Changes::recording(event).write(Write::Revocation(revocation))).await {
            Ok(_) => revoked += 1,
            Err(StoreError::Conflict(Conflict::AlreadyRevoked)) => {}
            Err(e) => return Err(e.into()),
        }
    }
    Ok(revoked)
}

/// The cause if nobody is left to tell another.
const NEVER_FINISHED: &str = "never-finished";
/// Longer than the signer's deadlines for a full tray and two commits.
const LONGEST_ISSUANCE_SECONDS: i64 = 120;
/// Intents looked at in one go.
const BATCH: u32 = 500;
