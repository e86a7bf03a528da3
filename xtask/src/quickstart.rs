//! `cargo xtask quickstart`: from a toolchain to a running demo service.

use crate::packages::{self, BUILD, RUN};
use crate::shell::{self, cargo, root, step};
use anyhow::{Context, Result};
use std::ffi::OsString;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, ExitCode};

/// Where the demo service keeps its state unless `--data` says otherwise; relative to the checkout.
const DEFAULT_DATA: &str = "target/quickstart";

/// Installs, builds, and becomes the service, so that signals reach it as they are.
///
/// The service keeps the caller's folder, so a relative `--data` means what it says.
pub(crate) fn run(arguments: &[String]) -> Result<ExitCode> {
    step("system packages", || packages::ensure(&[BUILD, RUN]))?;
    step("release build", || {
        shell::run(&mut cargo(&["build", "--release", "--package", "sigill", "--bin", "sigill"])?)
    })?;
    let root = root()?;
    let program = root.join("target/release/sigill");
    let words = with_data(arguments, &root);
    Err(Command::new(&program).arg("quickstart").args(words).exec())
        .with_context(|| format!("cannot start {}", program.display()))
}

fn with_data(arguments: &[String], root: &Path) -> Vec<OsString> {
    let given = arguments.iter().any(|word| word == "--data" || word.starts_with("--data="));
    let default = [OsString::from("--data"), root.join(DEFAULT_DATA).into()];
    arguments.iter().map(OsString::from).chain(default.into_iter().filter(|_| !given)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn data_folder_is_added_only_when_none_is_given() {
        check("--port-base 9000", "--port-base 9000 --data /checkout/target/quickstart");
        check("--data here", "--data here");
        check("--data=here", "--data=here");
    }

    fn check(given: &str, expected: &str) {
        let words = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
        assert_eq!(
            with_data(&words(given), Path::new("/checkout")),
            words(expected).into_iter().map(OsString::from).collect::<Vec<_>>()
        );
    }
}
