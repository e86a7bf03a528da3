//! Tells people and systems what happened to what concerns them.
//!
//! A notice is written in the unit of work that it is about (`domain::notice`), so that what happened is told and what did not is
//! not; a job delivers it ([`deliver`]) by [`mail`] or [`webhook`], again and again until it is taken or given up.

pub mod deliver;
pub mod mail;
pub mod remind;
mod text;
pub mod webhook;

use crate::app::App;
use crate::config::notices::NoticesConfig;
use crate::service::ServiceError;
use crate::service::commit::commit;
use crate::service::permit::{Permit, ReadNotices, RecordAddress, RetryNotice};
use domain::audit::Event;
use domain::changes::{Changes, Stored, Write};
use domain::notice::{Attempted, Channel, Delivery, DeliveryState, Notice, follow};
use domain::{NoticeId, PersonId};

/// Adds to a unit of work what follows from it for those whom it concerns.
pub(super) fn with_notices(config: Option<&NoticesConfig>, changes: Changes) -> Changes {
    let Some(config) = config else { return changes };
    let notices = follow(&changes);
    notices.into_iter().fold(changes, |changes, notice| tell(config, changes, &notice))
}

/// Adds a notice on every way that there is.
pub(super) fn tell(config: &NoticesConfig, changes: Changes, notice: &Notice) -> Changes {
    let channels =
        [config.mail.as_ref().map(|_| Channel::Mail), config.webhook(&notice.tenant).map(|_| Channel::Webhook)];
    channels
        .into_iter()
        .flatten()
        .fold(changes, |changes, channel| changes.write(Write::Notice { notice: notice.clone(), channel }))
}

/// Says where an employee is reached, or that nobody knows.
///
/// # Errors
/// [`ServiceError::NotFound`] for a person who is not employed there; for something that is no address.
pub async fn record_address(
    app: &App,
    permit: &Permit<RecordAddress>,
    person: &PersonId,
    email: Option<&str>,
) -> Result<(), ServiceError> {
    app.store.employment(permit.tenant(), person).await?.ok_or(ServiceError::NotFound)?;
    if email.is_some_and(|email| !domain::function::is_address(email)) {
        return Err(ServiceError::Invalid { field: "email", problem: "an e-mail address".to_owned() });
    }
    let mut event = Event::new("employment.address-set", permit.actor(), person.as_str(), app.clock.now())
        .in_tenant(permit.tenant())
        .with("known", email.is_some());
    if let Some(email) = email {
        event = event.personal("email", email, app.entropy.random16());
    }
    let (tenant, person) = (permit.tenant().clone(), person.clone());
    let write = Write::Address { tenant, person, email: email.map(str::to_owned) };
    commit(app, Changes::recording(event).write(write)).await?;
    Ok(())
}

/// Notices of the agency in a state, in order of id.
///
/// # Errors
/// [`ServiceError`] if the store fails.
pub async fn list(
    app: &App,
    permit: &Permit<ReadNotices>,
    (state, after, limit): (DeliveryState, Option<(&NoticeId, Channel)>, u32),
) -> Result<Vec<Delivery>, ServiceError> {
    let limit = limit.clamp(1, super::read::MAX_PAGE);
    let rows = app.store.notices(permit.tenant(), state, after, limit).await?;
    Ok(rows.into_iter().map(|row| row.value).collect())
}

/// Has a notice delivered again that was given up.
///
/// # Errors
/// [`ServiceError::NotFound`] also for one of another agency; a wrong stage for one that was not given up.
pub async fn retry(
    app: &App,
    permit: &Permit<RetryNotice>,
    (id, channel): (&NoticeId, Channel),
) -> Result<Delivery, ServiceError> {
    let row = app.store.notice(permit.tenant(), id, channel).await?.ok_or(ServiceError::NotFound)?;
    let Stored { value: delivery, version: seen } = row;
    if delivery.state != DeliveryState::Dead {
        let (wanted, found) = (DeliveryState::Dead.as_str(), delivery.state.as_str());
        return Err(ServiceError::WrongStage { wanted, found });
    }
    let now = app.clock.now();
    let event = Event::new("notice.retried", permit.actor(), id.as_str(), now)
        .in_tenant(permit.tenant())
        .with("channel", channel);
    let state = DeliveryState::Waiting;
    let attempted = Attempted {
        tenant: permit.tenant().clone(),
        id: id.clone(),
        channel,
        state,
        attempts: 0,
        next_at: now,
        outcome: delivery.outcome.clone(),
        seen,
    };
    commit(app, Changes::recording(event).write(Write::Attempted(attempted))).await?;
    app.wake.notices.notify_one();
    Ok(Delivery { state, attempts: 0, next_at: now, ..delivery })
}
