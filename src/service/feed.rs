//! The feed of an agency's personnel system: employments begin, change and end.
//!
//! `policies/orders.toml` decides whether a beginning becomes an order; what it does not decide waits on the agency's
//! work-list, with the reasons there and there alone. Nothing is approved here. Whoever answers for the feed counts as
//! the one who ordered, and what is reported of themselves waits for others.

use crate::app::App;
use crate::service::ServiceError;
use crate::service::applicant::{self, Applicant, Claimed};
use crate::service::commit::commit;
use crate::service::enrol::{self, Ordering};
use crate::service::lifecycle::{ending, until};
use crate::service::permit::{Permit, ReportEmployment};
use crate::service::register::{self, Concerned};
use crate::service::standing;
use crate::service::text::{MAX_REASON, one_line};
use domain::audit::Event;
use domain::calendar::Day;
use domain::card::CardState;
use domain::changes::{Changes, Write};
use domain::onboarding::Scope;
use domain::people::Employment;
use domain::register::{Occasion, Reason};
use domain::work::About;
use domain::{CardNumber, EnrolmentId, PersonId, WorkId};
use pki::identifier::PersonalNumber;
use pki::time::UtcTime;

/// Whose employment, by which case of the personnel system.
pub struct Reported {
    /// Personnummer or samordningsnummer.
    pub number: PersonalNumber,
    /// The personnel system's own reference.
    pub reference: String,
}

/// Somebody begins.
pub struct Beginning {
    /// Given name.
    pub given_name: String,
    /// Surname.
    pub surname: String,
    /// First day.
    pub first: Day,
    /// Last day, if one is known.
    pub last: Option<Day>,
    /// The card that is to be theirs, if one was set aside.
    pub card: Option<CardNumber>,
}

/// What an employment is from now on.
pub struct Change {
    /// Given name.
    pub given_name: String,
    /// Surname.
    pub surname: String,
    /// Last day; none if none is known any more.
    pub last: Option<Day>,
}

/// What became of a report.
#[derive(Debug, Default)]
pub struct Heard {
    /// The person, if the employment stands in the record.
    pub person: Option<PersonId>,
    /// The application that was made.
    pub enrolment: Option<EnrolmentId>,
    /// What waits for somebody.
    pub work: Option<WorkId>,
}

/// An employment begins, and a card is ordered if the rules decide it.
///
/// # Errors
/// [`ServiceError`]; what the rules do not decide is no error.
pub async fn begin(
    app: &App,
    permit: &Permit<ReportEmployment>,
    reported: &Reported,
    news: Beginning,
) -> Result<Heard, ServiceError> {
    one_line("reference", &reported.reference, MAX_REASON)?;
    let (since, last) = times(&news)?;
    let tenant = app.store.tenant(permit.tenant()).await?.ok_or(ServiceError::Incomplete("the caller's agency"))?;
    standing::serves(app, &tenant, Scope::Certificates).await?;
    let claimed = Claimed { number: &reported.number, given_name: &news.given_name, surname: &news.surname };
    let applicant = applicant::judge(app, &tenant.id, claimed).await?;
    let about_person = doubts(permit, &applicant);
    if !about_person.is_empty() {
        return waiting(app, permit, reported, (&applicant, about_person)).await;
    }
    let hindrances = hindrances(app, permit, &applicant, &news).await?;
    let (now, person) = (app.clock.now(), applicant.person.clone());
    let event = event("employment.reported", permit, reported, person.id.as_str(), now).with("since", since);
    let mut changes = Changes::recording(event.with("last_day", word(news.last)));
    if !applicant.known {
        changes = changes.write(Write::Person(person.clone()));
    }
    let employment = Employment { tenant: tenant.id.clone(), person: person.id.clone(), since, until: last };
    changes = match &applicant.employment {
        None => changes.write(Write::Employment(employment)),
        Some(known) if known.until == last => changes,
        Some(known) => {
            let employment = Employment { until: last, ..known.clone() };
            changes.write(Write::EmploymentEnd { employment, closed: false })
        }
    };
    let mut heard = Heard { person: Some(person.id.clone()), ..Heard::default() };
    if let Some(card) = news.card.filter(|_| hindrances.is_empty()) {
        let ordering = Ordering { actor: permit.actor(), by: permit.person().clone(), at: now };
        let (enrolment, order) = enrol::ordered(app, ordering, &tenant, (&person, card, applicant.answer), None)?;
        heard.enrolment = Some(enrolment.id().clone());
        changes = changes.join(order);
    } else {
        let evidence = register::evidence(app, &person.id, (Occasion::Order, None), applicant.answer);
        let concerned = Concerned::employee(&tenant.id, &person);
        let (id, waits) = register::waits(app, permit.actor(), concerned, hindrances);
        changes = evidence.into_iter().fold(changes.join(waits), Changes::write);
        heard.work = Some(id);
    }
    commit(app, changes).await?;
    Ok(heard)
}

