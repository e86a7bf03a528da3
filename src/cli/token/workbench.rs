//! A private folder in which a copy of a token is opened before anybody relies on it.

use super::content::Content;
use crate::cli::quickstart::{environment, files};
use crate::clock::{Entropy, System};
use anyhow::{Context, bail};
use domain::id::hex;
use std::fs::{self, DirBuilder, File};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

/// A folder with one token and a configuration of `SoftHSM2` that shows nothing else. Removed when dropped; one that is
/// found was left by a crash.
pub(super) struct Workbench {
    root: PathBuf,
}

impl Workbench {
    /// Among the temporary files.
    pub(super) fn temporary() -> anyhow::Result<Self> {
        Self::at(std::env::temp_dir().join(format!("sigill-token-{}", hex(&System.random16()))))
    }

    /// Beside the tokens, on their file system, for the token that will be `name`.
    ///
    /// # Errors
    /// If one is there: an earlier restore did not come to its end, and what it left is half of a token.
    pub(super) fn beside(tokens: &Path, name: &str) -> anyhow::Result<Self> {
        let tokens = tokens.canonicalize().with_context(|| format!("cannot find {}", tokens.display()))?;
        let mut beside = tokens.file_name().context("the tokens are not in the root folder")?.to_owned();
        beside.push(format!(".restoring-{name}"));
        let root = tokens.with_file_name(beside);
        if root.exists() {
            bail!("an earlier restore was interrupted: remove {}, which is half of a token", root.display());
        }
        Self::at(root)
    }

    fn at(root: PathBuf) -> anyhow::Result<Self> {
        // Not recursive: the folder must be new, so that nobody else prepared it.
        DirBuilder::new().mode(0o700).create(&root).with_context(|| format!("cannot make {}", root.display()))?;
        let bench = Self { root };
        files::private_folder(&bench.tokens())?;
        files::private(&bench.configuration(), environment::softhsm_configuration(&bench.tokens()))?;
        Ok(bench)
    }

    /// Puts a token in, durably.
    pub(super) fn put(&self, content: &Content) -> anyhow::Result<()> {
        let folder = self.tokens().join(content.name());
        files::private_folder(&folder)?;
        for (name, content) in content.files() {
            files::private(&folder.join(name), content)?;
        }
        Ok(())
    }

    /// The configuration that shows this token only.
    pub(super) fn configuration(&self) -> PathBuf {
        self.root.join("softhsm2.conf")
    }

    /// Moves the token to `target` in one step.
    pub(super) fn move_to(&self, target: &Path) -> anyhow::Result<()> {
        let name = target.file_name().context("a token's folder has a name")?;
        let moved = fs::rename(self.tokens().join(name), target);
        moved.with_context(|| format!("cannot move the token to {}", target.display()))?;
        let folder = target.parent().context("a token's folder is in another")?;
        File::open(folder).and_then(|folder| folder.sync_all()).with_context(|| format!("{}", folder.display()))
    }

    fn tokens(&self) -> PathBuf {
        self.root.join("tokens")
    }
}

impl Drop for Workbench {
    fn drop(&mut self) {
        if let Err(error) = fs::remove_dir_all(&self.root) {
            tracing::error!(folder = %self.root.display(), %error, "a copy of a token stays behind");
        }
    }
}
