//! Foreign programs judge: the drivers of `tests/clients` against a running installation.

use crate::support::Installation;
use std::process::Command;

/// The story passes, and the log verifies against the checkpoint that it exported.
#[test]
fn the_story_passes() {
    let installation = Installation::start("story");
    let said = installation.sigill(&["demo", "run"]);
    assert!(said.contains("all as they must be"), "{said}");
    installation.sigill(&["audit", "verify"]);
}

/// OpenSSL, curl, GnuTLS and pkilint on OCSP answers and CRLs; a card's login; pkilint on all that
/// was issued.
#[test]
fn foreign_programs_find_nothing() {
    let installation = Installation::start("drivers");
    installation.sigill(&["demo", "run"]);
    for (driver, file) in [("ocsp", "ocsp.sh"), ("card", "card.sh"), ("lint", "lint_all.sh")] {
        drive(&installation, driver, file);
    }
}

fn drive(installation: &Installation, name: &str, file: &str) {
    let environment = installation.sigill(&["demo", "env", name]);
    let venv =
        std::env::var("SIGILL_TEST_VENV").expect("run the tests with `cargo xtask test`: it makes a venv with pkilint");
    let driver = format!("{}/tests/clients/{file}", env!("CARGO_MANIFEST_DIR"));
    let output = Command::new("bash")
        .args(["-c", &format!("{environment}\nexec bash '{driver}'")])
        .env("VENV", venv)
        .env("OUT", installation.folder().join(format!("out-{name}")))
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    let failed: Vec<&str> = said.lines().filter(|line| !line.starts_with("ok")).collect();
    assert!(output.status.success(), "{name}:\n{}\n{}", failed.join("\n"), String::from_utf8_lossy(&output.stderr));
    assert!(said.trim_end().ends_with(" 0 failed"), "{said}");
}
