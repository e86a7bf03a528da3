//! People whose personal data is protected: masked for everybody who may not handle that, and every handling recorded.
//!
//! Whether somebody is protected is asked of the store at every act and every reading, for everyone alike: the time that
//! it takes tells nothing.

use crate::app::App;
use crate::service::ServiceError;
use crate::service::commit::commit;
use crate::service::permit::{MarkProtected, Permit, Permits};
use crate::service::text::{MAX_REASON, one_line};
use domain::PersonId;
use domain::access::Action;
use domain::audit::Event;
use domain::certificate::{CertificateRecord, Holder};
use domain::changes::{Changes, Write};
use domain::enrolment::AnyEnrolment;
use domain::people::{Person, Protection};
use std::collections::BTreeSet;

/// Whether the caller may handle protected people at this moment.
pub(super) fn handles<A>(app: &App, permit: &Permit<A>) -> bool {
    permit.caller().rights.allow(Action::HandleProtected, app.clock.now()).is_ok()
}

/// Lets the caller act on a person: on a protected one only with the package and its training, and on record.
///
/// # Errors
/// [`ServiceError::Protected`]; if the handling cannot be recorded, it does not happen.
pub(super) async fn guard<A: Permits>(app: &App, permit: &Permit<A>, person: &PersonId) -> Result<(), ServiceError> {
    let protected = !app.store.protected_among(std::slice::from_ref(person)).await?.is_empty();
    match (protected, handles(app, permit)) {
        (false, _) => Ok(()),
        (true, false) => Err(ServiceError::Protected),
        (true, true) => handled(app, permit, &[person.clone()].into()).await,
    }
}

/// Applications as the caller may see them.
///
/// # Errors
/// [`ServiceError`] if the store fails, or a reading of protected people cannot be recorded.
pub(super) async fn enrolments<A: Permits>(
    app: &App,
    permit: &Permit<A>,
    rows: Vec<AnyEnrolment>,
) -> Result<Vec<AnyEnrolment>, ServiceError> {
    let applicants: Vec<_> = rows.iter().map(|row| row.bare().applicant).collect();
    let hidden = hidden(app, permit, &applicants).await?;
    let shown =
        |(row, applicant): (AnyEnrolment, PersonId)| if hidden.contains(&applicant) { row.masked() } else { row };
    Ok(rows.into_iter().zip(applicants).map(shown).collect())
}

/// Certificates as the caller may see them: without the certificate itself if it says a protected name.
///
/// # Errors
/// As [`enrolments`].
pub(super) async fn certificates<A: Permits>(
    app: &App,
    permit: &Permit<A>,
    rows: Vec<CertificateRecord>,
) -> Result<Vec<CertificateRecord>, ServiceError> {
    let holders: Vec<_> = rows.iter().filter_map(holder).cloned().collect();
    let hidden = hidden(app, permit, &holders).await?;
    let shown = |row: CertificateRecord| match holder(&row) {
        Some(person) if hidden.contains(person) => CertificateRecord { issued: None, ..row },
        _ => row,
    };
    Ok(rows.into_iter().map(shown).collect())
}

/// A person as the caller may see them; none if they must not be found.
///
/// # Errors
/// As [`enrolments`].
pub(super) async fn found<A: Permits>(
    app: &App,
    permit: &Permit<A>,
    person: Option<Person>,
) -> Result<Option<Person>, ServiceError> {
    let Some(person) = person else { return Ok(None) };
    match (person.protection, handles(app, permit)) {
        (None, _) => Ok(Some(person)),
        (Some(_), false) => Ok(None),
        (Some(_), true) => {
            handled(app, permit, &[person.id.clone()].into()).await?;
            Ok(Some(person))
        }
    }
}

/// Marks a person as protected, or no longer.
///
/// # Errors
/// [`ServiceError`]; nobody marks themselves, and one who is marked is handled by the same package only.
pub async fn mark(
    app: &App,
    permit: &Permit<MarkProtected>,
    person: &PersonId,
    (protection, reason): (Option<Protection>, &str),
) -> Result<(), ServiceError> {
    one_line("reason", reason, MAX_REASON)?;
    let known = app.store.person(permit.tenant(), person).await?.ok_or(ServiceError::NotFound)?;
    if permit.person() == person {
        return Err(ServiceError::OnSelf);
    }
    guard(app, permit, person).await?;
    let event = Event::new("person.protection-set", permit.actor(), person.as_str(), app.clock.now())
        .in_tenant(permit.tenant())
        .with("protection", protection.map_or("none", Protection::as_str))
        .with("reason", reason);
    let write = Write::PersonChanged(Person { protection, ..known });
    commit(app, Changes::recording(event).write(write)).await?;
    Ok(())
}

/// Those of `people` whom the caller must not see; a sight of the others is recorded.
async fn hidden<A: Permits>(
    app: &App,
    permit: &Permit<A>,
    people: &[PersonId],
) -> Result<BTreeSet<PersonId>, ServiceError> {
    let protected = app.store.protected_among(people).await?;
    if protected.is_empty() || !handles(app, permit) {
        return Ok(protected);
    }
    handled(app, permit, &protected).await?;
    Ok(BTreeSet::new())
}

/// Records that the caller saw or handled protected people.
///
/// # Errors
/// [`ServiceError`] if it cannot be recorded.
pub(super) async fn handled<A: Permits>(
    app: &App,
    permit: &Permit<A>,
    people: &BTreeSet<PersonId>,
) -> Result<(), ServiceError> {
    let people: Vec<_> = people.iter().map(PersonId::as_str).collect();
    let event = Event::new("protected.handled", permit.actor(), people.join(" "), app.clock.now())
        .in_tenant(permit.tenant())
        .with("action", A::ACTION);
    commit(app, Changes::recording(event)).await?;
    Ok(())
}

const fn holder(record: &CertificateRecord) -> Option<&PersonId> {
    match &record.intent.holder {
        Holder::Person { person, .. } => Some(person),
        Holder::Function { .. } | Holder::Service { .. } => None,
    }
}
