//! The work-list of an agency: what waits, for whom, why, and since when.

use crate::app::App;
use crate::service::ServiceError;
use crate::service::commit::commit;
use crate::service::permit::{CloseWork, Permit, Permits, ReadWork};
use crate::service::protection;
use crate::service::read::MAX_PAGE;
use crate::service::text::{MAX_REASON, one_line};
use domain::WorkId;
use domain::audit::Event;
use domain::changes::{Changes, Write};
use domain::enrolment::FourEyes;
use domain::subject::MASK;
use domain::work::{About, Closing, NotClosed, WorkItem};

/// Work of the agency in order of id, with whom it is about masked if they are protected and the caller may not see.
///
/// # Errors
/// [`ServiceError`] if the store fails.
pub async fn list(
    app: &App,
    permit: &Permit<ReadWork>,
    open: bool,
    (after, limit): (Option<&WorkId>, u32),
) -> Result<Vec<WorkItem>, ServiceError> {
    let rows = app.store.work(permit.tenant(), open, after, limit.clamp(1, MAX_PAGE)).await?;
    // Somebody may have become protected since.
    let people: Vec<_> = rows.iter().filter_map(|item| item.person.clone()).collect();
    let protected = app.store.protected_among(&people).await?;
    let sees = protection::handles(app, permit);
    let hides = |item: &WorkItem| item.about.protected || item.person.as_ref().is_some_and(|p| protected.contains(p));
    let shown = |item: WorkItem| if !sees && hides(&item) { masked(item) } else { item };
    if sees && rows.iter().any(hides) {
        let event = Event::new("protected.handled", permit.actor(), "work", app.clock.now())
            .in_tenant(permit.tenant())
            .with("action", "read-work");
        commit(app, Changes::recording(event)).await?;
    }
    Ok(rows.into_iter().map(shown).collect())
}

/// Says that a piece of work is done, and how.
///
/// # Errors
/// [`ServiceError`]; nobody closes work about themselves, and work about protected people is theirs who may handle them.
pub async fn close(app: &App, permit: &Permit<CloseWork>, id: &WorkId, reason: &str) -> Result<(), ServiceError> {
    one_line("reason", reason, MAX_REASON)?;
    let item = open(app, permit, id).await?;
    commit(app, done(app, permit, item, reason)?).await?;
    Ok(())
}

/// Work that the caller may close, if it is open.
///
/// # Errors
/// [`ServiceError`] if there is none, or it is about somebody protected whom the caller may not handle.
pub(super) async fn open<A: Permits>(app: &App, permit: &Permit<A>, id: &WorkId) -> Result<WorkItem, ServiceError> {
    let item = app.store.work_item(permit.tenant(), id).await?.ok_or(ServiceError::NotFound)?;
    if item.about.protected && !protection::handles(app, permit) {
        return Err(ServiceError::Protected);
    }
    if let Some(person) = &item.person {
        protection::guard(app, permit, person).await?;
    }
    Ok(item)
}

/// The end of a piece of work, with its event.
///
/// # Errors
/// [`ServiceError`] if it ended before, or the caller is whom it is about or who asked for it.
pub(super) fn done<A>(app: &App, permit: &Permit<A>, item: WorkItem, reason: &str) -> Result<Changes, ServiceError> {
    let (by, at) = (permit.person().clone(), app.clock.now());
    let event = Event::new("work.closed", permit.actor(), item.id.as_str(), at).in_tenant(permit.tenant());
    let done = item.close(Closing { by: by.clone(), at, reason: reason.to_owned() }).map_err(|why| match why {
        NotClosed::OnSelf => ServiceError::OnSelf,
        NotClosed::SamePerson => FourEyes { actor: by }.into(),
        NotClosed::Done => ServiceError::WrongStage { wanted: "open", found: "done" },
    })?;
    Ok(Changes::recording(event).write(Write::WorkDone(done)))
}

fn masked(item: WorkItem) -> WorkItem {
    let about =
        About { identity_number: MASK.to_owned(), name: MASK.to_owned(), protected: true, grounds: MASK.to_owned() };
    // What the officer wrote may name the person too.
    let closing = item.closing.map(|closing| Closing { reason: MASK.to_owned(), ..closing });
    WorkItem { about, closing, ..item }
}
