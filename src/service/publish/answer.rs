//! One OCSP answer: what it says, for how long, signed.

use super::PublishError;
use domain::certificate::CertificateRecord;
use domain::changes::PublishedOcsp;
use pki::issue::Issuer;
use pki::key::Signer;
use pki::ocsp::{IssuerHashes, LastCrl, OcspDer, Responder, Single, Status, lint_final_ocsp, lint_ocsp, prepare_ocsp};
use pki::time::UtcTime;

/// thisUpdate and nextUpdate of an answer made now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    /// thisUpdate and producedAt.
    pub from: UtcTime,
    /// nextUpdate.
    pub to: UtcTime,
}

impl Span {
    /// From `now` for `seconds`, but never past the signer's own certificate: an answer that outlives it cannot be
    /// verified.
    ///
    /// # Errors
    /// [`PublishError::SignerExpired`] if the signer's certificate is not valid now.
    pub fn new(issuer: &Issuer, responder: &Responder, now: UtcTime, seconds: i64) -> Result<Self, PublishError> {
        let until = responder.certificate.not_after();
        if !responder.certificate.valid_at(now) || until == now {
            return Err(PublishError::SignerExpired { issuer: issuer.name.clone(), until });
        }
        Ok(Self { from: now, to: now.plus_seconds(seconds).min(until) })
    }
}

/// What the journal says of a certificate. The time and reason are those of the CRL entry.
pub(super) fn status_of(record: &CertificateRecord) -> Status {
    match &record.revocation {
        Some(revocation) => Status::Revoked { at: revocation.at, reason: revocation.reason },
        None => Status::Good,
    }
}

/// Signs the answer that is published for `record`: one that names it by SHA-1 and by SHA-256.
///
/// Blocks on the token: call from a worker thread.
///
/// # Errors
/// [`PublishError::Lint`] or [`PublishError::Token`].
pub fn answer_for(
    keys: &dyn Signer,
    issuer: &Issuer,
    responder: &Responder,
    record: &CertificateRecord,
    span: Span,
) -> Result<PublishedOcsp, PublishError> {
    answer(record, issuer, span, |singles| sign(keys, responder, singles, span))
}

/// Signs the last word about `record`, of a CA that has come to its end: it stands as long as the CA's last CRL.
///
/// Blocks on the token: call from a worker thread.
///
/// # Errors
/// [`PublishError::Lint`], also if the last CRL says something else; [`PublishError::Token`].
pub(super) fn final_answer_for(
    keys: &dyn Signer,
    issuer: &Issuer,
    responder: &Responder,
    record: &CertificateRecord,
    (last, now): (&LastCrl, UtcTime),
) -> Result<PublishedOcsp, PublishError> {
    let span = Span { from: now, to: last.next_update() };
    answer(record, issuer, span, |singles| {
        let tbs = prepare_ocsp(responder, singles, span.from, None);
        let linted = lint_final_ocsp(tbs, responder, last).map_err(|findings| PublishError::lint(&findings))?;
        Ok(linted.sign(keys)?)
    })
}

fn answer(
    record: &CertificateRecord,
    issuer: &Issuer,
    span: Span,
    sign: impl FnOnce(&[Single]) -> Result<OcspDer, PublishError>,
) -> Result<PublishedOcsp, PublishError> {
    let intent = &record.intent.certificate;
    let hashes = IssuerHashes::of(&issuer.certificate);
    let singles = Single::both(&hashes, &intent.serial, status_of(record), span.from, span.to);
    Ok(PublishedOcsp {
        certificate: intent.clone(),
        revoked: record.revocation.is_some(),
        der: sign(&singles)?.into_bytes(),
        this_update: span.from,
        next_update: span.to,
    })
}

/// Builds, judges and signs a response without a nonce.
pub(super) fn sign(
    keys: &dyn Signer,
    responder: &Responder,
    singles: &[Single],
    span: Span,
) -> Result<OcspDer, PublishError> {
    let tbs = prepare_ocsp(responder, singles, span.from, None);
    let linted = lint_ocsp(tbs, responder).map_err(|findings| PublishError::lint(&findings))?;
    Ok(linted.sign(keys)?)
}
