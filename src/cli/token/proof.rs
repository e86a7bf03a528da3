//! What a token proves of itself, asked in a process of its own.
//!
//! `SoftHSM2` reads where its tokens are when it is loaded, so each copy is opened by a new process that sees nothing but
//! that copy.

use crate::cli::quickstart::environment;
use crate::cli::quickstart::tokens;
use anyhow::{Context, bail};
use domain::id::hex;
use hsm::{Module, PinSource};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::path::PathBuf;
use std::process::Command;

/// A token and its keys, each of which signed a test value that its public key verifies.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Facts {
    /// Label of the token.
    pub token: String,
    /// Serial number of the token.
    pub serial: String,
    /// Its private keys, sorted by label.
    pub keys: Vec<KeyFacts>,
}

/// A private key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeyFacts {
    /// Its label.
    pub label: String,
    /// SHA-256 of its SubjectPublicKeyInfo, hexadecimal.
    pub fingerprint: String,
}

impl fmt::Display for Facts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "token {} serial {}", self.token, self.serial)?;
        self.keys.iter().try_for_each(|key| writeln!(f, "key {} {}", key.label, key.fingerprint))
    }
}

/// With what a token is opened.
pub(super) struct Opener {
    pub(super) module: Module,
    pub(super) pin_file: PathBuf,
}

impl Opener {
    /// Asks the one token that this configuration of `SoftHSM2` shows, in a new process.
    pub(super) fn ask(&self, configuration: PathBuf) -> anyhow::Result<Facts> {
        let program = std::env::current_exe().context("where this program is")?;
        let output = Command::new(program)
            .args(["token", "prove", "--module", &String::from(self.module.clone()), "--pin-file"])
            .arg(&self.pin_file)
            .env(environment::VARIABLE, configuration)
            .output()
            .context("starting a process for the token")?;
        if !output.status.success() {
            bail!("{}", String::from_utf8_lossy(&output.stderr).trim_end());
        }
        Ok(serde_json::from_slice(&output.stdout)?)
    }

    /// Opens the one token that this process sees, and makes each of its keys sign.
    pub(super) fn prove(&self) -> anyhow::Result<Facts> {
        let pin = PinSource::File(self.pin_file.clone()).read()?;
        let mut present = hsm::tokens(&self.module)?;
        let token = present.pop().context("there is no token, or half of one")?;
        if let Some(other) = present.pop() {
            bail!("there are two tokens, {} and {}", token.label, other.label);
        }
        let pool = tokens::open(&self.module, &token.label, pin)?;
        let mut keys = Vec::new();
        for key in pool.keys()? {
            let public = pool.public_key(&key)?;
            pool.prove(&key, &public)?;
            keys.push(KeyFacts { label: key.as_str().to_owned(), fingerprint: hex(&public.fingerprint()) });
        }
        Ok(Facts { token: token.label, serial: token.serial, keys })
    }
}
