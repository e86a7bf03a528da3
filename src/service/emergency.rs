//! Tells the audit log what the signer announces: officers whom custodians appointed because too few were left.

use super::ServiceError;
use super::commit::commit;
use crate::app::App;
use domain::audit::{Actor, Event};
use domain::changes::Changes;
use pki::time::UtcTime;

/// An emergency that the audit log was told of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Announced {
    officers: String,
    since: UtcTime,
    effective: UtcTime,
}

/// Asks the signer, and records what changed since `told`. Gives what the log knows then: an emergency that goes on is
/// recorded once, and again by every service that starts meanwhile.
///
/// # Errors
/// [`ServiceError`] if the signer is away or the store fails; nothing was recorded then.
pub async fn watch(app: &App, told: Option<&Announced>) -> Result<Option<Announced>, ServiceError> {
    let status = app.signer.hello().await?.emergency;
    let pending = status.pending.map(|pending| Announced {
        officers: pending.officers.to_string(),
        since: pending.announced,
        effective: pending.effective,
    });
    if pending.as_ref() == told {
        return Ok(pending);
    }
    if let Some(over) = told {
        let in_force = status.in_force.is_some_and(|officers| officers.to_string() == over.officers);
        record(app, if in_force { "emergency.in-force" } else { "emergency.cancelled" }, over).await?;
    }
    if let Some(announced) = &pending {
        record(app, "emergency.announced", announced).await?;
    }
    Ok(pending)
}

async fn record(app: &App, kind: &'static str, emergency: &Announced) -> Result<(), ServiceError> {
    tracing::error!(kind, officers = emergency.officers, effective = %emergency.effective, "emergency");
    let event = Event::new(kind, Actor::System("signer".to_owned()), &emergency.officers, app.clock.now())
        .with("announced", emergency.since)
        .with("effective", emergency.effective);
    commit(app, Changes::recording(event)).await?;
    Ok(())
}
