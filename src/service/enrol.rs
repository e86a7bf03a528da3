//! Submits an application.

use crate::app::App;
use crate::service::ServiceError;
use crate::service::commit::commit;
use crate::service::permit::{Permit, SubmitEnrolment};
use crate::service::protection;
use crate::service::register::{self, Answer, Concerned};
use crate::service::{recheck, standing};
use domain::audit::Event;
use domain::card::{Card, CardState};
use domain::changes::{Changes, Write};
use domain::enrolment::{AnyEnrolment, Enrolment, Submitted};
use domain::onboarding::Scope;
use domain::operation::PlannedProfile;
use domain::people::{Employment, Person};
use domain::register::{Occasion, Reason};
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

    let id = EnrolmentId::from_random(app.entropy.random16());
    let submitted = Submitted { by: permit.person().clone(), at: now };
    let enrolment = Enrolment::submit(
        (id.clone(), tenant.id.clone()),
        (person.id.clone(), application.card.clone()),
        person.subject(&tenant, &application.card),
        planned(app)?,
        submitted,
    )?;

    let event = Event::new("enrolment.submitted", permit.actor(), id.as_str(), now)
        .in_tenant(&tenant.id)
        .with("applicant", &person.id)
        .with("card", &application.card)
        .personal("identity_number", person.identity_number.as_str(), app.entropy.random16())
        .personal("name", person.display_name(), app.entropy.random16());
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
    let changes = changes.write(Write::NewCard(card)).write(Write::NewEnrolment(enrolment.clone()));
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
    // A number that somebody had before is no longer theirs, whatever the register says or does not.
    let former = known.as_ref().is_some_and(|known| known.identity_number != *number).then_some(Reason::NewNumber);
    let hindrance = register::order_hindrance(app, number, &answer)
        .or(former)
        .or_else(|| (protection.is_some() && !protection::handles(app, permit)).then_some(Reason::Protected));
    if let Some(reason) = hindrance {
        let about = Concerned::employee(permit.tenant(), &person);
        let concerned = Concerned { person: about.person.filter(|_| employed), ..about };
        commit(app, register::waits(app, permit.actor(), concerned, vec![reason])).await?;
        return Err(ServiceError::OnWorkList);
    }
    if protection.is_some() {
        protection::handled(app, permit, &[person.id.clone()].into()).await?;
    }
    // What another agency wrote down is neither told to this one nor binding for it.
    let written = known.as_ref().filter(|_| employed).map(|known| (&known.given_name, &known.surname));
    let registered = entry.map(|entry| (&entry.given_name, &entry.surname));
    let given = (&person.given_name, &person.surname);
    if registered.or(written).is_some_and(|wanted| wanted != given) {
        return Err(ServiceError::Invalid { field: "applicant", problem: "the name is not the registered one".into() });
    }
    Ok(Applicant { person, known, employed, answer })
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

fn planned(app: &App) -> Result<BTreeMap<Purpose, PlannedProfile>, ServiceError> {
    let policies = app.policies.get();
    let names = [&app.config.enrolment.authentication_profile, &app.config.enrolment.signature_profile];
    names
        .into_iter()
        .map(|name| {
            let profile = policies.profiles.get(name).ok_or(ServiceError::Incomplete("an enrolment profile"))?;
            let planned = PlannedProfile { profile: name.clone(), revision: profile.revision() };
            Ok((profile.purpose(), planned))
        })
        .collect()
}
