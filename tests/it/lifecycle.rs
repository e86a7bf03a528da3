//! What ends by itself, and what is recorded of those who look and of those who are refused.

use crate::packages::known;
use crate::support::client::Caller;
use crate::support::oracle::Oracle;
use crate::support::records::events;
use crate::support::story::{Agency, Keys, fresh_person};
use crate::support::{Installation, Stopwatch, in_seconds, wait};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use domain::operation::STATEMENT_TYPE;
use pki::jose::sign_compact;
use pki::key::{KeyId, PublicKey, SignError, SignatureAlgorithm, Signer};
use serde_json::{Value, json};
use std::process::Command;
use std::time::Duration;

/// An employment ends on its day, in the future or already past, and with it everything that hung on it.
#[tokio::test]
async fn what_a_person_has_ends_with_their_employment() {
    let installation = Installation::start("leaving");
    let oracle = Oracle::new(&installation);
    let agency = Agency::new(&installation, 0);
    let (id, card, _) = agency.card(&oracle, &Keys::new()).await;
    let enrolment = agency.registration.0.get(&format!("/ra/v1/enrolments/{id}")).await.ok();
    let person = enrolment["applicant_id"].as_str().unwrap();
    let path = format!("/ra/v1/persons/{person}/employment-end");
    let end = |day: Value| agency.registration.0.post(&path, json!({"last_day": day, "reason": "case 7"}));

    let winter = end(json!("2030-01-31")).await.ok();
    assert_eq!(winter["employed_until"], "2030-01-31T22:59:59Z", "the end of the day in Sweden");
    let summer = end(json!("2030-06-30")).await.ok();
    assert_eq!(summer["employed_until"], "2030-06-30T21:59:59Z");
    let goes_on = end(Value::Null).await.ok();
    assert!(goes_on["employed_until"].is_null());
    assert_eq!(end(json!("2030-02-30")).await.problem(), (400, "invalid".to_owned()));
    assert_eq!(state(&agency, &card).await, "active", "nothing has ended");

    end(json!("2026-01-31")).await.ok();
    until_revoked(&agency, &card).await;
    let view = agency.desk.0.get(&format!("/ra/v1/cards/{card}")).await.ok();
    assert_eq!(view["certificates"][0]["reason"], "affiliationChanged");
    let found = events(&installation, "person.revoked");
    assert_eq!((&found[0]["details"]["channel"], &found[0]["actor"]["system"]), (&json!("job"), &json!("employments")));
    assert_eq!(events(&installation, "employment.ended").len(), 1);

    let (_, annas_id) = known(&installation, "Anna Almkvist").await;
    let own = format!("/ra/v1/persons/{annas_id}/employment-end");
    let own = agency.registration.0.post(&own, json!({"last_day": "2030-01-31", "reason": "mine"})).await;
    assert_eq!(own.problem(), (403, "on-self".to_owned()));
}

/// A card that waited for its holder for three months is revoked; one that waited less is not.
#[tokio::test]
async fn a_card_that_nobody_collects_is_revoked() {
    let mut installation = Installation::start("uncollected");
    let oracle = Oracle::new(&installation);
    let agency = Agency::new(&installation, 0);
    let mut cards = Vec::new();
    for _ in 0..2 {
        let (id, card) = agency.approved(&oracle).await;
        agency.issue(&oracle, &id, &card, &Keys::new()).await;
        cards.push((id, card));
    }
    installation.stop();
    let database = installation.data().join("sigill.db");
    let issued = |(id, _): &(String, String), days: u32| {
        format!("UPDATE enrolment SET issued_at = issued_at - {days} * 86400 WHERE id = '{id}';")
    };
    // Whoever owns the file can turn back time; nobody else can.
    let sql = format!("DROP TRIGGER enrolment_final; {}{}", issued(&cards[0], 93), issued(&cards[1], 80));
    let done = Command::new("sqlite3").arg(&database).arg(sql).status().unwrap();
    assert!(done.success());
    installation.run();
    let agency = Agency::new(&installation, 0);
    until_revoked(&agency, &cards[0].1).await;
    assert_eq!(state(&agency, &cards[1].1).await, "bound");
    let found = events(&installation, "card.revoked");
    assert_eq!((found.len(), &found[0]["actor"]["system"]), (1, &json!("uncollected-cards")));
}

