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
    /// When the time service last heard its source, since 1970 by this clock. None if there is no source to hear.
    pub updated: Option<Duration>,
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
    /// The time service has not heard its source for so long.
    #[error("the clock's source was heard {0:?} ago")]
    Unheard(Duration),
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
    known: RwLock<Known>,
}

#[derive(Debug)]
struct Known {
    last: Result<Reading, NoTime>,
    /// The last measurement that came about, and its hands at the check before.
    heard: Option<Heard>,
    /// At the last check, whatever came of it.
    checked: Option<Hands>,
}

/// A measurement.
#[derive(Debug, Clone, Copy)]
struct Reading {
    measure: Measure,
    /// When it was asked for.
    at: Hands,
    /// Whoever set the clock since then is known to nobody.
    trusted: Hands,
}

/// When the time service heard its source, and how both clocks stood before it did.
#[derive(Debug, Clone, Copy)]
struct Heard {
    updated: Duration,
    before: Hands,
}

/// Both clocks at a moment.
#[derive(Debug, Clone, Copy)]
struct Hands {
    wall: (UtcTime, u16),
    steady: Duration,
}

impl Hands {
    fn of(clock: &dyn Clock) -> Self {
        Self { wall: clock.now_with_millis(), steady: clock.steady() }
    }

    fn since_1970(self) -> Duration {
        let (second, millis) = self.wall;
        Duration::from_secs(u64::try_from(second.unix()).unwrap_or_default()) + Duration::from_millis(millis.into())
    }
}

impl Timekeeper {
    /// A clock that nobody has measured yet.
    pub fn new(source: ClockSource) -> Self {
        Self { source, known: RwLock::new(Known { last: Err(NoTime::Unmeasured), heard: None, checked: None }) }
    }

    /// Measures the clock.
    ///
    /// # Errors
    /// [`NoTime`]; it stands until the next measurement.
    pub async fn check(&self, clock: &dyn Clock) -> Result<Measure, NoTime> {
        // Before the question: who sets the clock while the answer is on its way is noticed.
        let at = Hands::of(clock);
        let measured = match &self.source {
            ClockSource::Assumed => Ok(Measure { error: Duration::ZERO, leap: false, updated: None }),
            ClockSource::Chrony { program, server } => chrony::measure(program, server.as_deref()).await,
        };
        self.known.write().unwrap_or_else(PoisonError::into_inner).note(measured.clone(), at);
        measured
    }

    /// What time it is, if that is known exactly enough.
    ///
    /// The error is what was measured, what a bad crystal may have added since, and what somebody who set the clock did.
    ///
    /// # Errors
    /// [`NoTime`].
    pub fn moment(&self, clock: &dyn Clock, policy: &StampPolicy) -> Result<Moment, NoTime> {
        let last = self.known.read().unwrap_or_else(PoisonError::into_inner).last.clone()?;
        let now = Hands::of(clock);
        let (second, millis) = now.wall;
        let since = now.steady.saturating_sub(last.at.steady);
        if since > Duration::from_secs(policy.clock_age_seconds.into()) {
            return Err(NoTime::Old(since));
        }
        let heard = last.measure.updated.map(|updated| now.since_1970().saturating_sub(updated));
        if let Some(ago) = heard.filter(|ago| *ago > Duration::from_secs(policy.source_age_seconds.into())) {
            return Err(NoTime::Unheard(ago));
        }
        let error = last.measure.error + since / WORST_CRYSTAL + apart(last.trusted, now);
        if error > Duration::from_millis(policy.accuracy_ms.into()) {
            return Err(NoTime::Inexact(error));
        }
        if last.measure.leap && is_at_midnight(second) {
            return Err(NoTime::LeapSecond);
        }
        Ok(Moment { second, millis })
    }
}

