//! The data folder's state: new, half made, or ready; and one user at a time.

use super::layout::Layout;
use super::{environment, files};
use crate::lock;
use anyhow::{Context, bail};
use std::fs::{File, TryLockError};
use std::path::PathBuf;
use std::time::Duration;

/// Held while a set-up or a service uses the folder; released when dropped or when its process ends.
#[derive(Debug)]
pub(crate) struct Lock {
    _file: File,
}

/// How long to wait for a folder that another process has.
const LOCK_PATIENCE: Duration = Duration::from_secs(2);

impl Lock {
    /// Takes the folder.
    ///
    /// # Errors
    /// If another process has it.
    pub(crate) fn take(layout: &Layout) -> anyhow::Result<Self> {
        let path = layout.lock();
        let file = File::create(&path).with_context(|| format!("cannot make {}", path.display()))?;
        match lock::patiently(&file, LOCK_PATIENCE) {
            Ok(()) => Ok(Self { _file: file }),
            Err(TryLockError::WouldBlock) => bail!("{} is in use by another sigill process", layout.data().display()),
            Err(TryLockError::Error(error)) => Err(error).context("locking the data folder"),
        }
    }
}

/// Makes sure that the folder is ours: ready, or marked as unfinished and with the tokens'
/// configuration in place.
///
/// # Errors
/// If it holds something that no quickstart left.
pub(crate) fn claim(layout: &Layout) -> anyhow::Result<()> {
    files::private_folder(layout.data())?;
    let _lock = Lock::take(layout)?;
    if !is_ready(layout) && !layout.unfinished().exists() {
        if let Some(strange) = others(layout)?.first() {
            let name = strange.file_name().unwrap_or_default().display();
            bail!("{} holds {name} but no Sigill installation: choose an empty folder", layout.data().display());
        }
        files::public(&layout.unfinished(), "The set-up has not finished; the next run begins again.\n")?;
    }
    if !layout.softhsm().exists() {
        files::public(&layout.softhsm(), environment::softhsm_configuration(&layout.tokens()))?;
    }
    Ok(())
}

/// Whether the set-up was finished.
pub(crate) fn is_ready(layout: &Layout) -> bool {
    layout.config().exists() && !layout.unfinished().exists()
}

/// Removes what an unfinished set-up left.
///
/// # Errors
/// If the folder is not marked as unfinished, or something cannot be removed.
pub(crate) fn clear(layout: &Layout) -> anyhow::Result<()> {
    if !layout.unfinished().exists() {
        bail!("{} is not unfinished", layout.data().display());
    }
    for path in others(layout)? {
        let removed = if path.is_dir() { std::fs::remove_dir_all(&path) } else { std::fs::remove_file(&path) };
        removed.with_context(|| format!("cannot remove {}", path.display()))?;
    }
    Ok(())
}

/// Everything in the folder but what there may be before the set-up begins.
fn others(layout: &Layout) -> anyhow::Result<Vec<PathBuf>> {
    let read = || std::fs::read_dir(layout.data())?.map(|entry| Ok(entry?.path())).collect();
    let paths: std::io::Result<Vec<PathBuf>> = read();
    let mut paths = paths.with_context(|| format!("cannot read {}", layout.data().display()))?;
    let kept = [layout.lock(), layout.unfinished(), layout.softhsm()];
    paths.retain(|path| !kept.contains(path));
    Ok(paths)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(name: &str) -> Layout {
        let path: PathBuf = std::env::temp_dir().join(format!("sigill-folder-{name}-{}", std::process::id()));
        Layout::new(&path).unwrap()
    }

    #[test]
    fn a_folder_with_other_things_is_not_touched() {
        let layout = folder("strange");
        std::fs::create_dir_all(layout.data()).unwrap();
        std::fs::write(layout.data().join("thesis.tex"), "x").unwrap();
        let refused = claim(&layout).unwrap_err().to_string();
        assert!(refused.contains("thesis.tex"), "{refused}");
        assert!(clear(&layout).is_err());
        assert!(layout.data().join("thesis.tex").exists());
        std::fs::remove_dir_all(layout.data()).unwrap();
    }

    #[test]
    fn an_unfinished_set_up_is_cleared_and_a_finished_one_kept() {
        let layout = folder("unfinished");
        claim(&layout).unwrap();
        std::fs::create_dir_all(layout.tokens()).unwrap();
        std::fs::write(layout.config(), "").unwrap();
        assert!(!is_ready(&layout));
        clear(&layout).unwrap();
        assert!(!layout.config().exists() && !layout.tokens().exists() && layout.softhsm().exists());

        std::fs::write(layout.config(), "").unwrap();
        files::remove(&layout.unfinished()).unwrap();
        assert!(is_ready(&layout));
        assert!(clear(&layout).is_err());
        std::fs::remove_dir_all(layout.data()).unwrap();
    }

    #[test]
    fn one_process_at_a_time() {
        let layout = folder("lock");
        claim(&layout).unwrap();
        let held = Lock::take(&layout).unwrap();
        assert!(Lock::take(&layout).unwrap_err().to_string().contains("in use"));
        drop(held);
        Lock::take(&layout).unwrap();
        std::fs::remove_dir_all(layout.data()).unwrap();
    }
}
