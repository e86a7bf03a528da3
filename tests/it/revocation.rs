//! A revocation is final, at once, and everywhere.

use crate::support::Installation;
use crate::support::client::Caller;
use crate::support::installation::pause;
use crate::support::oracle::Oracle;
use crate::support::story::{Agency, Keys};
use serde_json::{Value, json};
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

/// From the moment a revocation is acknowledged nobody is told good; within seconds OCSP and CRL
/// say revoked, with the same reason.
#[tokio::test]
async fn a_revoked_card_is_never_good_again() {
    let installation = Installation::start("revocation");
    let oracle = Oracle::new(&installation);
    let agency = Agency::new(&installation, 0);
    let status = Relying::new(&installation);
    let (_, card, issued) = agency.card(&oracle, &Keys::new()).await;
    let certificates = status.save(&issued);
    for certificate in &certificates {
        status.wait_for(certificate, "good");
    }
    agency.revoker.post(&format!("/ra/v1/cards/{card}/revocation"), json!({"reason": "keyCompromise"})).await.ok();
    for certificate in &certificates {
        let said = status.ocsp(certificate);
        assert!(!said.contains(": good"), "{said}");
        let said = status.wait_for(certificate, "revoked");
        assert!(said.contains("keyCompromise"), "{said}");
    }
    status.wait_for_crl(&certificates);
    let again = agency.revoker.post(&format!("/ra/v1/cards/{card}/revocation"), json!({"reason": "superseded"})).await;
    assert_eq!(again.problem(), (409, "already-revoked".to_owned()));
}

/// Revoking a person takes every card at once; the officer's session ends with the next request.
#[tokio::test]
async fn revoking_a_person_ends_their_access_at_once() {
    let installation = Installation::start("revoked-person");
    let agency = Agency::new(&installation, 0);
    let employee = installation.person(0, "employee");
    let session = Caller::person(&installation, &employee);
    let me = session.get("/self/v1/me").await.ok();
    let path = format!("/ra/v1/persons/{}/revocation", me["id"].as_str().unwrap());
    let revoked = agency.revoker.post(&path, json!({"reason": "cessationOfOperation"})).await.ok();
    assert_eq!(revoked["certificates"].as_array().unwrap().len(), 3, "two on the card, one in software");
    assert_eq!(session.get("/self/v1/me").await.problem(), (401, "certificate-revoked".to_owned()));
}

/// A holder revokes an own card, and nobody else's.
#[tokio::test]
async fn a_holder_revokes_an_own_card_only() {
    let installation = Installation::start("own-card");
    let employee = Caller::person(&installation, &installation.person(0, "employee"));
    let approver = Caller::person(&installation, &installation.person(0, "approver"));
    let own = employee.get("/self/v1/me").await.ok()["cards"][0]["number"].as_str().unwrap().to_owned();
    let path = format!("/self/v1/cards/{own}/revocation");
    let reason = json!({"reason": "keyCompromise"});
    assert_eq!(approver.post(&path, reason.clone()).await.problem().0, 404);
    employee.post(&path, reason).await.ok();
    let hold = employee.post(&path, json!({"reason": "certificateHold"})).await;
    assert_eq!(hold.problem().0, 400, "nothing can be suspended");
}

/// A card that is revoked while its application waits at the desk gets no certificates: nothing
/// would ever revoke them.
#[tokio::test]
async fn a_card_revoked_before_its_issue_gets_no_certificates() {
    let installation = Installation::start("revoked-first");
    let oracle = Oracle::new(&installation);
    let agency = Agency::new(&installation, 0);
    let (id, card) = agency.approved(&oracle).await;
    let reason = json!({"reason": "cessationOfOperation"});
    agency.revoker.post(&format!("/ra/v1/cards/{card}/revocation"), reason).await.ok();
    let delivery = agency.delivery(&oracle, &id, &card, &Keys::new());
    let refused = agency.desk.0.post(&format!("/ra/v1/enrolments/{id}/certificates"), delivery).await;
    assert_eq!(refused.problem(), (409, "wrong-stage".to_owned()));
    let view = agency.desk.0.get(&format!("/ra/v1/cards/{card}")).await.ok();
    assert_eq!((view["state"].as_str(), view["certificates"].as_array().map(Vec::len)), (Some("revoked"), Some(0)));
}

