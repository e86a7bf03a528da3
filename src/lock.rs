//! Locks on files that another process may hold a moment longer.

use std::fs::{File, TryLockError};
use std::time::Duration;

/// Locks `file`, for `patience` at most. What was killed a moment ago may still hold it, and so may a child of ours
/// between its birth and its program.
///
/// # Errors
/// What [`File::try_lock`] says: `WouldBlock` if it is held all the time.
#[expect(clippy::disallowed_methods, reason = "waiting for another process, before anything is begun")]
pub(crate) fn patiently(file: &File, patience: Duration) -> Result<(), TryLockError> {
    for _ in 0..patience.as_millis() / PAUSE.as_millis() {
        match file.try_lock() {
            Err(TryLockError::WouldBlock) => std::thread::sleep(PAUSE),
            other => return other,
        }
    }
    file.try_lock()
}

/// Between two tries.
const PAUSE: Duration = Duration::from_millis(10);
