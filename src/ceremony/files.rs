//! Files with the right mode, whole or not at all.

use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{ErrorKind, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

/// A file or folder that cannot be made, written, read or removed.
#[derive(Debug, thiserror::Error)]
#[error("cannot {verb} {}", .path.display())]
pub struct FileError {
    /// What was tried.
    pub verb: &'static str,
    /// On which path.
    pub path: PathBuf,
    /// Why it failed.
    #[source]
    pub source: std::io::Error,
}

/// Reads a whole file, at most [`MAX_OCTETS`] of it.
///
/// # Errors
/// If it cannot be read or is longer.
pub(crate) fn read(path: &Path) -> Result<Vec<u8>, FileError> {
    let read = || {
        if std::fs::metadata(path)?.len() > MAX_OCTETS {
            return Err(std::io::Error::other(format!("it is longer than {MAX_OCTETS} octets")));
        }
        std::fs::read(path)
    };
    read().map_err(failed("read", path))
}

/// Reads a whole file of text, at most [`MAX_OCTETS`] of it.
///
/// # Errors
/// If it cannot be read, is longer, or is no UTF-8.
pub(crate) fn read_text(path: &Path) -> Result<String, FileError> {
    let text = String::from_utf8(read(path)?);
    text.map_err(|_| failed("read", path)(std::io::Error::other("it is not UTF-8 text")))
}

/// Whether anything is in a folder.
///
/// # Errors
/// If it cannot be read.
pub(crate) fn has_entries(path: &Path) -> Result<bool, FileError> {
    Ok(std::fs::read_dir(path).map_err(failed("read", path))?.next().is_some())
}

/// Makes a folder that only its owner enters.
///
/// # Errors
/// If it cannot be made. One that exists is no error.
pub(crate) fn private_folder(path: &Path) -> Result<(), FileError> {
    DirBuilder::new().recursive(true).mode(0o700).create(path).map_err(failed("make", path))
}

/// Makes a folder that anybody may read.
///
/// # Errors
/// If it cannot be made. One that exists is no error.
pub(crate) fn public_folder(path: &Path) -> Result<(), FileError> {
    std::fs::create_dir_all(path).map_err(failed("make", path))
}

/// Writes a file that anybody may read.
///
/// # Errors
/// If it cannot be written; the old one is then still there.
pub(crate) fn public(path: &Path, content: impl AsRef<[u8]>) -> Result<(), FileError> {
    replace(path, content.as_ref(), 0o644)
}

/// Writes a file that only its owner reads.
///
/// # Errors
/// If it cannot be written; the old one is then still there.
pub(crate) fn private(path: &Path, content: impl AsRef<[u8]>) -> Result<(), FileError> {
    replace(path, content.as_ref(), 0o600)
}

/// Removes a file, if it is there.
///
/// # Errors
/// If it is there and cannot be removed.
pub(crate) fn remove(path: &Path) -> Result<(), FileError> {
    match std::fs::remove_file(path) {
        Err(e) if e.kind() != ErrorKind::NotFound => Err(failed("remove", path)(e)),
        _ => Ok(()),
    }
}

fn replace(path: &Path, content: &[u8], mode: u32) -> Result<(), FileError> {
    let write = || -> std::io::Result<()> {
        let mut name = path.file_name().unwrap_or_default().to_owned();
        name.push(".new");
        let beside = path.with_file_name(name);
        // What lies there was left by a crash, or by somebody who wants to read along: nobody else's file is written to.
        std::fs::remove_file(&beside).or_else(|e| if e.kind() == ErrorKind::NotFound { Ok(()) } else { Err(e) })?;
        let mut file = OpenOptions::new().write(true).create_new(true).mode(mode).open(&beside)?;
        file.write_all(content)?;
        file.sync_all()?;
        std::fs::rename(&beside, path)?;
        path.parent().map_or(Ok(()), |folder| File::open(folder)?.sync_all())
    };
    write().map_err(failed("write", path))
}

fn failed(verb: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> FileError {
    let path = path.to_owned();
    move |source| FileError { verb, path, source }
}

/// Far more than any file of a ceremony has.
const MAX_OCTETS: u64 = 4 * 1024 * 1024;

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
        let prepared = folder.join("a.pin.new");
        std::fs::write(&prepared, "").unwrap();
        let reader = File::open(&prepared).unwrap();
        private(&path, "secret").unwrap();
        assert_eq!(std::io::read_to_string(reader).unwrap(), "", "whoever prepared the file reads along");
        std::fs::remove_dir_all(folder).unwrap();
    }
}
