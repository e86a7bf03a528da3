//! The clock and the source of randomness: the only places that ask the system for either.

use pki::time::UtcTime;
use std::sync::OnceLock;
use std::time::{Duration, Instant};

/// Tells the time.
pub trait Clock: Send + Sync {
    /// Now, in whole seconds.
    fn now(&self) -> UtcTime;

    /// Now, with the milliseconds of the second. A clock of whole seconds says nought.
    fn now_with_millis(&self) -> (UtcTime, u16) {
        (self.now(), 0)
    }

    /// Time since some moment of this process: nobody sets it. A clock that somebody sets stands still.
    fn steady(&self) -> Duration {
        Duration::ZERO
    }
}

/// Gives random bytes.
pub trait Entropy: Send + Sync {
    /// 16 bytes that nobody can guess.
    fn random16(&self) -> [u8; 16];
}

/// The system's clock and its random generator.
#[derive(Debug, Clone, Copy, Default)]
pub struct System;

impl Clock for System {
    fn now(&self) -> UtcTime {
        self.now_with_millis().0
    }

    #[expect(clippy::disallowed_methods, reason = "this is the adapter of the system clock")]
    fn now_with_millis(&self) -> (UtcTime, u16) {
        let since_epoch =
            std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).expect("the system clock is past 1970");
        let seconds = i64::try_from(since_epoch.as_secs()).expect("seconds fit 63 bits");
        let millis = u16::try_from(since_epoch.subsec_millis()).expect("a second has a thousand milliseconds");
        (UtcTime::from_unix(seconds), millis)
    }

    #[expect(clippy::disallowed_methods, reason = "this is the adapter of the steady clock")]
    fn steady(&self) -> Duration {
        static FIRST: OnceLock<Instant> = OnceLock::new();
        FIRST.get_or_init(Instant::now).elapsed()
    }
}

impl Entropy for System {
    #[expect(clippy::disallowed_methods, reason = "this is the adapter of the system's randomness")]
    fn random16(&self) -> [u8; 16] {
        let mut bytes = [0; 16];
        getrandom::fill(&mut bytes).expect("the operating system gives random bytes");
        bytes
    }
}