impl Known {
    /// Keeps what was measured. A time service that has not heard its source since somebody set the clock does not know of it,
    /// and goes on saying that the clock is good: chrony does so for minutes after a step of some seconds.
    fn note(&mut self, measured: Result<Measure, NoTime>, at: Hands) {
        if let Ok(Measure { updated: Some(updated), .. }) = measured
            && self.heard.is_none_or(|heard| heard.updated != updated)
        {
            self.heard = Some(Heard { updated, before: self.checked.unwrap_or(at) });
        }
        let heard = self.heard;
        self.last = measured.map(|measure| Reading {
            measure,
            at,
            trusted: heard.filter(|_| measure.updated.is_some()).map_or(at, |heard| heard.before),
        });
        self.checked = Some(at);
    }
}

/// By how much the clock went otherwise than time did.
fn apart(before: Hands, now: Hands) -> Duration {
    let millis = |(second, millis): (UtcTime, u16)| second.unix().saturating_mul(1000).saturating_add(millis.into());
    let went = millis(now.wall).saturating_sub(millis(before.wall));
    let should = i64::try_from(now.steady.saturating_sub(before.steady).as_millis()).unwrap_or(i64::MAX);
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
    struct Set(Mutex<(i64, Duration)>);

    impl Clock for Set {
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

    async fn measured(at: i64) -> (Timekeeper, Set, StampPolicy) {
        let (keeper, hands) = (Timekeeper::new(ClockSource::Assumed), Set(Mutex::new((at, Duration::ZERO))));
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

    /// A measurement of a time service that heard its source at this second.
    fn heard_at(second: i64) -> Measure {
        let updated = Some(Duration::from_secs(second.try_into().unwrap()));
        Measure { error: Duration::ZERO, leap: false, updated }
    }

    #[tokio::test]
    async fn a_source_that_is_heard_no_more_is_missed() {
        let now = 86_400 * 20_000 + 43_200;
        let (keeper, hands, policy) = measured(now * 1000).await;
        let longest = i64::from(policy.source_age_seconds);
        for (ago, good) in [(0, true), (longest, true), (longest + 1, false)] {
            keeper.known.write().unwrap().note(Ok(heard_at(now - ago)), Hands::of(&hands));
            assert_eq!(keeper.moment(&hands, &policy).is_ok(), good, "{ago}");
        }
    }

    /// The time service heard its source before somebody set the clock, and says so again and again.
    #[tokio::test]
    async fn a_clock_that_was_set_is_not_believed_before_its_source_is_heard_again() {
        let midday = 86_400_000 * 20_000 + 43_200_000;
        let (_, hands, policy) = measured(midday).await;
        let keeper = Timekeeper::new(ClockSource::Assumed);
        let check = |second: u64, jump: i64, heard: Option<i64>| {
            let steady = Duration::from_secs(second);
            *hands.0.lock().unwrap() = (midday + i64::try_from(second * 1000).unwrap() + jump, steady);
            let measured = heard.map(|heard| heard_at(midday / 1000 - 100 + heard)).ok_or(NoTime::Unsynchronised);
            keeper.known.write().unwrap().note(measured, Hands::of(&hands));
            keeper.moment(&hands, &policy).is_ok()
        };
        assert!(check(0, 0, Some(1)));
        assert!(check(8, 0, Some(1)));
        assert!(!check(16, -5_000, Some(1)), "set back");
        assert!(!check(24, -5_000, Some(1)), "nobody has looked since");
        assert!(!check(32, -5_000, None));
        assert!(!check(40, -5_000, Some(1)), "one measurement failed in between");
        assert!(check(48, -5_000, Some(2)), "the source was heard");
        assert!(!check(56, 0, Some(3)), "set, and the source heard, in either order");
        assert!(check(64, 0, Some(4)));
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
            let measure = Measure { error: Duration::ZERO, leap, updated: None };
            keeper.known.write().unwrap().note(Ok(measure), Hands::of(&hands));
            assert_eq!(keeper.moment(&hands, &policy).is_ok(), good, "{at} {leap}");
        }
    }
}