/// The holder signs for the card with that card, over what was shown and which terms were read; nothing else counts.
#[tokio::test]
async fn a_card_is_received_with_that_very_card() {
    let installation = Installation::start("receipt");
    let oracle = Oracle::new(&installation);
    let agency = Agency::new(&installation, 0);
    let (id, card) = agency.approved(&oracle).await;
    let keys = Keys::new();
    let issued = agency.issue(&oracle, &id, &card, &keys).await;
    let document = json!({"kind": "passport", "number": "AA1234567", "expires": "2099-12-31"});
    let path = format!("/ra/v1/enrolments/{id}/activation");
    let draft = json!({"document": document, "language": "sv"});
    let prepared = agency.desk.0.post(&format!("{path}/preparation"), draft).await.ok();
    let hash = prepared["operation_hash"].as_str().unwrap().to_owned();
    let terms = agency.desk.0.get("/ra/v1/terms").await.ok();
    let swedish = terms.as_array().unwrap().iter().find(|terms| terms["language"] == "sv").unwrap();
    assert!(prepared["operation"].as_str().unwrap().contains(swedish["sha256"].as_str().unwrap()));

    let activate = |statement: String, language: &str, document: &Value| {
        let receipt = json!({"document": document, "language": language, "statement": statement});
        agency.desk.0.post(&path, json!({"receipt": receipt}))
    };
    let receipt = || statement(&keys, &issued, "receive", &hash);
    let desks_own = oracle.statement(&agency.desk.1, "receive", &hash);
    let refused = activate(desks_own, "sv", &document).await;
    assert_eq!(refused.problem(), (403, "not-an-officer".to_owned()), "the desk signs with its own card");
    let other_act = activate(statement(&keys, &issued, "approve", &hash), "sv", &document).await;
    assert_eq!(other_act.problem(), (403, "other-act".to_owned()));
    let other_terms = activate(receipt(), "en", &document).await;
    assert_eq!(other_terms.problem(), (403, "other-operation".to_owned()), "other terms than were read");
    let mut other = document.clone();
    other["number"] = json!("BB7654321");
    let other_document = activate(receipt(), "sv", &other).await;
    assert_eq!(other_document.problem(), (403, "other-operation".to_owned()), "another document than was shown");
    other["expires"] = json!("2020-01-01");
    assert_eq!(activate(receipt(), "sv", &other).await.problem(), (400, "invalid".to_owned()), "an old document");
    assert_eq!(state(&agency, &card).await, "bound");

    activate(receipt(), "sv", &document).await.ok();
    assert_eq!(state(&agency, &card).await, "active");
    let found = events(&installation, "card.received");
    assert_eq!(found[0]["details"]["terms_sha256"], swedish["sha256"]);
    assert!(!found[0].to_string().contains("AA1234567"), "a commitment stands for the document's number");
    let refused = events(&installation, "act.refused");
    assert_eq!(refused.len(), 4, "every attempt is in the log: {refused:?}");
}

/// A statement of a card that is not one.
fn statement(keys: &Keys, issued: &Value, act: &str, hash: &str) -> String {
    let certificates = issued["certificates"].as_array().unwrap();
    let signature = certificates.iter().find(|one| one["purpose"] == "person-signature").unwrap();
    let certificate = pki::Certificate::from_pem(signature["pem"].as_str().unwrap()).unwrap();
    let header = json!({"typ": STATEMENT_TYPE, "x5c": [STANDARD.encode(certificate.der().as_bytes())]});
    let payload = json!({"act": act, "operation": hash, "at": in_seconds(0)}).to_string();
    let key = SoftCard(&keys.signature);
    sign_compact(header, payload.as_bytes(), &KeyId::new("signature"), SignatureAlgorithm::EcdsaSha256, &key).unwrap()
}

