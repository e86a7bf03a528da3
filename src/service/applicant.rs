//! Who is to get a card: what is known of them, what the person register says, and what stands against an order.

use crate::app::App;
use crate::service::ServiceError;
use crate::service::register::{self, Answer};
use crate::service::{enrol, recheck};
use domain::people::{Employment, Person};
use domain::register::Reason;
use domain::{PersonId, TenantId};
use pki::identifier::PersonalNumber;

/// Whom an agency means.
pub(super) struct Claimed<'a> {
    /// Personnummer or samordningsnummer.
    pub(super) number: &'a PersonalNumber,
    /// Given name.
    pub(super) given_name: &'a str,
    /// Surname.
    pub(super) surname: &'a str,
}

/// The person of an order, judged by what is known of them and by what the person register says.
pub(super) struct Applicant {
    /// As they are from now on, by the name that the agency gave.
    pub(super) person: Person,
    /// Whether they were known before, at whatever agency.
    pub(super) known: bool,
    /// Their employment at the agency.
    pub(super) employment: Option<Employment>,
    /// What the person register said.
    pub(super) answer: Answer,
    /// Why no order for this number goes on by itself.
    pub(super) hindrance: Option<Reason>,
    /// Whether the register, or without its word the agency's own record, has another name.
    pub(super) other_name: bool,
}

/// Finds out about the person of an order. What the register says of somebody who is known has its consequences at once.
///
/// # Errors
/// [`ServiceError`] for a number or a name that nobody is certified under, or if the register or the store fails.
pub(super) async fn judge(app: &App, tenant: &TenantId, claimed: Claimed<'_>) -> Result<Applicant, ServiceError> {
    let Claimed { number, given_name, surname } = claimed;
    app.config.mode.accept(number).map_err(enrol::invalid)?;
    let mut known = app.store.person_by_identity(number).await?;
    let employment = match &known {
        Some(known) => app.store.employment(tenant, &known.id).await?,
        None => None,
    };
    let answer = register::ask(app, number).await?;
    let entry = answer.as_ref().and_then(Option::as_ref);
    if let (Some(person), Some(entry)) = (&known, entry) {
        known = Some(recheck::heard_at_order(app, person, entry).await?);
    }
    let person = Person {
        id: known.as_ref().map_or_else(|| PersonId::from_random(app.entropy.random16()), |known| known.id.clone()),
        identity_number: number.clone(),
        given_name: given_name.to_owned(),
        surname: surname.to_owned(),
        protection: entry.and_then(|entry| entry.protection).or(known.as_ref().and_then(|known| known.protection)),
    };
    let person = person.with_accepted_names().map_err(enrol::invalid)?;
    // A number that somebody had before is no longer theirs, whatever the register says or does not.
    let former = known.as_ref().is_some_and(|known| known.identity_number != *number).then_some(Reason::NewNumber);
    let hindrance = register::order_hindrance(app, number, &answer).or(former);
    // What another agency wrote down is neither told to this one nor binding for it.
    let written = known.as_ref().filter(|_| employment.is_some()).map(|known| (&known.given_name, &known.surname));
    let registered = entry.map(|entry| (&entry.given_name, &entry.surname));
    let given = (&person.given_name, &person.surname);
    let other_name = registered.or(written).is_some_and(|wanted| wanted != given);
    Ok(Applicant { known: known.is_some(), person, employment, answer, hindrance, other_name })
}