/// An employment has another last day, or none; a name that is not the registered one waits for somebody.
///
/// # Errors
/// [`ServiceError`].
pub async fn change(
    app: &App,
    permit: &Permit<ReportEmployment>,
    reported: &Reported,
    news: Change,
) -> Result<Heard, ServiceError> {
    one_line("reference", &reported.reference, MAX_REASON)?;
    let claimed = Claimed { number: &reported.number, given_name: &news.given_name, surname: &news.surname };
    let applicant = applicant::judge(app, permit.tenant(), claimed).await?;
    let Some(employment) = applicant.employment.clone() else {
        return waiting(app, permit, reported, (&applicant, vec![Reason::NotEmployed])).await;
    };
    if applicant.person.id == *permit.person() {
        return waiting(app, permit, reported, (&applicant, vec![Reason::OnSelf])).await;
    }
    let mut reasons: Vec<_> = applicant.hindrance.into_iter().collect();
    if applicant.other_name {
        reasons.push(Reason::OtherName);
    }
    let mut changes = set_last_day(app, permit, reported, (employment, news.last))?;
    let mut heard = Heard { person: Some(applicant.person.id.clone()), ..Heard::default() };
    if !reasons.is_empty() {
        let concerned = Concerned::employee(permit.tenant(), &applicant.person);
        let (id, waits) = register::waits(app, permit.actor(), concerned, reasons);
        changes = changes.join(waits);
        heard.work = Some(id);
    }
    commit(app, changes).await?;
    Ok(heard)
}

/// An employment ends with a day, which may be to come. At the end of that day everything the person has is revoked.
///
/// # Errors
/// [`ServiceError`].
pub async fn end(
    app: &App,
    permit: &Permit<ReportEmployment>,
    reported: &Reported,
    last: Day,
) -> Result<Heard, ServiceError> {
    one_line("reference", &reported.reference, MAX_REASON)?;
    app.config.mode.accept(&reported.number).map_err(enrol::invalid)?;
    let known = app.store.person_by_identity(&reported.number).await?;
    let employment = match &known {
        Some(person) => app.store.employment(permit.tenant(), &person.id).await?,
        None => None,
    };
    let (Some(person), Some(employment)) = (known, employment) else {
        let about = About { identity_number: reported.number.to_string(), ..About::default() };
        let concerned = Concerned { tenant: permit.tenant(), person: None, about };
        return nothing_but_work(app, permit, reported, concerned, vec![Reason::NotEmployed]).await;
    };
    if person.id == *permit.person() {
        let concerned = Concerned::employee(permit.tenant(), &person);
        return nothing_but_work(app, permit, reported, concerned, vec![Reason::OnSelf]).await;
    }
    commit(app, set_last_day(app, permit, reported, (employment, Some(last)))?).await?;
    Ok(Heard { person: Some(person.id), ..Heard::default() })
}

/// The first second and the last.
fn times(news: &Beginning) -> Result<(UtcTime, Option<UtcTime>), ServiceError> {
    let invalid = |field, problem: &str| ServiceError::Invalid { field, problem: problem.to_owned() };
    if news.last.is_some_and(|last| last < news.first) {
        return Err(invalid("last_day", "before the first day"));
    }
    let since = news.first.start().ok_or_else(|| invalid("first_day", "no such day"))?;
    Ok((since, until(news.last)?))
}

/// Why it is not even certain who it is, or whether the feed may say anything about them: then nothing is recorded of it.
fn doubts(permit: &Permit<ReportEmployment>, applicant: &Applicant) -> Vec<Reason> {
    let found = [
        applicant.hindrance,
        (applicant.person.id == *permit.person()).then_some(Reason::OnSelf),
        applicant.person.protection.map(|_| Reason::Protected),
        applicant.other_name.then_some(Reason::OtherName),
    ];
    found.into_iter().flatten().collect()
}

/// Why the rules do not make this an order.
async fn hindrances(
    app: &App,
    permit: &Permit<ReportEmployment>,
    applicant: &Applicant,
    news: &Beginning,
) -> Result<Vec<Reason>, ServiceError> {
    let cards =
        if applicant.known { app.store.cards_of(permit.tenant(), &applicant.person.id).await? } else { Vec::new() };
    let beginning = domain::orders::Beginning {
        number: &applicant.person.identity_number,
        first: news.first,
        last: news.last,
        card: news.card.is_some(),
        has_card: cards.iter().any(|card| card.value.state != CardState::Revoked),
    };
    Ok(app.policies.get().orders.hindrances(&beginning, app.clock.now()))
}

fn set_last_day(
    app: &App,
    permit: &Permit<ReportEmployment>,
    reported: &Reported,
    (employment, last): (Employment, Option<Day>),
) -> Result<Changes, ServiceError> {
    ending(app, (permit.actor(), employment), (last, &reported.reference)).map(|(changes, _)| changes)
}

async fn waiting(
    app: &App,
    permit: &Permit<ReportEmployment>,
    reported: &Reported,
    (applicant, reasons): (&Applicant, Vec<Reason>),
) -> Result<Heard, ServiceError> {
    let about = Concerned::employee(permit.tenant(), &applicant.person);
    let employed = applicant.employment.is_some();
    let concerned = Concerned { person: about.person.filter(|_| employed), ..about };
    nothing_but_work(app, permit, reported, concerned, reasons).await
}

async fn nothing_but_work(
    app: &App,
    permit: &Permit<ReportEmployment>,
    reported: &Reported,
    concerned: Concerned<'_>,
    reasons: Vec<Reason>,
) -> Result<Heard, ServiceError> {
    let (id, waits) = register::waits(app, permit.actor(), concerned, reasons);
    let event = event("employment.not-taken", permit, reported, id.as_str(), app.clock.now());
    commit(app, Changes::recording(event).join(waits)).await?;
    Ok(Heard { work: Some(id), ..Heard::default() })
}

fn event(
    kind: &'static str,
    permit: &Permit<ReportEmployment>,
    reported: &Reported,
    object: &str,
    at: UtcTime,
) -> Event {
    Event::new(kind, permit.actor(), object, at).in_tenant(permit.tenant()).with("reference", &reported.reference)
}

fn word(last: Option<Day>) -> String {
    last.map_or_else(|| "none".to_owned(), |day| day.to_string())
}
