//! Reserve cards: two administrators give one, it fetches its certificates itself, and is extended once.

pub mod fetch;
pub mod second;

use crate::app::App;
use crate::service::applicant::{Applicant, Claimed};
use crate::service::commit::commit;
use crate::service::issue;
use crate::service::officers::Signatory;
use crate::service::permit::{IssueCertificates, Permit, SubmitEnrolment};
use crate::service::revoke::{self, Target};
use crate::service::{ServiceError, enrol, register, standing};
use domain::access::Role;
use domain::audit::Event;
use domain::card::CardState;
use domain::changes::{Changes, Write};
use domain::enrolment::{AnyEnrolment, Enrolment, Submitted};
use domain::evidence::{EvidenceError, Signed, verify_delivery};
use domain::onboarding::Scope;
use domain::people::Person;
use domain::ports::{Conflict, StoreError};
use domain::register::Occasion;
use domain::reserve::{ReserveError, ReserveOrder, StockedCard, entitled};
use domain::{CardNumber, EnrolmentId, PersonId, TenantId};
use pki::crl::Reason;
use pki::time::UtcTime;

/// What the first administrator asks for beyond a card.
#[derive(Clone)]
pub struct Wish {
    /// The holder's ordinary card, which is away.
    pub ordinary: CardNumber,
    /// For how many days.
    pub days: u16,
}

/// Puts cards in stock: a desk signs which keys were born on them, before they go into their envelopes.
///
/// # Errors
/// [`ServiceError`]; a number that another agency has, as stock or as a card, is a conflict.
pub async fn stock(
    app: &App,
    permit: &Permit<IssueCertificates>,
    signed: Signed,
) -> Result<Vec<CardNumber>, ServiceError> {
    let statement = signed.statements.first().ok_or(EvidenceError::Malformed("exactly one statement is needed"))?;
    let (signatory, at) = (Signatory::of(app, statement).await?, app.clock.now());
    let delivery = verify_delivery(&signed, &signatory, at)?;
    issue::of_desk(&delivery, permit.tenant(), Some(permit.person()))?;
    let numbers: Vec<_> = delivery.stocked.into_keys().collect();
    if numbers.is_empty() {
        return Err(EvidenceError::Mismatch("not a stock of reserve cards").into());
    }
    for number in &numbers {
        own_or_new(app, permit.tenant(), number).await?;
    }
    let id = signed.id();
    let event = Event::new("reserve-card.stocked", permit.actor(), id.as_str(), at)
        .in_tenant(permit.tenant())
        .with("cards", numbers.iter().map(CardNumber::as_str).collect::<Vec<_>>().join(" "));
    let delivery = Write::Delivery { tenant: permit.tenant().clone(), delivery: signed };
    let stocked = |number: &CardNumber| {
        Write::ReserveStock(StockedCard {
            tenant: permit.tenant().clone(),
            number: number.clone(),
            delivery: id.clone(),
            at,
        })
    };
    let changes = Changes::recording(event).write(delivery);
    commit(app, numbers.iter().fold(changes, |changes, number| changes.write(stocked(number)))).await?;
    Ok(numbers)
}

/// A card that is somebody's is stocked again only where it is a reserve card: for its extension.
async fn own_or_new(app: &App, tenant: &TenantId, number: &CardNumber) -> Result<(), ServiceError> {
    let exists = || ServiceError::Store(StoreError::Conflict(Conflict::Exists("card")));
    if app.store.stocked(number).await?.is_some_and(|(keeper, _)| keeper != *tenant) {
        return Err(exists());
    }
    let known = app.store.exists(domain::ports::Thing::Card(number)).await?;
    if known && app.store.reserve_orders(tenant, number).await?.is_empty() {
        return Err(exists());
    }
    Ok(())
}

/// Whether an applicant may have the reserve card that they are to get.
///
/// # Errors
/// [`ReserveError`], what is missing.
pub(super) async fn order(
    app: &App,
    (tenant, person): (&TenantId, &Person),
    number: &CardNumber,
    wish: Wish,
) -> Result<ReserveOrder, ServiceError> {
    app.policies.get().reserve.check_days(wish.days)?;
    let ordinary = app.store.card(tenant, &wish.ordinary).await?.map(|row| row.value);
    let reserve = app.store.reserve_cards_of(tenant, &person.id).await?;
    entitled((&person.id, &person.identity_number), ordinary.as_ref(), &reserve)?;
    for other in &reserve {
        if still_works(app, tenant, other).await? {
            return Err(ReserveError::HasOne.into());
        }
    }
    match app.store.stocked(number).await? {
        Some((keeper, _)) if keeper == *tenant => {}
        _ => return Err(ReserveError::NotStocked.into()),
    }
    Ok(ReserveOrder { ordinary: wish.ordinary, days: wish.days, extends: None })
}

