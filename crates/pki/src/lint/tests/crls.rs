//! Samples for the rules about CRLs.

use super::fixture::{Fixture, now};
use super::parts::der;
use crate::asn1::{Reader, Writer, oid, tag};
use crate::crl::{Reason, RevokedEntry, prepare_crl};
use crate::key::SignatureAlgorithm;
use crate::lint::crl;
use crate::profile::write_extension;
use crate::serial::SerialNumber;

/// The fields of a TBSCertList, each as it will be written.
struct Fields {
    version: Vec<u8>,
    algorithm: Vec<u8>,
    issuer: Vec<u8>,
    this_update: Vec<u8>,
    next_update: Vec<u8>,
    revoked: Vec<u8>,
    extensions: Vec<u8>,
}

impl Fields {
    fn of(tbs: &[u8]) -> Self {
        let mut reader = Reader::only(tbs, tag::SEQUENCE).unwrap().inside();
        let mut next = || reader.any().unwrap().whole.to_vec();
        Self {
            version: next(),
            algorithm: next(),
            issuer: next(),
            this_update: next(),
            next_update: next(),
            revoked: next(),
            extensions: next(),
        }
    }

    fn encode(&self) -> Vec<u8> {
        let fields = [
            &self.version,
            &self.algorithm,
            &self.issuer,
            &self.this_update,
            &self.next_update,
            &self.revoked,
            &self.extensions,
        ];
        der(|w| w.sequence(|w| fields.iter().for_each(|field| w.raw(field))))
    }

    /// Replaces crlExtensions.
    fn extend(&mut self, write: impl FnOnce(&mut Writer)) {
        self.extensions = der(|w| w.nest(tag::constructed(0), |w| w.sequence(write)));
    }
}

/// A rule and what breaks it.
type Bad = (&'static str, fn(&mut Fields));

const BAD: &[Bad] = &[
    ("e_crl_not_der", |it| it.version = vec![]),
    ("e_crl_version", |it| it.version = vec![2, 1, 0]),
    ("e_crl_signature_algorithm", |it| it.algorithm = SignatureAlgorithm::EcdsaSha384.identifier().to_vec()),
    ("e_crl_issuer", |it| it.issuer = vec![0x30, 0]),
    ("e_crl_times", |it| it.next_update = vec![]),
    ("e_crl_times", |it| it.next_update = der(|w| w.generalized_time(now().plus_days(1)))),
    ("e_crl_empty_list", |it| it.revoked = vec![0x30, 0]),
    ("e_crl_entry", |it| it.this_update = der(|w| w.time(now().plus_days(-9)))),
    ("e_crl_entry", |it| it.revoked = entry(&[1], Reason::Superseded.code())),
    ("e_crl_entry", |it| it.revoked = entry(SerialNumber::from_random([1; 16]).as_bytes(), 0)),
    ("e_crl_entry", |it| it.revoked = entry(SerialNumber::from_random([1; 16]).as_bytes(), 6)),
    ("e_crl_entry_repeats", |it| {
        let list = Reader::only(&it.revoked, tag::SEQUENCE).unwrap().content.repeat(2);
        it.revoked = der(|w| w.element(tag::SEQUENCE, &list));
    }),
    ("e_crl_authority_key_identifier", |it| it.extend(|w| number(w, false))),
    ("e_crl_number", |it| {
        it.extend(|w| write_extension(w, oid::CRL_NUMBER, false, |w| w.element(tag::INTEGER, &[0x80])));
    }),
    ("e_crl_expired_certificates", |it| it.extend(|w| number(w, false))),
    ("e_crl_extension", |it| it.extend(|w| number(w, true))),
];

fn number(writer: &mut Writer, critical: bool) {
    write_extension(writer, oid::CRL_NUMBER, critical, |w| w.unsigned(&[7]));
}

/// A list with one entry.
fn entry(serial: &[u8], reason: u8) -> Vec<u8> {
    der(|w| {
        w.sequence(|w| {
            w.sequence(|w| {
                w.element(tag::INTEGER, serial);
                w.time(now());
                w.sequence(|w| write_extension(w, oid::REASON_CODE, false, |w| w.element(tag::ENUMERATED, &[reason])));
            });
        });
    })
}

/// Rules with a sample here.
pub(super) fn sampled() -> impl Iterator<Item = &'static str> {
    BAD.iter().map(|(rule, _)| *rule)
}

#[test]
fn bad_samples_are_found_by_their_rule() {
    let fixture = Fixture::new();
    let entries = [3, 1, 2].map(|number| RevokedEntry {
        serial: SerialNumber::from_random([number; 16]),
        at: now().plus_days(-1),
        reason: Reason::KeyCompromise,
    });
    let tbs = prepare_crl(&fixture.person, 7, now(), now().plus_days(1), entries.iter());
    let issuer = &fixture.person.certificate;
    assert_eq!(crl(tbs.as_bytes(), issuer), Ok(SignatureAlgorithm::EcdsaSha256));
    for (rule, spoil) in BAD {
        let mut fields = Fields::of(tbs.as_bytes());
        spoil(&mut fields);
        let findings = crl(&fields.encode(), issuer).expect_err(rule);
        assert!(findings.iter().any(|finding| finding.rule == *rule), "{rule}: {findings:?}");
    }
}
