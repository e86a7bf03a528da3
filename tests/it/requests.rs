//! What a certificate request may bring, and what is refused with which word.

use crate::support::Installation;
use crate::support::oracle::Oracle;
use crate::support::story::{Agency, Keys, request};
use domain::id::hex;
use domain::operation::{DeliverCards, DeliveredCard, Operation, OperationHash};
use openssl::ec::{EcGroup, EcKey};
use openssl::hash::MessageDigest;
use openssl::nid::Nid;
use openssl::pkey::{PKey, Private};
use openssl::rsa::Rsa;
use openssl::x509::extension::BasicConstraints;
use openssl::x509::{X509NameBuilder, X509ReqBuilder};
use pki::profile::Purpose;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Each bad request has its own code, changes nothing, and leaves the application as it was: the
/// good request at the end is served.
#[tokio::test]
async fn bad_requests_have_their_own_codes_and_change_nothing() {
    let installation = Installation::start("requests");
    let oracle = Oracle::new(&installation);
    let agency = Agency::new(&installation, 0);
    let (id, card) = agency.approved(&oracle).await;
    let before = installation.signer_journal();

    let mut broken = pem(&p256());
    broken.replace_range(200..204, "AAAA");
    let cases = [
        ("signature changed", broken, "bad_signature"),
        ("RSA 2048", pem(&rsa(2048, 65537)), "not-issuable"),
        ("RSA 3072 with e = 3", pem(&rsa(3072, 3)), "bad_exponent"),
        ("P-192", pem(&curve(Nid::X9_62_PRIME192V1)), "unsupported_curve"),
        ("secp256k1", pem(&curve(Nid::SECP256K1)), "unsupported_curve"),
        ("a CA's certificate", pem_of_a_ca(&p256()), "asks_for_ca"),
        ("garbage", "no request at all".to_owned(), "malformed"),
        ("too long", "A".repeat(100_000), "oversized"),
    ];
    for (what, csr, wanted) in cases {
        let answer = agency.post_requests(&oracle, &id, &card, &csr).await;
        assert_eq!(answer, wanted, "{what}");
    }
    assert_eq!(installation.signer_journal(), before, "nothing reached the signer's journal");

    let keys = Keys::new();
    agency.issue(&oracle, &id, &card, &keys).await;

    let (second, other_card) = agency.approved(&oracle).await;
    let taken = agency.delivery(&oracle, &second, &other_card, &keys);
    let answer = agency.desk.0.post(&format!("/ra/v1/enrolments/{second}/certificates"), taken).await;
    assert_eq!(answer.problem().1, "key-taken", "a key of another person");
}

/// Subject and extensions come from the enrolment, whatever the request asks for.
#[tokio::test]
async fn a_request_gives_the_key_and_nothing_else() {
    let installation = Installation::start("greedy");
    let oracle = Oracle::new(&installation);
    let agency = Agency::new(&installation, 0);
    let (id, card) = agency.approved(&oracle).await;
    let keys = Keys::new();
    let mut greedy = rcgen::CertificateParams::new(["evil.example".to_owned()]).unwrap();
    greedy.distinguished_name.push(rcgen::DnType::CommonName, "Somebody Else");
    greedy.key_usages = vec![rcgen::KeyUsagePurpose::KeyCertSign];
    let csr = greedy.serialize_request(&keys.authentication).unwrap().pem().unwrap();
    let mut body = agency.delivery(&oracle, &id, &card, &keys);
    body["authentication_csr"] = json!(csr);
    let issued = agency.desk.0.post(&format!("/ra/v1/enrolments/{id}/certificates"), body).await.ok();
    let pem = issued["certificates"].as_array().unwrap().iter().find(|c| c["purpose"] == "person-authentication");
    let certificate = pki::Certificate::from_pem(pem.unwrap()["pem"].as_str().unwrap()).unwrap();
    assert_eq!(certificate.common_name(), Some("Åsa Öberg"));
    assert!(!certificate.is_ca() && !certificate.key_cert_sign());
    assert!(!String::from_utf8_lossy(certificate.der().as_bytes()).contains("evil.example"));
}

