//! Appends records and makes them durable, many at a time.

use super::chain::{Head, Verified, replay};
use super::{JournalError, Record};
use crate::lock;
use std::fs::{File, OpenOptions, TryLockError};
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::{Condvar, Mutex, MutexGuard};
use std::time::Duration;

/// An open journal. One process at a time has it, by a lock on the file.
#[derive(Debug)]
pub struct Journal {
    path: PathBuf,
    file: File,
    state: Mutex<State>,
    synced: Condvar,
}

/// Owned by the journal's lock, which is held over a write but never over `fdatasync`.
#[derive(Debug)]
struct State {
    head: Head,
    durable: u64,
    syncing: bool,
    failed: Option<String>,
}

/// A record that is in the file, but perhaps not durable yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use = "a record counts only once it is durable"]
pub struct Ticket(u64);

impl Journal {
    /// Starts a journal where there is none.
    ///
    /// # Errors
    /// [`JournalError::Exists`], or what the file system said.
    pub fn create(path: &Path) -> Result<Self, JournalError> {
        let open = OpenOptions::new().create_new(true).read(true).append(true).mode(0o600).open(path);
        let file = open.map_err(|source| match source.kind() {
            std::io::ErrorKind::AlreadyExists => JournalError::Exists { path: path.to_owned() },
            _ => io(path, "create")(source),
        })?;
        let folder = path.parent().unwrap_or(Path::new("."));
        File::open(folder).and_then(|folder| folder.sync_all()).map_err(io(folder, "synchronise the folder"))?;
        Self::locked(path, file, Head::EMPTY)
    }

    /// Opens a journal, verifies all of it, and hands each record to `visit` in order.
    ///
    /// A last line that was never finished is cut off: it was never answered for.
    ///
    /// # Errors
    /// [`JournalError`] if it is in use, damaged, or `visit` refuses a record.
    pub fn open(
        path: &Path,
        visit: impl FnMut(u64, Record) -> Result<(), JournalError>,
    ) -> Result<(Self, Verified), JournalError> {
        let file = OpenOptions::new().read(true).append(true).open(path).map_err(io(path, "open"))?;
        let journal = Self::locked(path, file, Head::EMPTY)?;
        let verified = replay(&journal.file, path, visit)?;
        if verified.torn_bytes > 0 {
            tracing::warn!(bytes = verified.torn_bytes, "cut off a journal line that was never finished");
            journal.file.set_len(verified.length_bytes).map_err(io(path, "cut"))?;
            journal.file.sync_all().map_err(io(path, "synchronise"))?;
        }
        {
            let mut state = journal.state();
            state.head = verified.head;
            state.durable = verified.head.records;
        }
        Ok((journal, verified))
    }

    /// Writes a record that survives the end of this process; [`make_durable`](Self::make_durable)
    /// makes it survive the loss of power as well.
    ///
    /// # Errors
    /// [`JournalError`]; then nothing more can be written until a restart.
    pub fn write(&self, record: &Record) -> Result<Ticket, JournalError> {
        let mut state = self.state();
        state.usable()?;
        let (line, head) = state.head.extend(record);
        if let Err(source) = (&self.file).write_all(&line) {
            state.failed = Some(source.to_string());
            return Err(io(&self.path, "write")(source));
        }
        state.head = head;
        Ok(Ticket(head.records))
    }

    /// Waits until everything up to `ticket` is on disk. Callers that wait share one `fdatasync`.
    ///
    /// # Errors
    /// [`JournalError`]; then nothing more can be written until a restart.
    pub fn make_durable(&self, ticket: Ticket) -> Result<(), JournalError> {
        let mut state = self.state();
        loop {
            state.usable()?;
            if state.durable >= ticket.0 {
                return Ok(());
            }
            if state.syncing {
                state = self.synced.wait(state).expect(NO_PANIC);
                continue;
            }
            state.syncing = true;
            let written = state.head.records;
            drop(state);
            let synced = self.file.sync_data();
            state = self.state();
            state.syncing = false;
            match synced {
                Ok(()) => state.durable = written,
                Err(source) => state.failed = Some(source.to_string()),
            }
            self.synced.notify_all();
        }
    }

    /// Writes a record and waits until it is on disk.
    ///
    /// # Errors
    /// [`JournalError`]; then nothing more can be written until a restart.
    pub fn append(&self, record: &Record) -> Result<(), JournalError> {
        let ticket = self.write(record)?;
        self.make_durable(ticket)
    }

    /// The end of the chain.
    pub fn head(&self) -> Head {
        self.state().head
    }

    fn locked(path: &Path, file: File, head: Head) -> Result<Self, JournalError> {
        lock::patiently(&file, LOCK_PATIENCE).map_err(|error| match error {
            TryLockError::WouldBlock => JournalError::InUse { path: path.to_owned() },
            TryLockError::Error(source) => io(path, "lock")(source),
        })?;
        let state = State { head, durable: head.records, syncing: false, failed: None };
        Ok(Self { path: path.to_owned(), file, state: Mutex::new(state), synced: Condvar::new() })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect(NO_PANIC)
    }
}

impl State {
    fn usable(&self) -> Result<(), JournalError> {
        self.failed.as_ref().map_or(Ok(()), |detail| Err(JournalError::Failed { detail: detail.clone() }))
    }
}

/// How long to wait for the lock of a journal that another process has.
const LOCK_PATIENCE: Duration = Duration::from_millis(500);

fn io(path: &Path, doing: &'static str) -> impl FnOnce(std::io::Error) -> JournalError {
    let path = path.to_owned();
    move |source| JournalError::Io { path, doing, source }
}

const NO_PANIC: &str = "nothing panics while it holds the journal's lock";
