//! What must hold after whatever happened: nothing that was said is forgotten, nothing comes twice.

use super::Installation;
use super::judge::{Judge, Reference, Status};
use super::load::Memory;
use super::records::{self, Row};
use super::watch::Seen;
use super::{Stopwatch, wait};
use openssl::x509::X509;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// Checks everything, with the service running and nothing else going on.
///
/// `seen` is what a watch saw on the way, if there was one.
pub async fn check(installation: &Installation, memory: &Memory, seen: Option<&Seen>) {
    let rows = records::certificates(installation);
    every_answered_certificate_is_recorded(memory, &rows);
    every_serial_came_once(installation, &rows);
    every_open_intent_was_revoked(&rows);
    every_crl_number_rises(installation, seen);
    audit_log_verifies(installation, seen);
    let judge = Judge::new(installation);
    memory.certificates.lock().unwrap().values().for_each(|pem| judge.verify_chain(pem));
    let revoked = revocations(memory, &rows);
    crls_list(&judge, &revoked).await;
    ocsp_says(&judge, &revoked, memory).await;
}

fn every_answered_certificate_is_recorded(memory: &Memory, rows: &BTreeMap<Reference, Row>) {
    for (reference, pem) in &*memory.certificates.lock().unwrap() {
        let row = rows.get(reference).unwrap_or_else(|| panic!("{reference:?} was answered and is not recorded"));
        let der = X509::from_pem(pem.as_bytes()).unwrap().to_der().unwrap();
        assert_eq!(
            row.fingerprint,
            Some(domain::id::hex(&openssl::sha::sha256(&der))),
            "{reference:?} is another in the database"
        );
    }
}

/// Over the signer's journal and the database, which must know the same.
fn every_serial_came_once(installation: &Installation, rows: &BTreeMap<Reference, Row>) {
    let journal = records::journal_serials(installation);
    let distinct: BTreeSet<_> = journal.iter().cloned().collect();
    assert_eq!(distinct.len(), journal.len(), "a serial stands twice in the signer's journal");
    let unknown: Vec<_> = distinct.iter().filter(|serial| !rows.contains_key(serial)).collect();
    assert!(unknown.iter().all(|(issuer, _)| issuer.contains("root")), "signed, but not in the database: {unknown:?}");
    let unsigned = rows.iter().find(|(serial, row)| row.fingerprint.is_some() && !distinct.contains(serial));
    assert_eq!(unsigned, None, "in the database, but not in the signer's journal");
}

fn every_open_intent_was_revoked(rows: &BTreeMap<Reference, Row>) {
    let open: Vec<_> = rows.iter().filter(|(_, row)| row.fingerprint.is_none() && !row.revoked).collect();
    assert!(open.is_empty(), "intents without certificate and revocation: {open:?}");
}

fn every_crl_number_rises(installation: &Installation, seen: Option<&Seen>) {
    let numbers = records::crl_numbers(installation);
    for (issuer, numbers) in &numbers {
        assert!(numbers.is_sorted_by(|a, b| a < b), "{issuer}: {numbers:?}");
    }
    let Some(seen) = seen else { return };
    for (issuer, crl) in &*seen.crls.lock().unwrap() {
        assert!(numbers[issuer].contains(&crl.number), "{issuer}: CRL {} was served, but not kept", crl.number);
    }
}

/// The log itself, and that it still contains everything that was ever exported.
fn audit_log_verifies(installation: &Installation, seen: Option<&Seen>) {
    installation.sigill(&["audit", "verify"]);
    let checkpoints = seen.map(|seen| seen.checkpoints.lock().unwrap().clone()).unwrap_or_default();
    let step = (checkpoints.len() / MAX_CHECKPOINTS).max(1);
    for checkpoint in checkpoints.iter().rev().step_by(step) {
        let said = installation.sigill(&["audit", "verify", "--checkpoint", checkpoint.to_str().unwrap()]);
        assert!(said.contains("contains the checkpoint"), "{said}");
    }
}

/// Everything that must be revoked: what was acknowledged, and what the database says.
fn revocations(memory: &Memory, rows: &BTreeMap<Reference, Row>) -> BTreeSet<Reference> {
    let acknowledged = memory.revoked.lock().unwrap().clone();
    for reference in &acknowledged {
        assert!(rows.get(reference).is_some_and(|row| row.revoked), "revocation of {reference:?} was lost");
    }
    let recorded = rows.iter().filter(|(_, row)| row.revoked).map(|(reference, _)| reference.clone());
    acknowledged.into_iter().chain(recorded).collect()
}

async fn crls_list(judge: &Judge, revoked: &BTreeSet<Reference>) {
    let begun = Stopwatch::start();
    for issuer in judge.issuing() {
        let wanted: BTreeSet<_> =
            revoked.iter().filter(|(of, _)| of == issuer).map(|(_, serial)| serial.clone()).collect();
        loop {
            let listed = judge.crl(issuer).await.unwrap().map(|crl| crl.serials).unwrap_or_default();
            if listed == wanted {
                break;
            }
            assert!(begun.elapsed() < LONGEST_UNTIL_LISTED, "CRL of {issuer}: {listed:?}, not {wanted:?}");
            wait(Duration::from_millis(100)).await;
        }
    }
}

async fn ocsp_says(judge: &Judge, revoked: &BTreeSet<Reference>, memory: &Memory) {
    let begun = Stopwatch::start();
    let answered: Vec<_> = memory.certificates.lock().unwrap().keys().cloned().collect();
    for reference in revoked.iter().chain(&answered) {
        let wanted = if revoked.contains(reference) { Status::Revoked } else { Status::Good };
        loop {
            let status = judge.ocsp(reference).await.unwrap();
            if status == wanted {
                break;
            }
            assert_eq!(status, Status::TryLater, "{reference:?}");
            assert!(begun.elapsed() < LONGEST_UNTIL_SIGNED, "{reference:?} is still {status:?}, not {wanted:?}");
            wait(Duration::from_millis(100)).await;
        }
    }
}

/// EN 319 411-1 asks for 60 minutes; the service promises one.
const LONGEST_UNTIL_LISTED: Duration = Duration::from_mins(1);
const LONGEST_UNTIL_SIGNED: Duration = Duration::from_mins(1);
/// Checkpoints to compare with, evenly from all.
const MAX_CHECKPOINTS: usize = 5;
