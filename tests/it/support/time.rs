//! Real time, which tests of real processes cannot do without.

use sigill::clock::{Clock, System};
use std::time::{Duration, Instant};

/// How long something takes.
#[derive(Debug, Clone, Copy)]
pub struct Stopwatch(Instant);

impl Stopwatch {
    /// From now on.
    #[expect(clippy::disallowed_methods, reason = "measures another process")]
    pub fn start() -> Self {
        Self(Instant::now())
    }

    /// Until now.
    #[expect(clippy::disallowed_methods, reason = "measures another process")]
    pub fn elapsed(self) -> Duration {
        self.0.elapsed()
    }
}

/// Waits without blocking a thread.
#[expect(clippy::disallowed_methods, reason = "another process gives no event to wait for")]
pub async fn wait(time: Duration) {
    tokio::time::sleep(time).await;
}

/// The time so many seconds from now (ago if negative), as the API writes it.
pub fn in_seconds(seconds: i64) -> String {
    System.now().plus_seconds(seconds).to_string()
}
