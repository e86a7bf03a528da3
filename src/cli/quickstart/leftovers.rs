//! What quickstart and demo leave behind, none of which a production service may start with.

use super::layout::{MANIFEST, PEOPLE, TRANSCRIPT, UNFINISHED};
use super::people::SOFTWARE_PROFILE;
use super::tokens::PREFIX;
use crate::ceremony::transcript::verify::judge;
use crate::config::{Config, Mode};
use crate::signer::config as signer;
use pki::certificate::Certificate;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// Something of a demo in a production configuration.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Leftover {
    /// A CA whose name says that it is for tests.
    #[error("{path} is the certificate of a test CA: {name}")]
    TestAuthority {
        /// The certificate's file.
        path: PathBuf,
        /// Its common name.
        name: String,
    },
    /// A CA certificate that cannot be judged.
    #[error("{path} cannot be read as a certificate")]
    UnreadableAuthority {
        /// The certificate's file.
        path: PathBuf,
    },
    /// A folder that quickstart made.
    #[error("{path} was made by quickstart")]
    Manifest {
        /// A file that only quickstart writes.
        path: PathBuf,
    },
    /// A journal whose ceremony was the demo's.
    #[error("{path}: the signer that listens there was founded by quickstart")]
    DemoSigner {
        /// The signer's configuration or journal.
        path: PathBuf,
    },
    /// A profile for keys in software that stands for a person.
    #[error("{path} is a demo profile")]
    DemoProfile {
        /// The profile's file.
        path: PathBuf,
    },
    /// The transcript of a ceremony that founded no production.
    #[error("{path} is the transcript of a {what}")]
    Ceremony {
        /// The transcript.
        path: PathBuf,
        /// Of what.
        what: &'static str,
    },
    /// A transcript that proves nothing.
    #[error("{path}: {problem}")]
    UnsoundTranscript {
        /// The transcript.
        path: PathBuf,
        /// What is wrong with it.
        problem: String,
    },
    /// The token inside the program.
    #[error("hsm.module = \"embedded\" is for demos")]
    EmbeddedToken,
    /// A token that quickstart made.
    #[error("the token {label} was made by quickstart")]
    DemoToken {
        /// The token's label.
        label: String,
    },
}

/// Refuses a production configuration that names anything a demo left.
///
/// # Errors
/// [`Leftover`], the first one found. Nothing is refused in demo mode.
pub fn refuse_demo_leftovers(config: &Config) -> Result<(), Leftover> {
    if config.mode == Mode::Demo {
        return Ok(());
    }
    for issuer in &config.issuers {
        refuse_test_authority(&issuer.certificate)?;
    }
    for folder in folders(config) {
        refuse_quickstart_files(folder)?;
        refuse_other_ceremonies(&folder.join(TRANSCRIPT))?;
    }
    let profile = config.policies.join("profiles").join(format!("{SOFTWARE_PROFILE}.toml"));
    if profile.exists() {
        return Err(Leftover::DemoProfile { path: profile });
    }
    if config.hsm.module == hsm::Module::Embedded {
        return Err(Leftover::EmbeddedToken);
    }
    let label = &config.hsm.token_label;
    if label.starts_with(PREFIX) {
        return Err(Leftover::DemoToken { label: label.clone() });
    }
    Ok(())
}

fn refuse_test_authority(path: &Path) -> Result<(), Leftover> {
    let unreadable = || Leftover::UnreadableAuthority { path: path.to_owned() };
    let text = std::fs::read_to_string(path).map_err(|_| unreadable())?;
    let certificate = Certificate::from_pem(&text).map_err(|_| unreadable())?;
    let name = certificate.common_name().unwrap_or_default();
    if name.starts_with(TEST_NAME) {
        return Err(Leftover::TestAuthority { path: path.to_owned(), name: name.to_owned() });
    }
    Ok(())
}

fn refuse_quickstart_files(folder: &Path) -> Result<(), Leftover> {
    for name in [MANIFEST, PEOPLE, UNFINISHED] {
        let path = folder.join(name);
        if path.exists() {
            return Err(Leftover::Manifest { path });
        }
    }
    let signer = folder.join("signer").join("signer.toml");
    let text = std::fs::read_to_string(&signer).unwrap_or_default();
    let mode = text.parse::<toml::Table>().ok().and_then(|table| Some(table.get("mode")?.as_str()? == "demo"));
    if mode == Some(true) {
        return Err(Leftover::DemoSigner { path: signer });
    }
    Ok(())
}

/// A demo's ceremony founds no production, a rehearsal founds nothing.
pub(in crate::cli) fn refuse_other_ceremonies(path: &Path) -> Result<(), Leftover> {
    let Ok(text) = std::fs::read_to_string(path) else { return Ok(()) };
    let sound = judge(&text)
        .map_err(|error| Leftover::UnsoundTranscript { path: path.to_owned(), problem: error.to_string() })?;
    let other = |what| Err(Leftover::Ceremony { path: path.to_owned(), what });
    match sound.script.mode {
        _ if sound.rehearsal => other("rehearsal"),
        signer::Mode::Demo => other("demo's ceremony"),
        signer::Mode::Production => Ok(()),
    }
}

/// Every folder that the configuration names, and the one around each.
fn folders(config: &Config) -> BTreeSet<&Path> {
    let database = config.database.strip_prefix("sqlite://").map(Path::new);
    let named = [&*config.policies, &*config.tls.directory, &*config.tls.root, &*config.signer.socket];
    let certificates = config.issuers.iter().map(|issuer| &*issuer.certificate);
    let paths = named.into_iter().chain(database).chain(certificates);
    paths.flat_map(|path| path.ancestors().take(3)).collect()
}

/// How the names of test CAs begin.
const TEST_NAME: &str = "TEST ";

#[cfg(test)]
mod tests;
