//! JavaScript programs, installed under `target/`.

use crate::shell::{command, root, run};
use anyhow::{Context, Result};
use std::path::{Path, PathBuf};

/// Name and version, from npm.
type Program = (&'static str, &'static str);

/// A certified client library of OpenID Connect; what drives a browser; what judges pages by WCAG.
const PROGRAMS: [Program; 3] =
    [("openid-client", "6.8.9"), ("playwright-core", "1.65.1"), ("@axe-core/playwright", "4.13.0")];

/// Gives the folder whose `node_modules` has the programs, filled if they are not there.
///
/// # Errors
/// If npm fails.
pub(crate) fn ensure() -> Result<PathBuf> {
    let folder = root()?.join("target/node");
    if PROGRAMS.iter().all(|program| has(&folder, program)) {
        println!("{}: already in target/node", PROGRAMS.map(|(name, _)| name).join(", "));
        return Ok(folder);
    }
    std::fs::create_dir_all(&folder)?;
    let shown = folder.to_str().context("the checkout's path is UTF-8")?;
    let packages = PROGRAMS.map(|(name, version)| format!("{name}@{version}"));
    let mut install = command("npm", &["install", "--silent", "--no-fund", "--no-audit", "--prefix", shown])?;
    run(install.args(&packages))?;
    for program in &PROGRAMS {
        anyhow::ensure!(has(&folder, program), "npm left no {} in {shown}", program.0);
    }
    Ok(folder)
}

fn has(folder: &Path, (name, version): &Program) -> bool {
    let manifest = folder.join("node_modules").join(name).join("package.json");
    std::fs::read_to_string(manifest).is_ok_and(|text| text.contains(&format!("\"version\": \"{version}\"")))
}
