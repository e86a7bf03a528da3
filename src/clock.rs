//! The clock and the source of randomness: the only places that ask the system for either.

use pki::time::UtcTime;

/// Tells the time.
pub trait Clock: Send + Sync {
    /// Now, in whole seconds.
    fn now(&self) -> UtcTime;
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
    #[expect(clippy::disallowed_methods, reason = "this is the adapter of the system clock")]
    fn now(&self) -> UtcTime {
        let since_epoch =
            std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).expect("the system clock is past 1970");
        UtcTime::from_unix(i64::try_from(since_epoch.as_secs()).expect("seconds fit 63 bits"))
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
