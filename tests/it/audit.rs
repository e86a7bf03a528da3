//! Whoever must trust us can check our record without trusting us.

use crate::support::Installation;
use crate::support::client::Caller;
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

/// `sigill audit verify` finds each way to falsify a log, also by somebody who owns the database
/// and computes every hash anew: then only an exported checkpoint helps.
#[tokio::test]
async fn every_falsification_is_found() {
    let mut installation = Installation::start("audit");
    installation.sigill(&["demo", "run"]);
    let auditor = Caller::person(&installation, &installation.person(0, "auditor"));
    let sealed = auditor.get("/admin/v1/audit/checkpoint").await.ok();
    let checkpoint = installation.folder().join("checkpoint.jws");
    std::fs::write(&checkpoint, sealed["checkpoint"].as_str().unwrap()).unwrap();
    installation.stop();
    let database = installation.data().join("sigill.db");
    let honest = Copy::of(&database);
    verify(&installation, Some(&checkpoint)).unwrap();

    let cases = [
        (
            "an edit",
            "UPDATE audit_record SET text = replace(text, 'enrolment.submitted', 'enrolment.submittex')",
            "edited",
        ),
        ("a deletion", "DELETE FROM audit_record WHERE sequence = 5", "record 5 is missing"),
        ("a swap", SWAP, "edited"),
        ("personal data changed", "UPDATE audit_personal SET value = 'Someone Else'", "personal value cannot be read"),
    ];
    for (what, sql, wanted) in cases {
        falsify(&database, sql);
        let said = verify(&installation, None).unwrap_err();
        assert!(said.contains(wanted), "{what}: {said}");
        honest.restore();
    }

    rewrite_history(&database);
    verify(&installation, None).expect("a log that was computed anew looks whole by itself");
    let said = verify(&installation, Some(&checkpoint)).unwrap_err();
    assert!(said.contains("not the one the checkpoint signed"), "{said}");
    honest.restore();

    falsify(&database, CUT);
    verify(&installation, None).expect("a log that was cut looks whole by itself");
    let said = verify(&installation, Some(&checkpoint)).unwrap_err();
    assert!(said.contains("it was cut"), "{said}");
    honest.restore();

    falsify(&database, "DELETE FROM audit_personal");
    verify(&installation, Some(&checkpoint)).expect("erasing personal data leaves the log valid");
    honest.restore();

    let forged = installation.folder().join("forged.jws");
    let text = std::fs::read_to_string(&checkpoint).unwrap();
    let (rest, signature) = text.rsplit_once('.').unwrap();
    let other = if signature.starts_with('A') { "B" } else { "A" };
    std::fs::write(&forged, format!("{rest}.{other}{}", &signature[1..])).unwrap();
    let said = verify(&installation, Some(&forged)).unwrap_err();
    assert!(said.contains("not signed by audit-seal"), "{said}");
}

/// No identity number and no name stands in the log's text, nor in what the service printed; in the database's file
/// they are sealed.
#[tokio::test]
async fn personal_data_is_nowhere_but_beside_the_log() {
    let mut installation = Installation::start("personal");
    installation.sigill(&["demo", "run"]);
    let manifest = installation.manifest();
    installation.stop();
    let database = installation.data().join("sigill.db");
    let script = std::fs::read_to_string(installation.data().join("policies/ceremony/demo.toml")).unwrap();
    let script: toml::Value = toml::from_str(&script).unwrap();
    let names = planned_people(&script);
    let source = std::fs::read_to_string(installation.data().join("policies/ceremony/demo.toml")).unwrap();
    let texts =
        query(&database, "SELECT text FROM audit_record") + &installation.log() + &installation.signer_journal();
    let printed = manifest["people"].as_array().unwrap();
    let file: Vec<u8> = ["", "-wal"].iter().flat_map(|part| Copy::octets(&database, part)).collect();
    let stored = |text: &str| file.windows(text.len()).any(|window| window == text.as_bytes());
    assert!(names.len() > 5 && stored("enrolment.submitted"));
    for (number, surname) in &names {
        assert!(!texts.contains(number), "an identity number is in a log");
        assert!(!stored(number), "somebody is in the database's file");
        // A surname may be a word of a CA's name, which is public.
        let of_a_ca = source.contains(&format!("Sigill {surname} "));
        assert!(of_a_ca || !stored(surname), "somebody is in the database's file");
        let in_report = printed.iter().any(|person| person["name"].as_str().unwrap().ends_with(surname));
        assert!(in_report || !texts.contains(surname), "a name is in a log");
    }
}

