//! Signs OCSP answers ahead of the questions.

use super::PublishError;
use super::answer::{Span, answer_for};
use crate::app::{App, CertificateAuthority};
use domain::certificate::CertificateRecord;
use domain::changes::PublishedOcsp;
use pki::ocsp::Responder;
use std::sync::Arc;

/// Certificates looked at in one go.
const PAGE: u32 = 256;
/// Batches signed at the same time: as many as the token has workers by default.
const ABREAST: usize = 2;

/// Signs and publishes the answers for these certificates, whatever was published before.
///
/// # Errors
/// [`PublishError`] of the first CA whose answers failed.
pub async fn presign(app: &App, mut records: Vec<CertificateRecord>) -> Result<usize, PublishError> {
    let mut published = 0;
    for authority in app.issuers.iter() {
        let is_its = |record: &CertificateRecord| record.intent.certificate.issuer == authority.issuer.name;
        let (its, others) = records.into_iter().partition(is_its);
        records = others;
        published += sign_and_publish(app, authority, its).await?;
    }
    Ok(published)
}

/// Signs and publishes every answer that is due: missing, past half of its time, or overtaken by a revocation.
///
/// Returns how many were published.
///
/// # Errors
/// [`PublishError`]; what was published until then stays, the next run goes on.
pub async fn presign_due(app: &App) -> Result<usize, PublishError> {
    let mut published = 0;
    // Of a CA that is no more the last answers stand; there is nobody to sign others.
    for authority in app.answering() {
        while let Some(responder) = authority.responder() {
            let now = app.clock.now();
            let half = now.plus_seconds(app.config.ocsp.valid_seconds() / 2);
            // An answer that ends with its signer's certificate cannot be made to last longer.
            let ends_before = half.min(responder.certificate.not_after());
            let due = app.store.ocsp_due(&authority.issuer.name, now, ends_before, PAGE).await?;
            let (found, fresh) = (due.len(), sign_and_publish(app, authority, due).await?);
            published += fresh;
            // Nothing kept means that all were revoked or renewed meanwhile: the wake-up for that is on its way.
            if found < PAGE as usize || fresh == 0 {
                break;
            }
        }
    }
    Ok(published)
}

async fn sign_and_publish(
    app: &App,
    authority: &Arc<CertificateAuthority>,
    records: Vec<CertificateRecord>,
) -> Result<usize, PublishError> {
    // An intent without a certificate has no status yet; a revoked one is revoked for ever.
    let records: Vec<_> = records.into_iter().filter(|r| r.issued.is_some() || r.revocation.is_some()).collect();
    let Some(responder) = authority.responder().filter(|_| !records.is_empty()) else { return Ok(0) };
    let span = Span::new(&authority.issuer, &responder, app.clock.now(), app.config.ocsp.valid_seconds())?;
    let size = records.len().div_ceil(ABREAST);
    let mut records = records.into_iter();
    let batches =
        std::iter::from_fn(|| Some(records.by_ref().take(size).collect::<Vec<_>>()).filter(|b| !b.is_empty()));
    let work = batches.map(|batch| sign(app, Arc::clone(authority), Arc::clone(&responder), batch, span));
    let signed = futures::future::join_all(work).await;
    let mut published = 0;
    let mut failed = None;
    for (answers, failure) in signed {
        published += publish(app, answers).await?;
        failed = failed.or(failure);
    }
    failed.map_or(Ok(published), Err)
}

/// Signs until the first failure; what was signed before it is not lost.
async fn sign(
    app: &App,
    authority: Arc<CertificateAuthority>,
    responder: Arc<Responder>,
    batch: Vec<CertificateRecord>,
    span: Span,
) -> (Vec<PublishedOcsp>, Option<PublishError>) {
    let keys = app.keys.clone();
    let work = tokio::task::spawn_blocking(move || {
        let mut answers = Vec::with_capacity(batch.len());
        for record in &batch {
            match answer_for(&keys, &authority.issuer, &responder, record, span) {
                Ok(answer) => answers.push(answer),
                Err(failure) => return (answers, Some(failure)),
            }
        }
        (answers, None)
    });
    work.await.unwrap_or_else(|died| (Vec::new(), Some(PublishError::Worker(died))))
}

/// Stores answers and hangs up those that the store kept.
pub(super) async fn publish(app: &App, answers: Vec<PublishedOcsp>) -> Result<usize, PublishError> {
    if answers.is_empty() {
        return Ok(0);
    }
    let kept = app.store.publish_ocsp(answers.clone()).await?;
    let kept: std::collections::HashSet<_> = kept.into_iter().collect();
    Ok(answers.into_iter().filter(|a| kept.contains(&a.certificate)).filter(|a| app.board.put_ocsp(a.clone())).count())
}
