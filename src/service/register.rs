//! Asks the person register, keeps what it said, and puts on the work-lists what only a person can judge.

use crate::app::App;
use crate::config::Mode;
use crate::service::ServiceError;
use domain::audit::{Actor, Event};
use domain::changes::{Changes, Write};
use domain::id::hex;
use domain::people::Person;
use domain::register::{Entry, Evidence, Occasion, Reason, hindrance};
use domain::work::{About, WorkItem};
use domain::{EnrolmentId, PersonId, TenantId, WorkId};
use pki::identifier::PersonalNumber;

/// What the register answered: nothing if there is none to ask.
pub(super) type Answer = Option<Option<Entry>>;

/// Asks about a number.
///
/// # Errors
/// [`ServiceError::Register`] if it gives no answer; production without a register asks in vain.
pub(super) async fn ask(app: &App, number: &PersonalNumber) -> Result<Answer, ServiceError> {
    match &app.register {
        Some(register) => Ok(Some(register.look_up(number).await?)),
        None if app.config.mode == Mode::Production => Err(ServiceError::Incomplete("a person register")),
        None => Ok(None),
    }
}

/// Why an order for this number cannot go on by itself.
pub(super) fn order_hindrance(app: &App, number: &PersonalNumber, answer: &Answer) -> Option<Reason> {
    let reason = hindrance(number, answer.as_ref()?.as_ref());
    let lenient = app.config.register.as_ref().is_some_and(|register| register.accept_unknown);
    reason.filter(|reason| !(lenient && *reason == Reason::Unknown))
}

/// The record of an answer; none if there was nobody to ask.
pub(super) fn evidence(
    app: &App,
    person: &PersonId,
    (occasion, enrolment): (Occasion, Option<&EnrolmentId>),
    answer: Answer,
) -> Option<Write> {
    let (said, register) = (answer?, app.register.as_ref()?);
    Some(Write::RegisterAnswer(Evidence {
        id: hex(&app.entropy.random16()),
        person: person.clone(),
        occasion,
        enrolment: enrolment.cloned(),
        source: register.source().to_owned(),
        said,
        at: app.clock.now(),
    }))
}

/// Whom new work is about.
pub(super) struct Concerned<'a> {
    /// The agency that is to look into it.
    pub(super) tenant: &'a TenantId,
    /// The person, if the agency knows them.
    pub(super) person: Option<&'a PersonId>,
    /// Number, name, and whether they are protected.
    pub(super) about: About,
}

impl<'a> Concerned<'a> {
    /// A person whom an agency employs.
    pub(super) fn employee(tenant: &'a TenantId, person: &'a Person) -> Self {
        let about = About {
            identity_number: person.identity_number.as_str().to_owned(),
            name: person.display_name(),
            protected: person.protection.is_some(),
            grounds: String::new(),
        };
        Self { tenant, person: Some(&person.id), about }
    }
}

/// New work: its id, and the work with its event.
pub(super) fn waits(app: &App, actor: Actor, concerned: Concerned<'_>, reasons: Vec<Reason>) -> (WorkId, Changes) {
    let (id, since) = (WorkId::from_random(app.entropy.random16()), app.clock.now());
    let Concerned { tenant, person, about } = concerned;
    let words: Vec<_> = reasons.iter().map(|reason| reason.as_str()).collect();
    let event = Event::new("work.waits", actor, id.as_str(), since)
        .in_tenant(tenant)
        .with("person", person.map_or("unknown", PersonId::as_str))
        .with("reasons", words.join(" "))
        .personal("identity_number", &about.identity_number, app.entropy.random16());
    let (tenant, person) = (tenant.clone(), person.cloned());
    let item = WorkItem { id: id.clone(), tenant, person, about, reasons, since, asked_by: None, closing: None };
    (id, Changes::recording(event).write(Write::NewWork(item)))
}
