//! Revokes a card, a person or one certificate. Final.

use crate::app::App;
use crate::service::ServiceError;
use crate::service::commit::commit;
use crate::service::permit::{Permit, Revoke, RevokeOwnCard};
use domain::audit::{Actor, Event};
use domain::card::{Card, CardState};
use domain::certificate::{CertificateRecord, CertificateRef, Holder};
use domain::changes::{Changes, Stored, Write};
use domain::ports::{Conflict, StoreError};
use domain::revocation::{Requester, Revocation};
use domain::{CardNumber, PersonId, TenantId};
use pki::crl::Reason;
use pki::time::UtcTime;

/// What a revocation did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Revoked {
    /// The certificates that are revoked now.
    pub certificates: Vec<CertificateRef>,
    /// Why.
    pub reason: Reason,
    /// Since when.
    pub at: UtcTime,
}

/// Revokes a card and all its certificates, atomically.
///
/// # Errors
/// [`ServiceError::NotFound`] for a card of another agency; `already-revoked` if it is.
pub async fn card(
    app: &App,
    permit: &Permit<Revoke>,
    number: &CardNumber,
    reason: Reason,
) -> Result<Revoked, ServiceError> {
    insist(app, (permit.tenant(), permit.person()), Target::Card(number), reason).await
}

/// Revokes the caller's own card, which may be another than the one in the reader.
///
/// # Errors
/// [`ServiceError::NotFound`] for somebody else's card.
pub async fn own_card(
    app: &App,
    permit: &Permit<RevokeOwnCard>,
    number: &CardNumber,
    reason: Reason,
) -> Result<Revoked, ServiceError> {
    let card = app.store.card(permit.tenant(), number).await?.ok_or(ServiceError::NotFound)?;
    if card.value.holder != *permit.person() {
        return Err(ServiceError::NotFound);
    }
    insist(app, (permit.tenant(), permit.person()), Target::Card(number), reason).await
}

/// Revokes every card and certificate that a person has at the agency, atomically.
///
/// # Errors
/// [`ServiceError::NotFound`] for a person who is not employed there; `already-revoked` if nothing
/// is left to revoke.
pub async fn person(
    app: &App,
    permit: &Permit<Revoke>,
    person: &PersonId,
    reason: Reason,
) -> Result<Revoked, ServiceError> {
    let tenant = permit.tenant();
    app.store.employment(tenant, person).await?.ok_or(ServiceError::NotFound)?;
    insist(app, (tenant, permit.person()), Target::Person(person), reason).await
}

/// Revokes one certificate. Its card stays, with what else it carries.
///
/// # Errors
/// [`ServiceError::NotFound`] for a certificate of another agency.
pub async fn certificate(
    app: &App,
    permit: &Permit<Revoke>,
    certificate: &CertificateRef,
    reason: Reason,
) -> Result<Revoked, ServiceError> {
    let tenant = permit.tenant();
    let record = app.store.certificate(certificate).await?.ok_or(ServiceError::NotFound)?;
    match &record.intent.holder {
        Holder::Person { tenant: owner, .. } if owner == tenant => {}
        _ => return Err(ServiceError::NotFound),
    }
    let work = Work { tenant, actor: permit.person(), reason, at: app.clock.now() };
    work.commit(app, "certificate.revoked", &certificate.serial.to_string(), Vec::new(), vec![record]).await
}

/// What is revoked with all that it carries.
#[derive(Clone, Copy)]
enum Target<'a> {
    Card(&'a CardNumber),
    Person(&'a PersonId),
}

/// Reads and writes again if something changed in between: certificates came onto the card, or one
/// of several was revoked by somebody else and the rest would stay alive. The last answer stands.
async fn insist(
    app: &App,
    who: (&TenantId, &PersonId),
    target: Target<'_>,
    reason: Reason,
) -> Result<Revoked, ServiceError> {
    for _ in 1..ATTEMPTS {
        match attempt(app, who, target, reason).await {
            Err(ServiceError::Store(StoreError::Stale { .. } | StoreError::Conflict(Conflict::AlreadyRevoked))) => {}
            other => return other,
        }
    }
    attempt(app, who, target, reason).await
}

async fn attempt(
    app: &App,
    (tenant, actor): (&TenantId, &PersonId),
    target: Target<'_>,
    reason: Reason,
) -> Result<Revoked, ServiceError> {
    let work = Work { tenant, actor, reason, at: app.clock.now() };
    match target {
        Target::Card(number) => {
            let card = app.store.card(tenant, number).await?.ok_or(ServiceError::NotFound)?;
            let certificates = app.store.certificates_of_card(tenant, number).await?;
            work.commit(app, "card.revoked", number.as_str(), vec![card], certificates).await
        }
        Target::Person(person) => {
            let cards = app.store.cards_of(tenant, person).await?;
            let certificates = app.store.certificates_of_person(tenant, person).await?;
            work.commit(app, "person.revoked", person.as_str(), cards, certificates).await
        }
    }
}

/// One revocation: who, why, when.
struct Work<'a> {
    tenant: &'a TenantId,
    actor: &'a PersonId,
    reason: Reason,
    at: UtcTime,
}

impl Work<'_> {
    async fn commit(
        self,
        app: &App,
        kind: &'static str,
        object: &str,
        cards: Vec<Stored<Card>>,
        certificates: Vec<CertificateRecord>,
    ) -> Result<Revoked, ServiceError> {
        let cards: Vec<_> = cards.into_iter().filter(|card| card.value.state != CardState::Revoked).collect();
        let (open, revoked): (Vec<_>, Vec<_>) = certificates.into_iter().partition(|r| r.revocation.is_none());
        // Whoever hears "already revoked" relies on it, also if the commit that did it never learned of its success.
        for record in &revoked {
            app.board.withdraw(&record.intent.certificate);
        }
        if cards.is_empty() && open.is_empty() {
            return Err(StoreError::Conflict(Conflict::AlreadyRevoked).into());
        }
        let references: Vec<_> = open.into_iter().map(|record| record.intent.certificate).collect();
        let event = Event::new(kind, Actor::Person(self.actor.clone()), object, self.at)
            .in_tenant(self.tenant)
            .with("reason", self.reason.as_str())
            .with("serials", references.iter().map(|r| r.serial.to_string()).collect::<Vec<_>>().join(" "));
        let mut changes = Changes::recording(event);
        for card in cards {
            let new = card
                .value
                .revoke()
                .map_err(|why| ServiceError::WrongStage { wanted: why.wanted.as_str(), found: why.found.as_str() })?;
            changes = changes.write(Write::Card { new, seen: card.version });
        }
        for certificate in &references {
            changes = changes.write(Write::Revocation(Revocation {
                certificate: certificate.clone(),
                reason: self.reason,
                at: self.at,
                requester: Requester::Person(self.actor.clone()),
            }));
        }
        commit(app, changes).await?;
        Ok(Revoked { certificates: references, reason: self.reason, at: self.at })
    }
}

/// How often a revocation that meets another change is tried.
const ATTEMPTS: u32 = 5;
