//! Submits an application.

use crate::app::App;
use crate::service::ServiceError;
use crate::service::commit::commit;
use crate::service::permit::{Permit, SubmitEnrolment};
use crate::service::protection;
use crate::service::register::{self, Answer, Concerned};
use crate::service::reserve::{self, Wish};
use crate::service::{recheck, standing};
use domain::audit::Event;
use domain::card::{Card, CardState};
use domain::changes::{Changes, Write};
use domain::enrolment::{AnyEnrolment, Enrolment, Submitted};
use domain::onboarding::Scope;
use domain::operation::PlannedProfile;
use domain::people::{Employment, Person};
use domain::register::{Occasion, Reason};
use domain::reserve::ReserveError;
use domain::subject::{self, SubjectFault};
use domain::{CardNumber, EnrolmentId, PersonId};
use pki::identifier::PersonalNumber;
use pki::profile::Purpose;
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
    app.config.mode.accept(&application.identity_number).map_err(invalid)?;
    let tenant = app.store.tenant(permit.tenant()).await?.ok_or(ServiceError::Incomplete("the caller's agency"))?;
    standing::serves(app, &tenant, Scope::Certificates).await?;
    let Applicant { person, known, employed, answer } = applicant(app, permit, &application).await?;

    let reserve = match application.reserve {
        Some(wish) if employed => Some(reserve::order(app, (&tenant.id, &person), &application.card, wish).await?),
        Some(_) => return Err(ReserveError::NoOrdinaryCard.into()),
        None => None,
    };
    let id = EnrolmentId::from_random(app.entropy.random16());
    let submitted = Submitted { by: permit.person().clone(), at: now };
    let enrolment = Enrolment::submit(
        (id.clone(), tenant.id.clone()),
        (person.id.clone(), application.card.clone()),
        person.subject(&tenant, &application.card),
        (planned(app, reserve.is_some())?, reserve.clone()),
        submitted,
    )?;

    let event = Event::new("enrolment.submitted", permit.actor(), id.as_str(), now)
        .in_tenant(&tenant.id)
        .with("applicant", &person.id)
        .with("card", &application.card)
        .personal("identity_number", person.identity_number.as_str(), app.entropy.random16())
        .personal("name", person.display_name(), app.entropy.random16());
    let event = match &reserve {
        Some(order) => event.with("ordinary_card", &order.ordinary).with("days", order.days),
        None => event,
    };
    let mut changes = Changes::recording(event);
    let card = Card {
        tenant: tenant.id.clone(),
        number: application.card,
        holder: person.id.clone(),
        bound_at: now,
        state: CardState::Bound,
    };
    if let Some(evidence) = register::evidence(app, &person.id, (Occasion::Order, Some(&id)), answer) {
        changes = changes.write(evidence);
    }
    let employment = Employment { tenant: tenant.id, person: person.id.clone(), since: now, until: None };
    changes = match known {
        None => changes.write(Write::Person(person)),
        Some(_) => changes,
    };
    if !employed {
        changes = changes.write(Write::Employment(employment));
    }
    let enrolment = AnyEnrolment::Submitted(enrolment);
    let mut changes = changes.write(Write::NewCard(card)).write(Write::NewEnrolment(enrolment.clone()));
    if reserve.is_some() {
        changes = changes.write(Write::ReserveOrder(enrolment.clone()));
    }
    commit(app, changes).await?;
    Ok(enrolment)
}

/// Who is to get the card.
struct Applicant {
    /// As they are from now on.
    person: Person,
    /// As they were known before, at whatever agency.
    known: Option<Person>,
    /// Whether they are employed here.
    employed: bool,
    /// What the person register said.
    answer: Answer,
}

