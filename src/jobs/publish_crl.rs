//! Publishes CRLs after revocations, several of them in one, and before the last CRL ends.

use super::rhythm::{Rhythm, stopped};
use crate::app::App;
use crate::service::publish::{Coverage, PublishError, crl_coverage, publish_crl_if_due};
use std::collections::BTreeMap;
use std::time::Duration;
use tokio::sync::watch;

/// How often it looks without being woken.
const PERIOD: Duration = Duration::from_secs(30);

pub(super) async fn run(app: App, mut shutdown: watch::Receiver<bool>) {
    let mut rhythm = Rhythm::new("publish-crl", PERIOD);
    let mut covered = BTreeMap::new();
    loop {
        let published = publish_all(&app, &mut covered).await;
        // Revocations that come now share the next CRL.
        let gathering = matches!(published, Ok(1..));
        if gathering && tokio::time::timeout(app.config.crl.coalesce(), stopped(&mut shutdown)).await.is_ok() {
            return;
        }
        if !rhythm.next(&published, app.wake.crl.notified(), &mut shutdown).await {
            return;
        }
    }
}

/// Publishes what is due and says how many CRLs. A CA that fails does not keep the others from publishing.
async fn publish_all(app: &App, covered: &mut BTreeMap<String, Coverage>) -> Result<usize, PublishError> {
    let mut published = 0;
    let mut failed = None;
    for authority in app.answering() {
        let issuer = &authority.issuer.name;
        match publish_one(app, issuer, covered.get(issuer).copied()).await {
            Ok((now_covered, new)) => {
                published += usize::from(new);
                covered.insert(issuer.clone(), now_covered);
            }
            Err(failure) => failed = Some(failure),
        }
    }
    failed.map_or(Ok(published), Err)
}

async fn publish_one(app: &App, issuer: &str, known: Option<Coverage>) -> Result<(Coverage, bool), PublishError> {
    let known = match known {
        Some(known) => Some(known),
        None => crl_coverage(app, issuer).await?,
    };
    let covered = publish_crl_if_due(app, issuer, known).await?;
    Ok((covered, known != Some(covered)))
}
