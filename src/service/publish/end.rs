//! The last words of a CA that comes to its end: a CRL that outlives it and, if the policy asks for them, an OCSP answer
//! about each certificate that stands as long. They are served from the board from then on, and signed no more.

use super::PublishError;
use super::answer::final_answer_for;
use super::crl::publish_until;
use super::presign::publish;
use crate::app::{App, CertificateAuthority};
use domain::certificate::CertificateRecord;
use domain::changes::PublishedOcsp;
use pki::ocsp::{LastCrl, Responder};
use std::sync::Arc;

/// Certificates looked at in one go.
const PAGE: u32 = 256;

/// Signs and publishes what stays of `issuer`. What stands already is not made again, so the same call goes on after an
/// interruption.
///
/// # Errors
/// [`PublishError`]; the signer refuses a last CRL while a certificate is neither over nor revoked.
pub async fn publish_last_words(app: &App, issuer: &str) -> Result<(), PublishError> {
    let authority = app.issuers.get(issuer).ok_or_else(|| PublishError::NotAnIssuer(issuer.to_owned()))?;
    let policy = app.policies.get().end_of_ca;
    if last_crl(app, authority).await?.is_none() {
        let journal = app.store.revocations(issuer).await?;
        publish_until(app, issuer, journal, Some(policy.last_crl_until())).await?;
    }
    let Some(responder) = authority.responder().filter(|_| policy.final_ocsp()) else { return Ok(()) };
    let unread = || PublishError::Lint("the last CRL does not outlive its CA".to_owned());
    let last = last_crl(app, authority).await?.ok_or_else(unread)?;
    let until = responder.certificate.not_after();
    if !responder.certificate.valid_at(app.clock.now()) {
        return Err(PublishError::SignerExpired { issuer: issuer.to_owned(), until });
    }
    final_answers(app, authority, &responder, &Arc::new(last)).await
}

/// The last CRL of a CA, if it was made.
async fn last_crl(app: &App, authority: &CertificateAuthority) -> Result<Option<LastCrl>, PublishError> {
    let stored = app.store.latest_crl(&authority.issuer.name).await?;
    Ok(stored.and_then(|crl| LastCrl::verify(&crl.der, &authority.issuer.certificate).ok()))
}

async fn final_answers(
    app: &App,
    authority: &Arc<CertificateAuthority>,
    responder: &Arc<Responder>,
    last: &Arc<LastCrl>,
) -> Result<(), PublishError> {
    let mut after = None;
    loop {
        let page = app.store.certificates_of_issuer(&authority.issuer.name, after.as_ref(), PAGE).await?;
        let Some(record) = page.last() else { return Ok(()) };
        after = Some(record.intent.certificate.serial);
        // An intent without a certificate has no status: reconciliation revokes it before the last CRL is made.
        let known = page.into_iter().filter(|record| record.issued.is_some() || record.revocation.is_some()).collect();
        let signed = sign(app, (authority, responder), known, Arc::clone(last)).await?;
        publish(app, signed).await?;
    }
}

async fn sign(
    app: &App,
    (authority, responder): (&Arc<CertificateAuthority>, &Arc<Responder>),
    records: Vec<CertificateRecord>,
    last: Arc<LastCrl>,
) -> Result<Vec<PublishedOcsp>, PublishError> {
    let (keys, now) = (app.keys.clone(), app.clock.now());
    let (authority, responder) = (Arc::clone(authority), Arc::clone(responder));
    let work = tokio::task::spawn_blocking(move || {
        let answer = |record| final_answer_for(&keys, &authority.issuer, &responder, record, (&last, now));
        records.iter().map(answer).collect()
    });
    work.await.map_err(PublishError::Worker)?
}
