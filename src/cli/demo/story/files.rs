//! What a story leaves for those who repeat its steps by hand.

use super::Demo;
use crate::cli::quickstart::files;
use domain::CardNumber;
use std::path::PathBuf;

/// A folder for one card: `DIR/demo/NUMBER`.
pub(super) struct Files {
    folder: PathBuf,
}

impl Files {
    /// Makes the folder, if it is not there.
    ///
    /// # Errors
    /// If it cannot be made.
    pub(super) fn make(demo: &Demo, card: &CardNumber) -> anyhow::Result<Self> {
        let folder = demo.layout.data().join("demo").join(card.as_str());
        files::private_folder(&folder)?;
        Ok(Self { folder })
    }

    /// Path of a file in it.
    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// Writes a file and gives its path.
    ///
    /// # Errors
    /// If it cannot be written.
    pub(super) fn write(&self, name: &str, content: impl AsRef<[u8]>) -> anyhow::Result<PathBuf> {
        let path = self.path(name);
        files::public(&path, content)?;
        Ok(path)
    }
}
