//! Certificates validated for relying services: other people's suites, and our own certificates.

use crate::support::Installation;
use crate::support::client::Caller;
use crate::support::oracle::Oracle;
use crate::support::story::{Agency, Keys};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use openssl::asn1::{Asn1Integer, Asn1Time};
use openssl::bn::{BigNum, BigNumRef};
use openssl::ec::{EcGroup, EcKey};
use openssl::hash::MessageDigest;
use openssl::nid::Nid;
use openssl::pkey::{PKey, Private};
use openssl::x509::extension::{AuthorityKeyIdentifier, BasicConstraints, KeyUsage, SubjectKeyIdentifier};
use openssl::x509::{X509, X509NameBuilder};
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

/// Serial numbers that ours never have: RFC 5280 section 4.1.2.2 asks users to bear long ones and negative ones. Nothing
/// stands for them here: no certificate of ours is meant, and none is looked up.
#[tokio::test]
async fn other_peoples_serial_numbers_are_borne() {
    let installation = Installation::start("validate-serials");
    let people = installation.manifest()["people"].as_array().unwrap().clone();
    let caller = Caller::person(&installation, &people[0]);
    for (what, serial) in [
        ("20 octets", BigNum::from_hex_str(&"7f".repeat(20)).unwrap()),
        ("negative", BigNum::from_hex_str(&format!("-{}", "7f".repeat(16))).unwrap()),
        ("one octet", BigNum::from_u32(1).unwrap()),
    ] {
        let (anchor, certificate) = foreign(&serial);
        let question = json!({"certificate": certificate, "trust_anchors": [anchor], "revocation": "none"});
        let answer = caller.post(ADDRESS, question).await.ok();
        assert_eq!((&answer["valid"], &answer["issuedHere"]), (&json!(true), &Value::Null), "{what}: {answer}");
        let answer = caller.post(ADDRESS, json!({"certificate": certificate})).await.ok();
        assert_eq!((&answer["valid"], &answer["issuedHere"]), (&json!(false), &Value::Null), "{what}: {answer}");
    }
}

/// A root of somebody else, and a certificate that it issued under this serial number, as DER in base64.
fn foreign(serial: &BigNumRef) -> (String, String) {
    let new_key = || PKey::from_ec_key(EcKey::generate(&EcGroup::from_curve_name(P256).unwrap()).unwrap()).unwrap();
    let (root_key, key) = (new_key(), new_key());
    let name = |text: &str| {
        let mut name = X509NameBuilder::new().unwrap();
        name.append_entry_by_text("CN", text).unwrap();
        name.build()
    };
    let make = |subject: &str, key: &PKey<Private>, serial: &BigNumRef, is_ca: bool| {
        let mut made = X509::builder().unwrap();
        made.set_version(2).unwrap();
        made.set_serial_number(&Asn1Integer::from_bn(serial).unwrap()).unwrap();
        made.set_subject_name(&name(subject)).unwrap();
        made.set_issuer_name(&name("Somebody's root")).unwrap();
        made.set_not_before(&Asn1Time::days_from_now(0).unwrap()).unwrap();
        made.set_not_after(&Asn1Time::days_from_now(30).unwrap()).unwrap();
        made.set_pubkey(key).unwrap();
        if is_ca {
            made.append_extension(BasicConstraints::new().critical().ca().build().unwrap()).unwrap();
            made.append_extension(KeyUsage::new().critical().key_cert_sign().build().unwrap()).unwrap();
            let identifier = SubjectKeyIdentifier::new().build(&made.x509v3_context(None, None)).unwrap();
            made.append_extension(identifier).unwrap();
        }
        made
    };
    let mut root = make("Somebody's root", &root_key, &BigNum::from_u32(7).unwrap(), true);
    root.sign(&root_key, MessageDigest::sha256()).unwrap();
    let root = root.build();
    let mut leaf = make("Somebody", &key, serial, false);
    let identifier = AuthorityKeyIdentifier::new().keyid(true).build(&leaf.x509v3_context(Some(&root), None)).unwrap();
    leaf.append_extension(identifier).unwrap();
    leaf.sign(&root_key, MessageDigest::sha256()).unwrap();
    let base64 = |certificate: X509| STANDARD.encode(certificate.to_der().unwrap());
    (base64(root), base64(leaf.build()))
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

const P256: Nid = Nid::X9_62_PRIME256V1;
const ADDRESS: &str = "/validate/v1/certificate";
