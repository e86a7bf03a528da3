//! The revoked serials of each CA, as its last CRL lists them.
//!
//! A file beside the journal holds them; the journal's record of that CRL holds the file's hash.

use super::digest::Digest;
use pki::serial::SerialNumber;
use std::collections::HashMap;
use std::fs::{File, OpenOptions};
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, RwLock};

/// Sorted serials by CA. Shared by all requests; replaced as a whole with each CRL.
#[derive(Debug, Default)]
pub(super) struct RevokedSerials(RwLock<HashMap<String, Arc<[SerialNumber]>>>);

impl RevokedSerials {
    /// Whether this serial of the CA is revoked.
    pub(super) fn contains(&self, issuer: &str, serial: &SerialNumber) -> bool {
        self.of(issuer).is_some_and(|serials| serials.binary_search(serial).is_ok())
    }

    /// How many of the CA's revoked serials `serials`, which are sorted, lack.
    pub(super) fn missing_in(&self, issuer: &str, serials: &[SerialNumber]) -> usize {
        let before = self.of(issuer);
        before.iter().flat_map(|set| set.iter()).filter(|serial| serials.binary_search(serial).is_err()).count()
    }

    /// Puts `serials`, which are sorted, in place of what was there.
    pub(super) fn replace(&self, issuer: &str, serials: Arc<[SerialNumber]>) {
        self.0.write().expect(NO_PANIC).insert(issuer.to_owned(), serials);
    }

    fn of(&self, issuer: &str) -> Option<Arc<[SerialNumber]>> {
        self.0.read().expect(NO_PANIC).get(issuer).cloned()
    }
}

/// What the file of these sorted serials hashes to.
pub(super) fn digest(serials: &[SerialNumber]) -> Digest {
    Digest::of(&octets(serials))
}

/// Writes the serials of CRL `number`, durably, and whole or not at all.
pub(super) fn write(folder: &Path, issuer: &str, number: u64, serials: &[SerialNumber]) -> std::io::Result<()> {
    let path = path(folder, issuer, number);
    let beside = path.with_extension("new");
    let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&beside)?;
    file.write_all(&octets(serials))?;
    file.sync_all()?;
    std::fs::rename(&beside, &path)?;
    File::open(folder)?.sync_all()
}

/// Reads the serials of CRL `number`; `None` if the file is not the one that was written.
pub(super) fn read(
    folder: &Path,
    issuer: &str,
    number: u64,
    expected: Digest,
) -> std::io::Result<Option<Arc<[SerialNumber]>>> {
    let octets = std::fs::read(path(folder, issuer, number))?;
    if Digest::of(&octets) != expected {
        return Ok(None);
    }
    let (whole, rest) = octets.as_chunks::<16>();
    let serials: Option<Arc<[SerialNumber]>> =
        whole.iter().map(|octets| SerialNumber::from_der_integer(octets)).collect();
    Ok(serials.filter(|_| rest.is_empty()))
}

/// Removes the serials of an older CRL.
pub(super) fn remove(folder: &Path, issuer: &str, number: u64) -> std::io::Result<()> {
    std::fs::remove_file(path(folder, issuer, number))
}

fn octets(serials: &[SerialNumber]) -> Vec<u8> {
    serials.iter().flat_map(|serial| *serial.as_bytes()).collect()
}

fn path(folder: &Path, issuer: &str, number: u64) -> PathBuf {
    folder.join(format!("{issuer}.{number}.revoked"))
}

const NO_PANIC: &str = "nothing panics while it holds this lock";