/// A card's signature key in software.
struct SoftCard<'a>(&'a rcgen::KeyPair);

impl Signer for SoftCard<'_> {
    fn sign(&self, _: &KeyId, _: SignatureAlgorithm, message: &[u8]) -> Result<Vec<u8>, SignError> {
        Ok(rcgen::SigningKey::sign(self.0, message).unwrap())
    }

    fn public_key(&self, _: &KeyId) -> Result<PublicKey, SignError> {
        Ok(PublicKey::from_spki(&rcgen::PublicKeyData::subject_public_key_info(self.0)).unwrap())
    }
}

/// Another agency's things are answered like none, and the log knows that somebody asked; whoever looks for a person says
/// what for.
#[tokio::test]
async fn who_looks_elsewhere_is_in_the_log() {
    let installation = Installation::start("elsewhere");
    let agency = Agency::new(&installation, 0);
    let other = Caller::person(&installation, &installation.person(1, "registration-officer"));
    let (id, card) = agency.submit().await;
    for path in [format!("/ra/v1/enrolments/{id}"), format!("/ra/v1/cards/{card}"), "/ra/v1/cards/none".to_owned()] {
        assert_eq!(other.get(&path).await.problem(), (404, "not-found".to_owned()), "{path}");
    }
    let auditor = Caller::person(&installation, &installation.person(0, "auditor"));
    let held = auditor.get("/admin/v1/tenants/havsbris/assignments").await.ok();
    assert_eq!(held["items"].as_array().unwrap().len(), 3, "an auditor reads at every agency");
    let read = events(&installation, "agency.read");
    assert_eq!((read.len(), &read[0]["tenant"]), (1, &json!("havsbris")), "and is in the log");
    let refused = events(&installation, "act.refused");
    let elsewhere: Vec<_> = refused.iter().map(|event| event["details"]["elsewhere"].as_str().unwrap()).collect();
    assert_eq!(elsewhere, ["true", "true", "false"]);

    let (number, card) = fresh_person();
    let application = json!({
        "applicant": {"identity_number": number, "given_name": "Åsa", "surname": "Öberg"}, "card_number": card,
    });
    let enrolment = agency.registration.0.post("/ra/v1/enrolments", application).await.ok();
    let search = |who: &Caller, purpose: &str| {
        let (who, body) = (who.clone(), json!({"identity_number": number, "purpose": purpose}));
        async move { who.post("/ra/v1/persons/search", body).await }
    };
    assert_eq!(search(&agency.registration.0, " ").await.problem(), (400, "invalid".to_owned()), "no purpose");
    let found = search(&agency.registration.0, "an order, case 9").await.ok();
    assert_eq!(found["items"][0]["id"], enrolment["applicant_id"]);
    let nobody = search(&other, "curiosity").await.ok();
    assert_eq!(nobody["items"], json!([]), "a person of another agency");
    let looked = events(&installation, "person.looked-up");
    let purposes: Vec<_> = looked.iter().map(|event| event["details"]["purpose"].as_str().unwrap()).collect();
    assert_eq!(purposes, ["an order, case 9", "curiosity"]);
    assert!(looked.iter().all(|event| !event.to_string().contains(&number)), "a commitment stands for the number");
}

async fn state(agency: &Agency, card: &str) -> String {
    let view = agency.desk.0.get(&format!("/ra/v1/cards/{card}")).await.ok();
    view["state"].as_str().unwrap().to_owned()
}

pub async fn until_revoked(agency: &Agency, card: &str) {
    let begun = Stopwatch::start();
    while state(agency, card).await != "revoked" {
        assert!(begun.elapsed() < Duration::from_mins(1), "the job does not come");
        wait(Duration::from_millis(200)).await;
    }
}
