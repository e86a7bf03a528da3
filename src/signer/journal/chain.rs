//! Lines, and the chain that they make.

use super::{JournalError, Record};
use crate::signer::digest::Digest;
use serde::{Deserialize, Serialize};
use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;

/// The end of a chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Head {
    /// How many records there are.
    pub records: u64,
    /// Hash of the last one.
    pub hash: Digest,
}

/// A journal that was read from end to end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Verified {
    /// Its end.
    pub head: Head,
    /// Length of the good lines in bytes.
    pub length_bytes: u64,
    /// Bytes of a line that was never finished, and so never answered for.
    pub torn_bytes: u64,
}

#[derive(Serialize)]
struct Line<'a> {
    sequence: u64,
    previous: Digest,
    record: &'a Record,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OwnedLine {
    sequence: u64,
    previous: Digest,
    record: Record,
}

impl Head {
    /// The chain before its first record.
    pub const EMPTY: Self = Self { records: 0, hash: Digest::ZERO };

    /// The line that `record` becomes here, and the head after it.
    pub(super) fn extend(&self, record: &Record) -> (Vec<u8>, Self) {
        let line = Line { sequence: self.records + 1, previous: self.hash, record };
        let text = serde_json::to_vec(&line).expect("records hold only strings, numbers, lists and string-keyed maps");
        let hash = Digest::of(&text);
        let mut bytes = hash.to_string().into_bytes();
        bytes.reserve_exact(text.len() + 2);
        bytes.push(b' ');
        bytes.extend_from_slice(&text);
        bytes.push(b'\n');
        (bytes, Self { records: self.records + 1, hash })
    }

    /// Checks that `line` (with its newline) comes next, and gives its record and the head after it.
    fn accept(&self, line: &[u8]) -> Result<(Record, Self), &'static str> {
        let line = line.strip_suffix(b"\n").ok_or("it does not end")?;
        let (hash, text) = line.split_at_checked(HASH_DIGITS + 1).ok_or("it is too short")?;
        let hash = std::str::from_utf8(hash).ok().and_then(|hash| hash.strip_suffix(' ')).ok_or("it has no hash")?;
        let hash: Digest = hash.parse().map_err(|_| "it has no hash")?;
        if Digest::of(text) != hash {
            return Err("its hash is another");
        }
        let line: OwnedLine = serde_json::from_slice(text).map_err(|_| "it is not a record")?;
        if line.sequence != self.records + 1 {
            return Err("its number is not the next");
        }
        if line.previous != self.hash {
            return Err("it follows another line");
        }
        Ok((line.record, Self { records: line.sequence, hash }))
    }
}

/// Verifies the journal at `path` without changing it.
///
/// # Errors
/// [`JournalError`] if it cannot be read or a line does not follow from the one before.
pub fn verify(path: &Path) -> Result<Verified, JournalError> {
    let io = |source| JournalError::Io { path: path.to_owned(), doing: "read", source };
    replay(&File::open(path).map_err(io)?, path, |_, _| Ok(()))
}

/// Where the journal at `path` ended when it had this many records; none if it never had.
///
/// # Errors
/// As [`verify`].
pub fn head_at(path: &Path, records: u64) -> Result<Option<Head>, JournalError> {
    let io = |source| JournalError::Io { path: path.to_owned(), doing: "read", source };
    let mut reader = BufReader::with_capacity(READ_BYTES, File::open(path).map_err(io)?);
    let (mut head, mut line) = (Head::EMPTY, Vec::new());
    while head.records < records {
        line.clear();
        if (&mut reader).take(MAX_LINE_BYTES).read_until(b'\n', &mut line).map_err(io)? == 0 {
            return Ok(None);
        }
        let broken = |problem| JournalError::Broken { line: head.records + 1, problem };
        head = head.accept(&line).map_err(broken)?.1;
    }
    Ok(Some(head))
}

/// Reads a journal from its beginning; `visit` gets each record and its line number.
pub(super) fn replay(
    file: &File,
    path: &Path,
    mut visit: impl FnMut(u64, Record) -> Result<(), JournalError>,
) -> Result<Verified, JournalError> {
    let io = |source| JournalError::Io { path: path.to_owned(), doing: "read", source };
    let mut reader = BufReader::with_capacity(READ_BYTES, file);
    let mut verified = Verified { head: Head::EMPTY, length_bytes: 0, torn_bytes: 0 };
    let mut line = Vec::new();
    loop {
        line.clear();
        let length = (&mut reader).take(MAX_LINE_BYTES).read_until(b'\n', &mut line).map_err(io)?;
        if length == 0 {
            return Ok(verified);
        }
        match verified.head.accept(&line) {
            Ok((record, head)) => {
                visit(head.records, record)?;
                verified.head = head;
                verified.length_bytes += line.len() as u64;
            }
            Err(problem) => {
                (&mut reader).take(MAX_TORN_BYTES).read_to_end(&mut line).map_err(io)?;
                if !is_torn(&line) {
                    return Err(JournalError::Broken { line: verified.head.records + 1, problem });
                }
                verified.torn_bytes = line.len() as u64;
                return Ok(verified);
            }
        }
    }
}

/// Whether the end of a file is a write that power loss interrupted: a line without its newline, or
/// blocks that were never filled. Lines are JSON text, so that zero bytes can only be such blocks.
fn is_torn(rest: &[u8]) -> bool {
    (rest.len() as u64) < MAX_TORN_BYTES && (!rest.contains(&b'\n') || rest.contains(&0))
}

const HASH_DIGITS: usize = 64;
const READ_BYTES: usize = 256 * 1024;
/// Far more than the longest record.
const MAX_LINE_BYTES: u64 = 1024 * 1024;
/// More than can be written between two calls of `fdatasync`.
const MAX_TORN_BYTES: u64 = 4 * 1024 * 1024;
