//! The backup file: a seal, a manifest, and the files of a token one after the other.

use super::content::{Content, MAX_FILES};
use super::proof::Facts;
use aws_lc_rs::digest::{SHA256, digest};
use domain::id::hex;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A token that was closed when it was copied, and what it proved.
#[derive(Debug)]
pub struct Backup {
    content: Content,
    facts: Facts,
}

/// Why a file is no backup.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BackupError {
    /// It does not begin as one does.
    #[error("this is not a backup of a token")]
    Format,
    /// The seal does not fit.
    #[error("the backup was changed: its SHA-256 is {found}, it was sealed as {sealed}")]
    Changed {
        /// SHA-256 of what is there, hexadecimal.
        found: String,
        /// What the first line says.
        sealed: String,
    },
    /// The manifest cannot be read.
    #[error("the backup's manifest")]
    Manifest(#[from] serde_json::Error),
    /// The manifest and the content do not fit.
    #[error("the backup's content is not what its manifest says: {0}")]
    Content(&'static str),
}

/// The second line of the file.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Manifest {
    /// What the token proved when it was copied.
    proven: Facts,
    /// Name of the token's folder.
    folder: String,
    /// The files in the order of the content.
    files: Vec<FileEntry>,
    /// SHA-256 of the content, hexadecimal.
    sha256: String,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct FileEntry {
    name: String,
    size_bytes: usize,
}

impl Backup {
    pub(super) fn new(content: Content, facts: Facts) -> Self {
        Self { content, facts }
    }

    pub(super) fn content(&self) -> &Content {
        &self.content
    }

    /// What the token proved when it was copied.
    pub fn facts(&self) -> &Facts {
        &self.facts
    }

    /// The file.
    pub fn to_bytes(&self) -> Vec<u8> {
        let files = self.content.files();
        let files = files.map(|(name, content)| FileEntry { name: name.to_owned(), size_bytes: content.len() });
        let content = self.content.files().flat_map(|(_, content)| content).copied().collect::<Vec<u8>>();
        let manifest = Manifest {
            proven: self.facts.clone(),
            folder: self.content.name().to_owned(),
            files: files.collect(),
            sha256: sha256(&content),
        };
        let mut sealed = serde_json::to_vec(&manifest).expect("a manifest of texts and numbers has a JSON form");
        sealed.push(b'\n');
        sealed.extend(content);
        [format!("{MAGIC}{}\n", sha256(&sealed)).into_bytes(), sealed].concat()
    }

    /// Reads a file.
    ///
    /// # Errors
    /// [`BackupError`] for anything but what [`to_bytes`](Self::to_bytes) made.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, BackupError> {
        let (seal, sealed) = split_line(bytes).ok_or(BackupError::Format)?;
        let seal = std::str::from_utf8(seal).ok().and_then(|seal| seal.strip_prefix(MAGIC));
        let (seal, found) = (seal.ok_or(BackupError::Format)?, sha256(sealed));
        if seal != found {
            return Err(BackupError::Changed { found, sealed: seal.to_owned() });
        }
        Self::from_sealed(sealed)
    }

    /// Reads what stands under the seal: a seal is no proof of who made it.
    ///
    /// # Errors
    /// As [`from_bytes`](Self::from_bytes).
    pub fn from_sealed(sealed: &[u8]) -> Result<Self, BackupError> {
        let (manifest, content) = split_line(sealed).ok_or(BackupError::Format)?;
        let manifest: Manifest = serde_json::from_slice(manifest)?;
        let files = cut(&manifest.files, content)?;
        if manifest.sha256 != sha256(content) {
            return Err(BackupError::Content("it has another SHA-256"));
        }
        let content = Content::new(manifest.folder, files).ok_or(BackupError::Content("a name is no file's"))?;
        Ok(Self { content, facts: manifest.proven })
    }
}

/// The content, cut into its files.
fn cut(entries: &[FileEntry], mut content: &[u8]) -> Result<BTreeMap<String, Vec<u8>>, BackupError> {
    if entries.len() > MAX_FILES {
        return Err(BackupError::Content("it has too many files"));
    }
    let mut files = BTreeMap::new();
    for entry in entries {
        let (file, rest) = content.split_at_checked(entry.size_bytes).ok_or(BackupError::Content("it is too short"))?;
        if files.insert(entry.name.clone(), file.to_vec()).is_some() {
            return Err(BackupError::Content("a file stands twice"));
        }
        content = rest;
    }
    if content.is_empty() { Ok(files) } else { Err(BackupError::Content("it is too long")) }
}

fn split_line(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let end = bytes.iter().position(|&octet| octet == b'\n')?;
    Some((&bytes[..end], &bytes[end + 1..]))
}

fn sha256(bytes: &[u8]) -> String {
    hex(digest(&SHA256, bytes).as_ref())
}

/// How the first line begins; the SHA-256 of all after that line follows, hexadecimal.
const MAGIC: &str = "sigill token backup 1 ";

#[cfg(test)]
mod tests;
