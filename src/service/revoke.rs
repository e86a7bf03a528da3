//! Revokes a card, a person or one certificate. Final.

use crate::app::App;
use crate::service::ServiceError;
use crate::service::commit::commit;
use crate::service::notices::tell;
use crate::service::permit::{Permit, Revoke, RevokeFunction, RevokeOwnCard};
use crate::service::text::{MAX_REASON, one_line};
use domain::audit::{Actor, Event};
use domain::bulk::BulkRevocation;
use domain::card::{Card, CardState};
use domain::certificate::{CertificateRecord, CertificateRef, Holder};
use domain::changes::{Changes, Stored, Write};
use domain::function::AnyFunction;
use domain::key::KeyState;
use domain::notice::{NoticeKind, of_function};
use domain::ports::{Conflict, StoreError};
use domain::revocation::{Requester, Revocation};
use domain::{CardNumber, FunctionId, PersonId, TenantId};
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

/// A request that reached an officer and could not be authenticated (EN 319 411-1 REV-6.2.4-03BB): the officer decides.
pub struct Unauthenticated {
    /// Who the one who asked says to be.
    pub claimed_by: String,
    /// How it came, such as by telephone.
    pub via: String,
    /// Why the officer believes it.
    pub grounds: String,
}

/// Revokes a card and all its certificates, atomically; `on_request` if somebody asked for it whom nobody could
/// authenticate.
///
/// # Errors
/// [`ServiceError::NotFound`] for a card of another agency; `already-revoked` if it is.
pub async fn card(
    app: &App,
    permit: &Permit<Revoke>,
    number: &CardNumber,
    (reason, on_request): (Reason, Option<Unauthenticated>),
) -> Result<Revoked, ServiceError> {
    let by = match on_request {
        Some(request) => By::exception(app, permit, request)?,
        None => By::officer(permit),
    };
    insist(app, by, Target::Card(number), reason).await
}

/// Revokes a card for whoever has its revocation code: its holder.
///
/// # Errors
/// `already-revoked` if it is.
pub(super) async fn by_code(
    app: &App,
    (tenant, holder): (&TenantId, PersonId),
    number: &CardNumber,
    reason: Reason,
) -> Result<Revoked, ServiceError> {
    let (tenant, requester) = (tenant.clone(), Requester::Person(holder));
    let authentication = "revocation code".to_owned();
    let by =
        By { tenant, requester, channel: "revocation-code", authentication, exception: None, also: None, told: None };
    insist(app, by, Target::Card(number), reason).await
}

/// Revokes what the service itself must: `system` says which part of it.
///
/// # Errors
/// `already-revoked` if nothing is left to revoke.
pub async fn by_system(
    app: &App,
    tenant: &TenantId,
    target: Target<'_>,
    reason: Reason,
    system: &str,
) -> Result<Revoked, ServiceError> {
    let requester = Requester::System(system.to_owned());
    let (tenant, authentication) = (tenant.clone(), "none".to_owned());
    let by = By { tenant, requester, channel: "job", authentication, exception: None, also: None, told: None };
    insist(app, by, target, reason).await
}

/// Revokes a card as part of an act on many; `outcome` is written with it.
///
/// # Errors
/// As [`card`].
pub(super) async fn in_bulk(
    app: &App,
    bulk: &BulkRevocation,
    number: &CardNumber,
    outcome: Write,
) -> Result<Revoked, ServiceError> {
    let by = By {
        tenant: bulk.tenant.clone(),
        requester: Requester::Person(bulk.requested_by.clone()),
        channel: "bulk",
        authentication: format!("bulk revocation {}", bulk.id),
        exception: None,
        also: Some(outcome),
        told: None,
    };
    insist(app, by, Target::Card(number), bulk.reason).await
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
    insist(app, By::holder(permit), Target::Card(number), reason).await
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
    insist(app, By::officer(permit), Target::Person(person), reason).await
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
    let mut by = By::officer(permit);
    match &record.intent.holder {
        Holder::Person { tenant: owner, .. } if owner == tenant => {}
        Holder::Function { tenant: owner, function } if owner == tenant => {
            by.told = app.store.function(tenant, function).await?.map(|row| row.value);
        }
        _ => return Err(ServiceError::NotFound),
    }
    let work = Work { by: &by, reason, at: app.clock.now() };
    work.commit(app, "certificate.revoked", &certificate.serial.to_string(), Vec::new(), vec![record]).await
}

/// Revokes the certificate of a function.
///
/// # Errors
/// [`ServiceError::NotFound`] for a function of another agency; a wrong stage while it has no certificate.
pub async fn function(
    app: &App,
    permit: &Permit<RevokeFunction>,
    id: &FunctionId,
    reason: Reason,
) -> Result<Revoked, ServiceError> {
    let function = app.store.function(permit.tenant(), id).await?.ok_or(ServiceError::NotFound)?.value;
    let wrong_stage = ServiceError::WrongStage { wanted: "issued", found: function.stage_name() };
    let issued = function.issued().ok_or(wrong_stage)?;
    let certificate = CertificateRef { issuer: issued.issuer.clone(), serial: issued.serial };
    let record = app.store.certificate(&certificate).await?;
    let record = record.ok_or(ServiceError::Incomplete("the function's certificate"))?;
    let by = By { told: Some(function), ..By::of(permit, "officer") };
    let work = Work { by: &by, reason, at: app.clock.now() };
    work.commit(app, "function.revoked", id.as_str(), Vec::new(), vec![record]).await
}

