//! Ends the process on purpose, so that tests can rehearse a crash at each named point of the real process.
//!
//! Only outside production, and only if the environment asks for it.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

/// The environment variable with the service's crash, at a point of the store.
pub const STORE_VARIABLE: &str = "SIGILL_CRASH_AT";
/// The environment variable with the signer's crash.
pub const SIGNER_VARIABLE: &str = "SIGILL_SIGNER_CRASH_AT";

/// When to end the process: the `nth` time that a point is reached, then that another is, and so on to the last. Text
/// form: `intent:3`, or `ca-key:1,committed:1` for the end of the transaction that writes a CA's key first.
#[derive(Debug)]
pub struct Crash {
    points: &'static [&'static str],
    steps: Mutex<VecDeque<(&'static str, u64)>>,
}

/// A text that names no point, or no number from 1.
#[derive(Debug, thiserror::Error)]
#[error("{variable}={text}: not POINT:NUMBER,… with known points and numbers from 1")]
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
        let step = |text: &str| {
            let (name, nth) = text.split_once(':')?;
            let point = points.iter().copied().find(|point| *point == name)?;
            Some((point, nth.parse().ok().filter(|nth| *nth > 0)?))
        };
        let steps = text.split(',').map(step).collect::<Option<_>>()?;
        Some(Self { points, steps: Mutex::new(steps) })
    }

    /// Passes a point, unless this is the time to end without any clean-up.
    pub fn reach(&self, point: &'static str) {
        debug_assert!(self.points.contains(&point), "{point} is not in the list");
        if self.is_over_at(point) {
            std::process::abort();
        }
    }

    fn is_over_at(&self, point: &'static str) -> bool {
        let mut steps = self.steps.lock().unwrap_or_else(PoisonError::into_inner);
        let Some((next, left)) = steps.front_mut() else { return false };
        if *next != point {
            return false;
        }
        *left -= 1;
        if *left == 0 {
            steps.pop_front();
        }
        steps.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_crash_names_points_and_numbers() {
        let passes = |text, points: &[&'static str]| {
            let crash = Crash::at(text, &["intent", "commit"])?;
            points.iter().position(|point| crash.is_over_at(point))
        };
        let all = ["commit", "intent", "commit", "intent", "commit"];
        assert_eq!(passes("intent:2", &all), Some(3));
        assert_eq!(passes("intent:1,commit:1", &all), Some(2));
        assert_eq!(passes("intent:1,commit:2", &all), Some(4));
        for bad in ["intent", "intent:0", "nowhere:1", "intent:x", "", "intent:1,", "intent:1;commit:1"] {
            assert!(Crash::at(bad, &["intent", "commit"]).is_none(), "{bad}");
        }
    }
}
