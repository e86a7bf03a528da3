//! Faults on purpose, at named points of every write, for tests that kill or fail the store.
//!
//! Nothing happens unless a hook was handed to [`Options::faults`](crate::Options::faults).

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Every point, in the order in which one transaction passes them. A point named after a kind of
/// row is reached just before the statement that writes rows of that kind.
pub const POINTS: &[&str] = &[
    "begin",
    "tenant",
    "person",
    "employment",
    "role",
    "card-new",
    "card",
    "approval-new",
    "approval-excluded",
    "approval-signature",
    "approval",
    "enrolment-new",
    "enrolment",
    "certified-key",
    "intent",
    "certificate",
    "revocation",
    "crl",
    "ocsp",
    "erase",
    "audit",
    "audit-personal",
    "commit",
    "committed",
];

/// A fault was injected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("injected fault at {point}")]
pub struct Injected {
    /// Where.
    pub point: &'static str,
}

type Hook = dyn Fn(&'static str) -> Result<(), Injected> + Send + Sync;

/// What happens at the points; by default nothing.
#[derive(Clone, Default)]
pub struct Faults(Option<Arc<Hook>>);

impl fmt::Debug for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Faults").field(&self.0.is_some()).finish()
    }
}

impl Faults {
    /// Calls `hook` at each point; its error fails the transaction as a broken database would.
    pub fn hook(hook: impl Fn(&'static str) -> Result<(), Injected> + Send + Sync + 'static) -> Self {
        Self(Some(Arc::new(hook)))
    }

    /// Ends the process, without any clean-up, when `crash` comes true.
    pub fn crash(crash: Crash) -> Self {
        let seen = AtomicU64::new(0);
        Self::hook(move |point| {
            if point == crash.point && seen.fetch_add(1, Ordering::SeqCst) + 1 == crash.nth {
                std::process::abort();
            }
            Ok(())
        })
    }

    /// Passes a point.
    pub(crate) fn reach(&self, point: &'static str) -> Result<(), Injected> {
        self.0.as_ref().map_or(Ok(()), |hook| hook(point))
    }
}

/// When to end the process: the `nth` time that `point` is reached. Text form: `intent:3`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Crash {
    point: &'static str,
    nth: u64,
}

/// A text that names no point, or no number from 1.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not POINT:NUMBER with a known point and a number from 1")]
pub struct NotACrash;

impl FromStr for Crash {
    type Err = NotACrash;

    fn from_str(text: &str) -> Result<Self, NotACrash> {
        let (name, nth) = text.split_once(':').ok_or(NotACrash)?;
        let point = POINTS.iter().copied().find(|point| *point == name).ok_or(NotACrash)?;
        let nth = nth.parse().ok().filter(|nth| *nth > 0).ok_or(NotACrash)?;
        Ok(Self { point, nth })
    }
}

/// The environment variable that the service reads a [`Crash`] from, outside production.
pub const CRASH_VARIABLE: &str = "SIGILL_CRASH_AT";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_crash_names_a_point_and_a_number() {
        assert_eq!("intent:3".parse(), Ok(Crash { point: "intent", nth: 3 }));
        for bad in ["intent", "intent:0", "nowhere:1", "intent:x", ""] {
            assert_eq!(bad.parse::<Crash>(), Err(NotACrash), "{bad}");
        }
    }
}
