//! The one place of this crate that reads a clock: deadlines are measured, never recorded.

use std::time::{Duration, Instant};

/// Now, on the monotonic clock.
#[expect(
    clippy::disallowed_methods,
    reason = "deadlines of calls into a device are real time; no decision is recorded"
)]
pub(crate) fn now() -> Instant {
    Instant::now()
}

/// Time left until `deadline`; zero once it has passed.
pub(crate) fn left(deadline: Instant) -> Duration {
    deadline.saturating_duration_since(now())
}
