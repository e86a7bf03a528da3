//! The policies inside the program, written out by the first run.

use super::files;
use domain::bundle::Bundle;
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
    "algorithms.toml",
    "ceremony/demo.toml",
    "claims.toml",
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

/// The policies inside the program.
pub(crate) fn bundle() -> Bundle {
    let files = POLICIES.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned()));
    Bundle::new(files).expect("a test reads the same files from the checkout")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policies::{PolicyFolder, profiles};

    #[test]
    fn every_policy_file_is_in_the_program() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("policies");
        assert_eq!(PolicyFolder::read(&folder).unwrap().bundle, bundle());
    }

    #[test]
    fn every_profile_is_accepted() {
        assert!(profiles(&bundle()).unwrap().get("tls-server").is_some());
    }
}