/// Number and surname of everybody whom the demo's ceremony makes known.
fn planned_people(script: &toml::Value) -> Vec<(&str, &str)> {
    let agencies = script["agency"].as_array().unwrap().iter();
    let people = agencies.filter_map(|agency| agency.get("person")).flat_map(|people| people.as_array().unwrap());
    people.map(|person| (person["identity_number"].as_str().unwrap(), person["surname"].as_str().unwrap())).collect()
}

/// A copy of the database files, to go back to.
struct Copy {
    files: Vec<(PathBuf, PathBuf)>,
}

impl Copy {
    fn of(database: &Path) -> Self {
        // Everything into the one file first.
        query(database, "PRAGMA wal_checkpoint(TRUNCATE)");
        let kept = database.with_extension("kept");
        std::fs::copy(database, &kept).unwrap();
        Self { files: vec![(kept, database.to_owned())] }
    }

    /// What is in a file of the database, if it is there.
    fn octets(database: &Path, suffix: &str) -> Vec<u8> {
        std::fs::read(format!("{}{suffix}", database.display())).unwrap_or_default()
    }

    fn restore(&self) {
        for (kept, original) in &self.files {
            for suffix in ["-wal", "-shm"] {
                let beside = PathBuf::from(format!("{}{suffix}", original.display()));
                if beside.exists() {
                    std::fs::remove_file(beside).unwrap();
                }
            }
            std::fs::copy(kept, original).unwrap();
        }
    }
}

fn verify(installation: &Installation, checkpoint: Option<&Path>) -> Result<String, String> {
    let mut arguments = vec!["audit", "verify"];
    if let Some(path) = checkpoint {
        arguments.extend(["--checkpoint", path.to_str().unwrap()]);
    }
    let output = installation.try_sigill(&arguments);
    let said = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    if output.status.success() { Ok(said) } else { Err(said) }
}

/// Runs SQL as somebody who owns the file: the triggers that refuse edits are dropped first.
fn falsify(database: &Path, sql: &str) {
    let triggers = query(database, "SELECT name FROM sqlite_master WHERE type = 'trigger'");
    let mut script = String::new();
    for name in triggers.lines() {
        writeln!(script, "DROP TRIGGER {name};").unwrap();
    }
    query(database, &(script + sql));
}

/// Edits a record and computes every later hash anew.
fn rewrite_history(database: &Path) {
    falsify(database, "UPDATE audit_record SET text = replace(text, 'card.activated', 'card.activatex')");
    let texts = query(database, "SELECT hex(text) FROM audit_record ORDER BY sequence");
    let mut previous = [0_u8; 32];
    let mut sql = String::from("BEGIN; ");
    for (index, line) in texts.lines().enumerate() {
        let mut bytes = previous.to_vec();
        bytes.extend((0..line.len() / 2).map(|i| u8::from_str_radix(&line[2 * i..2 * i + 2], 16).unwrap()));
        previous = openssl::sha::sha256(&bytes);
        let hash = domain::id::hex(&previous);
        writeln!(sql, "UPDATE audit_record SET hash = x'{hash}' WHERE sequence = {};", index + 1).unwrap();
    }
    sql.push_str("COMMIT");
    query(database, &sql);
}

fn query(database: &Path, sql: &str) -> String {
    let output = Command::new("sqlite3").arg(database).arg(sql).output().unwrap();
    assert!(output.status.success(), "{sql}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

const CUT: &str = "DELETE FROM audit_personal; DELETE FROM audit_record WHERE sequence > 10";
const SWAP: &str = "CREATE TEMP TABLE pair AS SELECT * FROM audit_record WHERE sequence IN (5, 6); \
    UPDATE audit_record SET text = (SELECT text FROM pair WHERE pair.sequence = 11 - audit_record.sequence), \
    hash = (SELECT hash FROM pair WHERE pair.sequence = 11 - audit_record.sequence) WHERE sequence IN (5, 6)";
