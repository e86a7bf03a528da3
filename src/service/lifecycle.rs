//! What ends by itself: employments at their date, and cards that nobody collected.

use crate::app::App;
use crate::service::ServiceError;
use crate::service::commit::commit;
use crate::service::notices::tell;
use crate::service::permit::{EndEmployment, Permit};
use crate::service::revoke::{self, Target};
use crate::service::text::{MAX_REASON, one_line};
use domain::PersonId;
use domain::audit::{Actor, Event};
use domain::calendar::{Day, months_before};
use domain::changes::{Changes, Write};
use domain::notice::{NoticeKind, of_function};
use domain::people::Employment;
use domain::ports::{Conflict, StoreError};
use pki::crl::Reason;
use pki::time::UtcTime;

/// Says which day is the last of somebody's employment, in Swedish time, or that none is known any more.
///
/// At the end of that day, or at once if it has passed, everything the person has at the agency is revoked. A day that
/// is set for a person whose employment is over begins it anew; what was revoked stays so.
///
/// # Errors
/// [`ServiceError`]; nobody sets their own.
pub async fn set_end(
    app: &App,
    permit: &Permit<EndEmployment>,
    person: &PersonId,
    (last_day, reason): (Option<Day>, &str),
) -> Result<Employment, ServiceError> {
    one_line("reason", reason, MAX_REASON)?;
    let employment = app.store.employment(permit.tenant(), person).await?.ok_or(ServiceError::NotFound)?;
    if permit.person() == person {
        return Err(ServiceError::OnSelf);
    }
    let (changes, employment) = ending(app, (permit.actor(), employment), (last_day, reason))?;
    commit(app, changes).await?;
    Ok(employment)
}

/// The last second of the last day, if one is known.
///
/// # Errors
/// [`ServiceError::Invalid`] where the calendar ends.
pub(super) fn until(last_day: Option<Day>) -> Result<Option<UtcTime>, ServiceError> {
    let too_late = || ServiceError::Invalid { field: "last_day", problem: "no such day".to_owned() };
    last_day.map(|day| day.end().ok_or_else(too_late)).transpose()
}

/// Another end of an employment, with its event; and the employment as it is then.
///
/// # Errors
/// As [`until`].
pub(super) fn ending(
    app: &App,
    (actor, employment): (Actor, Employment),
    (last_day, reason): (Option<Day>, &str),
) -> Result<(Changes, Employment), ServiceError> {
    let employment = Employment { until: until(last_day)?, ..employment };
    let day = last_day.map_or_else(|| "none".to_owned(), |day| day.to_string());
    let event = Event::new("employment.end-set", actor, employment.person.as_str(), app.clock.now())
        .in_tenant(&employment.tenant)
        .with("last_day", day)
        .with("reason", reason);
    let write = Write::EmploymentEnd { employment: employment.clone(), closed: false };
    Ok((Changes::recording(event).write(write), employment))
}

/// Revokes what people have whose employment is over; how many people.
///
/// # Errors
/// [`ServiceError`] if the store fails; the next run goes on.
pub async fn end_employments(app: &App) -> Result<usize, ServiceError> {
    let ended = app.store.ended_employments(app.clock.now(), BATCH).await?;
    let people = ended.len();
    for employment in ended {
        let target = Target::Person(&employment.person);
        nothing_left(
            revoke::by_system(app, &employment.tenant, target, Reason::AffiliationChanged, EMPLOYMENTS).await,
        )?;
        let actor = Actor::System(EMPLOYMENTS.to_owned());
        let event = Event::new("employment.ended", actor, employment.person.as_str(), app.clock.now())
            .in_tenant(&employment.tenant);
        let changes = orphaned(app, &employment, Changes::recording(event)).await?;
        commit(app, changes.write(Write::EmploymentEnd { employment, closed: true })).await?;
    }
    Ok(people)
}

/// Tells of the functions that nobody answers for any more.
async fn orphaned(app: &App, employment: &Employment, changes: Changes) -> Result<Changes, ServiceError> {
    let Some(config) = &app.config.notices else { return Ok(changes) };
    let now = app.clock.now();
    let kept = app.store.functions_in_want(&employment.tenant, (now, now), BATCH).await?;
    let theirs = kept.iter().filter(|row| row.value.keeper().responsible == employment.person);
    let notices = theirs.map(|row| of_function(NoticeKind::FunctionOrphaned, &row.value, now));
    Ok(notices.fold(changes, |changes, notice| tell(config, changes, &notice)))
}

/// Revokes cards that were not handed out within `COLLECT_MONTHS` of their certificates; how many.
///
/// # Errors
/// [`ServiceError`] if the store fails; the next run goes on.
pub async fn revoke_uncollected(app: &App) -> Result<usize, ServiceError> {
    let before = months_before(app.clock.now(), COLLECT_MONTHS);
    let waiting = app.store.uncollected(before, BATCH).await?;
    for (tenant, number) in &waiting {
        let target = Target::Card(number);
        nothing_left(revoke::by_system(app, tenant, target, Reason::CessationOfOperation, UNCOLLECTED).await)?;
    }
    Ok(waiting.len())
}

/// Somebody was faster.
fn nothing_left(revoked: Result<revoke::Revoked, ServiceError>) -> Result<(), ServiceError> {
    match revoked {
        Ok(_) | Err(ServiceError::Store(StoreError::Conflict(Conflict::AlreadyRevoked))) => Ok(()),
        Err(error) => Err(error),
    }
}

/// How long a card may wait for its holder, in months.
const COLLECT_MONTHS: i32 = 3;
/// Looked at in one run.
const BATCH: u32 = 500;
const EMPLOYMENTS: &str = "employments";
const UNCOLLECTED: &str = "uncollected-cards";
