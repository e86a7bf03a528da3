//! What each CA has revoked, as its last CRL lists it: serials, since when, and why.
//!
//! A file beside the journal holds the entries; the journal's record of that CRL holds the file's hash.

use super::digest::Digest;
use pki::crl::{Reason, RevokedEntry};
use pki::serial::SerialNumber;
use pki::time::UtcTime;
use std::cmp::Ordering;
use std::collections::HashMap;
use std::fs::{File, OpenOptions};
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, RwLock};

/// Entries by CA, in order of serial. Shared by all requests; replaced as a whole with each CRL.
#[derive(Debug, Default)]
pub(super) struct Revoked(RwLock<HashMap<String, Arc<[RevokedEntry]>>>);

/// What a new list does to the one before. A revocation is final (RFC 5280 section 5.3.1 without certificateHold), and so
/// are its time and reason: a later time would make signatures from before look good, another reason look forged.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Unsaid {
    /// Serials that it does not list any more.
    pub(super) lost: usize,
    /// Serials that it lists with another time or reason.
    pub(super) changed: usize,
}

impl Revoked {
    /// Whether this serial of the CA is revoked.
    pub(super) fn contains(&self, issuer: &str, serial: &SerialNumber) -> bool {
        self.of(issuer).is_some_and(|entries| entries.binary_search_by_key(serial, |entry| entry.serial).is_ok())
    }

    /// What of the CA's last list `entries`, which are in order of serial, do not say.
    pub(super) fn unsaid_in(&self, issuer: &str, entries: &[RevokedEntry]) -> Unsaid {
        let mut found = Unsaid::default();
        let mut entries = entries.iter().peekable();
        for before in self.of(issuer).iter().flat_map(|list| list.iter()) {
            while entries.next_if(|entry| entry.serial < before.serial).is_some() {}
            match entries.peek().map(|entry| (entry.serial.cmp(&before.serial), *entry == before)) {
                Some((Ordering::Equal, true)) => {}
                Some((Ordering::Equal, false)) => found.changed += 1,
                _ => found.lost += 1,
            }
        }
        found
    }

    /// Puts `entries`, which are in order of serial, in place of what was there.
    pub(super) fn replace(&self, issuer: &str, entries: Arc<[RevokedEntry]>) {
        self.0.write().expect(NO_PANIC).insert(issuer.to_owned(), entries);
    }

    fn of(&self, issuer: &str) -> Option<Arc<[RevokedEntry]>> {
        self.0.read().expect(NO_PANIC).get(issuer).cloned()
    }
}

/// What the file of these entries hashes to.
pub(super) fn digest(entries: &[RevokedEntry]) -> Digest {
    Digest::of(&octets(entries))
}

/// Writes the entries of CRL `number`, durably, and whole or not at all.
pub(super) fn write(folder: &Path, issuer: &str, number: u64, entries: &[RevokedEntry]) -> std::io::Result<()> {
    let path = path(folder, issuer, number);
    let beside = path.with_extension("new");
    let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&beside)?;
    file.write_all(&octets(entries))?;
    file.sync_all()?;
    std::fs::rename(&beside, &path)?;
    File::open(folder)?.sync_all()
}

/// Reads the entries of CRL `number`; `None` if the file is not the one that was written.
pub(super) fn read(
    folder: &Path,
    issuer: &str,
    number: u64,
    expected: Digest,
) -> std::io::Result<Option<Arc<[RevokedEntry]>>> {
    let octets = std::fs::read(path(folder, issuer, number))?;
    if Digest::of(&octets) != expected {
        return Ok(None);
    }
    let (whole, rest) = octets.as_chunks::<ENTRY_OCTETS>();
    let entries: Option<Arc<[RevokedEntry]>> = whole.iter().map(entry).collect();
    Ok(entries.filter(|_| rest.is_empty()))
}

/// Removes the entries of an older CRL.
pub(super) fn remove(folder: &Path, issuer: &str, number: u64) -> std::io::Result<()> {
    std::fs::remove_file(path(folder, issuer, number))
}

/// Serial, seconds since 1970, and the code of the reason, one entry after the other.
fn octets(entries: &[RevokedEntry]) -> Vec<u8> {
    let mut octets = Vec::with_capacity(entries.len() * ENTRY_OCTETS);
    for entry in entries {
        octets.extend_from_slice(entry.serial.as_bytes());
        octets.extend_from_slice(&entry.at.unix().to_be_bytes());
        octets.push(entry.reason.code());
    }
    octets
}

fn entry(octets: &[u8; ENTRY_OCTETS]) -> Option<RevokedEntry> {
    let (serial, rest) = octets.split_first_chunk::<SERIAL_OCTETS>()?;
    let (at, reason) = rest.split_first_chunk()?;
    let &[reason] = reason else { return None };
    Some(RevokedEntry {
        serial: SerialNumber::from_der_integer(serial)?,
        at: UtcTime::from_unix(i64::from_be_bytes(*at)),
        reason: Reason::from_code(reason)?,
    })
}

fn path(folder: &Path, issuer: &str, number: u64) -> PathBuf {
    folder.join(format!("{issuer}.{number}.revoked"))
}

const SERIAL_OCTETS: usize = 16;
const ENTRY_OCTETS: usize = SERIAL_OCTETS + size_of::<i64>() + 1;
const NO_PANIC: &str = "nothing panics while it holds this lock";

#[cfg(test)]
mod tests {
    use super::*;

    fn listed(number: u8, second: i64, reason: Reason) -> RevokedEntry {
        RevokedEntry { serial: SerialNumber::from_random([number; 16]), at: UtcTime::from_unix(second), reason }
    }

    #[test]
    fn entries_come_back_from_their_octets() {
        let entries = [listed(1, -5, Reason::Unspecified), listed(2, 1_768_464_000, Reason::AaCompromise)];
        let octets = octets(&entries);
        let (whole, rest) = octets.as_chunks();
        assert_eq!(whole.iter().map(entry).collect::<Option<Vec<_>>>().unwrap(), entries);
        assert!(rest.is_empty());
    }

    #[test]
    fn what_a_list_says_stays_said() {
        let (one, two, three) = (
            listed(1, 10, Reason::KeyCompromise),
            listed(2, 20, Reason::Superseded),
            listed(3, 30, Reason::Superseded),
        );
        let revoked = Revoked::default();
        revoked.replace("ca", [one.clone(), two.clone()].into());
        let unsaid = |entries: &[RevokedEntry]| {
            let Unsaid { lost, changed } = revoked.unsaid_in("ca", entries);
            (lost, changed)
        };
        assert_eq!(unsaid(&[one.clone(), two.clone()]), (0, 0));
        assert_eq!(unsaid(&[one.clone(), two.clone(), three.clone()]), (0, 0));
        assert_eq!(unsaid(&[one.clone(), three]), (1, 0));
        assert_eq!(unsaid(&[]), (2, 0));
        assert_eq!(unsaid(&[listed(1, 11, one.reason), two.clone()]), (0, 1));
        assert_eq!(unsaid(&[listed(1, 10, Reason::Superseded), listed(2, 21, two.reason)]), (0, 2));
        assert_eq!(unsaid(&[listed(1, 9, one.reason)]), (1, 1));
    }
}
