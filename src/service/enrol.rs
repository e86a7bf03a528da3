//! Submits an application.

use crate::app::App;
use crate::service::ServiceError;
use crate::service::applicant::{self, Applicant, Claimed};
use crate::service::commit::commit;
use crate::service::permit::{Permit, SubmitEnrolment};
use crate::service::protection;
use crate::service::register::{self, Answer, Concerned};
use crate::service::reserve::{self, Wish};
use crate::service::standing;
use domain::audit::{Actor, Event};
use domain::card::{Card, CardState};
use domain::changes::{Changes, Write};
use domain::enrolment::{AnyEnrolment, Enrolment, Submitted};
use domain::onboarding::Scope;
use domain::operation::PlannedProfile;
use domain::people::{Employment, Person, Tenant};
use domain::register::{Occasion, Reason};
use domain::reserve::{ReserveError, ReserveOrder};
use domain::subject::{self, SubjectFault};
use domain::{CardNumber, EnrolmentId, PersonId};
use pki::identifier::PersonalNumber;
use pki::profile::Purpose;
use pki::time::UtcTime;
use std::collections::BTreeMap;

/// What an agency says about an applicant.
#[derive(Clone)]
pub struct Application {
    /// Personnummer or samordningsnummer.
    pub identity_number: PersonalNumber,
    /// Given name.
    pub given_name: String,
    /// Surname.
    pub surname: String,
    /// The card that was ordered.
    pub card: CardNumber,
    /// What is asked for if it is a reserve card.
    pub reserve: Option<Wish>,
}

/// Submits an application for a card; the person and the employment are made known if they are new.
///
/// # Errors
/// [`ServiceError`]; an employee's identity number under another name is refused, a card number that
/// was ever bound is a conflict, and outside production only test numbers are accepted.
pub async fn enrol(
    app: &App,
    permit: &Permit<SubmitEnrolment>,
    application: Application,
) -> Result<AnyEnrolment, ServiceError> {
    let now = app.clock.now();
    let tenant = app.store.tenant(permit.tenant()).await?.ok_or(ServiceError::Incomplete("the caller's agency"))?;
    standing::serves(app, &tenant, Scope::Certificates).await?;
    let Application { identity_number, given_name, surname, card, reserve } = application;
    let claimed = Claimed { number: &identity_number, given_name: &given_name, surname: &surname };
    let Applicant { person, known, employment, answer, .. } = applicant(app, permit, claimed).await?;
    let reserve = match reserve {
        Some(wish) if employment.is_some() => Some(reserve::order(app, (&tenant.id, &person), &card, wish).await?),
        Some(_) => return Err(ReserveError::NoOrdinaryCard.into()),
        None => None,
    };
    let ordering = Ordering { actor: permit.actor(), by: permit.person().clone(), at: now };
    let (enrolment, mut changes) = ordered(app, ordering, &tenant, (&person, card, answer), reserve)?;
    if employment.is_none() {
        let employment = Employment { tenant: tenant.id, person: person.id.clone(), since: now, until: None };
        changes = changes.write(Write::Employment(employment));
    }
    if !known {
        changes = changes.write(Write::Person(person));
    }
    commit(app, changes).await?;
    Ok(enrolment)
}

/// Who orders a card, and when.
pub(super) struct Ordering {
    /// Who acts.
    pub(super) actor: Actor,
    /// Who counts as the one who ordered; never among the others whom the card takes.
    pub(super) by: PersonId,
    /// When.
    pub(super) at: UtcTime,
}

