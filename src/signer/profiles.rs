//! The signer's own copy of the certificate profiles.

use super::config::Mode;
use super::digest::Digest;
use super::error::SignerError;
use super::journal::Revision;
use super::start::StartError;
use pki::profile::{KeyOrigin, Profile, Profiles};
use std::collections::BTreeMap;
use std::path::Path;

/// The profiles in force, and what they hash to.
#[derive(Debug)]
pub(super) struct ProfileSet {
    profiles: Profiles,
    mode: Mode,
    pub(super) digest: Digest,
    pub(super) revisions: BTreeMap<String, Revision>,
}

impl ProfileSet {
    /// Reads every `*.toml` of a folder.
    pub(super) fn load(folder: &Path, mode: Mode) -> Result<Self, StartError> {
        let files = read_folder(folder).map_err(|source| StartError::File { path: folder.to_owned(), source })?;
        let digest = Digest::of(&serde_json::to_vec(&files).expect("pairs of strings are JSON"));
        let contents: Vec<_> = files.iter().filter_map(|(_, text)| content(text)).collect();
        let profiles = Profiles::from_toml_files(files)?;
        let revision = |(name, content): (String, Digest)| {
            let revision = profiles.get(&name)?.revision();
            Some((name, Revision { revision, content }))
        };
        let revisions = contents.into_iter().filter_map(revision).collect();
        Ok(Self { profiles, mode, digest, revisions })
    }

    /// The profile with this name. In production a person's key is never in software.
    pub(super) fn get(&self, name: &str) -> Result<&Profile, SignerError> {
        let allowed = |profile: &&Profile| {
            let soft_person = profile.purpose().is_person() && profile.key_origin() == KeyOrigin::Software;
            self.mode == Mode::Demo || !soft_person
        };
        self.profiles.get(name).filter(allowed).ok_or_else(|| SignerError::NoProfile { name: name.to_owned() })
    }
}

/// The name in a profile's text, and what all its values hash to. A text that is none is refused by its reader.
fn content(text: &str) -> Option<(String, Digest)> {
    let values: toml::Table = toml::from_str(text).ok()?;
    let name = values.get("name")?.as_str()?.to_owned();
    Some((name, Digest::of(&serde_json::to_vec(&values).ok()?)))
}

/// Names and texts, in order of name.
fn read_folder(folder: &Path) -> std::io::Result<Vec<(String, String)>> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "toml") {
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            files.push((name, std::fs::read_to_string(&path)?));
        }
    }
    files.sort();
    Ok(files)
}
