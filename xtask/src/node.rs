//! JavaScript programs, installed under `target/`.

use crate::shell::{command, root, run};
use anyhow::{Context, Result};
use std::path::PathBuf;

/// A certified client library of OpenID Connect: name and version, from npm.
const OPENID_CLIENT: (&str, &str) = ("openid-client", "6.8.9");

/// Gives the folder whose `node_modules` has the programs, filled if they are not there.
///
/// # Errors
/// If npm fails.
pub(crate) fn ensure() -> Result<PathBuf> {
    let folder = root()?.join("target/node");
    let (name, version) = OPENID_CLIENT;
    let manifest = folder.join("node_modules").join(name).join("package.json");
    let installed = std::fs::read_to_string(&manifest).unwrap_or_default();
    if installed.contains(&format!("\"version\": \"{version}\"")) {
        println!("{name} {version}: already in target/node");
        return Ok(folder);
    }
    std::fs::create_dir_all(&folder)?;
    let shown = folder.to_str().context("the checkout's path is UTF-8")?;
    let package = format!("{name}@{version}");
    run(&mut command("npm", &["install", "--silent", "--no-fund", "--no-audit", "--prefix", shown, &package])?)?;
    anyhow::ensure!(manifest.exists(), "npm left no {name} in {shown}");
    Ok(folder)
}
