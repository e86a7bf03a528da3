//! Requests, tokens and the rules about them.

use super::request::MAX_REQUEST_OCTETS;
use super::*;
use pki::asn1::{ObjectIdentifier, Writer, tag};
use pki::certificate::Certificate;
use pki::key::{KeyId, KeyKind, PublicKey, SignError, SignatureAlgorithm, Signer};
use pki::serial::SerialNumber;
use pki::time::UtcTime;
use std::sync::Arc;
use testkit::{SoftPki, SoftSigner};

const POLICY: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../../policies/timestamps.toml"));

fn now() -> UtcTime {
    "2026-03-01T12:00:00Z".parse().unwrap()
}

fn policy() -> StampPolicy {
    StampPolicy::from_toml(POLICY).unwrap()
}

fn unit() -> (SoftSigner, Arc<Unit>) {
    let pki = SoftPki::found(now());
    let (keys, key, ders) = pki.stamper(SerialNumber::from_random([9; 16]), now());
    let [certificate, issuer] = ders.map(|der| Certificate::parse(der.as_bytes()).unwrap());
    (keys, Arc::new(Unit::new(certificate, issuer, key).unwrap()))
}

/// A request, each part as given.
struct Asked<'a> {
    version: u8,
    hash: &'a str,
    digest: usize,
    policy: Option<&'a str>,
    nonce: &'a [u8],
    more: &'a [u8],
}

impl Default for Asked<'_> {
    fn default() -> Self {
        Self {
            version: 1,
            hash: "2.16.840.1.101.3.4.2.1",
            digest: 32,
            policy: None,
            nonce: &[7],
            more: &[0x01, 1, 0xff],
        }
    }
}

impl Asked<'_> {
    fn der(&self) -> Vec<u8> {
        let mut writer = Writer::new();
        writer.sequence(|w| {
            w.element(tag::INTEGER, &[self.version]);
            w.sequence(|w| {
                w.sequence(|w| w.oid(ObjectIdentifier::new(self.hash).unwrap()));
                w.element(tag::OCTET_STRING, &vec![5; self.digest]);
            });
            if let Some(policy) = self.policy {
                w.oid(ObjectIdentifier::new(policy).unwrap());
            }
            if !self.nonce.is_empty() {
                w.element(tag::INTEGER, self.nonce);
            }
            w.raw(self.more);
        });
        writer.into_der()
    }

    fn failure(self) -> Option<Failure> {
        parse_request(&self.der()).err()
    }
}

#[test]
fn each_bad_request_has_its_failure() {
    assert_eq!(Asked::default().failure(), None);
    assert_eq!(Asked { version: 2, ..Asked::default() }.failure(), Some(Failure::BadRequest));
    assert_eq!(Asked { hash: "1.3.14.3.2.26", digest: 20, ..Asked::default() }.failure(), Some(Failure::BadAlg));
    assert_eq!(Asked { digest: 31, ..Asked::default() }.failure(), Some(Failure::BadDataFormat));
    assert_eq!(Asked { nonce: &[1; 65], ..Asked::default() }.failure(), Some(Failure::BadRequest));
    assert_eq!(Asked { nonce: &[0, 1], ..Asked::default() }.failure(), Some(Failure::BadDataFormat));
    // certReq FALSE is the default, which DER leaves out; an empty list of extensions is an extension field all the same.
    assert_eq!(Asked { more: &[0x01, 1, 0], ..Asked::default() }.failure(), Some(Failure::BadDataFormat));
    assert_eq!(Asked { more: &[0xa0, 0], ..Asked::default() }.failure(), Some(Failure::UnacceptedExtension));
    assert_eq!(Asked { more: &[0x05, 0], ..Asked::default() }.failure(), Some(Failure::BadDataFormat));
    assert_eq!(parse_request(&[0x30, 0x80]), Err(Failure::BadDataFormat));
    assert_eq!(parse_request(&vec![0; MAX_REQUEST_OCTETS + 1]), Err(Failure::BadRequest));
}

