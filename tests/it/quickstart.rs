//! `sigill quickstart`: first runs, later runs, and what it refuses.

use crate::support::installation::{pause, signal};
use crate::support::{Installation, Stopwatch};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

/// The manifest has exactly its fields, and every path in it is absolute and there.
#[test]
fn the_manifest_says_what_exists() {
    let mut installation = Installation::start("manifest");
    let manifest = installation.manifest();
    let fields: BTreeSet<&str> = manifest.as_object().unwrap().keys().map(String::as_str).collect();
    let wanted = [
        "status_url",
        "api_url",
        "officer_url",
        "openapi_url",
        "tsa_url",
        "tls_ca",
        "trust_anchor",
        "issuers",
        "database",
        "hsm",
        "people",
    ];
    assert_eq!(fields, wanted.into());
    for path in paths(&manifest) {
        assert!(path.is_absolute() && path.exists(), "{}", path.display());
    }

    installation.stop();
    assert!(!installation.data().join("quickstart.json").exists(), "the service is gone, and so is its manifest");
    let ready = installation.run();
    assert!(ready < READY, "a later run took {ready:?}");
}

/// With a token linked in, no token software is needed: CRLs and OCSP signers are there, people call with their software
/// keys, and whoever asks for a card is told why there is none.
#[cfg(feature = "embedded-token")]
#[tokio::test]
async fn embedded_tokens_serve_without_token_software() {
    use crate::support::client::Caller;
    use crate::support::judge::Judge;

    let mut installation = Installation::start_on_module("embedded", "embedded");
    for _ in 0..2 {
        let manifest = installation.manifest();
        assert_eq!(manifest["hsm"]["module"], "embedded");
        for process in [installation.service_id(), installation.signer_id().unwrap()] {
            let loaded = std::fs::read_to_string(format!("/proc/{process}/maps")).unwrap();
            assert!(!loaded.contains("softhsm"), "token software was loaded");
        }
        assert!(manifest["people"].as_array().unwrap().iter().all(|person| person["card"].is_null()));
        let judge = Judge::new(&installation);
        for issuer in judge.issuing() {
            assert!(judge.crl(issuer).await.unwrap().is_some(), "{issuer}");
        }
        let caller = Caller::person(&installation, &installation.person(0, "auditor"));
        caller.get("/self/v1/me").await.ok();
        let card = installation.try_sigill(&["demo", "env", "card"]);
        assert!(!card.status.success() && said(&card).contains("people have no cards here"), "{}", said(&card));
        installation.stop();
        installation.run();
    }
}

/// Ports stand in certificates: another base is refused on an existing folder.
#[test]
fn another_port_base_is_refused() {
    let mut installation = Installation::start("ports");
    installation.stop();
    let refused = quickstart(&installation.data(), &["--port-base", "18440"]).output().unwrap();
    assert!(!refused.status.success());
    assert!(String::from_utf8_lossy(&refused.stderr).contains("--port-base"));
}

/// Neither quickstart nor demo nor serve works on a demo that calls itself production.
#[test]
fn production_mode_refuses_the_demo() {
    let mut installation = Installation::start("production");
    let config = installation.data().join("sigill.toml");
    let text = std::fs::read_to_string(&config).unwrap();
    let spawn = text.lines().find(|line| line.starts_with("spawn = ")).unwrap();
    // A register in a file, and a clock that nobody measures, are refused before anything else.
    let (before, register) = text.split_once("\n[register]").unwrap();
    let text = format!("{before}\n[{}", register.split_once("\n[").unwrap().1);
    let chrony = "clock = { chrony = { program = \"/usr/bin/chronyc\" } }";
    let text = text.replace("clock = \"assumed\"", chrony).replace(spawn, "");
    let production = text.replace("mode = \"demo\"", "mode = \"production\"");
    std::fs::write(&config, production).unwrap();

    let demo = installation.try_sigill(&["demo", "run"]);
    assert!(said(&demo).contains("production"), "{}", said(&demo));
    installation.stop();
    let again = quickstart(&installation.data(), &[]).output().unwrap();
    assert!(said(&again).contains("production"), "{}", said(&again));
    let serve = Command::new(env!("CARGO_BIN_EXE_sigill")).args(["serve", "--config"]).arg(&config).output().unwrap();
    assert!(said(&serve).contains("test CA"), "{}", said(&serve));
}

/// A set-up that is killed midway leaves nothing that the next run trips over.
#[test]
fn a_killed_set_up_begins_again() {
    let folder = std::env::temp_dir().join(format!("sigill-it-{}-killed", std::process::id()));
    let mut first =
        quickstart(&folder, &["--port-base", "18460"]).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let watch = Stopwatch::start();
    while !folder.join("sigill.db").exists() {
        assert!(watch.elapsed() < READY * 4, "the set-up did not begin");
        pause(Duration::from_millis(5));
    }
    let set_up = children(first.id());
    first.kill().unwrap();
    first.wait().unwrap();
    for process in set_up {
        signal(process, "KILL");
    }
    assert!(folder.join("setup-unfinished").exists() && !folder.join("sigill.toml").exists());

    let set_up = Command::new(env!("CARGO_BIN_EXE_sigill"))
        .args(["quickstart-setup", "--port-base", "18460", "--data"])
        .arg(&folder)
        .env("SOFTHSM2_CONF", folder.join("softhsm2.conf"))
        .output()
        .unwrap();
    assert!(set_up.status.success(), "{}", said(&set_up));
    assert!(folder.join("sigill.toml").exists() && !folder.join("setup-unfinished").exists());
    std::fs::remove_dir_all(folder).unwrap();
}

fn quickstart(data: &Path, more: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_sigill"));
    command.args(["quickstart", "--data"]).arg(data).args(more).env_remove("SOFTHSM2_CONF").stdin(Stdio::null());
    command
}

fn said(output: &std::process::Output) -> String {
    assert!(!output.status.success(), "it was not refused");
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// Every string in the manifest that is a path.
fn paths(value: &serde_json::Value) -> Vec<PathBuf> {
    match value {
        serde_json::Value::String(text) if text.starts_with('/') => vec![text.into()],
        serde_json::Value::Array(items) => items.iter().flat_map(paths).collect(),
        serde_json::Value::Object(fields) => fields.values().flat_map(paths).collect(),
        _ => Vec::new(),
    }
}

/// Processes that `parent` started.
fn children(parent: u32) -> Vec<u32> {
    let listed = Command::new("ps").args(["-o", "pid=", "--ppid", &parent.to_string()]).output().unwrap();
    String::from_utf8(listed.stdout).unwrap().split_whitespace().map(|id| id.parse().unwrap()).collect()
}

/// From start to every listener's answer, on a folder that is set up.
const READY: Duration = Duration::from_secs(5);
