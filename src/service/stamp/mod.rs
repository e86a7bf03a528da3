//! A time stamp: asked for by anybody, recorded, signed (RFC 3161, EN 319 421).

mod unit;

pub use unit::{check_clock, load, renew};

use crate::app::{App, Timestamps};
use crate::pace::{GatePace, TooFast};
use crate::service::commit::commit;
use domain::audit::{Actor, Event};
use domain::changes::Changes;
use domain::id::hex;
use signature::stamp::{
    Failure, LintedStamp, StampPolicy, TimeStampRequest, TimeStampToken, granted, lint_stamp, parse_request,
    prepare_stamp, rejected,
};
use std::net::IpAddr;

/// The answer to a request from an address: a whole `TimeStampResp`, whatever happens.
///
/// # Errors
/// [`TooFast`] if more is asked for than the policy allows, by that address or by all; then nothing was stamped.
pub async fn answer(app: &App, timestamps: &Timestamps, (from, request): (IpAddr, &[u8])) -> Result<Vec<u8>, TooFast> {
    let pace = pace(&app.policies.get().timestamps);
    timestamps.gate.admit_from(pace, from)?;
    let outcome = match parse_request(request) {
        Ok(request) => {
            timestamps.gate.admit(pace)?;
            stamp(app, timestamps, &request).await
        }
        Err(failure) => Err(failure),
    };
    let name = outcome.as_ref().map_or_else(|failure| failure.name(), |_| "granted");
    metrics::counter!("sigill_timestamps_total", "outcome" => name).increment(1);
    Ok(outcome.map_or_else(rejected, |token| granted(&token)))
}

fn pace(policy: &StampPolicy) -> GatePace {
    let all = (policy.at_once, policy.a_second);
    GatePace { all, address: (policy.address_at_once, policy.address_a_second) }
}

async fn stamp(app: &App, timestamps: &Timestamps, request: &TimeStampRequest) -> Result<TimeStampToken, Failure> {
    let policy = &app.policies.get().timestamps;
    if !policy.hashes.contains(&request.hash) {
        return Err(Failure::BadAlg);
    }
    if request.policy.is_some_and(|asked| asked != policy.policy) {
        return Err(Failure::UnacceptedPolicy);
    }
    let moment = timestamps.keeper.moment(&*app.clock, policy).map_err(|why| {
        tracing::debug!(%why, "no time stamp");
        Failure::TimeNotAvailable
    })?;
    let unit = timestamps.unit().filter(|unit| unit.stamps_at(moment.second)).ok_or(Failure::SystemFailure)?;
    let tbs = prepare_stamp(request, policy, app.entropy.random16(), moment);
    let linted = lint_stamp(tbs, request, policy, unit).map_err(|findings| {
        tracing::error!(?findings, "a time stamp of ours breaks rules");
        Failure::SystemFailure
    })?;
    record(app, request, &linted).await?;
    let keys = app.keys.clone();
    let signed = tokio::task::spawn_blocking(move || linted.sign(&keys)).await;
    let signed = signed.map_err(anyhow::Error::from).and_then(|signed| Ok(signed?));
    signed.map_err(|error| {
        tracing::warn!(error = format!("{error:#}"), "a time stamp was not signed");
        Failure::SystemFailure
    })
}

/// Recorded before it is signed: who asked is nobody's business, what was stamped is its digest.
async fn record(app: &App, request: &TimeStampRequest, linted: &LintedStamp) -> Result<(), Failure> {
    let (actor, serial) = (Actor::System(ACTOR.to_owned()), hex(linted.serial()));
    let event = Event::new("timestamp.issued", actor, serial, app.clock.now()).with("digest", hex(&request.digest));
    let recorded = commit(app, Changes::recording(event)).await;
    recorded.map(drop).map_err(|error| {
        tracing::warn!(%error, "a time stamp was not recorded, and not signed");
        Failure::SystemFailure
    })
}

/// Who stamps, in the audit log.
const ACTOR: &str = "tsa";
