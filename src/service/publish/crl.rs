//! Signs and publishes a CRL.

use super::PublishError;
use crate::app::{App, CertificateAuthority, IssuerKind};
use crate::service::commit::commit;
use domain::audit::{Actor, Event};
use domain::changes::{Changes, PublishedCrl, Write};
use pki::crl::{RevokedEntry, parse_crl, prepare_crl};
use pki::time::UtcTime;
use std::sync::Arc;

/// What the newest CRL of an issuer covers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Coverage {
    /// How many entries of the journal it lists. The journal only grows, so a longer one means that a CRL is due;
    /// times would not: an entry may be committed after a CRL that has a later thisUpdate.
    pub entries: usize,
    /// Half of its time has passed then.
    pub renew_at: UtcTime,
}

/// What the newest stored CRL covers; none if there is no CRL that can be read.
///
/// # Errors
/// [`PublishError::Store`].
pub async fn crl_coverage(app: &App, issuer: &str) -> Result<Option<Coverage>, PublishError> {
    let Some(crl) = app.store.latest_crl(issuer).await? else { return Ok(None) };
    let listed = parse_crl(&crl.der).ok().map(|summary| summary.revoked.len());
    Ok(listed.map(|entries| Coverage { entries, renew_at: half_time(crl.this_update, crl.next_update) }))
}

/// Publishes a CRL of `issuer` if the journal or the clock has passed what `covered` says.
///
/// # Errors
/// As [`publish_crl`].
pub async fn publish_crl_if_due(app: &App, issuer: &str, covered: Option<Coverage>) -> Result<Coverage, PublishError> {
    let journal = app.store.revocations(issuer).await?;
    match covered {
        Some(covered) if covered.entries == journal.len() && app.clock.now() < covered.renew_at => Ok(covered),
        _ => publish(app, issuer, journal).await,
    }
}

/// Signs the next CRL of `issuer` from the whole journal, stores it with its audit record and hangs it up.
///
/// # Errors
/// [`PublishError`]; the CRL before stays.
pub async fn publish_crl(app: &App, issuer: &str) -> Result<Coverage, PublishError> {
    let journal = app.store.revocations(issuer).await?;
    publish(app, issuer, journal).await
}

async fn publish(app: &App, issuer: &str, journal: Vec<RevokedEntry>) -> Result<Coverage, PublishError> {
    publish_until(app, issuer, journal, None).await
}

/// Signs a CRL with this nextUpdate, or the everyday one.
pub(super) async fn publish_until(
    app: &App,
    issuer: &str,
    journal: Vec<RevokedEntry>,
    end: Option<UtcTime>,
) -> Result<Coverage, PublishError> {
    let authority = publisher(app, issuer)?;
    let now = app.clock.now();
    let number = next_number(app.store.latest_crl(issuer).await?.map(|crl| crl.number), now);
    // The clock of another node may be ahead: no entry is later than thisUpdate.
    let this_update = journal.iter().map(|entry| entry.at).fold(now, UtcTime::max);
    let until = authority.issuer.certificate.not_after();
    let next_update = end.unwrap_or_else(|| this_update.plus_seconds(app.config.crl.valid_seconds()).min(until));
    let entries = journal.len();
    let work = Arc::clone(&authority);
    // A million entries take a while to encode: not on a thread that serves.
    let tbs = tokio::task::spawn_blocking(move || {
        prepare_crl(&work.issuer, number, this_update, next_update, journal.iter())
    });
    let tbs = tbs.await.map_err(PublishError::Worker)?;
    let der = app.signer.crl(issuer, tbs.as_bytes().to_vec()).await?;
    let crl = PublishedCrl { issuer: issuer.to_owned(), number, der, this_update, next_update };
    store(app, crl, entries).await?;
    Ok(Coverage { entries, renew_at: half_time(this_update, next_update) })
}

async fn store(app: &App, crl: PublishedCrl, entries: usize) -> Result<(), PublishError> {
    let event = Event::new("crl.published", Actor::System("publish-crl".to_owned()), &crl.issuer, crl.this_update)
        .with("number", crl.number)
        .with("entries", entries)
        .with("next_update", crl.next_update);
    commit(app, Changes::recording(event).write(Write::Crl(crl.clone()))).await?;
    app.board.put_crl(crl);
    Ok(())
}

fn publisher(app: &App, issuer: &str) -> Result<Arc<CertificateAuthority>, PublishError> {
    let authority = app.issuers.get(issuer).filter(|ca| ca.kind != IssuerKind::Root);
    authority.cloned().ok_or_else(|| PublishError::NotAnIssuer(issuer.to_owned()))
}

/// Higher than any before, also if the database was restored from an older copy or a CRL was signed and then lost in a
/// crash: the signer process refuses a number twice.
fn next_number(latest: Option<u64>, now: UtcTime) -> u64 {
    let clock = u64::try_from(now.unix()).unwrap_or(0);
    latest.map_or(clock, |number| clock.max(number + 1))
}

fn half_time(from: UtcTime, to: UtcTime) -> UtcTime {
    from.plus_seconds((to.unix() - from.unix()) / 2)
}
