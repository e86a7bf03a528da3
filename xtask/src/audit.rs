//! `cargo xtask audit`: licences, sources and bans of every dependency.
//!
//! Not part of every test run: building cargo-deny takes minutes. Advisories are left out, since their list comes from
//! a place that CI cannot reach.

use crate::shell::{self, cargo, command, root, step};
use anyhow::{Context, Result};
use std::path::PathBuf;
use std::process::ExitCode;

/// Checks the dependencies against `deny.toml`.
pub(crate) fn run() -> Result<ExitCode> {
    let deny = step("cargo-deny", || tool("cargo-deny", "0.20.2"))?;
    step("audit", || {
        shell::run(&mut command(
            deny,
            &["--offline", "check", "--hide-inclusion-graph", "bans", "licenses", "sources"],
        )?)
    })?;
    Ok(ExitCode::SUCCESS)
}

/// Gives the program of a cargo subcommand, installed under `target/tools` if it is not there.
pub(crate) fn tool(name: &str, version: &str) -> Result<PathBuf> {
    let folder = root()?.join("target/tools").join(format!("{name}-{version}"));
    let program = folder.join("bin").join(name);
    if !program.is_file() {
        let shown = folder.to_str().context("the checkout's path is UTF-8")?;
        shell::run(&mut cargo(&["install", "--locked", "--root", shown, "--version", version, name])?)?;
    }
    Ok(program)
}
