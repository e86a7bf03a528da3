//! Certificates validated for relying services: other people's suites, and our own certificates.

use crate::support::Installation;
use crate::support::client::Caller;
use crate::support::oracle::Oracle;
use crate::support::story::{Agency, Keys};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use std::process::Command;

/// NIST PKITS and x509-limbo through HTTP; each deviation is listed, and argued in `docs/divergences.md`.
#[test]
fn the_suites_of_others_agree_but_for_what_is_listed() {
    let installation = Installation::start("pathval");
    let environment = installation.sigill(&["demo", "env", "pathval"]);
    let root = env!("CARGO_MANIFEST_DIR");
    let groups = "rfc5280,pathlen,pathological,crl,cve,invalid";
    for (suite, only) in [("pkits", ""), ("limbo", groups)] {
        let output = Command::new("bash")
            .args(["-c", &format!("{environment}\nexec python3 '{root}/tests/clients/pathval.py'")])
            .env("SUITE", suite)
            .env("ONLY", only)
            .env("LIMBO", format!("{root}/tests/vectors/limbo/limbo.json"))
            .env("PKITS_VECTORS", format!("{root}/tests/vectors/pkits/vectors.json"))
            .env("PKITS_DATA", format!("{root}/tests/vectors/pkits"))
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success(), "{suite}:\n{said}\n{}", String::from_utf8_lossy(&output.stderr));
        assert!(said.contains(" 0 failed "), "{said}");
    }
}

/// Our own certificates: whose they are, and good until the moment of revocation.
#[tokio::test]
async fn our_own_certificates_are_judged_by_the_journal() {
    let installation = Installation::start("validate-own");
    let people = installation.manifest()["people"].as_array().unwrap().clone();
    let caller = Caller::person(&installation, &people[0]);
    let own = certificate(&people[0]);

    let answer = caller.post(ADDRESS, json!({ "purpose": "client", "certificate": own })).await.ok();
    assert_eq!(
        (answer["valid"].as_bool(), answer["indication"].as_str()),
        (Some(true), Some("TOTAL_PASSED")),
        "{answer}"
    );
    assert_eq!(answer["issuedHere"]["agency"], people[0]["agency"]);
    assert_eq!(answer["chain"].as_array().unwrap().len(), 3, "person, issuing CA, root");

    let before = json!({ "certificate": own, "validation_time": "2020-01-01T00:00:00Z" });
    let answer = caller.post(ADDRESS, before).await.ok();
    assert_eq!(answer["subIndication"], "OUT_OF_BOUNDS_NOT_REVOKED", "{answer}");

    let agency = Agency::new(&installation, 0);
    let (_, card, issued) = agency.card(&Oracle::new(&installation), &Keys::new()).await;
    let question = json!({ "certificate": der(issued["certificates"][0]["pem"].as_str().unwrap()) });
    assert_eq!(caller.post(ADDRESS, question.clone()).await.ok()["valid"], true);
    let reason = json!({"reason": "keyCompromise"});
    agency.revoker.post(&format!("/ra/v1/cards/{card}/revocation"), reason).await.ok();
    let answer = caller.post(ADDRESS, question).await.ok();
    assert_eq!((&answer["valid"], &answer["subIndication"]), (&json!(false), &json!("REVOKED_NO_POE")), "{answer}");
    assert!(answer["issuedHere"]["revokedAt"].is_string(), "{answer}");
}

/// What cannot be read is refused with a word, and nobody is answered without a card.
#[tokio::test]
async fn bad_questions_are_refused() {
    let installation = Installation::start("validate-bad");
    let people = installation.manifest()["people"].as_array().unwrap().clone();
    let caller = Caller::person(&installation, &people[0]);
    let own = certificate(&people[0]);
    let mut trailing = STANDARD.decode(&own).unwrap();
    trailing.push(0);
    for question in [
        json!({ "certificate": "no base64!" }),
        json!({ "certificate": STANDARD.encode(b"no certificate") }),
        json!({ "certificate": STANDARD.encode(trailing) }),
        json!({ "certificate": own, "validation_time": "yesterday" }),
        json!({ "certificate": own, "crls": [own], "revocation": "crl" }),
        json!({ "certificate": own, "peer": {"kind": "IP", "value": "localhost"} }),
        json!({ "certificate": own, "intermediates": vec![own.clone(); 101] }),
    ] {
        assert_eq!(caller.post(ADDRESS, question).await.problem(), (400, "invalid".to_owned()));
    }
    let nobody = Caller::nobody(&installation).post(ADDRESS, json!({ "certificate": own })).await;
    assert_eq!(nobody.problem(), (401, "certificate-needed".to_owned()));
}

fn certificate(person: &Value) -> String {
    der(&std::fs::read_to_string(person["certificate"].as_str().unwrap()).unwrap())
}

/// The first certificate of a PEM text, as DER in base64.
fn der(pem: &str) -> String {
    STANDARD.encode(pki::Certificate::from_pem(pem).unwrap().der().as_bytes())
}

const ADDRESS: &str = "/validate/v1/certificate";
