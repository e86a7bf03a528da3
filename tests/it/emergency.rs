//! Too few officers are left: custodians appoint others, everybody is told, and a security officer stops it.

use crate::support::installation::pause;
use crate::support::{Installation, Stopwatch};
use std::path::PathBuf;
use std::process::{Command, Output};
use std::time::Duration;

/// Nothing happens at once, `/health` and the audit log say what is coming, and one card stops it.
#[test]
fn an_emergency_is_announced_and_can_be_cancelled() {
    let installation = Installation::start("emergency");
    let officers = installation.folder().join("officers.json");
    let list = std::fs::read_to_string(installation.data().join("signer/officers.json")).unwrap();
    std::fs::write(&officers, list.replace("\"registration-officer\"", "\"auditor\"")).unwrap();
    assert!(installation.health().get("emergency").is_none());

    let announce = |custodians: &[&str]| {
        let mut command = emergency(&installation, &["announce", "--ceremony", "demo", "--officers"]);
        command.arg(&officers);
        for custodian in custodians {
            command.arg("--code").arg(format!("{custodian}={}", code(&installation, custodian).display()));
        }
        command.output().unwrap()
    };
    assert!(err(&announce(&["klara"])).contains("fewer custodians signed"));
    assert!(err(&announce(&["klara", "vera"])).contains("no custodian's"), "a witness is no custodian");
    assert!(out(&announce(&["klara", "kim"])).contains("EMERGENCY: other officers are announced"));
    pause(HEALTH_SHOWN);
    assert!(installation.health()["emergency"].is_string());
    wait_for_record(&installation, "emergency.announced");
    assert_eq!(std::fs::read_to_string(installation.data().join("signer/officers.json")).unwrap(), list);

    let officer = &installation.security_officers()[1];
    let card = &officer["card"];
    let pin = installation.folder().join("card.pin");
    std::fs::write(&pin, card["pin"].as_str().unwrap()).unwrap();
    let label = card["token_label"].as_str().unwrap();
    let mut cancel = emergency(&installation, &["cancel", "--token", label, "--pin-file"]);
    let cancelled = cancel.arg(pin).env("SOFTHSM2_CONF", card["config"].as_str().unwrap()).output().unwrap();
    assert!(out(&cancelled).contains("no emergency is announced"));
    wait_for_record(&installation, "emergency.cancelled");
    pause(HEALTH_SHOWN);
    assert!(installation.health().get("emergency").is_none());
    assert!(err(&announce(&["klara"])).contains("fewer custodians signed"));
}

/// `sigill emergency …` against the installation's signer.
fn emergency(installation: &Installation, arguments: &[&str]) -> Command {
    let mut command = Command::new(installation.program());
    command.arg("emergency").arg("--config").arg(installation.data().join("signer/signer.toml")).args(arguments);
    command
}

/// The published code of a participant, in a file.
fn code(installation: &Installation, participant: &str) -> PathBuf {
    let answers = include_str!("../../policies/ceremony/demo.answers.toml");
    let mine = answers.split("[[answer]]").find(|one| one.contains(&format!("\"{participant}\""))).unwrap();
    let file = installation.folder().join(format!("{participant}.code"));
    std::fs::write(&file, mine.split("code = \"").nth(1).unwrap().split('"').next().unwrap()).unwrap();
    file
}

fn wait_for_record(installation: &Installation, kind: &str) {
    let watch = Stopwatch::start();
    let select = format!("select count(*) from audit_record where text like '%{kind}%'");
    let recorded = || {
        let database = installation.data().join("sigill.db");
        let counted = Command::new("sqlite3").arg(database).arg(&select).output().unwrap();
        String::from_utf8(counted.stdout).unwrap().trim() == "1"
    };
    while !recorded() {
        assert!(watch.elapsed() < Duration::from_secs(30), "no {kind} in the audit log");
        pause(Duration::from_millis(200));
    }
}

#[track_caller]
fn out(output: &Output) -> String {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout.clone()).unwrap()
}

#[track_caller]
fn err(output: &Output) -> String {
    assert!(!output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    String::from_utf8(output.stderr.clone()).unwrap()
}

/// Longer than /health shows one look again.
const HEALTH_SHOWN: Duration = Duration::from_millis(2_500);
