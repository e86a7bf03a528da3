//! Commits a unit of work and does at once what must follow from it.

use crate::app::App;
use crate::service::notices;
use domain::audit::Head;
use domain::bulk::BulkState;
use domain::card::CardState;
use domain::certificate::CertificateRef;
use domain::changes::{Changes, Write};
use domain::ports::StoreError;

/// Commits `changes`. A committed revocation withdraws the published answer before this returns;
/// remembered callers and officers are forgotten if their rights may have changed; publishing jobs are woken.
///
/// What the request makes its change depend on is held here: see [`conditions`](super::conditions).
///
/// Runs to its end even if the caller goes away: what follows a commit is never left out.
///
/// # Errors
/// [`StoreError`]; then nothing was changed, but after `Unavailable` only a reader knows.
pub async fn commit(app: &App, changes: Changes) -> Result<Head, StoreError> {
    let (changes, attached) = super::conditions::attach(changes, app.clock.now())?;
    let app = App::clone(app);
    let changes = notices::with_notices(app.config.notices.as_ref(), changes);
    let work = tokio::spawn(async move {
        let effects = Effects::of(&changes);
        let committed = app.store.commit(changes).await;
        match &committed {
            Ok(_) => effects.happen(&app),
            // It may stand all the same: whoever publishes looks at once.
            Err(StoreError::Unavailable(_)) => effects.wake(&app),
            Err(_) => {}
        }
        committed
    });
    attached.settle(work.await.unwrap_or_else(|died| Err(StoreError::Unavailable(Box::new(died)))))
}

/// What follows from a unit of work.
#[derive(Default)]
#[expect(clippy::struct_excessive_bools, reason = "each wakes somebody else")]
struct Effects {
    issued: Vec<CertificateRef>,
    revoked: Vec<CertificateRef>,
    rights_changed: bool,
    employment_ends: bool,
    bulk_runs: bool,
    tells: bool,
}

impl Effects {
    fn of(changes: &Changes) -> Self {
        let mut effects = Self::default();
        for write in changes.writes() {
            match write {
                Write::Certificate { certificate, .. } => effects.issued.push(certificate.clone()),
                Write::Revocation(revocation) => effects.revoked.push(revocation.certificate.clone()),
                Write::NewBulk { new, .. } | Write::Bulk { new, .. } => {
                    effects.bulk_runs = new.state == BulkState::Running;
                }
                Write::EmploymentEnd { closed: false, .. } => {
                    effects.rights_changed = true;
                    effects.employment_ends = true;
                }
                Write::Notice { .. } => effects.tells = true,
                // A bound card lets nobody in, and did not before.
                Write::Card { new, .. } if new.state == CardState::Bound => {}
                // Somebody else may answer for a function from now on.
                Write::Card { .. }
                | Write::NewAssignment(_)
                | Write::Assignment { .. }
                | Write::Training(_)
                | Write::Function { .. } => {
                    effects.rights_changed = true;
                }
                _ => {}
            }
        }
        effects
    }

    fn happen(self, app: &App) {
        for certificate in &self.issued {
            app.board.note(certificate);
        }
        for certificate in &self.revoked {
            app.board.withdraw(certificate);
        }
        if self.rights_changed || !self.revoked.is_empty() {
            app.callers.forget();
            app.officers.forget();
        }
        self.wake(app);
    }

    fn wake(&self, app: &App) {
        if self.tells {
            app.wake.notices.notify_one();
        }
        if self.bulk_runs {
            app.wake.bulk.notify_one();
        }
        if self.employment_ends {
            app.wake.employments.notify_one();
        }
        if !self.issued.is_empty() {
            app.wake.ocsp_soon.notify_one();
        }
        if !self.revoked.is_empty() {
            app.wake.ocsp_now.notify_one();
            app.wake.crl.notify_one();
        }
        if self.rights_changed || !self.revoked.is_empty() {
            app.wake.sessions.notify_one();
        }
    }
}
