//! How often something may be tried: for each name, and by everybody together.

use pki::time::UtcTime;
use std::collections::{HashMap, VecDeque};
use std::sync::Mutex;

/// The tries of the last [`WINDOW_SECONDS`]. Each node counts its own.
#[derive(Debug, Default)]
pub struct Attempts(Mutex<Tries>);

#[derive(Debug, Default)]
struct Tries {
    of: HashMap<String, VecDeque<i64>>,
    all: VecDeque<i64>,
}

impl Attempts {
    /// Counts a try at `name`, unless there were `most_each` at it or `most_all` at whatever. What was refused is not
    /// counted, so that nobody keeps others out by trying on.
    pub fn admit(&self, name: &str, (most_each, most_all): (u32, u32), now: UtcTime) -> bool {
        let mut tries = self.0.lock().expect(NO_PANIC);
        let since = now.unix() - WINDOW_SECONDS;
        while tries.all.front().is_some_and(|at| *at <= since) {
            tries.all.pop_front();
        }
        if tries.all.is_empty() {
            tries.of.clear();
        }
        let fits = |count: usize, most: u32| count < usize::try_from(most).unwrap_or(usize::MAX);
        if !fits(tries.all.len(), most_all) {
            return false;
        }
        // No more names than tries: their number has a limit.
        tries.of.retain(|_, at| at.back().is_some_and(|last| *last > since));
        let own = tries.of.entry(name.to_owned()).or_default();
        own.retain(|at| *at > since);
        if !fits(own.len(), most_each) {
            return false;
        }
        own.push_back(now.unix());
        tries.all.push_back(now.unix());
        true
    }
}

const NO_PANIC: &str = "nothing panics while it holds this lock";
/// An hour.
pub const WINDOW_SECONDS: i64 = 3600;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_and_everybody_have_their_limits_for_an_hour() {
        let attempts = Attempts::default();
        let admit = |name: &str, at: i64| attempts.admit(name, (2, 4), UtcTime::from_unix(at));
        assert!(admit("a", 0) && admit("a", 10) && !admit("a", 20));
        assert!(admit("b", 30) && admit("c", 40));
        assert!(!admit("d", 50), "too many together");
        assert!(admit("a", 3600), "the first is forgotten");
        assert!(!admit("a", 3601) && admit("a", 3611));
        assert_eq!(attempts.0.lock().unwrap().of.len(), 3);
        assert!(admit("e", 100_000));
        assert_eq!(attempts.0.lock().unwrap().of.len(), 1, "nothing is kept of those long ago");
    }
}