impl Agency {
    /// Sends one authentication request with a delivery that names its key as well as can be.
    async fn post_requests(&self, oracle: &Oracle, id: &str, card: &str, csr: &str) -> String {
        let fingerprint = openssl::x509::X509Req::from_pem(csr.as_bytes())
            .and_then(|request| request.public_key()?.public_key_to_der())
            .map_or_else(|_| "00".repeat(32), |spki| hex(&openssl::sha::sha256(&spki)));
        let keys = BTreeMap::from([(Purpose::PersonAuthentication, fingerprint)]);
        let card = DeliveredCard { enrolment: id.parse().unwrap(), card: card.parse().unwrap(), keys };
        let operation = Operation::DeliverCards(DeliverCards { cards: vec![card] }).to_bytes();
        let statement = oracle.statement(&self.desk.1, "deliver", &OperationHash::of(&operation).to_string());
        let body = json!({
            "authentication_csr": csr,
            "delivery": {"operation": String::from_utf8(operation).unwrap(), "statement": statement},
        });
        let answer = self.desk.0.post(&format!("/ra/v1/enrolments/{id}/certificates"), body).await;
        answer.problem().1
    }
}

fn p256() -> PKey<Private> {
    curve(Nid::X9_62_PRIME256V1)
}

fn curve(nid: Nid) -> PKey<Private> {
    PKey::from_ec_key(EcKey::generate(&EcGroup::from_curve_name(nid).unwrap()).unwrap()).unwrap()
}

fn rsa(bits: u32, exponent: u32) -> PKey<Private> {
    let exponent = openssl::bn::BigNum::from_u32(exponent).unwrap();
    PKey::from_rsa(Rsa::generate_with_e(bits, &exponent).unwrap()).unwrap()
}

fn pem(key: &PKey<Private>) -> String {
    pem_with(key, |_| ())
}

fn pem_of_a_ca(key: &PKey<Private>) -> String {
    pem_with(key, |request| {
        let mut wishes = openssl::stack::Stack::new().unwrap();
        wishes.push(BasicConstraints::new().critical().ca().build().unwrap()).unwrap();
        request.add_extensions(&wishes).unwrap();
    })
}

fn pem_with(key: &PKey<Private>, wish: impl FnOnce(&mut X509ReqBuilder)) -> String {
    let mut request = X509ReqBuilder::new().unwrap();
    request.set_pubkey(key).unwrap();
    request.set_subject_name(&X509NameBuilder::new().unwrap().build()).unwrap();
    wish(&mut request);
    request.sign(key, MessageDigest::sha256()).unwrap();
    String::from_utf8(request.build().to_pem().unwrap()).unwrap()
}

/// Both forms of a request are read.
#[tokio::test]
async fn a_card_with_one_key_gets_one_certificate() {
    let installation = Installation::start("one-key");
    let oracle = Oracle::new(&installation);
    let agency = Agency::new(&installation, 0);
    let (id, card) = agency.approved(&oracle).await;
    let key = rcgen::KeyPair::generate().unwrap();
    let fingerprint = hex(&openssl::sha::sha256(&rcgen::PublicKeyData::subject_public_key_info(&key)));
    let keys = BTreeMap::from([(Purpose::PersonAuthentication, fingerprint)]);
    let card = DeliveredCard { enrolment: id.parse().unwrap(), card: card.parse().unwrap(), keys };
    let operation = Operation::DeliverCards(DeliverCards { cards: vec![card] }).to_bytes();
    let statement = oracle.statement(&agency.desk.1, "deliver", &OperationHash::of(&operation).to_string());
    let body = json!({
        "authentication_csr": request(&key),
        "delivery": {"operation": String::from_utf8(operation).unwrap(), "statement": statement},
    });
    let issued: Value = agency.desk.0.post(&format!("/ra/v1/enrolments/{id}/certificates"), body).await.ok();
    assert_eq!(issued["certificates"].as_array().unwrap().len(), 1);
}
