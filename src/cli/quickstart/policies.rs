//! The policies inside the program, written out by the first run.

use super::files;
use crate::ceremony::files::FileError;
use crate::signer::config::Mode;
use crate::signer::digest::Digest;
use pki::profile::{ProfileError, Profiles};
use std::path::Path;

/// Path below `policies/`, and text.
type Policy = (&'static str, &'static str);

macro_rules! policies {
    ($($path:literal),* $(,)?) => {
        &[$(($path, include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/policies/", $path)))),*]
    };
}

const POLICIES: &[Policy] = policies![
    "access/roles.toml",
    "ceremony/demo.answers.toml",
    "ceremony/demo.toml",
    "ceremony/production.answers.toml",
    "ceremony/production.toml",
    "profiles/demo-software-authentication.toml",
    "profiles/issuing-ca-infrastructure.toml",
    "profiles/issuing-ca-person.toml",
    "profiles/ocsp-signer.toml",
    "profiles/person-authentication-loa4.toml",
    "profiles/person-signature-loa4.toml",
    "profiles/root-ca.toml",
    "profiles/tls-server.toml",
];

/// Writes every policy of an installation of this mode below `folder`.
///
/// # Errors
/// If one cannot be written.
pub(crate) fn write(folder: &Path, mode: Mode) -> Result<(), FileError> {
    for (path, text) in of(mode) {
        let path = folder.join(path);
        files::public_folder(path.parent().unwrap_or(folder))?;
        files::public(&path, text)?;
    }
    Ok(())
}

/// The profiles inside the program.
///
/// # Errors
/// If one of them is refused, which a test excludes.
pub(crate) fn profiles(mode: Mode) -> Result<Profiles, ProfileError> {
    Profiles::from_toml_files(profile_files(mode))
}

/// SHA-256 over names and texts of the profiles, as the signer's journal has it.
pub(crate) fn profiles_digest(mode: Mode) -> Digest {
    let files: Vec<_> = profile_files(mode).collect();
    Digest::of(&serde_json::to_vec(&files).expect("pairs of strings are JSON"))
}

fn profile_files(mode: Mode) -> impl Iterator<Item = (&'static str, &'static str)> {
    of(mode).filter_map(|(path, text)| path.strip_prefix("profiles/").map(|name| (name, *text)))
}

/// What is for demos only has no place in production.
fn of(mode: Mode) -> impl Iterator<Item = &'static Policy> {
    POLICIES.iter().filter(move |(path, _)| mode == Mode::Demo || !path.contains("/demo"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_policy_file_is_in_the_program() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("policies");
        let mut found = BTreeSet::new();
        for folder in std::fs::read_dir(&root).unwrap().map(|entry| entry.unwrap().path()).filter(|path| path.is_dir())
        {
            for file in std::fs::read_dir(folder).unwrap() {
                found.insert(file.unwrap().path().strip_prefix(&root).unwrap().to_str().unwrap().to_owned());
            }
        }
        assert_eq!(found, POLICIES.iter().map(|(path, _)| (*path).to_owned()).collect());
    }

    #[test]
    fn every_profile_is_accepted() {
        assert!(profiles(Mode::Demo).unwrap().get("tls-server").is_some());
        assert!(profiles(Mode::Production).unwrap().get("demo-software-authentication").is_none());
    }
}
