//! The policies inside the program, written out by the first run.

use super::files;
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
    "ceremony/demo.toml",
    "profiles/cross-ca.toml",
    "profiles/demo-software-authentication.toml",
    "profiles/enrolment-signer.toml",
    "profiles/function-client.toml",
    "profiles/function-server.toml",
    "profiles/issuing-ca-function.toml",
    "profiles/issuing-ca-infrastructure.toml",
    "profiles/issuing-ca-person.toml",
    "profiles/issuing-ca-person-loa3.toml",
    "profiles/legal-person-seal.toml",
    "profiles/ocsp-signer.toml",
    "profiles/person-authentication-loa4.toml",
    "profiles/person-authentication-mobile.toml",
    "profiles/person-authentication-reserve.toml",
    "profiles/person-signature-loa4.toml",
    "profiles/person-signature-mobile.toml",
    "profiles/person-signature-remote.toml",
    "profiles/person-signature-reserve.toml",
    "profiles/person-signature-short-term.toml",
    "profiles/root-ca.toml",
    "profiles/tls-server.toml",
    "profiles/tsa-unit.toml",
];

/// Writes every policy below `folder`.
///
/// # Errors
/// If one cannot be written.
pub(crate) fn write(folder: &Path) -> anyhow::Result<()> {
    for (path, text) in POLICIES {
        let path = folder.join(path);
        std::fs::create_dir_all(path.parent().unwrap_or(folder))?;
        files::public(&path, text)?;
    }
    Ok(())
}

/// The profiles inside the program.
///
/// # Errors
/// If one of them is refused, which a test excludes.
pub(crate) fn profiles() -> Result<Profiles, ProfileError> {
    Profiles::from_toml_files(
        POLICIES.iter().filter_map(|(path, text)| path.strip_prefix("profiles/").map(|name| (name, *text))),
    )
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
        assert!(profiles().unwrap().get("tls-server").is_some());
    }
}
