//! What the database and the signer's journal hold, read by foreign tools or by hand.

use super::Installation;
use super::judge::{Reference, normal};
use serde_json::Value;
use std::collections::BTreeMap;
use std::process::Command;

/// A row of the database: a serial that was used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// SHA-256 of the certificate, hexadecimal; none for an intent that came to nothing.
    pub fingerprint: Option<String>,
    /// Whether it is revoked.
    pub revoked: bool,
}

/// Every serial in the database.
pub fn certificates(installation: &Installation) -> BTreeMap<Reference, Row> {
    let lines = query(installation, SQLITE_CERTIFICATES, POSTGRES_CERTIFICATES);
    let mut rows = BTreeMap::new();
    for line in lines.lines() {
        let [issuer, serial, fingerprint, revoked] = line.split('|').collect::<Vec<_>>()[..] else { panic!("{line}") };
        let fingerprint = Some(fingerprint.to_ascii_lowercase()).filter(|text| !text.is_empty());
        let row = Row { fingerprint, revoked: !revoked.is_empty() };
        let before = rows.insert((issuer.to_owned(), normal(serial)), row);
        assert_eq!(before, None, "serial {serial} of {issuer} stands twice in the database");
    }
    rows
}

/// Numbers of all CRLs in the database, by issuer.
pub fn crl_numbers(installation: &Installation) -> BTreeMap<String, Vec<u64>> {
    let mut numbers = BTreeMap::<String, Vec<u64>>::new();
    for line in query(installation, CRLS, CRLS).lines() {
        let (issuer, number) = line.split_once('|').unwrap();
        numbers.entry(issuer.to_owned()).or_default().push(number.parse().unwrap());
    }
    numbers
}

/// The text of every audit record, a line each.
pub fn audit(installation: &Installation) -> String {
    query(installation, AUDIT, AUDIT)
}

/// The audit records of a kind, in order.
pub fn events(installation: &Installation, kind: &str) -> Vec<Value> {
    let log = audit(installation);
    let events = log.lines().map(|text| serde_json::from_str::<Value>(text).unwrap());
    events.filter(|event| event["kind"] == kind).collect()
}

fn query(installation: &Installation, sqlite: &str, postgres: &str) -> String {
    let database = installation.manifest()["database"].as_str().unwrap().to_owned();
    let mut command = if database.starts_with("postgres://") {
        let mut command = Command::new("psql");
        command.args(["-X", "-A", "-t", "-F", "|", "-c", postgres, &database]);
        command
    } else {
        let mut command = Command::new("sqlite3");
        command.args(["-separator", "|", &database, sqlite]);
        command
    };
    let output = command.output().unwrap();
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// Every serial in the signer's journal. The journal's chain is verified on the way.
pub fn journal_serials(installation: &Installation) -> Vec<Reference> {
    let path = installation.data().join("signer/journal");
    sigill::signer::journal::verify(&path).expect("the signer's journal verifies");
    let mut serials = Vec::new();
    for line in installation.signer_journal().lines() {
        // The last line may be about to be written.
        let Some((_, text)) = line.split_once(' ') else { continue };
        let Ok(Value::Object(line)) = serde_json::from_str(text) else { continue };
        let record = &line["record"];
        let issuer = record["issuer"].as_str().unwrap_or_default();
        let one = std::slice::from_ref(&record["certificate"]);
        let entries = match record["kind"].as_str().unwrap() {
            "intent" => record["certificates"].as_array().unwrap().as_slice(),
            "ceremony" => one,
            _ => &[],
        };
        let serial = |entry: &Value| (issuer.to_owned(), normal(entry["serial"].as_str().unwrap()));
        serials.extend(entries.iter().map(serial));
    }
    serials
}

const SQLITE_CERTIFICATES: &str = "SELECT c.issuer, c.serial, coalesce(hex(i.fingerprint), ''), coalesce(r.reason, '') \
    FROM certificate c LEFT JOIN issued i ON i.issuer = c.issuer AND i.serial = c.serial \
    LEFT JOIN revocation r ON r.issuer = c.issuer AND r.serial = c.serial";
const POSTGRES_CERTIFICATES: &str = "SELECT c.issuer, c.serial, coalesce(encode(i.fingerprint, 'hex'), ''), coalesce(r.reason, '') \
    FROM certificate c LEFT JOIN issued i ON i.issuer = c.issuer AND i.serial = c.serial \
    LEFT JOIN revocation r ON r.issuer = c.issuer AND r.serial = c.serial";
const AUDIT: &str = "SELECT text FROM audit_record ORDER BY sequence";
const CRLS: &str = "SELECT issuer, number FROM crl ORDER BY issuer, number";
