//! The end of a CA: its last CRL, or the revocation of everything that it signed.

use crate::app::App;
use crate::service::ServiceError;
use crate::service::commit::commit;
use crate::service::publish;
use domain::audit::{Actor, Event};
use domain::certificate::{CertificateRecord, CertificateRef};
use domain::changes::{Changes, Write};
use domain::ports::{Conflict, StoreError};
use domain::revocation::{Requester, Revocation};
use pki::crl::Reason;
use pki::profile::Purpose;

/// Publishes the CRL that outlives the CA, and final OCSP answers if the policy asks for them. The signer refuses the CRL
/// while a certificate is neither over nor revoked.
pub(super) async fn last_words(app: &App, issuer: &str) -> Result<(), ServiceError> {
    publish::publish_last_words(app, issuer).await.map_err(|error| match error {
        publish::PublishError::Signer(error) => super::told(error),
        publish::PublishError::Store(error) => ServiceError::Store(error),
        error => {
            tracing::error!(issuer, %error, "no last CRL or no final OCSP answers");
            ServiceError::Incomplete("a last CRL and final OCSP answers")
        }
    })
}

/// Goes on with what `revoke_all` was interrupted at.
///
/// # Errors
/// If the store fails; the next attempt goes on.
pub async fn finish_compromised(app: &App) -> Result<(), ServiceError> {
    for ca in app.issuers.iter().filter(|ca| app.key_lives.compromised(&ca.issuer.name).is_some()) {
        revoke_all(app, &Requester::System("compromise".to_owned()), &ca.issuer.name).await?;
    }
    Ok(())
}

/// Revokes every certificate of a CA whose key may be in other hands, page by page. Repeated, it goes on. Only its OCSP
/// signers stay: somebody must say that the others are revoked.
pub(super) async fn revoke_all(app: &App, by: &Requester, issuer: &str) -> Result<(), ServiceError> {
    let mut after = None;
    loop {
        let page = app.store.certificates_of_issuer(issuer, after.as_ref(), PAGE).await?;
        let Some(last) = page.last() else { return Ok(()) };
        after = Some(last.intent.certificate.serial);
        let open = page.into_iter().filter(|record: &CertificateRecord| {
            record.revocation.is_none() && record.intent.purpose != Purpose::OcspSigner
        });
        let open: Vec<CertificateRef> = open.map(|record| record.intent.certificate).collect();
        if !open.is_empty() {
            revoke(app, by, issuer, &open).await?;
        }
    }
}

/// What somebody else revokes at the same time makes the page fail as a whole; then each stands for itself.
async fn revoke(app: &App, by: &Requester, issuer: &str, page: &[CertificateRef]) -> Result<(), ServiceError> {
    match commit(app, revocations(app, by, issuer, page)).await {
        Err(StoreError::Conflict(Conflict::AlreadyRevoked)) if page.len() > 1 => {}
        Err(StoreError::Conflict(Conflict::AlreadyRevoked)) => return Ok(()),
        other => return Ok(other.map(drop)?),
    }
    for one in page.chunks(1) {
        match commit(app, revocations(app, by, issuer, one)).await {
            Ok(_) | Err(StoreError::Conflict(Conflict::AlreadyRevoked)) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}

fn revocations(app: &App, by: &Requester, issuer: &str, page: &[CertificateRef]) -> Changes {
    let at = app.clock.now();
    let actor = match by {
        Requester::Person(person) => Actor::Person(person.clone()),
        Requester::System(name) => Actor::System(name.clone()),
    };
    let serials = page.iter().map(|certificate| certificate.serial.to_string()).collect::<Vec<_>>().join(" ");
    let event =
        Event::new("certificate.revoked", actor, issuer, at).with("reason", REASON.as_str()).with("serials", serials);
    let revocation = |certificate: &CertificateRef| {
        let (certificate, requester) = (certificate.clone(), by.clone());
        Write::Revocation(Revocation { certificate, reason: REASON, at, requester })
    };
    page.iter().map(revocation).fold(Changes::recording(event), Changes::write)
}

/// Certificates revoked in one unit of work.
const PAGE: u32 = 200;
/// The holder's key is as good as before: it is the CA's signature that is worth nothing.
const REASON: Reason = Reason::CaCompromise;
