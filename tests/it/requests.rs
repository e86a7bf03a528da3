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
        ("secp256k1", pem(&curve(Nid::SECP256K1)), "unsupported_curve"),
        ("somebody else", pem_of(&p256(), "Somebody Else"), "other_subject"),
        ("garbage", "no request at all".to_owned(), "malformed"),
        ("too long", "A".repeat(100_000), "oversized"),
    ];
    let classics = CLASSICS.map(|(sample, wanted)| (sample, sample_pem(sample), wanted));
    for (what, csr, wanted) in cases.into_iter().chain(classics) {
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

/// The hostile requests of `tests/fixtures`, with the word for each.
const CLASSICS: [(&str, &str); 15] = [
    ("asks-for-ca", "asks_for_ca"),
    ("asks-for-names", "asks_for_names"),
    ("extension-twice", "duplicate_extension"),
    ("faulty-generator", "weak_modulus"),
    ("honest", "other_subject"),
    ("indefinite-length", "not_der"),
    ("length-in-long-form", "not_der"),
    ("nested-2000-deep", "too_deep"),
    ("nul-in-name", "nul_in_name"),
    ("off-curve-point", "not_on_curve"),
    ("p-192", "unsupported_curve"),
    ("rsa-65536", "oversized_key"),
    ("rsa-8192", "unsupported_rsa_size"),
    ("rsa-exponent-3", "bad_exponent"),
    ("trailing-octet", "trailing_data"),
];

/// A request may name whom it is for, and the certificate says what was enrolled.
#[tokio::test]
async fn a_request_may_repeat_the_enrolled_subject() {
    let installation = Installation::start("polite");
    let oracle = Oracle::new(&installation);
    let agency = Agency::new(&installation, 0);
    let (id, card) = agency.approved(&oracle).await;
    let keys = Keys::new();
    let mut polite = rcgen::CertificateParams::default();
    polite.distinguished_name = rcgen::DistinguishedName::new();
    polite.distinguished_name.push(rcgen::DnType::CountryName, "SE");
    polite.distinguished_name.push(rcgen::DnType::CommonName, "Åsa Öberg");
    let csr = polite.serialize_request(&keys.authentication).unwrap().pem().unwrap();
    let mut body = agency.delivery(&oracle, &id, &card, &keys);
    body["authentication_csr"] = json!(csr);
    let issued = agency.desk.0.post(&format!("/ra/v1/enrolments/{id}/certificates"), body).await.ok();
    let pem = issued["certificates"].as_array().unwrap().iter().find(|c| c["purpose"] == "person-authentication");
    let certificate = pki::Certificate::from_pem(pem.unwrap()["pem"].as_str().unwrap()).unwrap();
    assert_eq!(certificate.common_name(), Some("Åsa Öberg"));
    assert!(certificate.subject_attribute("2.5.4.97").is_some(), "the rest of the subject is there too");
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

fn pem_of(key: &PKey<Private>, common_name: &str) -> String {
    pem_with(key, |request| {
        let mut name = X509NameBuilder::new().unwrap();
        name.append_entry_by_text("CN", common_name).unwrap();
        request.set_subject_name(&name.build()).unwrap();
    })
}

/// A hostile sample as PEM.
fn sample_pem(name: &str) -> String {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/hostile/csr");
    let der = std::fs::read(format!("{folder}/{name}")).unwrap();
    let body = openssl::base64::encode_block(&der);
    format!("-----BEGIN CERTIFICATE REQUEST-----\n{body}\n-----END CERTIFICATE REQUEST-----\n")
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
