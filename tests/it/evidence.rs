//! The evidence of one card, verified by whoever has the root's certificate, and no copy of it that was changed.

use crate::packages::{Managers, known};
use crate::support::client::Caller;
use crate::support::oracle::Oracle;
use crate::support::records::events;
use crate::support::story::{Agency, Keys};
use crate::support::{Installation, Stopwatch, in_seconds, wait};
use pki::certificate::Certificate;
use serde_json::{Value, json};
use sigill::service::evidence::package::{Files, read, write};
use sigill::service::evidence::verify::verify;
use std::path::Path;
use std::process::{Command, Output};
use std::time::Duration;

#[tokio::test]
async fn a_cards_evidence_verifies_offline_and_nothing_else_does() {
    let installation = Installation::start("evidence");
    let (oracle, agency) = (Oracle::new(&installation), Agency::new(&installation, 0));
    let (_, card, _) = agency.card(&oracle, &Keys::new()).await;
    agency.revoker.post(&format!("/ra/v1/cards/{card}/revocation"), json!({"reason": "superseded"})).await.ok();
    let manager = access_manager(&installation).await;
    let path = format!("/ra/v1/cards/{card}/evidence");
    let package = until_sealed(&manager, &path).await;
    let file = installation.folder().join("evidence.tar");
    std::fs::write(&file, &package).unwrap();
    let root_file = installation.data().join("authorities/test-sigill-root-ca-v1.pem");
    let root = Certificate::from_pem(&std::fs::read_to_string(&root_file).unwrap()).unwrap();

    let said = judged(&installation, &file, &root_file);
    let out = String::from_utf8(said.stdout).unwrap();
    assert!(said.status.success(), "{out}{}", String::from_utf8_lossy(&said.stderr));
    assert!(out.contains("3 signatures, 2 certificates"), "{out}");
    let sound = verify(&package, &root).unwrap();
    assert_eq!((sound.statements, sound.certificates), (3, 2));
    assert!(sound.records >= 8, "from application to revocation: {}", sound.records);
    let other = installation.data().join("authorities/test-sigill-person-loa4-ca-v1.pem");
    assert!(!judged(&installation, &file, &other).status.success(), "another root");

    nothing_can_be_changed(&package, &root);
    let refused = Caller::person(&installation, &installation.person(1, "approver")).get(&path).await;
    assert_eq!(refused.problem().0, 403, "without the right");
    let auditor = Caller::person(&installation, &installation.person(0, "auditor"));
    let at_any = auditor.download(&format!("/admin/v1/tenants/norrsken/cards/{card}/evidence")).await;
    verify(&at_any, &root).unwrap();
    assert_eq!(events(&installation, "evidence.exported").len(), 2, "each export is in the log");
    own_part_of_the_log(&installation, &manager).await;
}

/// An octet anywhere, a file more or less, a file in another's place.
fn nothing_can_be_changed(package: &[u8], root: &Certificate) {
    for at in (0..package.len()).step_by(61) {
        let mut changed = package.to_vec();
        changed[at] ^= 1;
        assert!(verify(&changed, root).is_err(), "octet {at} of {}", package.len());
    }
    let (manifest, files) = read(package).unwrap();
    let made_at = verify(package, root).unwrap().manifest.made_at;
    let pack = |files: &Files| write(&manifest, files, made_at).unwrap();
    assert_eq!(pack(&files), package, "a package has one form");
    for name in files.keys() {
        let mut fewer = files.clone();
        fewer.remove(name);
        assert!(verify(&pack(&fewer), root).is_err(), "without {name}");
        let mut other = files.clone();
        other.get_mut(name).unwrap().push(b' ');
        assert!(verify(&pack(&other), root).is_err(), "{name} longer");
    }
    let mut more = files.clone();
    more.insert("signed/more.json".to_owned(), b"{}".to_vec());
    assert!(verify(&pack(&more), root).is_err(), "a file more");
    let mut swapped = files.clone();
    let (one, two) = ("signed/approval.json", "signed/identification.json");
    swapped.insert(one.to_owned(), files[two].clone());
    swapped.insert(two.to_owned(), files[one].clone());
    assert!(verify(&pack(&swapped), root).is_err(), "two files in each other's place");
    for length in [0, 1, 512, package.len() / 2, package.len() - 512, package.len() - 1] {
        assert!(verify(&package[..length], root).is_err(), "cut at {length}");
    }
    assert!(verify(&[package, &[0; 512]].concat(), root).is_err(), "longer");
}

/// An agency reads what is about itself, and the reading is recorded.
async fn own_part_of_the_log(installation: &Installation, manager: &Caller) {
    let own = manager.get("/ra/v1/audit?from=1&limit=200").await.ok();
    let records = own["items"].as_array().unwrap();
    assert!(records.len() > 20);
    for record in records {
        let text: Value = serde_json::from_str(record["text"].as_str().unwrap()).unwrap();
        assert_eq!(text["tenant"], "norrsken");
    }
    let read = events(installation, "audit.read");
    assert_eq!((&read[0]["tenant"], &read[0]["object"]), (&json!("norrsken"), &json!("agency")));
}

/// Somebody who may export evidence.
pub async fn access_manager(installation: &Installation) -> Caller {
    let managers = Managers::of(installation).await;
    let (_, hugo) = known(installation, "Hugo Hellberg").await;
    managers.train(&hugo, "security", &in_seconds(-60)).await.ok();
    managers.give(&hugo, "access-manager", &in_seconds(86_400)).await;
    known(installation, "Hugo Hellberg").await.0
}

/// The package, once the service has a certificate for its seal.
pub async fn until_sealed(caller: &Caller, path: &str) -> Vec<u8> {
    let begun = Stopwatch::start();
    loop {
        let package = caller.download(path).await;
        if !package.starts_with(b"{") {
            return package;
        }
        assert!(begun.elapsed() < Duration::from_secs(20), "{}", String::from_utf8_lossy(&package));
        wait(Duration::from_millis(200)).await;
    }
}

fn judged(installation: &Installation, file: &Path, root: &Path) -> Output {
    let mut command = Command::new(installation.program());
    command.args(["evidence", "verify"]).arg(file).arg("--root").arg(root).output().unwrap()
}
