//! What an answer says and for how long. The judge is OpenSSL. Numbers name the known mistakes of OCSP responders.

use super::answer::{Span, answer_for, final_answer_for};
use super::error::PublishError;
use domain::certificate::{CertificateRecord, CertificateRef, Holder, Intent, IssuedCertificate};
use domain::revocation::{Requester, Revocation};
use openssl::hash::MessageDigest;
use openssl::ocsp::{OcspCertId, OcspCertStatus, OcspFlag, OcspResponse, OcspRevokedStatus};
use openssl::stack::Stack;
use openssl::x509::X509;
use openssl::x509::store::X509StoreBuilder;
use pki::crl::{Reason, RevokedEntry, lint_crl, parse_crl, prepare_crl};
use pki::ocsp::{LastCrl, NotLast, Status, parse_response};
use pki::profile::Purpose;
use pki::serial::SerialNumber;
use pki::time::UtcTime;
use testkit::SoftPki;

const DAY: i64 = 86_400;

fn now() -> UtcTime {
    crate::clock::Clock::now(&crate::clock::System)
}

fn record(pki: &SoftPki, revoked: Option<(UtcTime, Reason)>) -> CertificateRecord {
    let serial = SerialNumber::from_random([9; 16]);
    let certificate = CertificateRef { issuer: pki.issuer.name.clone(), serial };
    let from = pki.issuer.certificate.not_before();
    CertificateRecord {
        intent: Intent {
            certificate: certificate.clone(),
            holder: Holder::Service { key: "none".to_owned() },
            purpose: Purpose::PersonAuthentication,
            profile: "person-authentication-loa4".to_owned(),
            revision: 1,
            key_fingerprint: [0; 32],
            tbs: Vec::new(),
            not_after: from.plus_days(365),
            at: from,
        },
        issued: Some(IssuedCertificate { der: pki.person(serial, from).into_bytes(), at: from }),
        revocation: revoked.map(|(at, reason)| {
            let requester = Requester::System("test".to_owned());
            Revocation { certificate, reason, at, requester }
        }),
    }
}

/// What OpenSSL reads out of the answer, once it has verified it up to the root.
fn openssl_says(pki: &SoftPki, der: &[u8], hash: MessageDigest) -> (OcspCertStatus, OcspRevokedStatus) {
    let x509 = |der: &[u8]| X509::from_der(der).unwrap();
    let issuer = x509(pki.issuer.certificate.der().as_bytes());
    let mut anchors = X509StoreBuilder::new().unwrap();
    anchors.add_cert(x509(pki.root.der().as_bytes())).unwrap();
    let mut untrusted = Stack::new().unwrap();
    untrusted.push(issuer.clone()).unwrap();
    let basic = OcspResponse::from_der(der).unwrap().basic().unwrap();
    basic.verify(&untrusted, &anchors.build(), OcspFlag::empty()).unwrap();
    let person = x509(&record(pki, None).issued.unwrap().der);
    let id = OcspCertId::from_cert(hash, &person, &issuer).unwrap();
    let status = basic.find_status(&id).unwrap();
    // OpenSSL reads a coarser clock, which may still be in the second before.
    status.check_validity(1, None).unwrap();
    (status.status, status.reason)
}

#[test]
fn m24_m25_m31_openssl_verifies_one_answer_under_both_hashes() {
    let pki = SoftPki::found(now().plus_days(-1));
    let span = Span::new(&pki.issuer, &pki.responder, now(), DAY).unwrap();
    let revoked = Some((now(), Reason::KeyCompromise));
    for (revoked, status) in [(None, OcspCertStatus::GOOD), (revoked, OcspCertStatus::REVOKED)] {
        let answer = answer_for(&pki.keys, &pki.issuer, &pki.responder, &record(&pki, revoked), span).unwrap();
        assert_eq!(answer.revoked, revoked.is_some());
        for hash in [MessageDigest::sha1(), MessageDigest::sha256()] {
            assert_eq!(openssl_says(&pki, &answer.der, hash).0, status);
        }
    }
}

#[test]
fn m26_no_answer_outlives_its_signer() {
    let pki = SoftPki::found(now());
    let until = pki.responder.certificate.not_after();
    let late = Span::new(&pki.issuer, &pki.responder, until.plus_seconds(-60), DAY).unwrap();
    assert_eq!(late.to, until);
    let early = Span::new(&pki.issuer, &pki.responder, now().plus_seconds(60), DAY).unwrap();
    assert_eq!(early.to, early.from.plus_seconds(DAY));
}

