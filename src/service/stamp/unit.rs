//! The time-stamping unit in use: found at the start, made when there is none, and followed by the next before its key ends.

use super::ACTOR;
use crate::app::{App, Timestamps};
use crate::service::ServiceError;
use crate::service::commit::commit;
use crate::service::numbered::{MOST_KEYS, certified, generate_or_find, label, next_label};
use crate::service::tls::{certify_for, operator};
use crate::timekeeping::NoTime;
use domain::audit::{Actor, Event};
use domain::certificate::Holder;
use domain::changes::Changes;
use hsm::KeyRole;
use pki::key::{KeyId, KeyKind};
use pki::subject::SubjectFacts;
use pki::time::UtcTime;
use signature::stamp::Unit;

/// Measures the clock, and records that it was lost or found.
///
/// # Errors
/// If that cannot be recorded.
pub async fn check_clock(app: &App, timestamps: &Timestamps, was: &mut Option<bool>) -> Result<(), ServiceError> {
    let policy = app.policies.get();
    let measured = timestamps.keeper.check(&*app.clock).await;
    let good = measured.and_then(|_| timestamps.keeper.moment(&*app.clock, &policy.timestamps));
    let is_good = matches!(good, Ok(_) | Err(NoTime::LeapSecond));
    if *was == Some(is_good) {
        return Ok(());
    }
    let (actor, now) = (Actor::System(ACTOR.to_owned()), app.clock.now());
    let event = match good {
        Err(why) if !is_good => {
            tracing::error!(%why, "no time stamps: the clock is not good enough");
            Event::new("timestamp.clock-lost", actor, CLOCK, now).with("why", why)
        }
        _ => Event::new("timestamp.clock-found", actor, CLOCK, now),
    };
    commit(app, Changes::recording(event)).await?;
    *was = Some(is_good);
    Ok(())
}

/// Uses the newest unit that there is. Does not need the token.
///
/// # Errors
/// If the store fails or holds a certificate that cannot be read.
pub async fn load(app: &App, timestamps: &Timestamps, first: &KeyId) -> Result<(), ServiceError> {
    let mut newest = None;
    for number in 1..MOST_KEYS {
        let key = if number == 1 { first.clone() } else { label(first, number) };
        let Some(unit) = unit_of(app, key).await? else { break };
        newest = Some(unit);
    }
    timestamps.replace(newest);
    Ok(())
}

/// Makes a unit if there is none, if the key of the one in use ends soon, or if its certificate was revoked.
///
/// # Errors
/// [`ServiceError`]; the unit in use stays in use, and the next attempt goes on with the same new key.
pub async fn renew(app: &App, timestamps: &Timestamps) -> Result<(), ServiceError> {
    let Some(config) = &app.config.timestamps else { return Ok(()) };
    let key = match timestamps.unit() {
        Some(unit) if !is_due(app, &unit).await? => return Ok(()),
        Some(unit) => next_label(unit.key()),
        None => config.key.clone(),
    };
    let public = generate_or_find(app, &key, KeyKind::EcP256, KeyRole::TimeStamper).await?;
    let mut subject = SubjectFacts { values: operator(app), ..SubjectFacts::default() };
    subject.values.insert("common_name".to_owned(), config.common_name.clone());
    certify_for(app, PROFILE, subject, Holder::Service { key: key.to_string() }, &public).await?;
    let unit = unit_of(app, key).await?.ok_or(ServiceError::Incomplete("a certificate of the new unit"))?;
    let made = Event::new("timestamp.unit-made", Actor::System(ACTOR.to_owned()), unit.key().as_str(), app.clock.now())
        .with("until", unit.stamps_until());
    commit(app, Changes::recording(made)).await?;
    tracing::info!(key = %unit.key(), until = %unit.stamps_until(), "new time-stamping unit");
    timestamps.replace(Some(unit));
    Ok(())
}

async fn is_due(app: &App, unit: &Unit) -> Result<bool, ServiceError> {
    let days = i64::from(app.policies.get().timestamps.renew_days);
    let ends: UtcTime = unit.stamps_until().plus_days(-days);
    Ok(ends <= app.clock.now() || unit_of(app, unit.key().clone()).await?.is_none())
}

/// The unit of a key whose certificate was issued and not revoked.
async fn unit_of(app: &App, key: KeyId) -> Result<Option<Unit>, ServiceError> {
    let Some((certificate, record)) = certified(app.store.as_ref(), &key, |_| true).await? else { return Ok(None) };
    let issuer = app.issuers.get(&record.intent.certificate.issuer);
    let issuer = issuer.ok_or(ServiceError::Incomplete("the issuer of the time-stamping unit"))?;
    let unit = Unit::new(certificate, issuer.issuer.certificate.clone(), key);
    unit.map(Some).map_err(|_| ServiceError::Incomplete("a certificate that is fit for time stamps"))
}

/// What the events about the clock are about.
const CLOCK: &str = "clock";
/// Profile of units' certificates.
const PROFILE: &str = "tsa-unit";
