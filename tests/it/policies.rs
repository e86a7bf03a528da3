//! New policies come into force in a running service, with two security officers' cards and not otherwise.

use crate::support::client::Caller;
use crate::support::installation::{pause, signal};
use crate::support::{Installation, Stopwatch};
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::Duration;
use testkit::copy_folder;

#[tokio::test]
async fn two_cards_bring_a_new_policy_into_force() {
    let mut installation = Installation::start("policies");
    let folder = installation.data().join("policies");
    let first = health(&installation);
    assert_eq!(digest(&installation, &folder), first, "/health shows what anyone can compute");

    let old = installation.folder().join("old");
    copy_folder(&folder, &old);
    edit(
        &folder.join("profiles/person-authentication-loa4.toml"),
        &[("revision = 2", "revision = 3"), ("max_days = 1826", "max_days = 1095")],
    );
    let second = digest(&installation, &folder);
    let said = policy(&installation, &["diff", text(&old), text(&folder)], None);
    let said = String::from_utf8(said.stdout).unwrap();
    for line in [
        "profile person-authentication-loa4: the revision rises from 2 to 3",
        "profile person-authentication-loa4: the longest validity, in days, falls from 1826 to 1095",
    ] {
        assert!(said.lines().any(|found| found == line), "{said}");
    }

    reload(&installation, "the policies stay as they were");
    assert_eq!(health(&installation), first, "nobody approved");
    let officers = installation.security_officers();
    approve(&installation, &folder, &first, &officers[0]);
    reload(&installation, "the policies stay as they were");
    assert_eq!(health(&installation), first, "one approval");
    approve(&installation, &folder, &first, &officers[1]);
    reload(&installation, "policies in force");
    assert_eq!(health(&installation), second);

    let administrator = Caller::person(&installation, &installation.person(0, "administrator"));
    let profiles = administrator.get("/admin/v1/profiles").await.ok();
    let profile = profiles.as_array().unwrap().iter().find(|one| one["name"] == "person-authentication-loa4").unwrap();
    assert_eq!((&profile["revision"], &profile["max_days"]), (&3.into(), &1095.into()));
    assert!(installation.sigill(&["demo", "run"]).contains("revoked"), "the whole story under the new policies");
    let auditor = Caller::person(&installation, &installation.person(0, "auditor"));
    assert!(in_audit_log(&auditor, &second).await, "the digest is in the audit log");

    installation.stop();
    edit(&folder.join("access/packages.toml"), &[("everyone = [\"read-self\", ", "everyone = [")]);
    let ended = installation.try_run().expect_err("edited while it was down");
    assert!(installation.log().contains("are not approved"), "{ended}: {}", installation.log());
    edit(&folder.join("access/packages.toml"), &[("everyone = [", "everyone = [\"read-self\", ")]);
    installation.run();
    assert_eq!(health(&installation), second);

    installation.stop();
    edit(&folder.join("profiles/person-signature-loa4.toml"), &[("revision = 2", "revision = 3")]);
    for officer in &officers {
        approve(&installation, &folder, &second, officer);
    }
    installation.set_environment(&[(sigill::crash::STORE_VARIABLE, "policies:1")]);
    installation.try_run().expect_err("it dies while it writes down the approved policies");
    installation.set_environment(&[]);
    installation.run();
    assert_eq!(health(&installation), digest(&installation, &folder), "the next start takes them, once");
}

fn health(installation: &Installation) -> String {
    installation.health()["policies"].as_str().unwrap().to_owned()
}

/// Sends SIGHUP and waits until the log says what became of it, and until /health looks anew.
fn reload(installation: &Installation, wanted: &str) {
    let before = installation.log().len();
    signal(installation.service_id(), "HUP");
    let begun = Stopwatch::start();
    while !installation.log()[before..].contains(wanted) {
        assert!(begun.elapsed() < Duration::from_secs(20), "no {wanted:?} in:\n{}", &installation.log()[before..]);
        pause(Duration::from_millis(50));
    }
    pause(HEALTH_SHOWN);
}

/// Longer than /health shows one look again.
const HEALTH_SHOWN: Duration = Duration::from_millis(2_500);

async fn in_audit_log(auditor: &Caller, digest: &str) -> bool {
    let (mut from, loaded) = (1, |record: &Value| {
        let text = record["text"].as_str().unwrap();
        text.contains("policies.loaded") && text.contains(digest)
    });
    loop {
        let page = auditor.get(&format!("/admin/v1/audit?from={from}&limit={PAGE}")).await.ok();
        let records = page["items"].as_array().unwrap();
        if records.iter().any(loaded) || records.len() < PAGE {
            return records.iter().any(loaded);
        }
        from += PAGE;
    }
}

const PAGE: usize = 100;

fn approve(installation: &Installation, folder: &Path, replaces: &str, officer: &Value) {
    let card = &officer["card"];
    let pin = installation.folder().join("approver.pin");
    std::fs::write(&pin, card["pin"].as_str().unwrap()).unwrap();
    let (label, pin) = (card["token_label"].as_str().unwrap(), text(&pin));
    let arguments = ["approve", text(folder), "--replaces", replaces, "--token", label, "--pin-file", pin];
    let output = policy(installation, &arguments, card["config"].as_str());
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

fn digest(installation: &Installation, folder: &Path) -> String {
    let output = policy(installation, &["digest", text(folder)], None);
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

fn policy(installation: &Installation, arguments: &[&str], card: Option<&str>) -> Output {
    let mut command = Command::new(installation.program());
    command.arg("policy").args(arguments).envs(card.map(|config| ("SOFTHSM2_CONF", config))).output().unwrap()
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

fn edit(path: &PathBuf, edits: &[(&str, &str)]) {
    let mut text = std::fs::read_to_string(path).unwrap();
    for (from, to) in edits {
        assert!(text.contains(from), "{from}");
        text = text.replacen(from, to, 1);
    }
    std::fs::write(path, text).unwrap();
}
