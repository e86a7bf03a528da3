//! The files of a token's folder.

use anyhow::{Context, ensure};
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

/// A token's folder: its name, and its files by name. `SoftHSM2` makes no folder in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Content {
    name: String,
    files: BTreeMap<String, Vec<u8>>,
}

impl Content {
    /// A folder of these files, unless a name could lead elsewhere.
    pub(super) fn new(name: String, files: BTreeMap<String, Vec<u8>>) -> Option<Self> {
        (is_plain(&name) && files.keys().all(|file| is_plain(file))).then_some(Self { name, files })
    }

    /// Reads a folder.
    ///
    /// # Errors
    /// If it holds anything but files, too many of them, or cannot be read.
    pub(super) fn read(folder: &Path) -> anyhow::Result<Self> {
        let unreadable = || format!("cannot read {}", folder.display());
        let folder = folder.canonicalize().with_context(unreadable)?;
        let name = folder.file_name().and_then(|name| name.to_str()).with_context(unreadable)?.to_owned();
        let mut files = BTreeMap::new();
        let mut size_bytes = 0;
        for entry in fs::read_dir(&folder).with_context(unreadable)? {
            let path = entry.with_context(unreadable)?.path();
            let file = path.file_name().and_then(|name| name.to_str()).with_context(unreadable)?.to_owned();
            ensure!(path.symlink_metadata()?.is_file(), "{} is no file: not a token's folder", path.display());
            let content = fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?;
            size_bytes += content.len();
            ensure!(size_bytes <= MAX_BYTES && files.len() < MAX_FILES, "{} is too large", folder.display());
            files.insert(file, content);
        }
        Self::new(name, files).with_context(unreadable)
    }

    /// Name of the folder.
    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// Name and content of each file, sorted.
    pub(super) fn files(&self) -> impl Iterator<Item = (&str, &[u8])> {
        self.files.iter().map(|(name, content)| (name.as_str(), content.as_slice()))
    }
}

/// Whether a name is one component of a path.
fn is_plain(name: &str) -> bool {
    !matches!(name, "" | "." | "..") && !name.contains(['/', '\0'])
}

/// More files than any token of ours has: two for each object.
pub(super) const MAX_FILES: usize = 65_536;
/// More than any token of ours holds.
const MAX_BYTES: usize = 256 << 20;