#[test]
fn a_rejection_says_which_bit() {
    for (failure, bits) in [
        (Failure::BadAlg, &[7, 0x80][..]),
        (Failure::BadDataFormat, &[2, 0x04]),
        (Failure::TimeNotAvailable, &[1, 0, 0x02]),
        (Failure::UnacceptedExtension, &[7, 0, 0, 0x80]),
        (Failure::SystemFailure, &[6, 0, 0, 0, 0x40]),
    ] {
        let der = rejected(failure);
        assert!(der.ends_with(bits), "{failure:?}: {der:02x?}");
    }
}

#[test]
fn the_time_has_no_trailing_zeros() {
    let (_, unit) = unit();
    let request = parse_request(&Asked::default().der()).unwrap();
    for (millis, text) in [(0, "20260301120000Z"), (5, "20260301120000.005Z"), (120, "20260301120000.12Z")] {
        let tbs = prepare_stamp(&request, &policy(), [0xff; 16], Moment { second: now(), millis });
        assert!(tbs.as_bytes().windows(text.len()).any(|window| window == text.as_bytes()), "{text}");
        assert!(lint_stamp(tbs, &request, &policy(), unit.clone()).is_ok(), "{text}");
    }
}

#[test]
fn accuracies_of_every_length_are_read_as_they_were_written() {
    let (_, unit) = unit();
    let request = parse_request(&Asked::default().der()).unwrap();
    for accuracy_ms in [1, 127, 128, 255, 256, 500, 999, 1000] {
        let policy = StampPolicy { accuracy_ms, ..policy() };
        let tbs = prepare_stamp(&request, &policy, [1; 16], Moment { second: now(), millis: 1 });
        assert!(lint_stamp(tbs, &request, &policy, unit.clone()).is_ok(), "{accuracy_ms}");
    }
}

/// A `TSTInfo` with one part changed breaks the rule of that part.
#[test]
fn each_rule_finds_its_fault() {
    let (_, unit) = unit();
    let request = parse_request(&Asked::default().der()).unwrap();
    let good = prepare_stamp(&request, &policy(), [1; 16], Moment { second: now(), millis: 250 });
    let changed = |from: &[u8], to: &[u8]| {
        assert_eq!(from.len(), to.len());
        let mut der = good.as_bytes().to_vec();
        let at = der.windows(from.len()).position(|window| window == from).expect("the part is there");
        der[at..at + to.len()].copy_from_slice(to);
        der
    };
    let longer = |more: &[u8]| {
        let mut der = [good.as_bytes(), more].concat();
        der[1] += u8::try_from(more.len()).unwrap();
        der
    };
    let ordered = {
        let mut der = changed(b"\x02\x01\x07", b"\x01\x01\xff");
        der.extend(b"\x02\x01\x07");
        der[1] += 3;
        der
    };
    let hash = b"\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x01";
    let samples: [(&str, Vec<u8>); 12] = [
        ("e_stamp_form", good.as_bytes()[..20].to_vec()),
        ("e_stamp_version", changed(b"\x02\x01\x01\x06", b"\x02\x01\x02\x06")),
        ("e_stamp_policy", changed(b"\x01\x02\x01\x30", b"\x01\x02\x02\x30")),
        ("e_stamp_imprint_other_than_asked", changed(&[5; 32], &[6; 32])),
        ("e_stamp_hash_not_accepted", changed(hash, b"\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x04")),
        ("e_stamp_serial", changed(b"\x02\x10\x41", b"\x02\x10\x81")),
        ("e_stamp_time_form", changed(b"20260301120000.25Z", b"20260301120000.20Z")),
        ("e_stamp_outside_key_period", changed(b"20260301120000.25Z", b"20270301120001.25Z")),
        ("e_stamp_accuracy", changed(b"\x80\x02\x01\xf4", b"\x80\x02\x01\xf5")),
        ("e_stamp_ordering", ordered),
        ("e_stamp_nonce_other_than_asked", changed(b"\x02\x01\x07", b"\x02\x01\x08")),
        ("e_stamp_more_fields", longer(b"\xa1\x00")),
    ];
    assert_eq!(samples.each_ref().map(|(rule, _)| *rule), RULES.map(|(rule, _)| rule));
    for (rule, der) in samples {
        let findings = lint_stamp(StampTbs::from_bytes(der), &request, &policy(), unit.clone()).unwrap_err();
        assert!(findings.iter().any(|finding| finding.rule == rule), "{rule}: {findings:?}");
    }
}

