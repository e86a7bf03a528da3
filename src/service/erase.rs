//! Erases what stands of a person beside the audit log: asked for by one, decided by another.
//!
//! The chain holds salted commitments only, so it stays valid; the act is itself recorded. What proves a certificate is
//! kept as long as `policies/retention.toml` says.

use crate::app::App;
use crate::service::ServiceError;
use crate::service::commit::commit;
use crate::service::permit::{AskErasure, ErasePersonal, Permit};
use crate::service::text::{MAX_REASON, one_line};
use crate::service::{protection, work};
use domain::audit::Event;
use domain::changes::{Changes, Write};
use domain::register::Reason;
use domain::retention::RecordKind;
use domain::work::{About, WorkItem};
use domain::{PersonId, TenantId, WorkId};
use pki::time::UtcTime;

/// Asks for the erasure of what the agency's part of the log keeps of a person: it waits on the work-list.
///
/// # Errors
/// [`ServiceError`]; not for oneself, and not while it is to be kept.
pub async fn ask(
    app: &App,
    permit: &Permit<AskErasure>,
    person: &PersonId,
    grounds: &str,
) -> Result<WorkId, ServiceError> {
    one_line("grounds", grounds, MAX_REASON)?;
    let known = app.store.person(permit.tenant(), person).await?.ok_or(ServiceError::NotFound)?;
    if permit.person() == person {
        return Err(ServiceError::OnSelf);
    }
    protection::guard(app, permit, person).await?;
    is_over(app, permit.tenant(), person).await?;
    let (id, since) = (WorkId::from_random(app.entropy.random16()), app.clock.now());
    let event = Event::new("erasure.asked", permit.actor(), id.as_str(), since)
        .in_tenant(permit.tenant())
        .with("person", person)
        .with("grounds", grounds);
    // The name is not written down once more: whoever decides looks the person up by the id.
    let about = About { protected: known.protection.is_some(), grounds: grounds.to_owned(), ..About::default() };
    let item = WorkItem {
        id: id.clone(),
        tenant: permit.tenant().clone(),
        person: Some(person.clone()),
        about,
        reasons: vec![Reason::ErasureAsked],
        since,
        asked_by: Some(permit.person().clone()),
        closing: None,
    };
    commit(app, Changes::recording(event).write(Write::NewWork(item))).await?;
    Ok(id)
}

/// Erases what somebody else asked for, and closes the work; how many records had something beside them.
///
/// # Errors
/// [`ServiceError`]; not by whoever asked or whom it is about, and not while it is to be kept.
pub async fn erase(
    app: &App,
    permit: &Permit<ErasePersonal>,
    id: &WorkId,
    reason: &str,
) -> Result<usize, ServiceError> {
    one_line("reason", reason, MAX_REASON)?;
    let item = work::open(app, permit, id).await?;
    let person = match (&item.person, item.reasons.as_slice()) {
        (Some(person), [Reason::ErasureAsked]) => person.clone(),
        _ => return Err(ServiceError::WrongStage { wanted: "erasure-asked", found: "other work" }),
    };
    let done = work::done(app, permit, item, reason)?;
    is_over(app, permit.tenant(), &person).await?;
    let records = records(app, permit.tenant(), &person).await?;
    let erased = records.len();
    let event = Event::new("erasure.done", permit.actor(), person.as_str(), app.clock.now())
        .in_tenant(permit.tenant())
        .with("work", id)
        .with("records", erased)
        .with("reason", reason);
    commit(app, Changes::recording(event).join(done).write(Write::ErasePersonal(records))).await?;
    Ok(erased)
}

/// Whether nothing is to be kept any more: no employment, and no certificate of the agency's whose time is not over.
async fn is_over(app: &App, tenant: &TenantId, person: &PersonId) -> Result<(), ServiceError> {
    let now = app.clock.now();
    let employment = app.store.employment(tenant, person).await?;
    if employment.is_some_and(|employment| !employment.is_over(now)) {
        return Err(ServiceError::StillKept);
    }
    let certificates = app.store.certificates_of_person(tenant, person).await?;
    let last = certificates.iter().map(|record| record.intent.not_after).max();
    // What is kept for ever is never over.
    let days = app.policies.get().retention.rule(RecordKind::PersonalValue).whole_days();
    let over = |last: UtcTime| days.is_some_and(|days| last.plus_days(days) < now);
    if last.is_none_or(over) { Ok(()) } else { Err(ServiceError::StillKept) }
}

/// Sequence numbers of the records about a person that have something beside them.
async fn records(app: &App, tenant: &TenantId, person: &PersonId) -> Result<Vec<u64>, ServiceError> {
    let (mut found, mut from) = (Vec::new(), 1);
    loop {
        let page = app.store.records_naming(tenant, person.as_str(), from, PAGE).await?;
        let Some(last) = page.last() else { return Ok(found) };
        from = last.sequence + 1;
        found.extend(page.iter().filter(|record| record.is_about(person)).map(|record| record.sequence));
        if found.len() > MOST {
            let problem = format!("more than {MOST} records");
            return Err(ServiceError::Invalid { field: "person", problem });
        }
    }
}

/// Records read at once.
const PAGE: u32 = 500;
/// Most records of one erasure: it is one unit of work.
const MOST: usize = 50_000;
