//! The policies inside the program, written out by the first run.

use super::files;
use crate::ceremony::files::FileError;
use crate::signer::config::Mode;
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
    "access/eligibility.toml",
    "access/packages.toml",
    "algorithms.toml",
    "assurance.toml",
    "ceremony/demo-rollover-person.toml",
    "ceremony/demo-rollover-root.toml",
    "ceremony/demo.answers.toml",
    "ceremony/demo.toml",
    "ceremony/production.answers.toml",
    "ceremony/production.toml",
    "claims.toml",
    "decisions.toml",
    "end-of-ca.toml",
    "functions.toml",
    "logins.toml",
    "orders.toml",
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
    "register.toml",
    "reserve.toml",
    "retention.toml",
    "revocation.toml",
    "terms.toml",
    "timestamps.toml",
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

/// The policies inside the program for an installation of this mode.
pub(crate) fn bundle(mode: Mode) -> Bundle {
    let files = of(mode).map(|(path, text)| ((*path).to_owned(), (*text).to_owned()));
    Bundle::new(files).expect("a test reads the same files from the checkout")
}

/// What is for demos only has no place in production.
fn of(mode: Mode) -> impl Iterator<Item = &'static Policy> {
    POLICIES.iter().filter(move |(path, _)| mode == Mode::Demo || !path.contains("/demo"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policies::{PolicyFolder, profiles};

    #[test]
    fn every_policy_file_is_in_the_program() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("policies");
        assert_eq!(PolicyFolder::read(&folder).unwrap().bundle, bundle(Mode::Demo));
    }

    #[test]
    fn every_profile_is_accepted() {
        assert!(profiles(&bundle(Mode::Demo)).unwrap().get("tls-server").is_some());
        assert!(profiles(&bundle(Mode::Production)).unwrap().get("demo-software-authentication").is_none());
    }
}
