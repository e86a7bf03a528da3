//! The end of a CA: its last CRL, or the revocation of everything that it signed.

use crate::app::App;
use crate::service::ServiceError;
use crate::service::commit::commit;
use crate::service::notices::tell;
use crate::service::publish;
use domain::audit::{Actor, Event};
use domain::certificate::{CertificateRef, Holder};
use domain::changes::{Changes, Write};
use domain::notice::{Addressee, Notice, NoticeKind, of_function};
use domain::ports::{Conflict, StoreError};
use domain::revocation::{Requester, Revocation};
use pki::crl::Reason;
use pki::profile::Purpose;
use pki::time::UtcTime;

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

/// Revokes every certificate of a CA whose key may be in other hands, page by page, and tells those whom it concerns.
/// Repeated, it goes on. Only its OCSP signers stay: somebody must say that the others are revoked.
pub(super) async fn revoke_all(app: &App, by: &Requester, issuer: &str) -> Result<(), ServiceError> {
    let since = app.key_lives.compromised(issuer).unwrap_or_else(|| app.clock.now());
    let mut after = None;
    loop {
        let page = app.store.certificates_of_issuer(issuer, after.as_ref(), PAGE).await?;
        let Some(last) = page.last() else { return Ok(()) };
        after = Some(last.intent.certificate.serial);
        let mut open = Vec::with_capacity(page.len());
        for record in page {
            if record.revocation.is_none() && record.intent.purpose != Purpose::OcspSigner {
                let notice = notice(app, &record.intent.holder, since).await?;
                open.push(Lost { certificate: record.intent.certificate, notice });
            }
        }
        if !open.is_empty() {
            revoke(app, by, issuer, &open).await?;
        }
    }
}

/// A certificate that is worth nothing any more, and what is told about it.
struct Lost {
    certificate: CertificateRef,
    notice: Option<Notice>,
}

/// One notice for a card or function, however many certificates it had: what is told of the same moment is told once.
async fn notice(app: &App, holder: &Holder, since: UtcTime) -> Result<Option<Notice>, StoreError> {
    let notice = match holder {
        Holder::Person { tenant, person, card: Some(card), .. } => {
            let to = Addressee::Employee(person.clone());
            Some(Notice::new(NoticeKind::CardRevoked, tenant, card.as_str(), to, since))
        }
        Holder::Function { tenant, function } => {
            let function = app.store.function(tenant, function).await?;
            function.map(|function| of_function(NoticeKind::FunctionRevoked, &function.value, since))
        }
        Holder::Person { card: None, .. } | Holder::Service { .. } => None,
    };
    Ok(notice.map(|notice| notice.with("reason", REASON.as_str())))
}

/// What somebody else revokes at the same time makes the page fail as a whole; then each stands for itself.
async fn revoke(app: &App, by: &Requester, issuer: &str, page: &[Lost]) -> Result<(), ServiceError> {
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

fn revocations(app: &App, by: &Requester, issuer: &str, page: &[Lost]) -> Changes {
    let at = app.clock.now();
    let actor = match by {
        Requester::Person(person) => Actor::Person(person.clone()),
        Requester::System(name) => Actor::System(name.clone()),
    };
    let serials = page.iter().map(|lost| lost.certificate.serial.to_string()).collect::<Vec<_>>().join(" ");
    let event =
        Event::new("certificate.revoked", actor, issuer, at).with("reason", REASON.as_str()).with("serials", serials);
    let revocation = |lost: &Lost| {
        let (certificate, requester) = (lost.certificate.clone(), by.clone());
        Write::Revocation(Revocation { certificate, reason: REASON, at, requester })
    };
    let changes = page.iter().map(revocation).fold(Changes::recording(event), Changes::write);
    let Some(config) = &app.config.notices else { return changes };
    page.iter().filter_map(|lost| lost.notice.as_ref()).fold(changes, |changes, notice| tell(config, changes, notice))
}

/// Certificates revoked in one unit of work.
const PAGE: u32 = 200;
/// The holder's key is as good as before: it is the CA's signature that is worth nothing.
const REASON: Reason = Reason::CaCompromise;
