//! Acts on CA keys and trust anchors, under two security officers' signatures.
//!
//! The signer does it first, by its own journal; then the store keeps state and approval with the audit event. If the
//! service dies in between, the same approval brings the store after the signer.

mod affected;
mod end;

pub use affected::{Affected, affected};
pub use end::finish_compromised;

use crate::app::signer_link::{Code, KeyStatus, LinkError};
use crate::app::{App, IssuerKind, keys::refresh};
use crate::service::ServiceError;
use crate::service::commit::commit;
use crate::service::officers::Signatories;
use crate::service::permit::{ActOnKeys, Permit, ReadKeys};
use domain::PersonId;
use domain::audit::Event;
use domain::changes::{Changes, KeyStage, Write};
use domain::evidence::{ApprovedAct, EvidenceError, KEY_ACT_APPROVALS, Signed, verify_key_act};
use domain::id::hex;
use domain::key::{KeyLife, KeyState};
use domain::operation::{AddTrustAnchor, MoveKey, Operation};
use domain::revocation::Requester;
use pki::certificate::Certificate;
use pki::time::UtcTime;

/// A CA's key, as far as the web process may know it.
#[derive(Debug, Clone)]
pub struct CaKey {
    /// The CA's URL name.
    pub issuer: String,
    /// What the CA issues.
    pub kind: IssuerKind,
    /// Label of the key, on the signer's token.
    pub key: String,
    /// SHA-256 of its SubjectPublicKeyInfo.
    pub key_fingerprint: [u8; 32],
    /// Label of the OCSP signer, on the service's token.
    pub responder: Option<String>,
    /// SHA-256 of the CA certificate.
    pub fingerprint: [u8; 32],
    /// Last second of the CA certificate.
    pub not_after: UtcTime,
    /// Days until then; none are left of one that is over.
    pub days_left: i64,
    /// Where the key is in its life.
    pub state: KeyState,
    /// Every state so far, with dates; none of a key that waits for its first approval.
    pub life: Option<KeyLife>,
}

/// The CAs, their keys and OCSP signers.
pub fn keys(app: &App, _permit: &Permit<ReadKeys>) -> Vec<CaKey> {
    all(app)
}

/// The same, for whoever may act on them.
pub fn all(app: &App) -> Vec<CaKey> {
    app.issuers.iter().map(|ca| describe(app, ca)).collect()
}

fn describe(app: &App, ca: &crate::app::CertificateAuthority) -> CaKey {
    let certificate = &ca.issuer.certificate;
    let seconds = certificate.not_after().unix() - app.clock.now().unix();
    CaKey {
        issuer: ca.issuer.name.clone(),
        kind: ca.kind,
        key: ca.issuer.key.to_string(),
        key_fingerprint: certificate.public_key().fingerprint(),
        responder: ca.responder().map(|responder| responder.key.to_string()),
        fingerprint: certificate.fingerprint(),
        not_after: certificate.not_after(),
        days_left: (seconds / SECONDS_OF_A_DAY).max(0),
        state: app.key_lives.state(&ca.issuer.name),
        life: app.key_lives.get(&ca.issuer.name),
    }
}

/// Does what security officers approved.
///
/// # Errors
/// [`ServiceError`]; nothing is changed, unless the signer did it and the store was away: then the same again ends it.
pub async fn act(app: &App, permit: &Permit<ActOnKeys>, approval: Signed) -> Result<(), ServiceError> {
    let operation = Operation::from_bytes(approval.operation.as_bytes());
    let operation = operation.map_err(|_| EvidenceError::Malformed("operation"))?;
    let officers = Signatories::of(app, &approval.statements).await?;
    let now = app.clock.now();
    // A key's states never return, so that the state itself says whether an act was done.
    let approved = verify_key_act(&approval, &operation, KEY_ACT_APPROVALS, |_| false, (&officers, now))?;
    match operation {
        Operation::MoveKey(moved) => move_key(app, permit, moved, (approval, approved), now).await,
        Operation::AddTrustAnchor(anchor) => trust(app, permit, &anchor, (approval, approved), now).await,
        _ => Err(EvidenceError::Mismatch("this act has a command of its own").into()),
    }
}

async fn move_key(
    app: &App,
    permit: &Permit<ActOnKeys>,
    moved: MoveKey,
    (approval, approved): (Signed, ApprovedAct),
    at: UtcTime,
) -> Result<(), ServiceError> {
    let issuer = moved.issuer.clone();
    let certificate = certificate(app, &issuer)?;
    is_of(certificate, &moved.key, &moved.certificate)?;
    in_state(app, &issuer, moved.from)?;
    let (from, to, compromised) = (moved.from, moved.to, moved.compromised);
    let by = Requester::Person(permit.person().clone());
    if !is_done(app, &moved).await? {
        if to == KeyState::Retired {
            if compromised {
                end::revoke_all(app, &by, &issuer).await?;
            }
            end::last_words(app, &issuer).await?;
        }
        app.signer.key_act(approval.clone()).await.map_err(told)?;
    }
    let stage = KeyStage {
        issuer: issuer.clone(),
        follows: app.key_lives.get(&issuer).map(|life| life.state()),
        state: to,
        compromised,
        approval: Some(approval),
        at,
    };
    let event = Event::new("key.moved", permit.actor(), &issuer, at)
        .with("from", from)
        .with("to", to)
        .with("compromised", compromised)
        .with("operation", approved.hash)
        .with("approvers", names(&approved));
    commit(app, Changes::recording(event).write(Write::KeyStage(stage))).await?;
    refresh(app).await?;
    app.callers.forget();
    app.officers.forget();
    // A CA that issues from now on is asked for its list at once.
    app.wake.crl.notify_one();
    if compromised {
        end::revoke_all(app, &by, &issuer).await?;
    }
    Ok(())
}

