//! Ends the process on purpose, so that tests can rehearse a crash at each named point of the real process.
//!
//! Only outside production, and only if the environment asks for it.

use std::sync::atomic::{AtomicU64, Ordering};

/// The environment variable with the service's crash, at a point of the store.
pub const STORE_VARIABLE: &str = "SIGILL_CRASH_AT";
/// The environment variable with the signer's crash.
pub const SIGNER_VARIABLE: &str = "SIGILL_SIGNER_CRASH_AT";

/// When to end the process: the `nth` time that `point` is reached. Text form: `intent:3`.
#[derive(Debug)]
pub struct Crash {
    points: &'static [&'static str],
    point: &'static str,
    nth: u64,
    seen: AtomicU64,
}

/// A text that names no point, or no number from 1.
#[derive(Debug, thiserror::Error)]
#[error("{variable}={text}: not POINT:NUMBER with a known point and a number from 1")]
pub struct NotACrash {
    variable: &'static str,
    text: String,
}

impl Crash {
    /// The crash at one of `points` that the environment asks for in `variable`, if it asks for one.
    ///
    /// # Errors
    /// [`NotACrash`], which says the variable.
    pub fn wanted(variable: &'static str, points: &'static [&'static str]) -> Result<Option<Self>, NotACrash> {
        let Ok(text) = std::env::var(variable) else { return Ok(None) };
        let crash = Self::at(&text, points).ok_or_else(|| NotACrash { variable, text: text.clone() })?;
        tracing::warn!(at = text, "this process will end itself on purpose");
        Ok(Some(crash))
    }

    fn at(text: &str, points: &'static [&'static str]) -> Option<Self> {
        let (name, nth) = text.split_once(':')?;
        let point = points.iter().copied().find(|point| *point == name)?;
        let nth = nth.parse().ok().filter(|nth| *nth > 0)?;
        Some(Self { points, point, nth, seen: AtomicU64::new(0) })
    }

    /// Passes a point, unless this is the time to end without any clean-up.
    pub fn reach(&self, point: &'static str) {
        debug_assert!(self.points.contains(&point), "{point} is not in the list");
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
        let at = |text| Crash::at(text, &["intent", "commit"]).map(|crash| (crash.point, crash.nth));
        assert_eq!(at("intent:3"), Some(("intent", 3)));
        for bad in ["intent", "intent:0", "nowhere:1", "intent:x", ""] {
            assert_eq!(at(bad), None, "{bad}");
        }
    }
}
