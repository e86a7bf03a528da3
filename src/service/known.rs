//! Look-ups by certificate, remembered for a moment.

use pki::time::UtcTime;
use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, RwLock};

/// What was looked up in the last second, by the certificate's fingerprint. Emptied by every commit that could change
/// an answer.
#[derive(Debug)]
pub struct Known<T> {
    known: RwLock<HashMap<[u8; 32], Seen<T>>>,
    generation: AtomicU64,
}

impl<T> Default for Known<T> {
    fn default() -> Self {
        Self { known: RwLock::default(), generation: AtomicU64::default() }
    }
}

/// A state of affairs: what was looked up before it changed is not remembered after it.
#[derive(Debug, Clone, Copy)]
pub struct Generation(u64);

impl<T> Known<T> {
    /// Forgets everything: a card, a certificate or a role has changed.
    pub fn forget(&self) {
        let mut known = self.known.write().expect("no one panics while holding this lock");
        self.generation.fetch_add(1, Ordering::SeqCst);
        known.clear();
    }

    /// To be asked for before a look-up begins.
    pub fn generation(&self) -> Generation {
        Generation(self.generation.load(Ordering::SeqCst))
    }

    /// What was looked up lately.
    pub fn get(&self, fingerprint: &[u8; 32], now: UtcTime) -> Option<Arc<T>> {
        let known = self.known.read().expect("no one panics while holding this lock");
        let (found, seen) = known.get(fingerprint)?;
        // A clock that was set back must not make a look-up last longer.
        (0..KNOWN_SECONDS).contains(&(now.unix() - seen.unix())).then(|| Arc::clone(found))
    }

    /// Remembers, unless something changed since the look-up began.
    pub fn put(&self, fingerprint: [u8; 32], found: Arc<T>, now: UtcTime, begun: Generation) {
        let mut known = self.known.write().expect("no one panics while holding this lock");
        if self.generation.load(Ordering::SeqCst) != begun.0 {
            return;
        }
        if known.len() >= MAX_KNOWN {
            known.clear();
        }
        known.insert(fingerprint, (found, now));
    }
}

/// Something, and when it was looked up.
type Seen<T> = (Arc<T>, UtcTime);

/// How long a look-up is trusted, for what another process may have changed.
const KNOWN_SECONDS: i64 = 1;
/// Most look-ups remembered.
const MAX_KNOWN: usize = 10_000;

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: [u8; 32] = [7; 32];

    fn at(seconds: i64) -> UtcTime {
        UtcTime::from_unix(1_800_000_000 + seconds)
    }

    #[test]
    fn a_look_up_lasts_a_second_and_never_longer() {
        let known = Known::default();
        known.put(KEY, Arc::new("found"), at(0), known.generation());
        assert_eq!(known.get(&KEY, at(0)).as_deref(), Some(&"found"));
        assert_eq!(known.get(&KEY, at(1)), None);
        assert_eq!(known.get(&KEY, at(-1)), None, "the clock was set back");
        assert_eq!(known.get(&[8; 32], at(0)), None);
    }

    #[test]
    fn what_was_looked_up_before_a_change_is_not_remembered_after_it() {
        let known = Known::default();
        let begun = known.generation();
        known.forget();
        known.put(KEY, Arc::new("stale"), at(0), begun);
        assert_eq!(known.get(&KEY, at(0)), None);
        known.put(KEY, Arc::new("fresh"), at(0), known.generation());
        known.forget();
        assert_eq!(known.get(&KEY, at(0)), None);
    }
}