/// Whether a reserve card may still log somebody in, or is on its way to it.
async fn still_works(app: &App, tenant: &TenantId, number: &CardNumber) -> Result<bool, ServiceError> {
    let card = app.store.card(tenant, number).await?.ok_or(ServiceError::Incomplete("a reserve card"))?;
    match card.value.state {
        CardState::Revoked => Ok(false),
        CardState::Bound => Ok(true),
        CardState::Active => {
            let certificates = app.store.certificates_of_card(tenant, number).await?;
            Ok(certificates.iter().any(|record| record.intent.not_after >= app.clock.now()))
        }
    }
}

/// The first administrator asks for the one extension of a reserve card in use, for as many days again.
///
/// # Errors
/// [`ServiceError`]; [`ReserveError::Extended`] the second time, whatever became of the first.
pub async fn extend(
    app: &App,
    permit: &Permit<SubmitEnrolment>,
    number: &CardNumber,
) -> Result<AnyEnrolment, ServiceError> {
    let (tenant, now) = (permit.tenant(), app.clock.now());
    let agency = app.store.tenant(tenant).await?.ok_or(ServiceError::Incomplete("the caller's agency"))?;
    standing::serves(app, &agency, Scope::Certificates).await?;
    let mut orders = app.store.reserve_orders(tenant, number).await?;
    if orders.len() > 1 {
        return Err(ReserveError::Extended.into());
    }
    let first = orders.pop().ok_or(ServiceError::NotFound)?.value;
    let holder =
        app.store.person(tenant, &first.bare().applicant).await?.ok_or(ServiceError::Incomplete("a holder"))?;
    let Person { identity_number, given_name, surname, .. } = &holder;
    let claimed = Claimed { number: identity_number, given_name, surname };
    let Applicant { person: holder, answer, .. } = enrol::applicant(app, permit, claimed).await?;
    let card = app.store.card(tenant, number).await?.ok_or(ServiceError::NotFound)?;
    let in_use = card.value.state == CardState::Active && still_works(app, tenant, number).await?;
    let bare = first.bare();
    let Some(order) = bare.reserve.filter(|_| in_use) else {
        return Err(ReserveError::NotExtendable.into());
    };
    let reserve = ReserveOrder { extends: Some(bare.id.clone()), ..order };
    let id = EnrolmentId::from_random(app.entropy.random16());
    let enrolment = Enrolment::submit(
        (id.clone(), tenant.clone()),
        (bare.applicant.clone(), number.clone()),
        holder.subject(&agency, number),
        (enrol::planned(app, true)?, Some(reserve)),
        Submitted { by: permit.person().clone(), at: now },
    )?;
    let event = Event::new("reserve-card.extension-submitted", permit.actor(), id.as_str(), now)
        .in_tenant(tenant)
        .with("applicant", &bare.applicant)
        .with("card", number)
        .with("extends", &bare.id);
    let enrolment = AnyEnrolment::Submitted(enrolment);
    let mut changes = Changes::recording(event)
        .write(Write::NewEnrolment(enrolment.clone()))
        .write(Write::ReserveOrder(enrolment.clone()));
    if let Some(evidence) = register::evidence(app, &holder.id, (Occasion::Order, Some(&id)), answer) {
        changes = changes.write(evidence);
    }
    commit(app, changes).await?;
    Ok(enrolment)
}

/// Revokes the reserve cards of somebody whose next ordinary card is about to be handed out.
///
/// # Errors
/// [`ServiceError`] if the store fails; then the ordinary card is not handed out either.
pub(super) async fn supersede(app: &App, tenant: &TenantId, holder: &PersonId) -> Result<(), ServiceError> {
    for number in app.store.reserve_cards_of(tenant, holder).await? {
        match revoke::by_system(app, tenant, Target::Card(&number), Reason::Superseded, RESERVE_CARDS).await {
            Ok(_) | Err(ServiceError::Store(StoreError::Conflict(Conflict::AlreadyRevoked))) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// The last second of a reserve card's certificates that begin at `from`.
pub(super) fn end_of(order: &ReserveOrder, from: UtcTime) -> UtcTime {
    from.plus_days(i64::from(order.days)).plus_seconds(-1)
}

/// The role in which a desk delivers or stocks cards.
pub(super) const DESK: Role = Role::CardDesk;
const RESERVE_CARDS: &str = "reserve-cards";
