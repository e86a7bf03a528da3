//! Submits an application.

use crate::app::App;
use crate::service::ServiceError;
use crate::service::applicant::{self, Applicant, Claimed};
use crate::service::commit::commit;
use crate::service::permit::{Permit, SubmitEnrolment};
use crate::service::protection;
use crate::service::register::{self, Answer, Concerned};
use crate::service::standing;
use domain::audit::{Actor, Event};
use domain::card::{Card, CardState};
use domain::changes::{Changes, Write};
use domain::enrolment::{AnyEnrolment, Enrolment, Submitted};
use domain::onboarding::Scope;
use domain::operation::PlannedProfile;
use domain::people::{Employment, Person, Tenant};
use domain::register::{Occasion, Reason};
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
    let applicant = applicant(app, permit, &application).await?;
    let Applicant { person, known, employment, answer, .. } = applicant;
    let ordering = Ordering { actor: permit.actor(), by: permit.person().clone(), at: now };
    let (enrolment, mut changes) = ordered(app, ordering, &tenant, (&person, application.card, answer))?;
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

/// The order of a card, with its event, the card's number bound to the person, and what the register said.
///
/// # Errors
/// [`ServiceError`] if no card could be ordered now, or for nobody of that kind.
pub(super) fn ordered(
    app: &App,
    Ordering { actor, by, at }: Ordering,
    tenant: &Tenant,
    (person, number, answer): (&Person, CardNumber, Answer),
) -> Result<(AnyEnrolment, Changes), ServiceError> {
    let id = EnrolmentId::from_random(app.entropy.random16());
    let enrolment = Enrolment::submit(
        (id.clone(), tenant.id.clone()),
        (person.id.clone(), number.clone()),
        person.subject(tenant, &number),
        planned(app)?,
        Submitted { by, at },
    )?;
    let event = Event::new("enrolment.submitted", actor, id.as_str(), at)
        .in_tenant(&tenant.id)
        .with("applicant", &person.id)
        .with("card", &number)
        .personal("identity_number", person.identity_number.as_str(), app.entropy.random16())
        .personal("name", person.display_name(), app.entropy.random16());
    let (tenant, holder) = (tenant.id.clone(), person.id.clone());
    let card = Card { tenant, number, holder, bound_at: at, state: CardState::Bound };
    let enrolment = AnyEnrolment::Submitted(enrolment);
    let changes = Changes::recording(event).write(Write::NewCard(card)).write(Write::NewEnrolment(enrolment.clone()));
    let evidence = register::evidence(app, &person.id, (Occasion::Order, Some(&id)), answer);
    Ok((enrolment, evidence.into_iter().fold(changes, Changes::write)))
}

/// The person of an application, if a card may be ordered for them by hand.
async fn applicant(
    app: &App,
    permit: &Permit<SubmitEnrolment>,
    application: &Application,
) -> Result<Applicant, ServiceError> {
    let Application { identity_number: number, given_name, surname, .. } = application;
    let found = applicant::judge(app, permit.tenant(), Claimed { number, given_name, surname }).await?;
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
