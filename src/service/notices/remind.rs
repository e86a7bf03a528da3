//! Reminders: what ends soon.

use super::deliver::NOTICES;
use super::tell;
use crate::app::App;
use crate::service::ServiceError;
use crate::service::commit::commit;
use domain::audit::{Actor, Event};
use domain::changes::Changes;
use domain::notice::{Ending, Notice, NoticeKind};

/// Writes a notice for everything that ends within as many days as the rules say, once for each; how many.
///
/// # Errors
/// [`ServiceError`] if the store fails; the next run goes on.
pub async fn of_endings(app: &App) -> Result<usize, ServiceError> {
    let Some(config) = &app.config.notices else { return Ok(0) };
    let functions = app.policies.get().functions.reminder_days.clone();
    let cards = config.card_reminder_days.iter().map(|days| (NoticeKind::CardExpiring, *days));
    let functions = functions.into_iter().map(|days| (NoticeKind::FunctionExpiring, days));
    let mut told = 0;
    for (kind, days) in cards.chain(functions) {
        let endings = app.store.endings(kind, (app.clock.now(), days), BATCH).await?;
        told += endings.len();
        for ending in endings {
            remind(app, kind, ending).await?;
        }
    }
    Ok(told)
}

async fn remind(app: &App, kind: NoticeKind, ending: Ending) -> Result<(), ServiceError> {
    let Some(config) = &app.config.notices else { return Ok(()) };
    let now = app.clock.now();
    let Ending { tenant, about, to, not_after } = ending;
    let event = Event::new("notice.reminder", Actor::System(NOTICES.to_owned()), about.as_str(), now)
        .in_tenant(&tenant)
        .with("about", kind)
        .with("not_after", not_after);
    let mut notice = Notice::new(kind, &tenant, &about, to, now).with("not_after", not_after.to_string());
    if kind == NoticeKind::FunctionExpiring
        && let Ok(id) = about.parse()
        && let Some(function) = app.store.function(&tenant, &id).await?
    {
        notice = domain::notice::of_function(kind, &function.value, now);
    }
    commit(app, tell(config, Changes::recording(event), &notice)).await?;
    Ok(())
}

/// Looked at in one run, of each kind.
const BATCH: u32 = 500;
