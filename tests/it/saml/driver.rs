//! pysaml2 judges.

use crate::support::Installation;
use std::process::Command;

/// pysaml2 logs in by both bindings, reads what it is told, and tries what must be refused.
#[test]
fn pysaml2_finds_nothing() {
    let installation = Installation::start("pysaml2");
    let environment = installation.sigill(&["demo", "env", "saml"]);
    super::judge::metadata_file(&installation.url("api_url"), installation.folder());
    let venv = std::env::var("SIGILL_TEST_SAML").expect("run the tests with `cargo xtask test`: it installs pysaml2");
    let driver = format!("{}/tests/clients/saml_sp.py", env!("CARGO_MANIFEST_DIR"));
    let output = Command::new("bash")
        .args(["-c", &format!("{environment}\nexec '{venv}/bin/python' '{driver}'")])
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}\n{}", String::from_utf8_lossy(&output.stderr));
    assert!(said.trim_end().ends_with(" 0 failed"), "{said}");
}
