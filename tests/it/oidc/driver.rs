//! A certified client library judges.

use crate::support::Installation;
use std::process::Command;

/// openid-client logs in with a certificate, exchanges codes, and tries what must be refused.
#[test]
fn openid_client_finds_nothing() {
    let installation = Installation::start("openid-client");
    let environment = installation.sigill(&["demo", "env", "oidc"]);
    let node =
        std::env::var("SIGILL_TEST_NODE").expect("run the tests with `cargo xtask test`: it installs openid-client");
    let driver = format!("{}/tests/clients/oidc_client.mjs", env!("CARGO_MANIFEST_DIR"));
    let output = Command::new("bash")
        .args(["-c", &format!("{environment}\nexec node '{driver}'")])
        .env("NODE_DIR", node)
        // Debian 12 has a Node.js that hides Web Cryptography behind this; later ones take it for granted.
        .env("NODE_OPTIONS", "--experimental-global-webcrypto")
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}\n{}", String::from_utf8_lossy(&output.stderr));
    assert!(said.trim_end().ends_with(" 0 failed"), "{said}");
}
