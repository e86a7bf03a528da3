//! What a token proves of itself, asked in a process of its own.
//!
//! `SoftHSM2` reads where its tokens are when it is loaded, so each copy is opened by a new process that sees nothing but
//! that copy.

use crate::cli::quickstart::environment;
use crate::cli::quickstart::tokens;
use anyhow::{Context, bail};
use domain::id::hex;
use hsm::Module;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::io::{BufRead, Read, Write};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use zeroize::Zeroizing;

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
    pub(super) pin: SecretString,
}

/// The PIN that another process of ours gives this one: no argument and no file has it.
pub(super) fn given_pin() -> anyhow::Result<SecretString> {
    let mut line = Zeroizing::new(String::with_capacity(LONGEST_PIN));
    std::io::stdin().lock().take(LONGEST_PIN as u64).read_line(&mut line).context("reading the PIN")?;
    Ok(SecretString::from(line.trim_end_matches('\n')))
}

impl Opener {
    /// Asks the one token that this configuration of `SoftHSM2` shows, in a new process.
    pub(super) fn ask(&self, configuration: PathBuf) -> anyhow::Result<Facts> {
        let program = std::env::current_exe().context("where this program is")?;
        let mut process = Command::new(program)
            .args(["token", "prove", "--module", &String::from(self.module.clone())])
            .env(environment::VARIABLE, configuration)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .context("starting a process for the token")?;
        let mut input = process.stdin.take().context("its input is a pipe")?;
        // Whether it took the PIN, its answer says.
        let _ = input.write_all(self.pin.expose_secret().as_bytes()).and_then(|()| input.write_all(b"\n"));
        drop(input);
        let output = process.wait_with_output().context("waiting for the token's process")?;
        if !output.status.success() {
            bail!("{}", String::from_utf8_lossy(&output.stderr).trim_end());
        }
        Ok(serde_json::from_slice(&output.stdout)?)
    }

    /// Opens the one token that this process sees, and makes each of its keys sign.
    pub(super) fn prove(&self) -> anyhow::Result<Facts> {
        let mut present = hsm::tokens(&self.module)?;
        let token = present.pop().context("there is no token, or half of one")?;
        if let Some(other) = present.pop() {
            bail!("there are two tokens, {} and {}", token.label, other.label);
        }
        let pool = tokens::open(&self.module, &token.label, self.pin.clone())?;
        let mut keys = Vec::new();
        for key in pool.keys()? {
            let public = pool.public_key(&key)?;
            pool.prove(&key, &public)?;
            keys.push(KeyFacts { label: key.as_str().to_owned(), fingerprint: hex(&public.fingerprint()) });
        }
        Ok(Facts { token: token.label, serial: token.serial, keys })
    }
}

/// Longer than any PIN that a token takes, in octets.
const LONGEST_PIN: usize = 512;
