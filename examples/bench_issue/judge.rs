//! Whether the answers are what was asked for: counted, all different, samples verified by OpenSSL.

use anyhow::{Context, Result, ensure};
use bytes::Bytes;
use serde_json::Value;
use std::collections::HashSet;
use std::path::PathBuf;
use std::process::Command;

/// Reads the answers of one server.
pub(crate) struct Judge {
    /// The certificates in an answer: serial and PEM.
    pub(crate) read: fn(&Value) -> Vec<(&str, &str)>,
    /// What OpenSSL trusts.
    pub(crate) root: PathBuf,
    /// The certificate between the root and what is issued, if there is one.
    pub(crate) intermediate: Option<PathBuf>,
    /// Where samples are put.
    pub(crate) folder: PathBuf,
    /// Every serial so far.
    pub(crate) seen: HashSet<String>,
}

impl Judge {
    /// Checks all answers of a round.
    ///
    /// # Errors
    /// If one is not what was asked for.
    pub(crate) fn all(&mut self, answers: &[Bytes], certificates: usize) -> Result<()> {
        let mut samples = Vec::new();
        for (at, answer) in answers.iter().enumerate() {
            let answer: Value = serde_json::from_slice(answer)?;
            let issued = (self.read)(&answer);
            ensure!(issued.len() == certificates, "{} certificates in {answer}", issued.len());
            for (serial, pem) in issued {
                ensure!(self.seen.insert(serial.to_owned()), "serial {serial} came twice");
                if at % SAMPLED == 0 {
                    samples.push(pem.to_owned());
                }
            }
        }
        self.verify(&samples)
    }

    fn verify(&self, samples: &[String]) -> Result<()> {
        let mut command = Command::new("openssl");
        command.args(["verify", "-x509_strict", "-CAfile"]).arg(&self.root);
        if let Some(intermediate) = &self.intermediate {
            command.arg("-untrusted").arg(intermediate);
        }
        for (at, pem) in samples.iter().enumerate() {
            let path = self.folder.join(format!("sample-{at}.pem"));
            std::fs::write(&path, pem)?;
            command.arg(path);
        }
        let output = command.output().context("openssl")?;
        ensure!(output.status.success(), "openssl verify: {}", String::from_utf8_lossy(&output.stderr));
        Ok(())
    }
}

/// Each so-manieth answer is verified.
const SAMPLED: usize = 25;