#[test]
fn m25_an_expired_signer_signs_nothing() {
    let pki = SoftPki::found(now());
    for at in [0, 1, DAY].map(|s| pki.responder.certificate.not_after().plus_seconds(s)) {
        let refused = Span::new(&pki.issuer, &pki.responder, at, DAY);
        assert!(matches!(refused, Err(PublishError::SignerExpired { .. })), "{at}");
    }
    assert!(Span::new(&pki.issuer, &pki.responder, pki.root.not_before().plus_seconds(-1), DAY).is_err());
}

#[test]
fn m27_this_update_is_the_time_of_signing() {
    let pki = SoftPki::found(now().plus_days(-1));
    let span = Span::new(&pki.issuer, &pki.responder, now(), DAY).unwrap();
    let answer = answer_for(&pki.keys, &pki.issuer, &pki.responder, &record(&pki, None), span).unwrap();
    let says = parse_response(&answer.der).unwrap();
    assert!(says.singles.iter().all(|single| single.this_update == says.produced_at && says.produced_at == span.from));
    assert_eq!((answer.this_update, answer.next_update), (span.from, span.to));
}

/// nextUpdate of a final answer is past its signer's end; OpenSSL believes it all the same, since the signer was
/// certified when it signed. Nothing but what the CA's last CRL says can be signed so.
#[test]
fn a_final_answer_stands_as_long_as_the_last_crl() {
    let pki = SoftPki::found(now().plus_days(-1));
    let revoked = (now().plus_seconds(-100), Reason::CaCompromise);
    let (good, gone) = (record(&pki, None), record(&pki, Some(revoked)));
    let entry = RevokedEntry { serial: gone.intent.certificate.serial, at: revoked.0, reason: revoked.1 };
    let crl = |entries: &[RevokedEntry], until| {
        let tbs = prepare_crl(&pki.issuer, 1, now(), until, entries.iter());
        let crl = lint_crl(tbs, &pki.issuer.certificate, pki.issuer.key.clone()).unwrap_or_else(|f| panic!("{f:?}"));
        LastCrl::verify(crl.sign(&pki.keys).unwrap().as_bytes(), &pki.issuer.certificate)
    };
    let everyday = crl(&[], now().plus_days(1));
    assert!(matches!(everyday, Err(NotLast::Ends { .. })), "{everyday:?}");
    let (empty, full) = (crl(&[], UtcTime::MAX).unwrap(), crl(&[entry], UtcTime::MAX).unwrap());
    let sign = |record, last| final_answer_for(&pki.keys, &pki.issuer, &pki.responder, record, (last, now()));
    for (record, last, status) in [(&good, &empty, OcspCertStatus::GOOD), (&gone, &full, OcspCertStatus::REVOKED)] {
        let answer = sign(record, last).unwrap();
        assert_eq!(answer.next_update, UtcTime::MAX);
        assert_eq!(openssl_says(&pki, &answer.der, MessageDigest::sha256()).0, status);
    }
    for (record, last) in [(&good, &full), (&gone, &empty)] {
        assert!(matches!(sign(record, last), Err(PublishError::Lint(_))), "the last CRL says otherwise");
    }
}

#[test]
fn m30_reason_and_time_are_those_of_the_crl() {
    let pki = SoftPki::found(now().plus_days(-1));
    let span = Span::new(&pki.issuer, &pki.responder, now(), DAY).unwrap();
    for reason in Reason::ALL {
        let at = now().plus_seconds(-100);
        let record = record(&pki, Some((at, reason)));
        let answer = answer_for(&pki.keys, &pki.issuer, &pki.responder, &record, span).unwrap();
        let entry = RevokedEntry { serial: record.intent.certificate.serial, at, reason };
        let tbs = prepare_crl(&pki.issuer, 1, span.from, span.to, [&entry].into_iter());
        let crl = lint_crl(tbs, &pki.issuer.certificate, pki.issuer.key.clone()).unwrap_or_else(|f| panic!("{f:?}"));
        let listed = parse_crl(crl.sign(&pki.keys).unwrap().as_bytes()).unwrap().revoked[&entry.serial];
        for single in parse_response(&answer.der).unwrap().singles {
            assert_eq!(single.status, Status::Revoked { at: listed.at, reason: listed.reason });
        }
    }
}
