//! How good the clock is: what the system's time service says of it, and whether that is good enough to stamp by.

mod chrony;

use crate::clock::Clock;
use crate::config::timestamps::ClockSource;
use pki::time::UtcTime;
use signature::stamp::{Moment, StampPolicy};
use std::sync::{PoisonError, RwLock};
use std::time::Duration;

/// What a time service says of the clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Measure {
    /// The clock differs from UTC by no more than this.
    pub error: Duration,
    /// A second will be inserted or left out at the end of this day.
    pub leap: bool,
}

/// Why there is no time to stamp.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoTime {
    /// Nobody has measured the clock yet.
    #[error("the clock was not measured yet")]
    Unmeasured,
    /// The time service does not answer, or not in its words.
    #[error("the time service: {0}")]
    Source(String),
    /// The clock follows no source.
    #[error("the clock is not synchronised")]
    Unsynchronised,
    /// The last measurement is too old.
    #[error("the clock was measured {0:?} ago")]
    Old(Duration),
    /// The clock may be off by more than the policy allows.
    #[error("the clock may be off by {0:?}")]
    Inexact(Duration),
    /// A second is being inserted or left out.
    #[error("a leap second")]
    LeapSecond,
}

/// The clock with its last measurement.
#[derive(Debug)]
pub struct Timekeeper {
    source: ClockSource,
    last: RwLock<Result<Reading, NoTime>>,
}

/// A measurement, and when it was made by either clock.
#[derive(Debug, Clone, Copy)]
struct Reading {
    measure: Measure,
    wall: (UtcTime, u16),
    steady: Duration,
}

impl Timekeeper {
    /// A clock that nobody has measured yet.
    pub fn new(source: ClockSource) -> Self {
        Self { source, last: RwLock::new(Err(NoTime::Unmeasured)) }
    }

    /// Measures the clock.
    ///
    /// # Errors
    /// [`NoTime`]; it stands until the next measurement.
    pub async fn check(&self, clock: &dyn Clock) -> Result<Measure, NoTime> {
        let measured = match &self.source {
            ClockSource::Assumed => Ok(Measure { error: Duration::ZERO, leap: false }),
            ClockSource::Chrony { program, server } => chrony::measure(program, server.as_deref()).await,
        };
        let reading =
            measured.clone().map(|measure| Reading { measure, wall: clock.now_with_millis(), steady: clock.steady() });
        *self.last.write().unwrap_or_else(PoisonError::into_inner) = reading;
        measured
    }

    /// What time it is, if that is known exactly enough.
    ///
    /// The error is what was measured, what a bad crystal may have added since, and what somebody who set the clock did.
    ///
    /// # Errors
    /// [`NoTime`].
    pub fn moment(&self, clock: &dyn Clock, policy: &StampPolicy) -> Result<Moment, NoTime> {
        let last = self.last.read().unwrap_or_else(PoisonError::into_inner).clone()?;
        let (second, millis) = clock.now_with_millis();
        let since = clock.steady().saturating_sub(last.steady);
        if since > Duration::from_secs(policy.clock_age_seconds.into()) {
            return Err(NoTime::Old(since));
        }
        let error = last.measure.error + since / WORST_CRYSTAL + apart(last.wall, (second, millis), since);
        if error > Duration::from_millis(policy.accuracy_ms.into()) {
            return Err(NoTime::Inexact(error));
        }
        if last.measure.leap && is_at_midnight(second) {
            return Err(NoTime::LeapSecond);
        }
        Ok(Moment { second, millis })
    }
}

/// By how much the clock went otherwise than time did.
fn apart(before: (UtcTime, u16), now: (UtcTime, u16), since: Duration) -> Duration {
    let millis = |(second, millis): (UtcTime, u16)| second.unix().saturating_mul(1000).saturating_add(millis.into());
    let went = millis(now).saturating_sub(millis(before));
    let should = i64::try_from(since.as_millis()).unwrap_or(i64::MAX);
    Duration::from_millis(went.saturating_sub(should).unsigned_abs())
}

/// Two seconds around the end of a day.
fn is_at_midnight(second: UtcTime) -> bool {
    let of_day = second.unix().rem_euclid(86_400);
    !(2..86_398).contains(&of_day)
}

/// A clock that nobody corrects goes wrong by no more than one in so many: 200 ppm.
const WORST_CRYSTAL: u32 = 5_000;

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Mutex;

    const POLICY: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/policies/timestamps.toml"));

    /// Wall clock in milliseconds, steady clock.
    struct Hands(Mutex<(i64, Duration)>);

    impl Clock for Hands {
        fn now(&self) -> UtcTime {
            self.now_with_millis().0
        }

        fn now_with_millis(&self) -> (UtcTime, u16) {
            let wall = self.0.lock().unwrap().0;
            (UtcTime::from_unix(wall / 1000), u16::try_from(wall % 1000).unwrap())
        }

        fn steady(&self) -> Duration {
            self.0.lock().unwrap().1
        }
    }

    async fn measured(at: i64) -> (Timekeeper, Hands, StampPolicy) {
        let (keeper, hands) = (Timekeeper::new(ClockSource::Assumed), Hands(Mutex::new((at, Duration::ZERO))));
        let policy = StampPolicy::from_toml(POLICY).unwrap();
        assert_eq!(keeper.moment(&hands, &policy), Err(NoTime::Unmeasured));
        keeper.check(&hands).await.unwrap();
        (keeper, hands, policy)
    }

    #[tokio::test]
    async fn a_clock_that_goes_as_time_does_is_believed_for_its_time() {
        let (keeper, hands, policy) = measured(1_000_000_250).await;
        *hands.0.lock().unwrap() = (1_000_032_250, Duration::from_secs(32));
        assert_eq!(keeper.moment(&hands, &policy).unwrap().millis, 250);
        *hands.0.lock().unwrap() = (1_000_033_250, Duration::from_secs(33));
        assert_eq!(keeper.moment(&hands, &policy), Err(NoTime::Old(Duration::from_secs(33))));
    }

    #[tokio::test]
    async fn a_clock_that_was_set_is_not_believed() {
        for jump in [-501, 501, -86_400_000, 86_400_000] {
            let (keeper, hands, policy) = measured(1_000_000_000_000).await;
            *hands.0.lock().unwrap() = (1_000_000_001_000 + jump, Duration::from_secs(1));
            assert!(matches!(keeper.moment(&hands, &policy), Err(NoTime::Inexact(_))), "{jump}");
            keeper.check(&hands).await.unwrap();
            assert!(keeper.moment(&hands, &policy).is_ok(), "{jump}: measured anew");
        }
    }

    #[tokio::test]
    async fn nothing_is_stamped_around_a_leap_second() {
        let midnight = 86_400_000 * 20_000;
        for (at, leap, good) in [
            (midnight - 1, true, false),
            (midnight + 1999, true, false),
            (midnight - 2001, true, true),
            (midnight, false, true),
        ] {
            let (keeper, hands, policy) = measured(at).await;
            let measure = Measure { error: Duration::ZERO, leap };
            let reading = Reading { measure, wall: hands.now_with_millis(), steady: Duration::ZERO };
            *keeper.last.write().unwrap() = Ok(reading);
            assert_eq!(keeper.moment(&hands, &policy).is_ok(), good, "{at} {leap}");
        }
    }
}