async fn trust(
    app: &App,
    permit: &Permit<ActOnKeys>,
    anchor: &AddTrustAnchor,
    (approval, approved): (Signed, ApprovedAct),
    at: UtcTime,
) -> Result<(), ServiceError> {
    is_of(certificate(app, &anchor.name)?, &anchor.key, &anchor.certificate)?;
    in_state(app, &anchor.name, KeyState::Generated)?;
    match app.signer.key_act(approval.clone()).await {
        // It did exactly this before, and the service never heard.
        Err(LinkError::Refused(refusal)) if refusal.code == Code::ApprovalUsed => {}
        answer => answer.map(drop).map_err(told)?,
    }
    let stage = KeyStage {
        issuer: anchor.name.clone(),
        follows: app.key_lives.get(&anchor.name).map(|life| life.state()),
        state: KeyState::Active,
        compromised: false,
        approval: Some(approval),
        at,
    };
    let event = Event::new("anchor.added", permit.actor(), &anchor.name, at)
        .with("certificate", &anchor.certificate)
        .with("operation", approved.hash)
        .with("approvers", names(&approved));
    commit(app, Changes::recording(event).write(Write::KeyStage(stage))).await?;
    Ok(refresh(app).await?)
}

/// What the signer says of keys, officers may know.
fn told(error: LinkError) -> ServiceError {
    match error {
        LinkError::Refused(refusal) => ServiceError::KeyRefused(refusal),
        other => other.into(),
    }
}

/// Whether the signer did it before, and the service never heard.
async fn is_done(app: &App, moved: &MoveKey) -> Result<bool, ServiceError> {
    let keys = app.signer.hello().await?.keys;
    Ok(keys.iter().any(|key| is_outcome(key, moved)))
}

/// A key that was compromised stays so in every later state.
fn is_outcome(key: &KeyStatus, moved: &MoveKey) -> bool {
    key.issuer == moved.issuer && key.state == moved.to && (!moved.compromised || key.compromised.is_some())
}

fn certificate<'a>(app: &'a App, issuer: &str) -> Result<&'a Certificate, ServiceError> {
    Ok(&app.issuers.get(issuer).ok_or(ServiceError::NotFound)?.issuer.certificate)
}

fn is_of(found: &Certificate, key: &str, certificate: &str) -> Result<(), ServiceError> {
    if hex(&found.public_key().fingerprint()) == key && hex(&found.fingerprint()) == certificate {
        return Ok(());
    }
    Err(EvidenceError::Mismatch("another key or certificate of this CA was approved").into())
}

fn in_state(app: &App, issuer: &str, wanted: KeyState) -> Result<(), ServiceError> {
    let found = app.key_lives.state(issuer);
    if found == wanted {
        return Ok(());
    }
    Err(ServiceError::KeyState { issuer: issuer.to_owned(), found, wanted })
}

fn names(approved: &ApprovedAct) -> String {
    approved.approvers.iter().map(PersonId::as_str).collect::<Vec<_>>().join(" ")
}

const SECONDS_OF_A_DAY: i64 = 86_400;

#[cfg(test)]
mod tests {
    use super::*;

    /// The service died between the signer's act and its own: what it finds then is that act's outcome.
    #[test]
    fn an_act_that_the_signer_did_is_known_again_also_on_a_compromised_key() {
        let moved = |compromised| MoveKey {
            issuer: "person".to_owned(),
            key: String::new(),
            certificate: String::new(),
            from: KeyState::StatusOnly,
            to: KeyState::Retired,
            compromised,
            ocsp_signer: None,
        };
        let found = |state, compromised: bool| KeyStatus {
            issuer: "person".to_owned(),
            state,
            stages: Vec::new(),
            compromised: compromised.then(|| UtcTime::from_unix(1)),
            crl_number: None,
            has_last_crl: true,
        };
        for (state, was, says, done) in [
            (KeyState::Retired, false, false, true),
            (KeyState::Retired, true, true, true),
            (KeyState::Retired, true, false, true),
            (KeyState::Retired, false, true, false),
            (KeyState::StatusOnly, true, true, false),
        ] {
            assert_eq!(is_outcome(&found(state, was), &moved(says)), done, "{state} {was} {says}");
        }
    }
}