#[test]
fn a_unit_stamps_for_its_time_and_nothing_else() {
    let pki = SoftPki::found(now());
    let (_, unit) = unit();
    assert!(unit.stamps_at(now()) && !unit.stamps_at(now().plus_seconds(-1)));
    assert!(unit.stamps_until() < unit.certificate().not_after(), "the certificate outlives its key");
    assert!(!unit.stamps_at(unit.stamps_until().plus_seconds(1)));
    let responder = pki.responder;
    let issuer = pki.issuer.certificate;
    assert_eq!(Unit::new(responder.certificate, issuer, responder.key.clone()).unwrap_err(), Unfit::Purpose);
    let certificate = unit.certificate().clone();
    assert_eq!(Unit::new(certificate, pki.root, responder.key).unwrap_err(), Unfit::Issuer);
}

#[test]
fn a_token_holds_certificates_only_if_they_were_asked_for() {
    let (keys, unit) = unit();
    let sign = |more: &[u8]| {
        let request = parse_request(&Asked { more, ..Asked::default() }.der()).unwrap();
        let tbs = prepare_stamp(&request, &policy(), [1; 16], Moment { second: now(), millis: 0 });
        let token = lint_stamp(tbs, &request, &policy(), unit.clone()).unwrap().sign(&keys).unwrap();
        granted(&token)
    };
    let subject = unit.certificate().subject_der();
    let holds = |der: &[u8]| der.windows(subject.len()).any(|window| window == subject);
    assert!(holds(&sign(&[0x01, 1, 0xff])) && !holds(&sign(&[])));
}

#[test]
fn a_policy_has_bounds() {
    for (from, to) in [
        ("accuracy_ms = 500", "accuracy_ms = 0"),
        ("accuracy_ms = 500", "accuracy_ms = 1001"),
        ("clock_age_seconds = 32", "clock_age_seconds = 8"),
        ("renew_days = 30", "renew_days = 0"),
        ("at_once = 500", "at_once = 0"),
        ("source_age_seconds = 3600", "source_age_seconds = 59"),
        ("\"sha-256\", ", "\"sha-1\", "),
        ("1.3.6.1.4.1.32473.1.2.1", "1.3.x"),
        ("renew_days = 30", "renew_days = 30\nalso = 1"),
    ] {
        assert!(POLICY.contains(from), "{from}");
        assert!(StampPolicy::from_toml(&POLICY.replace(from, to)).is_err(), "{to}");
    }
}

proptest::proptest! {
    /// Whatever is asked for comes back as it was asked.
    #[test]
    fn what_was_asked_returns(nonce in proptest::collection::vec(1_u8..=0x7f, 1..=64), millis in 0_u16..1000) {
        let (_, unit) = unit();
        let request = parse_request(&Asked { nonce: &nonce, ..Asked::default() }.der()).unwrap();
        let tbs = prepare_stamp(&request, &policy(), [0x80; 16], Moment { second: now(), millis });
        proptest::prop_assert!(lint_stamp(tbs, &request, &policy(), unit.clone()).is_ok());
    }
}

/// A token whose keys are others than their labels say.
struct Exchanged(SoftSigner, KeyId);

impl Signer for Exchanged {
    fn sign(&self, _: &KeyId, algorithm: SignatureAlgorithm, message: &[u8]) -> Result<Vec<u8>, SignError> {
        self.0.sign(&self.1, algorithm, message)
    }

    fn public_key(&self, _: &KeyId) -> Result<PublicKey, SignError> {
        self.0.public_key(&self.1)
    }
}

#[test]
fn another_key_under_the_units_label_stamps_nothing() {
    let (keys, unit) = unit();
    let (request, policy) = (parse_request(&Asked::default().der()).unwrap(), policy());
    let linted = || {
        let tbs = prepare_stamp(&request, &policy, [1; 16], Moment { second: now(), millis: 0 });
        lint_stamp(tbs, &request, &policy, Arc::clone(&unit)).unwrap()
    };
    linted().sign(&keys).unwrap();
    let mut others = SoftSigner::new();
    let other = others.add("another", KeyKind::EcP256);
    let exchanged = linted().sign(&Exchanged(others, other));
    assert!(matches!(exchanged, Err(SignError::Faulty { .. })), "{exchanged:?}");
}
