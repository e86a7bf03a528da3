//! What can be wrong with a journal.

use std::path::PathBuf;

/// Why a journal cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum JournalError {
    /// The file system refused.
    #[error("journal {}: {doing}", .path.display())]
    Io {
        /// Which file.
        path: PathBuf,
        /// What was tried.
        doing: &'static str,
        /// Why not.
        #[source]
        source: std::io::Error,
    },
    /// There is a journal where there must be none yet.
    #[error("journal {} exists already: the ceremony is held once", .path.display())]
    Exists {
        /// Which file.
        path: PathBuf,
    },
    /// Another process writes it.
    #[error("journal {} is in use by another process", .path.display())]
    InUse {
        /// Which file.
        path: PathBuf,
    },
    /// A line does not follow from the one before.
    #[error("journal line {line}: {problem}; it was changed or damaged after it was written")]
    Broken {
        /// Counted from 1.
        line: u64,
        /// What is wrong with it.
        problem: &'static str,
    },
    /// The lines are in order, but say what cannot have happened.
    #[error("journal line {line}: {problem}")]
    Impossible {
        /// Counted from 1.
        line: u64,
        /// What cannot have happened.
        problem: String,
    },
    /// An earlier write failed: what the file holds is only known after a restart.
    #[error("the journal cannot be written since an earlier failure: {detail}")]
    Failed {
        /// The earlier failure.
        detail: String,
    },
}