/// The order of a card, a reserve card if that is said, with its event, the card's number bound to the person, and what
/// the register said.
///
/// # Errors
/// [`ServiceError`] if no card could be ordered now, or for nobody of that kind.
pub(super) fn ordered(
    app: &App,
    Ordering { actor, by, at }: Ordering,
    tenant: &Tenant,
    (person, number, answer): (&Person, CardNumber, Answer),
    reserve: Option<ReserveOrder>,
) -> Result<(AnyEnrolment, Changes), ServiceError> {
    let id = EnrolmentId::from_random(app.entropy.random16());
    let mut event = Event::new("enrolment.submitted", actor, id.as_str(), at)
        .in_tenant(&tenant.id)
        .with("applicant", &person.id)
        .with("card", &number)
        .personal("identity_number", person.identity_number.as_str(), app.entropy.random16())
        .personal("name", person.display_name(), app.entropy.random16());
    if let Some(order) = &reserve {
        event = event.with("ordinary_card", &order.ordinary).with("days", order.days);
    }
    let is_reserve = reserve.is_some();
    let enrolment = Enrolment::submit(
        (id.clone(), tenant.id.clone()),
        (person.id.clone(), number.clone()),
        person.subject(tenant, &number),
        (planned(app, is_reserve)?, reserve),
        Submitted { by, at },
    )?;
    let (tenant, holder) = (tenant.id.clone(), person.id.clone());
    let card = Card { tenant, number, holder, bound_at: at, state: CardState::Bound };
    let enrolment = AnyEnrolment::Submitted(enrolment);
    let changes = Changes::recording(event).write(Write::NewCard(card)).write(Write::NewEnrolment(enrolment.clone()));
    let changes = if is_reserve { changes.write(Write::ReserveOrder(enrolment.clone())) } else { changes };
    let evidence = register::evidence(app, &person.id, (Occasion::Order, Some(&id)), answer);
    Ok((enrolment, evidence.into_iter().fold(changes, Changes::write)))
}

/// The person of an order, if a card may be ordered for them by hand.
///
/// # Errors
/// [`ServiceError::OnWorkList`] if somebody has to look into it; [`ServiceError`] if it is refused.
pub(super) async fn applicant(
    app: &App,
    permit: &Permit<SubmitEnrolment>,
    claimed: Claimed<'_>,
) -> Result<Applicant, ServiceError> {
    let found = applicant::judge(app, permit.tenant(), claimed).await?;
    if found.employment.as_ref().is_some_and(|employment| employment.is_over(app.clock.now())) {
        return Err(ServiceError::EmploymentOver);
    }
    let person = &found.person;
    let protected = person.protection.is_some();
    let hindrance =
        found.hindrance.or_else(|| (protected && !protection::handles(app, permit)).then_some(Reason::Protected));
    if let Some(reason) = hindrance {
        let about = Concerned::employee(permit.tenant(), person);
        let employed = found.employment.is_some();
        let concerned = Concerned { person: about.person.filter(|_| employed), ..about };
        commit(app, register::waits(app, permit.actor(), concerned, vec![reason]).1).await?;
        return Err(ServiceError::OnWorkList);
    }
    if protected {
        protection::handled(app, permit, &[person.id.clone()].into()).await?;
    }
    if found.other_name {
        return Err(ServiceError::Invalid { field: "applicant", problem: "the name is not the registered one".into() });
    }
    Ok(found)
}

/// The field of the application that a fact of the subject comes from.
pub(super) fn invalid(fault: SubjectFault) -> ServiceError {
    let field = match fault.fact() {
        subject::GIVEN_NAME => "applicant.given_name",
        subject::SURNAME => "applicant.surname",
        subject::DISPLAY_NAME => "applicant",
        _ => "identity_number",
    };
    let problem = std::error::Error::source(&fault).map_or_else(|| fault.to_string(), ToString::to_string);
    ServiceError::Invalid { field, problem }
}

/// The certificates of a card, of an ordinary or of a reserve one.
///
/// # Errors
/// [`ServiceError::Incomplete`] without their profiles.
pub(super) fn planned(app: &App, reserve: bool) -> Result<BTreeMap<Purpose, PlannedProfile>, ServiceError> {
    let (policies, config) = (app.policies.get(), &app.config.enrolment);
    let ordinary = [config.authentication_profile.as_str(), config.signature_profile.as_str()];
    let names = if reserve { policies.reserve.profiles() } else { ordinary };
    names
        .into_iter()
        .map(|name| {
            let profile = policies.profiles.get(name).ok_or(ServiceError::Incomplete("an enrolment profile"))?;
            let planned = PlannedProfile { profile: name.to_owned(), revision: profile.revision() };
            Ok((profile.purpose(), planned))
        })
        .collect()
}
