//! Starting other programs, and what we say while they run.

use anyhow::{Context, Result, bail};
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

/// Root of the checkout: the parent of this package.
pub(crate) fn root() -> Result<PathBuf> {
    let package = std::env::var_os("CARGO_MANIFEST_DIR").context("start this as `cargo xtask`")?;
    let root = Path::new(&package).parent().context("the xtask package stands in a workspace")?;
    Ok(root.to_path_buf())
}

/// A command that runs in the root of the checkout.
pub(crate) fn command(program: impl AsRef<OsStr>, arguments: &[&str]) -> Result<Command> {
    let mut command = Command::new(program);
    command.args(arguments).current_dir(root()?);
    Ok(command)
}

/// The cargo that started us, in the root of the checkout.
pub(crate) fn cargo(arguments: &[&str]) -> Result<Command> {
    command(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()), arguments)
}

/// Runs to the end, output passed through.
///
/// # Errors
/// If the program cannot be started or its exit status is not zero; the text names the command.
pub(crate) fn run(command: &mut Command) -> Result<()> {
    let status = command.status().with_context(|| format!("cannot start {}", shown(command)))?;
    if !status.success() {
        bail!("{} ended with {status}", shown(command));
    }
    Ok(())
}

/// Runs to the end and gives back standard output, trimmed.
///
/// # Errors
/// As [`run`], with what the program wrote to standard error.
pub(crate) fn output(command: &mut Command) -> Result<String> {
    let output = command.stdin(Stdio::null()).output().with_context(|| format!("cannot start {}", shown(command)))?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        bail!("{} ended with {}: {}", shown(command), output.status, said.trim());
    }
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// Whether `program` is on the search path.
pub(crate) fn on_path(program: &str) -> bool {
    let folders = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&folders).any(|folder| folder.join(program).is_file())
}

/// Whether we run as root.
pub(crate) fn is_root() -> Result<bool> {
    Ok(output(&mut command("id", &["-u"])?)? == "0")
}

/// Announces a step, runs it and says how long it took.
pub(crate) fn step<T>(heading: &str, act: impl FnOnce() -> Result<T>) -> Result<T> {
    println!("\n==> {heading}");
    let begun = now();
    let outcome = act();
    let word = if outcome.is_ok() { "done" } else { "FAILED" };
    println!("<== {heading}: {word} in {:.1} s", now().duration_since(begun).as_secs_f64());
    outcome
}

#[expect(clippy::disallowed_methods, reason = "measures how long a developer waited; decides nothing")]
fn now() -> Instant {
    Instant::now()
}

fn shown(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    words.map(OsStr::to_string_lossy).collect::<Vec<_>>().join(" ")
}
