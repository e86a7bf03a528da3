//! The story of a card, step by step, so that a test can stop anywhere.

use super::Installation;
use super::client::Caller;
use super::oracle::Oracle;
use domain::id::hex;
use domain::operation::{DeliverCards, DeliveredCard, Operation, OperationHash};
use pki::key::PublicKey;
use pki::profile::Purpose;
use rcgen::{CertificateParams, DistinguishedName, KeyPair, PublicKeyData};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU32, Ordering};
use testkit::identity_number;

/// The officers of one agency.
pub struct Agency {
    /// Submits and identifies.
    pub registration: (Caller, Value),
    /// Approves.
    pub approver: (Caller, Value),
    /// Delivers and hands out.
    pub desk: (Caller, Value),
    /// Revokes.
    pub revoker: Caller,
}

/// Two keys of a card that is not one: the service sees requests only.
pub struct Keys {
    /// The authentication key.
    pub authentication: KeyPair,
    /// The signature key.
    pub signature: KeyPair,
}

impl Agency {
    /// Agency `number` of the demo.
    pub fn new(installation: &Installation, number: usize) -> Self {
        let officer = |role| {
            let person = installation.person(number, role);
            (Caller::person(installation, &person), person)
        };
        Self {
            registration: officer("registration-officer"),
            approver: officer("approver"),
            desk: officer("card-desk"),
            revoker: officer("revocation-officer").0,
        }
    }

    /// Submits an application for a new test person; gives its id and the card's number.
    pub async fn submit(&self) -> (String, String) {
        let (number, card) = fresh_person();
        let body = json!({
            "applicant": {"identity_number": number, "given_name": "Åsa", "surname": "Öberg"},
            "card_number": card,
        });
        let view = self.registration.0.post("/ra/v1/enrolments", body).await.ok();
        (view["id"].as_str().unwrap().to_owned(), card)
    }

    /// Identifies the applicant.
    pub async fn identify(&self, oracle: &Oracle, id: &str) -> Value {
        let draft = json!({"proof": proof()});
        let path = format!("/ra/v1/enrolments/{id}/identification");
        let prepared = self.registration.0.post(&format!("{path}/preparation"), draft).await.ok();
        let hash = prepared["operation_hash"].as_str().unwrap();
        let statement = oracle.statement(&self.registration.1, "identify", hash);
        self.registration.0.post(&path, json!({"proof": proof(), "statement": statement})).await.ok()
    }

    /// Approves the application.
    pub async fn approve(&self, oracle: &Oracle, id: &str) -> Value {
        let view = self.approver.0.get(&format!("/ra/v1/enrolments/{id}")).await.ok();
        let statement = oracle.statement(&self.approver.1, "approve", view["operation_hash"].as_str().unwrap());
        self.approver
            .0
            .post(
                &format!("/ra/v1/enrolments/{id}/approval"),
                json!({
                    "statement": statement, "reason": "the employment is proven",
                }),
            )
            .await
            .ok()
    }

    /// An approved application: its id and card number.
    pub async fn approved(&self, oracle: &Oracle) -> (String, String) {
        let (id, card) = self.submit().await;
        self.identify(oracle, &id).await;
        self.approve(oracle, &id).await;
        (id, card)
    }

    /// The body of the request that has the card's certificates issued.
    pub fn delivery(&self, oracle: &Oracle, id: &str, card: &str, keys: &Keys) -> Value {
        let operation = keys.delivery(id, card);
        let hash = OperationHash::of(operation.as_bytes()).to_string();
        let statement = oracle.statement(&self.desk.1, "deliver", &hash);
        json!({
            "authentication_csr": request(&keys.authentication),
            "signature_csr": request(&keys.signature),
            "delivery": {"operation": operation, "statement": statement},
        })
    }

    /// Has the certificates issued: the answer's body.
    pub async fn issue(&self, oracle: &Oracle, id: &str, card: &str, keys: &Keys) -> Value {
        let body = self.delivery(oracle, id, card, keys);
        self.desk.0.post(&format!("/ra/v1/enrolments/{id}/certificates"), body).await.ok()
    }

    /// Hands out the card.
    pub async fn activate(&self, id: &str) -> Value {
        self.desk.0.post(&format!("/ra/v1/enrolments/{id}/activation"), json!({})).await.ok()
    }

    /// A card from application to hand-out: the id, the card's number, and what was issued.
    pub async fn card(&self, oracle: &Oracle, keys: &Keys) -> (String, String, Value) {
        let (id, card) = self.approved(oracle).await;
        let issued = self.issue(oracle, &id, &card, keys).await;
        self.activate(&id).await;
        (id, card, issued)
    }
}

impl Keys {
    /// Two new P-256 keys.
    pub fn new() -> Self {
        Self { authentication: KeyPair::generate().unwrap(), signature: KeyPair::generate().unwrap() }
    }

    /// The delivery record of one card with these keys.
    pub fn delivery(&self, id: &str, card: &str) -> String {
        let cards = vec![self.delivered(id, card)];
        String::from_utf8(Operation::DeliverCards(DeliverCards { cards }).to_bytes()).unwrap()
    }

    /// A card with these keys.
    pub fn delivered(&self, id: &str, card: &str) -> DeliveredCard {
        let fingerprint =
            |key: &KeyPair| hex(&PublicKey::from_spki(&key.subject_public_key_info()).unwrap().fingerprint());
        let keys = BTreeMap::from([
            (Purpose::PersonAuthentication, fingerprint(&self.authentication)),
            (Purpose::PersonSignature, fingerprint(&self.signature)),
        ]);
        DeliveredCard { enrolment: id.parse().unwrap(), card: card.parse().unwrap(), keys }
    }
}

/// A PKCS#10 of a key, PEM.
pub fn request(key: &KeyPair) -> String {
    let mut parameters = CertificateParams::default();
    parameters.distinguished_name = DistinguishedName::new();
    parameters.serialize_request(key).unwrap().pem().unwrap()
}

/// A proof of identity.
pub fn proof() -> Value {
    json!({"document": "passport", "number": "AA1234567", "expires": "2099-12-31", "method": "in-person", "place": "Stockholm"})
}

/// A test identity number that no other call of this process gave, and a card number.
pub fn fresh_person() -> (String, String) {
    let count = PEOPLE.fetch_add(1, Ordering::SeqCst);
    (identity_number(count), format!("IT{:08}{count:06}", std::process::id()))
}

static PEOPLE: AtomicU32 = AtomicU32::new(0);