/// A card is issued and revoked at the same moment, many times: whichever was first, a card that
/// says revoked carries no certificate that is not.
#[tokio::test]
async fn issue_and_revocation_at_the_same_moment_leave_nothing_alive() {
    let installation = Installation::start("issue-revoke-race");
    let oracle = Oracle::new(&installation);
    let agency = Agency::new(&installation, 0);
    for _ in 0..RACES {
        let (id, card) = agency.approved(&oracle).await;
        let delivery = agency.delivery(&oracle, &id, &card, &Keys::new());
        let path = format!("/ra/v1/enrolments/{id}/certificates");
        let issue = agency.desk.0.post(&path, delivery);
        let revoke = async {
            let reason = json!({"reason": "keyCompromise"});
            while agency.revoker.post(&format!("/ra/v1/cards/{card}/revocation"), reason.clone()).await.status != 200 {}
        };
        let (_either, ()) = tokio::join!(issue, revoke);
        let view = agency.desk.0.get(&format!("/ra/v1/cards/{card}")).await.ok();
        assert_eq!(view["state"], "revoked");
        let alive = |c: &&Value| !c["pem"].is_null() && c["revoked_at"].is_null();
        assert_eq!(view["certificates"].as_array().unwrap().iter().find(alive), None);
    }
}

/// A relying party with OpenSSL.
struct Relying {
    folder: PathBuf,
    root: String,
    issuer: String,
    ocsp: String,
    crl: String,
}

impl Relying {
    fn new(installation: &Installation) -> Self {
        let manifest = installation.manifest();
        let issuers = manifest["issuers"].as_array().unwrap();
        let issuer = issuers.iter().find(|i| i["name"].as_str().unwrap().contains("person")).unwrap();
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        Self {
            folder: installation.folder().to_owned(),
            root: text(&manifest["trust_anchor"]),
            issuer: text(&issuer["certificate"]),
            ocsp: format!("{}/ocsp", installation.url("status_url")),
            crl: text(&issuer["crl_url"]),
        }
    }

    fn save(&self, issued: &Value) -> Vec<String> {
        let certificates = issued["certificates"].as_array().unwrap();
        let save = |certificate: &Value| {
            let path = self.folder.join(format!("{}.pem", certificate["serial"].as_str().unwrap()));
            std::fs::write(&path, certificate["pem"].as_str().unwrap()).unwrap();
            path.to_str().unwrap().to_owned()
        };
        certificates.iter().map(save).collect()
    }

    fn ocsp(&self, certificate: &str) -> String {
        let arguments = ["ocsp", "-issuer", &self.issuer, "-cert", certificate, "-url", &self.ocsp, "-no_nonce"];
        let trust = ["-CAfile", &self.root, "-verify_other", &self.issuer];
        let output = Command::new("openssl").args(arguments).args(trust).output().unwrap();
        format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
    }

    /// Asks until the answer is there; the figure for the wait is measured by a benchmark, not here.
    fn wait_for(&self, certificate: &str, wanted: &str) -> String {
        for _ in 0..200 {
            let said = self.ocsp(certificate);
            if said.contains(&format!(": {wanted}")) {
                assert!(said.contains("Response verify OK"), "{said}");
                return said;
            }
            pause(Duration::from_millis(50));
        }
        panic!("OCSP never said {wanted}: {}", self.ocsp(certificate));
    }

    fn wait_for_crl(&self, certificates: &[String]) {
        let path = self.folder.join("latest.crl");
        let pem = self.folder.join("latest.crl.pem");
        for _ in 0..200 {
            let fetched =
                Command::new("curl").args(["-sS", "--fail", "-o"]).arg(&path).arg(&self.crl).status().unwrap();
            assert!(fetched.success());
            let mut convert = Command::new("openssl");
            convert.args(["crl", "-inform", "DER", "-in"]).arg(&path).arg("-out").arg(&pem);
            assert!(convert.status().unwrap().success());
            let revoked = |certificate: &String| {
                let verify = ["verify", "-crl_check", "-CAfile", &self.root, "-untrusted", &self.issuer, "-CRLfile"];
                let output = Command::new("openssl").args(verify).arg(&pem).arg(certificate).output().unwrap();
                String::from_utf8_lossy(&output.stderr).contains("certificate revoked")
            };
            if certificates.iter().all(revoked) {
                return;
            }
            pause(Duration::from_millis(100));
        }
        panic!("the CRL never listed {certificates:?}");
    }
}

/// How often the race is run.
const RACES: usize = 20;
