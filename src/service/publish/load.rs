//! Fills the board from the store, before anybody is answered.

use super::PublishError;
use crate::app::{App, CertificateAuthority};

/// Answers read in one go.
const PAGE: u32 = 1000;
/// Most certificates without an answer that are noted at start. Beyond it somebody reads `unauthorized` until the
/// presigning job reaches their certificate.
const MOST_DUE: u32 = 1_000_000;

/// Hangs up the stored CRLs and answers, and notes every certificate that has none.
///
/// # Errors
/// [`PublishError::Store`]; then the board is not fit to be served.
pub async fn load(app: &App) -> Result<(), PublishError> {
    for authority in app.issuers.iter() {
        load_one(app, authority).await?;
    }
    Ok(())
}

async fn load_one(app: &App, authority: &CertificateAuthority) -> Result<(), PublishError> {
    let issuer = &authority.issuer.name;
    if let Some(crl) = app.store.latest_crl(issuer).await? {
        app.board.put_crl(crl);
    }
    if authority.responder.is_none() {
        return Ok(());
    }
    let mut after = None;
    loop {
        let page = app.store.ocsp_answers(issuer, after.as_ref(), PAGE).await?;
        let Some(last) = page.last() else { break };
        after = Some(last.certificate.clone());
        for answer in page {
            app.board.put_ocsp(answer);
        }
    }
    let now = app.clock.now();
    for record in app.store.ocsp_due(issuer, now, now, MOST_DUE).await? {
        if record.revocation.is_some() {
            app.board.withdraw(&record.intent.certificate);
        } else {
            app.board.note(&record.intent.certificate);
        }
    }
    Ok(())
}
