//! The transcript while the ceremony lasts.

use super::verify::{self, Unsound};
use super::{Entry, Event};
use crate::ceremony::error::Error;
use crate::ceremony::files::{self, FileError};
use crate::ceremony::step::Step;
use crate::signer::digest::Digest;
use pki::time::UtcTime;
use std::fs::{File, OpenOptions};
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

/// An open draft. Every entry is on disk before [`append`](Self::append) returns.
#[derive(Debug)]
pub(crate) struct Draft {
    path: PathBuf,
    file: File,
    entries: Vec<Entry>,
}

impl Draft {
    /// Opens the draft in `path`, made if there is none, and verifies what it holds. A last line that was never
    /// finished is cut off: what it was to say is done again.
    ///
    /// # Errors
    /// If the file cannot be used, or was edited.
    pub(crate) fn open(path: &Path) -> Result<Self, Error> {
        let text = if path.exists() { files::read_text(path)? } else { String::new() };
        let whole = text.rfind('\n').map_or(0, |at| at + 1);
        let entries = text[..whole].lines().map(read_line).collect::<Result<Vec<_>, _>>()?;
        if !entries.is_empty() {
            verify::walk(&entries)?;
        }
        let failed = |source| FileError { verb: "write", path: path.to_owned(), source };
        let open = OpenOptions::new().create(true).append(true).mode(0o600).open(path);
        let file = open.map_err(failed)?;
        file.set_len(u64::try_from(whole).expect("a length fits")).map_err(failed)?;
        Ok(Self { path: path.to_owned(), file, entries })
    }

    /// Adds what happened.
    ///
    /// # Errors
    /// If it cannot be made durable.
    pub(crate) fn append(&mut self, at: UtcTime, what: Event) -> Result<(), Error> {
        let sequence = u64::try_from(self.entries.len()).expect("a length fits") + 1;
        let entry = Entry { sequence, at, previous: self.head(), what };
        let mut line = serde_json::to_vec(&entry).expect("an entry holds only strings and numbers");
        line.push(b'\n');
        let written = self.file.write_all(&line).and_then(|()| self.file.sync_data());
        written.map_err(|source| FileError { verb: "write", path: self.path.clone(), source })?;
        self.entries.push(entry);
        Ok(())
    }

    /// What happened so far.
    pub(crate) fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// The first event that `fits`.
    pub(crate) fn find<T>(&self, fits: impl FnMut(&Event) -> Option<T>) -> Option<T> {
        self.entries.iter().map(|entry| &entry.what).find_map(fits)
    }

    /// Whether the ceremony is only tried out.
    pub(crate) fn is_rehearsal(&self) -> bool {
        self.find(|event| matches!(event, Event::Opened { rehearsal: true, .. }).then_some(())).is_some()
    }

    /// Who confirmed a step so far.
    pub(crate) fn confirmed(&self, wanted: Step) -> Vec<&str> {
        let by = self.entries.iter().filter_map(|entry| match &entry.what {
            Event::Confirmed { step, participant, .. } if *step == wanted => Some(participant.as_str()),
            _ => None,
        });
        by.collect()
    }

    /// The end of the chain.
    pub(crate) fn head(&self) -> Digest {
        self.entries.last().map_or(Digest::ZERO, Entry::digest)
    }
}

fn read_line(line: &str) -> Result<Entry, Unsound> {
    serde_json::from_str(line).map_err(|error| Unsound::Form(error.to_string()))
}