/// What is revoked with all that it carries.
#[derive(Debug, Clone, Copy)]
pub enum Target<'a> {
    /// A card.
    Card(&'a CardNumber),
    /// All that a person has at the agency.
    Person(&'a PersonId),
}

/// Who asks, on which way, and how we know (EN 319 411-1 clause 6.2.4).
struct By {
    tenant: TenantId,
    requester: Requester,
    channel: &'static str,
    authentication: String,
    /// What an officer took, with the salt of the name.
    exception: Option<(Unauthenticated, [u8; 16])>,
    /// What is written with it.
    also: Option<Write>,
    /// The function whose keepers are told.
    told: Option<AnyFunction>,
}

impl By {
    fn officer(permit: &Permit<Revoke>) -> Self {
        Self::of(permit, "officer")
    }

    fn exception(app: &App, permit: &Permit<Revoke>, request: Unauthenticated) -> Result<Self, ServiceError> {
        one_line("unauthenticated.claimed_by", &request.claimed_by, MAX_REASON)?;
        one_line("unauthenticated.via", &request.via, MAX_REASON)?;
        one_line("unauthenticated.grounds", &request.grounds, MAX_REASON)?;
        let exception = Some((request, app.entropy.random16()));
        Ok(Self { exception, ..Self::of(permit, "officer-exception") })
    }

    fn holder(permit: &Permit<RevokeOwnCard>) -> Self {
        Self::of(permit, "holder")
    }

    fn of<A>(permit: &Permit<A>, channel: &'static str) -> Self {
        Self {
            tenant: permit.tenant().clone(),
            requester: Requester::Person(permit.person().clone()),
            channel,
            authentication: format!("certificate {}", permit.caller().certificate.serial),
            exception: None,
            also: None,
            told: None,
        }
    }

    fn actor(&self) -> Actor {
        match &self.requester {
            Requester::Person(person) => Actor::Person(person.clone()),
            Requester::System(name) => Actor::System(name.clone()),
        }
    }
}

/// Reads and writes again if something changed in between: certificates came onto the card, or one
/// of several was revoked by somebody else and the rest would stay alive. The last answer stands.
async fn insist(app: &App, by: By, target: Target<'_>, reason: Reason) -> Result<Revoked, ServiceError> {
    for _ in 1..ATTEMPTS {
        match attempt(app, &by, target, reason).await {
            Err(ServiceError::Store(StoreError::Stale { .. } | StoreError::Conflict(Conflict::AlreadyRevoked))) => {}
            other => return other,
        }
    }
    attempt(app, &by, target, reason).await
}

async fn attempt(app: &App, by: &By, target: Target<'_>, reason: Reason) -> Result<Revoked, ServiceError> {
    let (work, tenant) = (Work { by, reason, at: app.clock.now() }, &by.tenant);
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
    by: &'a By,
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
        let open = open.into_iter().map(|record| record.intent.certificate);
        let (ended, references): (Vec<_>, Vec<_>) = open.partition(|certificate| has_ended(app, certificate));
        if let ([one, ..], true, true) = (&ended[..], references.is_empty(), cards.is_empty()) {
            let found = match app.key_lives.state(&one.issuer) {
                KeyState::Destroyed => KeyState::Destroyed,
                _ => KeyState::Retired,
            };
            return Err(ServiceError::WrongStage { wanted: KeyState::StatusOnly.as_str(), found: found.as_str() });
        }
        let event = Event::new(kind, self.by.actor(), object, self.at)
            .in_tenant(&self.by.tenant)
            .with("channel", self.by.channel)
            .with("authentication", &self.by.authentication)
            .with("reason", self.reason.as_str())
            .with("serials", references.iter().map(|r| r.serial.to_string()).collect::<Vec<_>>().join(" "));
        let event = match &self.by.exception {
            None => event,
            Some((request, salt)) => event.with("via", &request.via).with("grounds", &request.grounds).personal(
                "claimed_by",
                &request.claimed_by,
                *salt,
            ),
        };
        let mut changes = Changes::recording(event);
        if let Some(write) = &self.by.also {
            changes = changes.write(write.clone());
        }
        if let (Some(function), Some(config)) = (&self.by.told, &app.config.notices) {
            changes = tell(config, changes, &of_function(NoticeKind::FunctionRevoked, function, self.at));
        }
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
                requester: self.by.requester.clone(),
            }));
        }
        commit(app, changes).await?;
        Ok(Revoked { certificates: references, reason: self.reason, at: self.at })
    }
}

/// Whether the CA of a certificate is no more, or has said its last word: nobody could publish what is revoked after it.
/// All that it certified is over or revoked, and its last CRL says so for ever.
fn has_ended(app: &App, certificate: &CertificateRef) -> bool {
    let issuer = &certificate.issuer;
    let last = app.issuers.get(issuer).zip(app.board.crl(issuer));
    matches!(app.key_lives.state(issuer), KeyState::Retired | KeyState::Destroyed)
        || last.is_some_and(|(ca, crl)| crl.next_update > ca.issuer.certificate.not_after())
}

/// How often a revocation that meets another change is tried.
const ATTEMPTS: u32 = 5;
