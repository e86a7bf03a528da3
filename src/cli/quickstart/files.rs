//! Files with the right mode, whole or not at all.

use anyhow::Context;
use std::fs::{DirBuilder, File, OpenOptions};
use std::io::Write;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::Path;

/// Makes a folder that only its owner enters.
///
/// # Errors
/// If it cannot be made. One that exists is no error.
pub(crate) fn private_folder(path: &Path) -> anyhow::Result<()> {
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(path)
        .with_context(|| format!("cannot make {}", path.display()))
}

/// Writes a file that anybody may read.
///
/// # Errors
/// If it cannot be written; the old one is then still there.
pub(crate) fn public(path: &Path, content: impl AsRef<[u8]>) -> anyhow::Result<()> {
    replace(path, content.as_ref(), 0o644)
}

/// Writes a file that only its owner reads.
///
/// # Errors
/// If it cannot be written; the old one is then still there.
pub(crate) fn private(path: &Path, content: impl AsRef<[u8]>) -> anyhow::Result<()> {
    replace(path, content.as_ref(), 0o600)
}

/// Removes a file, if it is there.
///
/// # Errors
/// If it is there and cannot be removed.
pub(crate) fn remove(path: &Path) -> anyhow::Result<()> {
    match std::fs::remove_file(path) {
        Err(e) if e.kind() != std::io::ErrorKind::NotFound => {
            Err(e).with_context(|| format!("cannot remove {}", path.display()))
        }
        _ => Ok(()),
    }
}

fn replace(path: &Path, content: &[u8], mode: u32) -> anyhow::Result<()> {
    let write = || -> std::io::Result<()> {
        let mut name = path.file_name().unwrap_or_default().to_owned();
        name.push(".new");
        let beside = path.with_file_name(name);
        let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(mode).open(&beside)?;
        file.write_all(content)?;
        file.sync_all()?;
        std::fs::rename(&beside, path)?;
        path.parent().map_or(Ok(()), |folder| File::open(folder)?.sync_all())
    };
    write().with_context(|| format!("cannot write {}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn secrets_are_their_owners() {
        let folder = std::env::temp_dir().join(format!("sigill-files-{}", std::process::id()));
        private_folder(&folder).unwrap();
        let path = folder.join("a.pin");
        private(&path, "1").unwrap();
        private(&path, "2").unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "2");
        let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&folder), mode(&path)), (0o700, 0o600));
        remove(&path).unwrap();
        remove(&path).unwrap();
        std::fs::remove_dir_all(folder).unwrap();
    }
}
