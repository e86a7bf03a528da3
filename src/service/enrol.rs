//! Submits an application.

use crate::app::App;
use crate::service::ServiceError;
use crate::service::commit::commit;
use crate::service::permit::{Permit, SubmitEnrolment};
use crate::service::reserve::{self, Wish};
use crate::service::standing;
use domain::audit::Event;
use domain::card::{Card, CardState};
use domain::changes::{Changes, Write};
use domain::enrolment::{AnyEnrolment, Enrolment, Submitted};
use domain::onboarding::Scope;
use domain::operation::PlannedProfile;
use domain::people::{Employment, Person};
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
    let known = app.store.person_by_identity(&application.identity_number).await?;
    let employment = match &known {
        Some(known) => app.store.employment(&tenant.id, &known.id).await?,
        None => None,
    };
    if employment.as_ref().is_some_and(|employment| employment.is_over(now)) {
        return Err(ServiceError::EmploymentOver);
    }
    let employed = employment.is_some();
    let person = Person {
        id: known.as_ref().map_or_else(|| PersonId::from_random(app.entropy.random16()), |known| known.id.clone()),
        identity_number: application.identity_number.clone(),
        given_name: application.given_name,
        surname: application.surname,
    };
    let person = person.with_accepted_names().map_err(invalid)?;
    // What another agency wrote down is neither told to this one nor binding for it.
    if employed && known.as_ref() != Some(&person) {
        return Err(ServiceError::Invalid { field: "applicant", problem: "the name is not the registered one".into() });
    }

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
    if !employed {
        let employment = Employment { tenant: tenant.id, person: person.id.clone(), since: now, until: None };
        if known.is_none() {
            changes = changes.write(Write::Person(person));
        }
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
