//! OCSP answers that were not signed ahead: several certificates in one request, answers that have ended, and, if the
//! policy says so, serials that were never issued.

use super::PublishError;
use super::answer::{Span, answer_for, sign, status_of};
use super::presign::publish;
use crate::app::{App, CertificateAuthority};
use bytes::Bytes;
use domain::certificate::CertificateRecord;
use hsm::TokenState;
use pki::Kind;
use pki::ocsp::{CertId, Responder, Single, Status};
use std::sync::Arc;

/// How long a live answer is good for, in seconds. A client may hold it for as long, and nothing withdraws it there.
const VALID_SECONDS: i64 = 3600;

/// Which OCSP error to send in place of a live answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum LiveError {
    /// Nothing can be signed now.
    #[error("nothing can be signed now")]
    TryLater,
    /// Not all of it can be answered by one signer of ours.
    #[error("not ours to answer")]
    Unauthorized,
    /// A fault of ours.
    #[error("a fault of the service")]
    Internal,
}

/// Signs one response with an answer for each of `asked`.
///
/// The journal is read, not the board. All certificates must be of one CA: a signer answers only for the CA that
/// certified it. A certificate that is revoked while its good is being signed gets no answer.
///
/// # Errors
/// [`LiveError`]. Without a usable token it fails at once and costs nothing.
pub async fn answer_live(app: &App, asked: &[CertId]) -> Result<Bytes, LiveError> {
    if app.keys.state() != TokenState::Usable {
        return Err(LiveError::TryLater);
    }
    let (authority, responder) = signer_for(app, asked)?;
    let mut found = Vec::with_capacity(asked.len());
    for id in asked {
        found.push(find(app, id).await?);
    }
    if let [Some(record)] = &found[..] {
        return renew(app, authority, responder, record.clone()).await;
    }
    let answer = sign_all(app, &authority, responder, asked, &found).await?;
    let good = found.iter().flatten().filter(|record| record.revocation.is_none());
    let revoked_meanwhile = good.map(|record| &record.intent.certificate).any(|c| app.board.is_revoked(c));
    if revoked_meanwhile { Err(LiveError::TryLater) } else { Ok(answer) }
}

/// The one CA of all of `asked`, and its OCSP signer.
fn signer_for(app: &App, asked: &[CertId]) -> Result<(Arc<CertificateAuthority>, Arc<Responder>), LiveError> {
    let mut names = asked.iter().map(|id| app.board.issuer_of(id));
    let first = names.next().flatten().ok_or(LiveError::Unauthorized)?;
    if names.any(|name| name != Some(first)) {
        return Err(LiveError::Unauthorized);
    }
    // A CA that is no more has said its last words: they are on the board, or there are none.
    let authority = app.answering().find(|ca| ca.issuer.name == first).ok_or(LiveError::Unauthorized)?;
    let responder = authority.responder().ok_or(LiveError::Unauthorized)?;
    Ok((Arc::clone(authority), responder))
}

/// None for a serial that was never issued.
async fn find(app: &App, id: &CertId) -> Result<Option<CertificateRecord>, LiveError> {
    let Some(certificate) = app.board.certificate_ref(id) else { return Ok(None) };
    let record = app.store.certificate(&certificate).await.map_err(|e| refusal(&e.into()))?;
    Ok(record.filter(|r| r.issued.is_some() || r.revocation.is_some()))
}

/// One certificate: its answer is made as if ahead, and published for the next who ask.
async fn renew(
    app: &App,
    authority: Arc<CertificateAuthority>,
    responder: Arc<Responder>,
    record: CertificateRecord,
) -> Result<Bytes, LiveError> {
    let seconds = app.config.ocsp.valid_seconds();
    let span = Span::new(&authority.issuer, &responder, app.clock.now(), seconds).map_err(|e| refusal(&e))?;
    let keys = app.keys.clone();
    let work = move || answer_for(&keys, &authority.issuer, &responder, &record, span);
    let answer = tokio::task::spawn_blocking(work).await.map_err(PublishError::Worker);
    let answer = answer.and_then(|done| done).map_err(|e| refusal(&e))?;
    let bytes = Bytes::copy_from_slice(&answer.der);
    let hung = publish(app, vec![answer]).await.map_err(|e| refusal(&e))?;
    if hung == 1 { Ok(bytes) } else { Err(LiveError::TryLater) }
}

/// Several certificates in one response, each under the name that was asked for.
async fn sign_all(
    app: &App,
    authority: &CertificateAuthority,
    responder: Arc<Responder>,
    asked: &[CertId],
    found: &[Option<CertificateRecord>],
) -> Result<Bytes, LiveError> {
    let span = Span::new(&authority.issuer, &responder, app.clock.now(), VALID_SECONDS).map_err(|e| refusal(&e))?;
    let status = |record: &Option<CertificateRecord>| record.as_ref().map_or(Status::Unknown, status_of);
    let single = |(id, record): (&CertId, _)| Single {
        id: id.clone(),
        status: status(record),
        this_update: span.from,
        next_update: span.to,
    };
    let singles: Vec<_> = asked.iter().zip(found).map(single).collect();
    let keys = app.keys.clone();
    let signed = tokio::task::spawn_blocking(move || sign(&keys, &responder, &singles, span)).await;
    let signed = signed.map_err(PublishError::Worker).and_then(|done| done).map_err(|e| refusal(&e))?;
    Ok(signed.into_bytes().into())
}

/// What the client hears; what went wrong stands in the log.
fn refusal(error: &PublishError) -> LiveError {
    tracing::warn!(error = %error, "no live OCSP answer");
    match error.kind() {
        Kind::Busy => LiveError::TryLater,
        _ => LiveError::Internal,
    }
}
