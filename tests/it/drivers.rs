//! Foreign programs judge: the drivers of `tests/clients` against a running installation.

use crate::support::Installation;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

/// The story passes, and the log verifies against the checkpoint that it exported.
#[test]
fn the_story_passes() {
    let installation = Installation::start("story");
    let said = installation.sigill(&["demo", "run"]);
    assert!(said.contains("all as they must be"), "{said}");
    installation.sigill(&["audit", "verify"]);
}

/// OpenSSL, curl, GnuTLS and pkilint on OCSP answers and CRLs; a card's login; pkilint on one certificate of every
/// profile, and on all that was issued.
#[test]
fn foreign_programs_find_nothing() {
    let installation = Installation::start("drivers");
    installation.sigill(&["demo", "run"]);
    for (driver, file) in [("ocsp", "ocsp.sh"), ("card", "card.sh"), ("lint", "lint_all.sh")] {
        drive(&installation, driver, file);
    }
    let one_of_each = names(&installation.data().join("lint"));
    for profile in names(&installation.data().join("policies/profiles")) {
        let name = profile.replace("toml", "");
        assert!(one_of_each.iter().any(|file| file.starts_with(&name)), "no certificate of {name}");
    }
    for kind in [".crl.crl", ".arl.crl", ".ocsp.ors"] {
        assert!(one_of_each.iter().any(|file| file.ends_with(kind)), "{kind}");
    }
    lint_everything(&installation);
}

/// Whatever this installation issued: for a certificate of a day other findings are argued than for all others.
fn lint_everything(installation: &Installation) {
    let folder = installation.data().join("lint-everything");
    let files = names(&folder);
    let line = |file: &String| format!("{}\t{}\t\n", kind(file), folder.join(file).display());
    let list: Vec<String> = files.iter().map(line).collect();
    let driver = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/clients/lint_many.py");
    let mut program = Command::new(Path::new(&venv()).join("bin/python"));
    let mut running = program.arg(driver).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    running.stdin.take().unwrap().write_all(list.concat().as_bytes()).unwrap();
    let said = String::from_utf8(running.wait_with_output().unwrap().stdout).unwrap();
    let findings = said.strip_suffix(&format!("linted {}\n", files.len())).expect("the driver came to its end");
    let argued = |line: &&str| {
        let mut fields = line.split('\t');
        let (file, code) = (fields.next().unwrap_or_default(), fields.next().unwrap_or_default());
        ANYWHERE.contains(&code) || (file.contains("/person-signature-short-term-") && OF_A_DAY.contains(&code))
    };
    let strange: Vec<&str> = findings.lines().filter(|line| !argued(line)).collect();
    assert!(strange.is_empty(), "{}", strange.join("\n"));
}

/// By which rules `NAME.KIND.EXTENSION` is judged; a kind without rules of its own by those of RFC 5280.
fn kind(file: &str) -> &str {
    let kind = file.rsplit('.').nth(1).unwrap_or_default();
    if ["ncp-n", "ncp-l", "ocsp"].contains(&kind) { kind } else { "pkix" }
}

/// The files of a folder.
fn names(folder: &Path) -> Vec<String> {
    let files = std::fs::read_dir(folder).unwrap();
    files.map(|file| file.unwrap().file_name().into_string().unwrap()).collect()
}

fn venv() -> String {
    std::env::var("SIGILL_TEST_VENV").expect("run the tests with `cargo xtask test`: it makes a venv with pkilint")
}

/// `docs/divergences.md` argues these for whatever a demo issues …
const ANYWHERE: [&str; 2] = ["etsi.internal_domain_name", "pkix.invalid_domain_name_syntax"];
/// … and these for a certificate that is not revoked because it ends within a day.
const OF_A_DAY: [&str; 2] = [
    "etsi.en_319_412_2.gen-4.3.11-2.crldp_extension_missing",
    "etsi.en_319_412_2.gen-4.4.1-8.ocsp_aia_access_method_absent",
];

fn drive(installation: &Installation, name: &str, file: &str) {
    let environment = installation.sigill(&["demo", "env", name]);
    let driver = format!("{}/tests/clients/{file}", env!("CARGO_MANIFEST_DIR"));
    let output = Command::new("bash")
        .args(["-c", &format!("{environment}\nexec bash '{driver}'")])
        .env("VENV", venv())
        .env("OUT", installation.folder().join(format!("out-{name}")))
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    let failed: Vec<&str> = said.lines().filter(|line| !line.starts_with("ok")).collect();
    assert!(output.status.success(), "{name}:\n{}\n{}", failed.join("\n"), String::from_utf8_lossy(&output.stderr));
    assert!(said.trim_end().ends_with(" 0 failed"), "{said}");
}
