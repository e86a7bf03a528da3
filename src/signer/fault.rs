//! Crashes on purpose, between the steps of signing, for tests that kill the signer there.
//!
//! Nothing happens unless a [`Crash`] was handed to [`Core::crash_at`](super::core::Core::crash_at).

use std::str::FromStr;
use std::sync::atomic::{AtomicU64, Ordering};

/// Every point, in the order in which certificates and then a CRL pass them.
pub const POINTS: &[&str] =
    &["write", "written", "durable", "first-signed", "signed", "noted", "crl-serials", "crl-recorded", "crl-signed"];

/// The environment variable that the command reads a [`Crash`] from, outside production.
pub const CRASH_VARIABLE: &str = "SIGILL_SIGNER_CRASH_AT";

/// When to end the process: the `nth` time that a point is reached. Text form: `signed:3`.
#[derive(Debug)]
pub struct Crash {
    point: &'static str,
    nth: u64,
    seen: AtomicU64,
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
        Ok(Self { point, nth, seen: AtomicU64::new(0) })
    }
}

impl Crash {
    /// Passes a point, unless this is the time to end without any clean-up.
    pub(super) fn reach(&self, point: &'static str) {
        debug_assert!(POINTS.contains(&point), "{point} is not in the list");
        if point == self.point && self.seen.fetch_add(1, Ordering::SeqCst) + 1 == self.nth {
            std::process::abort();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_crash_names_a_point_and_a_number() {
        let crash: Crash = "signed:3".parse().unwrap();
        assert_eq!((crash.point, crash.nth), ("signed", 3));
        for bad in ["signed", "signed:0", "nowhere:1", "signed:x", ""] {
            assert!(bad.parse::<Crash>().is_err(), "{bad}");
        }
    }
}
