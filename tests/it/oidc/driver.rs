//! Foreign programs judge: a certified client library, and axe.

use crate::support::Installation;
use crate::support::chromium::node;
use std::process::Command;

/// openid-client logs in with a certificate, exchanges codes, and tries what must be refused.
#[test]
fn openid_client_finds_nothing() {
    drive("openid-client", "oidc", "oidc_client.mjs");
}

/// axe finds nothing on the pages that stand by themselves, in both colours.
#[test]
fn axe_finds_nothing() {
    drive("axe", "axe", "axe.mjs");
}

fn drive(name: &str, environment: &str, driver: &str) {
    let installation = Installation::start(name);
    let environment = installation.sigill(&["demo", "env", environment]);
    let driver = format!("{}/tests/clients/{driver}", env!("CARGO_MANIFEST_DIR"));
    let output = Command::new("bash")
        .args(["-c", &format!("{environment}\nexec node '{driver}'")])
        .env("NODE_DIR", node())
        .env("OUT", installation.folder().join("out"))
        // Debian 12 has a Node.js that hides Web Cryptography behind this; later ones take it for granted.
        .env("NODE_OPTIONS", "--experimental-global-webcrypto")
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}\n{}", String::from_utf8_lossy(&output.stderr));
    assert!(said.contains(" 0 failed"), "{said}");
}
