//! Waiting for other processes.

use anyhow::{Result, ensure};
use std::time::{Duration, Instant};

/// Waits until `done` says so.
///
/// # Errors
/// If it fails, or does not say so within `longest`.
pub(crate) async fn until(longest: Duration, mut done: impl FnMut() -> Result<bool>) -> Result<()> {
    let begun = Instant::now();
    while !done()? {
        ensure!(begun.elapsed() < longest, "nothing happened for {longest:?}");
        pause(STEP).await;
    }
    Ok(())
}

/// Waits.
pub(crate) async fn pause(time: Duration) {
    tokio::time::sleep(time).await;
}

const STEP: Duration = Duration::from_millis(20);