/// The person of an application, judged by what is known of them and by what the person register says.
async fn applicant(
    app: &App,
    permit: &Permit<SubmitEnrolment>,
    application: &Application,
) -> Result<Applicant, ServiceError> {
    let number = &application.identity_number;
    let mut known = app.store.person_by_identity(number).await?;
    let employment = match &known {
        Some(known) => app.store.employment(permit.tenant(), &known.id).await?,
        None => None,
    };
    if employment.as_ref().is_some_and(|employment| employment.is_over(app.clock.now())) {
        return Err(ServiceError::EmploymentOver);
    }
    let employed = employment.is_some();
    let answer = register::ask(app, number).await?;
    let entry = answer.as_ref().and_then(Option::as_ref);
    if let (Some(person), Some(entry)) = (&known, entry) {
        known = Some(recheck::heard_at_order(app, person, entry).await?);
    }
    let protection = entry.and_then(|entry| entry.protection).or(known.as_ref().and_then(|known| known.protection));
    let person = Person {
        id: known.as_ref().map_or_else(|| PersonId::from_random(app.entropy.random16()), |known| known.id.clone()),
        identity_number: number.clone(),
        given_name: application.given_name.clone(),
        surname: application.surname.clone(),
        protection,
    };
    let person = person.with_accepted_names().map_err(invalid)?;
    let is_former = known.as_ref().is_some_and(|known| known.identity_number != *number);
    unhindered(app, permit, (&person, employed), (number, is_former, &answer)).await?;
    // What another agency wrote down is neither told to this one nor binding for it.
    let written = known.as_ref().filter(|_| employed).map(|known| (&known.given_name, &known.surname));
    let registered = entry.map(|entry| (&entry.given_name, &entry.surname));
    let given = (&person.given_name, &person.surname);
    if registered.or(written).is_some_and(|wanted| wanted != given) {
        return Err(ServiceError::Invalid { field: "applicant", problem: "the name is not the registered one".into() });
    }
    Ok(Applicant { person, known, employed, answer })
}

/// Somebody who has a card, judged anew for an order that follows from it: as they are now, and what the register said.
///
/// # Errors
/// [`ServiceError::OnWorkList`] if somebody has to look into it; [`ServiceError`] if the register does not answer.
pub(super) async fn again(
    app: &App,
    permit: &Permit<SubmitEnrolment>,
    known: Person,
) -> Result<(Person, Answer), ServiceError> {
    let number = known.identity_number.clone();
    let answer = register::ask(app, &number).await?;
    let person = match answer.as_ref().and_then(Option::as_ref) {
        Some(entry) => recheck::heard_at_order(app, &known, entry).await?,
        None => known,
    };
    let is_former = person.identity_number != number;
    unhindered(app, permit, (&person, true), (&number, is_former, &answer)).await?;
    Ok((person, answer))
}

/// Lets an order go on, unless what the register says or the person's protection hinders it: then it waits on the
/// work-list.
async fn unhindered(
    app: &App,
    permit: &Permit<SubmitEnrolment>,
    (person, employed): (&Person, bool),
    (number, is_former, answer): (&PersonalNumber, bool, &Answer),
) -> Result<(), ServiceError> {
    let is_hidden = person.protection.is_some() && !protection::handles(app, permit);
    // A number that somebody had before is no longer theirs, whatever the register says or does not.
    let hindrance = register::order_hindrance(app, number, answer)
        .or(is_former.then_some(Reason::NewNumber))
        .or(is_hidden.then_some(Reason::Protected));
    if let Some(reason) = hindrance {
        let about = Concerned::employee(permit.tenant(), person);
        let concerned = Concerned { person: about.person.filter(|_| employed), ..about };
        commit(app, register::waits(app, permit.actor(), concerned, vec![reason])).await?;
        return Err(ServiceError::OnWorkList);
    }
    if person.protection.is_some() {
        protection::handled(app, permit, &[person.id.clone()].into()).await?;
    }
    Ok(())
}

/// The field of the application that a fact of the subject comes from.
fn invalid(fault: SubjectFault) -> ServiceError {
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
