//! Prints the steps, and the commands that repeat them by hand.

use super::super::card::BlankCard;
use super::super::shell::{path, word};
use super::Demo;
use crate::cli::quickstart::environment::VARIABLE;
use crate::cli::quickstart::manifest::PersonEntry;
use std::io::Write;
use std::path::{Path, PathBuf};

/// Numbers the steps.
pub(super) struct Telling {
    steps: u32,
}

/// What the `openssl` command needs to know of a certificate.
pub(super) struct Files<'a> {
    /// The CA that issued it, PEM.
    pub(super) issuer: &'a Path,
    /// The certificate, PEM.
    pub(super) certificate: PathBuf,
    /// Where OCSP answers.
    pub(super) url: Option<String>,
}

impl Telling {
    /// Says what it is about.
    ///
    /// # Errors
    /// If standard output is closed.
    pub(super) fn begin(title: &str) -> anyhow::Result<Self> {
        writeln!(std::io::stdout(), "{title}\n")?;
        Ok(Self { steps: 0 })
    }

    /// Says that a step was done and was as it must be.
    ///
    /// # Errors
    /// If standard output is closed.
    pub(super) fn step(&mut self, title: &str, commands: &[String]) -> anyhow::Result<()> {
        self.steps += 1;
        let mut out = std::io::stdout().lock();
        writeln!(out, "{:2}. {title}", self.steps)?;
        for command in commands {
            writeln!(out, "      {command}")?;
        }
        Ok(out.flush()?)
    }

    /// Says that all went well.
    ///
    /// # Errors
    /// If standard output is closed.
    pub(super) fn end(&self) -> anyhow::Result<()> {
        Ok(writeln!(std::io::stdout(), "\ndemo: {} steps, all as they must be", self.steps)?)
    }
}

/// Reads as a person.
pub(super) fn curl_get(demo: &Demo, person: &PersonEntry, at: &str) -> String {
    format!("{} {}", curl(demo, person), word(&format!("{}{at}", demo.manifest.officer_url)))
}

/// Sends a file as a person.
pub(super) fn curl_post(demo: &Demo, person: &PersonEntry, at: &str, body: &Path) -> String {
    let url = word(&format!("{}{at}", demo.manifest.officer_url));
    format!("{} -H 'Content-Type: application/json' -d @{} {url}", curl(demo, person), path(body))
}

fn curl(demo: &Demo, person: &PersonEntry) -> String {
    let manifest = &demo.manifest;
    format!(
        "curl -sS --cacert {} --cert {} --key {}",
        path(&manifest.tls_ca),
        path(&person.certificate),
        path(&person.key)
    )
}

/// Checks that the request was signed with its own key.
pub(super) fn openssl_request(request: &Path) -> String {
    format!("openssl req -in {} -noout -verify -text", path(request))
}

/// Shows a certificate.
pub(super) fn openssl_certificate(certificate: &Path) -> String {
    format!("openssl x509 -in {} -noout -text", path(certificate))
}

/// Builds the path to the root.
pub(super) fn openssl_verify(root: &Path, issuer: &Path, certificate: &Path) -> String {
    format!("openssl verify -x509_strict -CAfile {} -untrusted {} {}", path(root), path(issuer), path(certificate))
}

/// Asks OCSP now.
pub(super) fn openssl_ocsp(demo: &Demo, files: &Files<'_>) -> String {
    let url = files.url.clone().unwrap_or_default();
    format!("openssl ocsp -url {} {}", word(&url), ocsp_files(demo, files))
}

/// Judges the answer that was given at this step.
pub(super) fn openssl_ocsp_file(demo: &Demo, files: &Files<'_>, answer: &Path) -> String {
    format!("openssl ocsp -respin {} {}", path(answer), ocsp_files(demo, files))
}

fn ocsp_files(demo: &Demo, files: &Files<'_>) -> String {
    let (issuer, certificate) = (path(files.issuer), path(&files.certificate));
    let root = path(&demo.manifest.trust_anchor);
    format!("-issuer {issuer} -cert {certificate} -CAfile {root} -verify_other {issuer} -no_nonce")
}

/// Checks the certificate against a CRL.
pub(super) fn openssl_crl_check(demo: &Demo, files: &Files<'_>, crl: &Path) -> String {
    let (root, issuer) = (path(&demo.manifest.trust_anchor), path(files.issuer));
    format!(
        "openssl verify -crl_check -CAfile {root} -untrusted {issuer} -CRLfile {} {}",
        path(crl),
        path(&files.certificate)
    )
}

/// Shows the CRL as it is now.
pub(super) fn fetch_crl(url: &str) -> String {
    format!("curl -sS {} | openssl crl -inform DER -noout -text", word(url))
}

/// Shows what is on the card.
pub(super) fn list_token(card: &BlankCard) -> String {
    format!(
        "{VARIABLE}={} pkcs11-tool --module {} --token-label {} --login --pin \"$(cat {})\" --list-objects",
        path(&card.config),
        path(&card.module),
        word(&card.label),
        path(&card.pin_file)
    )
}

/// Verifies the audit log against a checkpoint.
pub(super) fn audit_verify(demo: &Demo, checkpoint: &Path) -> String {
    let program = std::env::current_exe().unwrap_or_else(|_| PathBuf::from("sigill"));
    format!("{} audit verify --data {} --checkpoint {}", path(&program), path(demo.layout.data()), path(checkpoint))
}
