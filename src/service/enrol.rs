//! Submits an application.

use crate::app::App;
use crate::config::Mode;
use crate::service::ServiceError;
use crate::service::commit::commit;
use crate::service::permit::{Permit, SubmitEnrolment};
use crate::service::standing;
use domain::audit::Event;
use domain::card::{Card, CardState};
use domain::changes::{Changes, Write};
use domain::enrolment::{AnyEnrolment, Enrolment, Submitted};
use domain::onboarding::Scope;
use domain::operation::PlannedProfile;
use domain::people::{Employment, Person, Tenant};
use domain::{CardNumber, EnrolmentId, PersonId};
use pki::Attribute;
use pki::identifier::PersonalNumber;
use pki::issue::SubjectFacts;
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
    accept_number(app, &application.identity_number)?;
    let given_name = accept_name("applicant.given_name", Attribute::GivenName, &application.given_name)?;
    let surname = accept_name("applicant.surname", Attribute::Surname, &application.surname)?;
    let tenant = app.store.tenant(permit.tenant()).await?.ok_or(ServiceError::Incomplete("the caller's agency"))?;
    standing::serves(app, &tenant, Scope::Certificates).await?;
    let known = app.store.person_by_identity(&application.identity_number).await?;
    let employed = match &known {
        Some(known) => app.store.employment(&tenant.id, &known.id).await?.is_some(),
        None => false,
    };
    let person = Person {
        id: known.as_ref().map_or_else(|| PersonId::from_random(app.entropy.random16()), |known| known.id.clone()),
        identity_number: application.identity_number.clone(),
        given_name,
        surname,
    };
    accept_name("applicant", Attribute::CommonName, &person.display_name())?;
    // What another agency wrote down is neither told to this one nor binding for it.
    if employed && known.as_ref() != Some(&person) {
        return Err(ServiceError::Invalid { field: "applicant", problem: "the name is not the registered one".into() });
    }

    let id = EnrolmentId::from_random(app.entropy.random16());
    let submitted = Submitted { by: permit.person().clone(), at: now };
    let enrolment = Enrolment::submit(
        (id.clone(), tenant.id.clone()),
        (person.id.clone(), application.card.clone()),
        subject_facts(&tenant, &person, &application.card),
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
    if !employed {
        let employment = Employment { tenant: tenant.id, person: person.id.clone(), since: now };
        if known.is_none() {
            changes = changes.write(Write::Person(person));
        }
        changes = changes.write(Write::Employment(employment));
    }
    let enrolment = AnyEnrolment::Submitted(enrolment);
    let changes = changes.write(Write::NewCard(card)).write(Write::NewEnrolment(enrolment.clone()));
    commit(app, changes).await?;
    Ok(enrolment)
}

fn accept_number(app: &App, number: &PersonalNumber) -> Result<(), ServiceError> {
    let problem = match (app.config.mode, number.is_test_number()) {
        (Mode::Demo, false) => "a demo installation accepts test numbers only",
        (Mode::Production, true) => "a test number",
        _ => return Ok(()),
    };
    Err(ServiceError::Invalid { field: "identity_number", problem: problem.into() })
}

/// The name as certificates carry it. What none could carry is refused before anybody is asked to sign for it.
fn accept_name(field: &'static str, attribute: Attribute, name: &str) -> Result<String, ServiceError> {
    match attribute.accept(name) {
        Ok(accepted) => Ok(accepted.into_owned()),
        Err(fault) => Err(ServiceError::Invalid { field, problem: fault.to_string() }),
    }
}

/// What becomes the subject of the person's certificates.
pub fn subject_facts(tenant: &Tenant, person: &Person, card: &CardNumber) -> SubjectFacts {
    let values = [
        ("organisation.name", tenant.name.clone()),
        ("organisation.number", tenant.organisation_number.as_str().to_owned()),
        ("person.surname", person.surname.clone()),
        ("person.given_name", person.given_name.clone()),
        ("person.display_name", person.display_name()),
        ("person.serial_number", person.identity_number.etsi()),
        ("card.number", card.to_string()),
    ];
    let values = values.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    SubjectFacts { values, dns_names: Vec::new(), ip_addresses: Vec::new() }
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
