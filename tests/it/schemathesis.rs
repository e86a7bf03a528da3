//! A foreign program reads the API's description and tries what it says, and what it does not say.

use crate::support::Installation;
use serde_json::Value;
use std::process::Command;

/// Nobody, and somebody for each part of the API: no fault of the service, and no answer that is not described.
#[test]
fn schemathesis_finds_nothing() {
    let installation = Installation::start("schemathesis");
    let description = installation.folder().join("openapi.json");
    std::fs::write(&description, installation.openapi().to_string()).unwrap();
    let runs: [(Option<&str>, &[&str]); 9] = [
        (None, &["ra", "admin", "self", "validate"]),
        (Some("Bertil Björklund"), &["ra"]),
        (Some("David Dahlgren"), &["ra"]),
        (Some("Eva Ekholm"), &["ra"]),
        (Some("Maja Modig"), &["ra", "admin"]),
        (Some("Lars Lindgren"), &["admin"]),
        (Some("Filip Forsman"), &["admin"]),
        (Some("Greta Granlund"), &["admin"]),
        (Some("Hugo Hellberg"), &["self", "validate"]),
    ];
    for (caller, tags) in runs {
        try_out(&installation, caller, tags);
    }
    assert!(!installation.log().contains("request failed"), "{}", installation.log());
    installation.sigill(&["audit", "verify"]);
}

/// The examples in the description are what its schemas say.
#[test]
fn every_example_fits_its_schema() {
    let installation = Installation::start("examples");
    let description = installation.folder().join("openapi.json");
    std::fs::write(&description, installation.openapi().to_string()).unwrap();
    let driver = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/clients/examples.py");
    let output = Command::new(format!("{}/bin/python", venv())).arg(driver).arg(&description).output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}\n{}", String::from_utf8_lossy(&output.stderr));
    assert!(said.trim_end().ends_with(" 0 failed"), "{said}");
}

fn try_out(installation: &Installation, caller: Option<&str>, tags: &[&str]) {
    let manifest = installation.manifest();
    let mut program = Command::new(format!("{}/bin/schemathesis", venv()));
    program.current_dir(installation.folder()).args(["--no-color", "run", "openapi.json"]);
    program.args(["--url", &installation.url("officer_url"), "--tls-verify", manifest["tls_ca"].as_str().unwrap()]);
    program.args(["--checks", "all", "--exclude-checks", BEYOND_SCHEMAS]);
    // Nobody is refused before anything is read: every case of every field would be told the same.
    let phases = if caller.is_some() { "examples,coverage,fuzzing" } else { "examples,fuzzing" };
    program.args(["--phases", phases, "--max-examples", EXAMPLES, "--seed", "1"]);
    // A connection lives for a minute without a certificate; a request that meets its end is sent again.
    program.args(["--request-retries", "2", "--continue-on-failure", "--workers", "1"]);
    program.args(tags.iter().flat_map(|tag| ["--include-tag", *tag]));
    if let Some(name) = caller {
        let people = manifest["people"].as_array().unwrap();
        let is_caller = |person: &&Value| person["name"] == name;
        let person = people.iter().find(is_caller).unwrap_or_else(|| panic!("nobody is called {name}"));
        let text = |field: &str| person[field].as_str().unwrap().to_owned();
        program.args(["--request-cert", &text("certificate"), "--request-cert-key", &text("key")]);
    }
    let output = program.output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "as {caller:?}:\n{said}\n{}", String::from_utf8_lossy(&output.stderr));
}

fn venv() -> String {
    std::env::var("SIGILL_TEST_SCHEMATHESIS").expect("run the tests with `cargo xtask test`: it installs schemathesis")
}

/// Much that fits a schema is refused: identity numbers with a wrong check digit, signatures of nobody, times out of
/// order. No schema can say so.
const BEYOND_SCHEMAS: &str = "positive_data_acceptance";
/// For each operation and caller, in the last phase; the first two follow from the description.
const EXAMPLES: &str = "3";
