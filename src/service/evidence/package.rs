//! The form of a package: a tar, whose first file is the signed manifest of all the others.

use domain::id::hex;
use pki::time::UtcTime;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::io::Read as _;

/// What a package holds, and who asked for it. The payload of a JWS with `typ` [`EVIDENCE_TYPE`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// Always [`FORMAT`].
    pub format: String,
    /// The agency.
    pub agency: String,
    /// The card.
    pub card: String,
    /// Internal id of whoever had it made.
    pub made_by: String,
    /// When.
    pub made_at: UtcTime,
    /// How long the audit log was then, and the hash of its last record, hexadecimal.
    pub log: (u64, String),
    /// Every file but the manifest: size and SHA-256, hexadecimal.
    pub files: BTreeMap<String, FileDigest>,
}

/// What a file must be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FileDigest {
    /// In octets.
    pub size: u64,
    /// SHA-256, hexadecimal.
    pub sha256: String,
}

/// The files of a package by name.
pub type Files = BTreeMap<String, Vec<u8>>;

/// A file that is no package, or one that was changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PackageError {
    /// Not a tar of a few named files.
    #[error("not a package of evidence: {0}")]
    Form(&'static str),
    /// The manifest is not signed as it must be.
    #[error("the manifest: {0}")]
    Manifest(&'static str),
    /// A file that the manifest does not name, or names otherwise.
    #[error("{0} is not the file that was sealed")]
    Changed(String),
    /// A file that the manifest names.
    #[error("{0} is missing")]
    Missing(String),
    /// What an officer or holder signed does not hold.
    #[error("{file}: {problem}")]
    Content {
        /// Which file.
        file: String,
        /// What is wrong with it.
        problem: String,
    },
}

impl FileDigest {
    /// What this content is.
    pub fn of(content: &[u8]) -> Self {
        let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, content);
        Self { size: content.len() as u64, sha256: hex(digest.as_ref()) }
    }
}

/// The octets of a package; the same files give the same octets.
///
/// # Errors
/// If a name does not fit.
pub fn write(manifest: &str, files: &Files, at: UtcTime) -> std::io::Result<Vec<u8>> {
    let mut archive = tar::Builder::new(Vec::new());
    let first = (MANIFEST, manifest.as_bytes());
    for (name, content) in std::iter::once(first).chain(files.iter().map(|(n, c)| (n.as_str(), c.as_slice()))) {
        let mut header = tar::Header::new_ustar();
        header.set_size(content.len() as u64);
        header.set_mode(0o644);
        header.set_mtime(u64::try_from(at.unix()).unwrap_or_default());
        archive.append_data(&mut header, name, content)?;
    }
    archive.into_inner()
}

/// The manifest as signed, and the files.
///
/// # Errors
/// [`PackageError::Form`] for anything but what [`write()`] makes.
pub fn read(octets: &[u8]) -> Result<(String, Files), PackageError> {
    let form = |_| PackageError::Form("not a tar");
    if octets.len() > MAX_OCTETS {
        return Err(PackageError::Form("too large"));
    }
    let mut archive = tar::Archive::new(octets);
    let (mut manifest, mut files) = (None, Files::new());
    for entry in archive.entries().map_err(form)? {
        let mut entry = entry.map_err(form)?;
        if entry.header().entry_type() != tar::EntryType::Regular {
            return Err(PackageError::Form("something that is no file"));
        }
        let name = entry.path().map_err(form)?.to_str().ok_or(PackageError::Form("a name"))?.to_owned();
        let mut content = Vec::new();
        entry.read_to_end(&mut content).map_err(form)?;
        if name == MANIFEST && files.is_empty() && manifest.is_none() {
            manifest = Some(String::from_utf8(content).map_err(|_| PackageError::Form("a manifest of no text"))?);
        } else if files.insert(name, content).is_some() || files.len() > MAX_FILES {
            return Err(PackageError::Form("a file twice, or too many"));
        }
    }
    let manifest = manifest.ok_or(PackageError::Form("no manifest"))?;
    // What is outside the files, such as a name in a header, is sealed by being the only one there can be.
    let same = |at: UtcTime| write(&manifest, &files, at).is_ok_and(|written| written == octets);
    if same(made_at(&manifest)?) { Ok((manifest, files)) } else { Err(PackageError::Form("not in its one form")) }
}

/// When the manifest says that it was made. Nothing is verified here.
fn made_at(manifest: &str) -> Result<UtcTime, PackageError> {
    let jws = pki::jose::read_compact(manifest).map_err(|_| PackageError::Manifest("not a compact JWS"))?;
    let read = serde_json::from_slice::<Manifest>(&jws.payload);
    read.map(|manifest| manifest.made_at).map_err(|_| PackageError::Manifest("not of this form"))
}

/// The JWS `typ` of a manifest.
pub const EVIDENCE_TYPE: &str = "sigill-evidence+jws";
/// The form that is written and read.
pub const FORMAT: &str = "sigill-evidence-1";
/// The first file.
pub const MANIFEST: &str = "manifest.jws";
/// More than one card has.
const MAX_FILES: usize = 64;
/// More than one card needs, in octets.
const MAX_OCTETS: usize = 32 * 1024 * 1024;
