//! Chance that can be repeated: the seed is printed, and taken from the environment if it stands there.

use super::report;
use std::time::SystemTime;

/// The environment variable with a seed of an earlier run.
const SEED: &str = "SIGILL_SEED";
/// The environment variable with the number of rounds; `cargo xtask soak` sets it.
const ROUNDS: &str = "SIGILL_SOAK_ROUNDS";

/// xorshift64: enough to choose moments by.
pub struct Random(u64);

impl Random {
    /// From the environment's seed, or from the clock.
    pub fn from_environment() -> Self {
        let seed = std::env::var(SEED).ok().map(|seed| seed.parse().unwrap());
        let seed = seed.unwrap_or_else(clock).max(1);
        report(&format!("{SEED}={seed}"));
        Self(seed)
    }

    /// A number below `limit`.
    pub fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % limit
    }
}

#[expect(clippy::disallowed_methods, reason = "a seed that differs from run to run, and is printed")]
fn clock() -> u64 {
    u64::try_from(SystemTime::UNIX_EPOCH.elapsed().unwrap().as_nanos() & u128::from(u64::MAX)).unwrap()
}

/// How many rounds to run at least: few by default, many in a soak.
pub fn rounds(default: u32) -> u32 {
    std::env::var(ROUNDS).map_or(default, |rounds| rounds.parse().unwrap())
}
