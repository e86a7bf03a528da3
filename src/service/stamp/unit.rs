//! The time-stamping unit in use: found at the start, made when there is none, and followed by the next before its key ends.

use super::ACTOR;
use crate::app::{App, Timestamps};
use crate::service::ServiceError;
use crate::service::commit::commit;
use crate::service::numbered::{Found, MOST_KEYS, found, generate_or_find, next_label};
use crate::service::tls::{certify_for, operator};
use crate::timekeeping::NoTime;
use domain::audit::{Actor, Event};
use domain::certificate::{CertificateRecord, Holder};
use domain::changes::Changes;
use hsm::KeyRole;
use pki::certificate::Certificate;
use pki::key::{KeyId, KeyKind};
use pki::subject::SubjectFacts;
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
    timestamps.replace(survey(app, first).await?.newest);
    Ok(())
}

/// Uses the newest unit, and makes the next if there is none or the key of that one ends soon. One whose certificate was
/// revoked stamps no more, whether the next can be made or not.
///
/// # Errors
/// [`ServiceError`]; a unit that stands stays in use, and the next attempt goes on with the same new key.
pub async fn renew(app: &App, timestamps: &Timestamps) -> Result<(), ServiceError> {
    let Some(config) = &app.config.timestamps else { return Ok(()) };
    let Survey { newest, unused: key } = survey(app, &config.key).await?;
    let is_enough = newest.as_ref().is_some_and(|unit| !is_due(app, unit));
    let known = |unit: &Unit| unit.certificate().fingerprint();
    if timestamps.unit().map(|unit| known(&unit)) != newest.as_ref().map(known) {
        tracing::info!(key = newest.as_ref().map(|unit| unit.key().as_str()), "another time-stamping unit, or none");
        timestamps.replace(newest);
    }
    if is_enough {
        return Ok(());
    }
    let public = generate_or_find(app, &key, KeyKind::EcP256, KeyRole::TimeStamper).await?;
    let mut subject = SubjectFacts { values: operator(app), ..SubjectFacts::default() };
    subject.values.insert("common_name".to_owned(), config.common_name.clone());
    certify_for(app, PROFILE, subject, Holder::Service { key: key.to_string() }, &public).await?;
    let missing = ServiceError::Incomplete("a certificate of the new unit");
    let Found::Certified(made) = found(app.store.as_ref(), &key, |_| true).await? else { return Err(missing) };
    let unit = unit_of(app, key, *made)?;
    let made = Event::new("timestamp.unit-made", Actor::System(ACTOR.to_owned()), unit.key().as_str(), app.clock.now())
        .with("until", unit.stamps_until());
    commit(app, Changes::recording(made)).await?;
    tracing::info!(key = %unit.key(), until = %unit.stamps_until(), "new time-stamping unit");
    timestamps.replace(Some(unit));
    Ok(())
}

fn is_due(app: &App, unit: &Unit) -> bool {
    let days = i64::from(app.policies.get().timestamps.renew_days);
    unit.stamps_until().plus_days(-days) <= app.clock.now()
}

/// The units that there were.
struct Survey {
    /// Of the last key that was certified. None if its certificate was revoked: a key that was followed stamps no more.
    newest: Option<Unit>,
    /// The first label without a certificate.
    unused: KeyId,
}

async fn survey(app: &App, first: &KeyId) -> Result<Survey, ServiceError> {
    let (mut newest, mut unused) = (None, first.clone());
    for _ in 0..MOST_KEYS {
        match found(app.store.as_ref(), &unused, |_| true).await? {
            Found::Unused => break,
            Found::Over => newest = None,
            Found::Certified(one) => newest = Some((unused.clone(), one)),
        }
        unused = next_label(&unused);
    }
    let newest = newest.map(|(key, one)| unit_of(app, key, *one)).transpose()?;
    Ok(Survey { newest, unused })
}

/// The unit of a key and its certificate.
fn unit_of(
    app: &App,
    key: KeyId,
    (certificate, record): (Certificate, CertificateRecord),
) -> Result<Unit, ServiceError> {
    let issuer = app.issuers.get(&record.intent.certificate.issuer);
    let issuer = issuer.ok_or(ServiceError::Incomplete("the issuer of the time-stamping unit"))?;
    let unit = Unit::new(certificate, issuer.issuer.certificate.clone(), key);
    unit.map_err(|_| ServiceError::Incomplete("a certificate that is fit for time stamps"))
}

/// What the events about the clock are about.
const CLOCK: &str = "clock";
/// Profile of units' certificates.
const PROFILE: &str = "tsa-unit";
