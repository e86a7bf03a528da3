//! Finds a person at the own agency. Every look-up has a purpose, and is recorded whatever it finds.

use crate::app::App;
use crate::service::ServiceError;
use crate::service::commit::commit;
use crate::service::permit::{LookUpPerson, Permit};
use crate::service::protection;
use crate::service::text::{MAX_REASON, one_line};
use domain::audit::Event;
use domain::changes::Changes;
use domain::people::{Employment, Person};
use pki::identifier::PersonalNumber;

/// The employee with an identity number; none also for a person of other agencies only.
///
/// # Errors
/// [`ServiceError`]; without a purpose, or if the look-up cannot be recorded, nothing is found out.
pub async fn person(
    app: &App,
    permit: &Permit<LookUpPerson>,
    number: &PersonalNumber,
    purpose: &str,
) -> Result<Option<(Person, Employment)>, ServiceError> {
    one_line("purpose", purpose, MAX_REASON)?;
    let known = app.store.person_by_identity(number).await?;
    let employment = match &known {
        Some(person) => app.store.employment(permit.tenant(), &person.id).await?,
        None => None,
    };
    let (person, employment) = known.zip(employment).unzip();
    // A protected person is not found by whoever may not handle them, like somebody whom nobody knows.
    let found = protection::found(app, permit, person).await?.zip(employment);
    let object = found.as_ref().map_or("nobody", |(person, _)| person.id.as_str());
    let event = Event::new("person.looked-up", permit.actor(), object, app.clock.now())
        .in_tenant(permit.tenant())
        .with("purpose", purpose)
        .with("found", usize::from(found.is_some()))
        .personal("identity_number", number.as_str(), app.entropy.random16());
    commit(app, Changes::recording(event)).await?;
    Ok(found)
}
