//! `cargo xtask soak NAME`: the fault runs of the tests for hours instead of seconds, and the fuzz targets.

use crate::audit::tool;
use crate::packages::{self, BUILD, FUZZ, RUN};
use crate::shell::{self, cargo, command, root, step};
use crate::tally::Tally;
use crate::test::{Environment, counted};
use anyhow::{Context, Result, bail};
use std::path::Path;
use std::process::ExitCode;

/// A test that runs a few rounds in every test run and many here.
struct Soak {
    name: &'static str,
    /// Part of the names of its tests.
    filter: &'static str,
    rounds: u32,
}

const SOAKS: &[Soak] = &[
    Soak { name: "crash", filter: "crash", rounds: 500 },
    Soak { name: "powerloss", filter: "power_loss", rounds: 500 },
];

/// How long each fuzz target runs unless told otherwise.
const FUZZ_SECONDS: u32 = 600;

/// Runs the named soak; a second argument replaces its number of rounds (for `fuzz`: seconds for each target).
pub(crate) fn run(arguments: &[String]) -> Result<ExitCode> {
    let (name, rounds) = match arguments {
        [name] => (name, None),
        [name, rounds] => (name, Some(rounds.parse::<u32>().with_context(|| format!("{rounds} is no number"))?)),
        _ => bail!("which soak? crash, powerloss or fuzz, then perhaps a number of rounds"),
    };
    if name == "fuzz" {
        fuzz(rounds.unwrap_or(FUZZ_SECONDS))?;
    } else {
        let soak = SOAKS.iter().find(|soak| soak.name == name).with_context(|| format!("no soak named {name}"))?;
        faults(soak, rounds.unwrap_or(soak.rounds))?;
    }
    Ok(ExitCode::SUCCESS)
}

fn faults(soak: &Soak, rounds: u32) -> Result<()> {
    let environment = Environment::prepare()?;
    let mut tests = cargo(&["test", "--release", "--package", "sigill", "--test", "it", soak.filter])?;
    environment.lend(&mut tests).env("SIGILL_SOAK_ROUNDS", rounds.to_string());
    step(&format!("{rounds} rounds of {}", soak.name), || counted(&mut tests, &mut Tally::default()))
}

/// The sanitizers that libFuzzer needs are unstable options of the pinned toolchain, so it is told to allow them.
fn fuzz(seconds: u32) -> Result<()> {
    step("system packages", || packages::ensure(&[BUILD, RUN, FUZZ]))?;
    let cargo_fuzz = step("cargo-fuzz", || tool("cargo-fuzz", "0.13.2"))?;
    let limit = format!("-max_total_time={seconds}");
    for target in targets(&root()?.join("fuzz/fuzz_targets"))? {
        let mut run = command(&cargo_fuzz, &["run", "--fuzz-dir", "fuzz", &target, "--", &limit])?;
        step(&format!("fuzz {target}"), || shell::run(run.env("RUSTC_BOOTSTRAP", "1")))?;
    }
    Ok(())
}

/// Names of the fuzz targets, sorted.
///
/// # Errors
/// If there are none: a run that fuzzes nothing must not look like a clean one.
fn targets(folder: &Path) -> Result<Vec<String>> {
    let files = std::fs::read_dir(folder).with_context(|| format!("no fuzz targets in {}", folder.display()))?;
    let paths = files.flatten().map(|file| file.path()).filter(|path| path.extension().is_some_and(|end| end == "rs"));
    let mut names: Vec<String> = paths.filter_map(|path| Some(path.file_stem()?.to_str()?.to_owned())).collect();
    names.sort();
    anyhow::ensure!(!names.is_empty(), "no fuzz targets in {}", folder.display());
    Ok(names)
}

#[cfg(test)]
mod tests {
    use super::targets;
    use crate::shell::root;

    #[test]
    fn a_folder_without_targets_is_an_error() {
        assert!(targets(&root().unwrap().join(".cargo")).is_err());
        assert!(targets(&root().unwrap().join("no such folder")).is_err());
    }
}
