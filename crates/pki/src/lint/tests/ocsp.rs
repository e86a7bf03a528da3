//! Samples for the rules about OCSP answers.

use super::fixture::{Fixture, now};
use super::sample::Fault::Ocsp;
use super::sample::samples;
use crate::certificate::{Certificate, CertificateDer};
use crate::crl::{CrlSummary, Reason, Revocation};
use crate::key::{KeyId, SignatureAlgorithm};
use crate::ocsp::{IssuerHashes, LastCrl, Responder, Single, Status, prepare_ocsp};
use crate::serial::SerialNumber;
use crate::time::UtcTime;

/// What an answer is made of, and who is to sign it.
pub(super) struct Answer {
    singles: Vec<Single>,
    produced_at: UtcTime,
    /// Named in the answer.
    named: Certificate,
    pub(super) responder: Certificate,
    /// Of a CA that has come to its end.
    pub(super) last: Option<LastCrl>,
    /// Of nextUpdate, which the builder always writes.
    without_next_update: bool,
    cut: usize,
}

impl Answer {
    pub(super) fn good(fixture: &Fixture) -> Self {
        let issuer = IssuerHashes::of(&fixture.person.certificate);
        let serial = SerialNumber::from_random([7; 16]);
        let singles = Single::both(&issuer, &serial, Status::Good, now(), now().plus_days(1)).to_vec();
        let (named, responder) = (fixture.responder.clone(), fixture.responder.clone());
        Self { singles, produced_at: now(), named, responder, last: None, without_next_update: false, cut: 0 }
    }

    pub(super) fn encode(&self) -> Vec<u8> {
        let responder = Responder { certificate: self.named.clone(), key: KeyId::new("none") };
        let mut der = prepare_ocsp(&responder, &self.singles, self.produced_at, None).as_bytes().to_vec();
        if self.without_next_update {
            der = without_next_update(&der);
        }
        der.truncate(der.len() - self.cut);
        der
    }

    fn revoked_at(&mut self, at: UtcTime) {
        self.singles.iter_mut().for_each(|single| single.status = Status::Revoked { at, reason: Reason::Superseded });
    }

    /// Makes it the last word of a CA whose last CRL lists the certificate, if `revoked` says so.
    fn end_of_ca(&mut self, revoked: Option<Revocation>) {
        let listed = self.singles.iter().filter_map(|single| SerialNumber::from_der_integer(&single.id.serial));
        self.last = Some(LastCrl::of(CrlSummary {
            number: 1,
            this_update: now(),
            next_update: UtcTime::MAX,
            issuer_der: Vec::new(),
            revoked: listed.zip(std::iter::repeat(revoked)).filter_map(|(serial, it)| Some((serial, it?))).collect(),
        }));
        let status = revoked.map_or(Status::Good, |Revocation { at, reason }| Status::Revoked { at, reason });
        self.singles.iter_mut().for_each(|single| single.status = status);
        self.next(UtcTime::MAX);
    }

    fn next(&mut self, at: UtcTime) {
        self.singles.iter_mut().for_each(|single| single.next_update = at);
    }
}

samples! {
    e_ocsp_not_der {
        Ocsp(|it| it.cut = 1);
    }
    e_ocsp_responder_id {
        Ocsp(|it| it.named = Fixture::shared().person.certificate.clone());
    }
    e_ocsp_responder_purpose {
        Ocsp(|it| {
            it.responder = spoilt_responder(b"\x2b\x06\x01\x05\x05\x07\x03\x09", b"\x2b\x06\x01\x05\x05\x07\x03\x04");
        });
    }
    e_ocsp_responder_key_usage {
        Ocsp(|it| it.responder = spoilt_responder(b"\x03\x02\x07\x80", b"\x03\x02\x06\x40"));
    }
    e_ocsp_responder_validity {
        Ocsp(|it| {
            it.produced_at = now().plus_seconds(-1);
            it.singles.iter_mut().for_each(|single| single.this_update = now().plus_seconds(-1));
        });
    }
    e_ocsp_outlives_responder {
        Ocsp(|it| it.next(now().plus_days(31)));
        Ocsp(|it| it.next(UtcTime::MAX));
    }
    e_ocsp_final_differs_from_last_crl {
        Ocsp(|it| {
            it.end_of_ca(None);
            it.next(now().plus_days(1));
        });
        Ocsp(|it| {
            it.end_of_ca(None);
            it.produced_at = now().plus_seconds(-1);
            it.singles.iter_mut().for_each(|single| single.this_update = now().plus_seconds(-1));
        }), e_ocsp_responder_validity;
        Ocsp(|it| {
            it.end_of_ca(Some(REVOCATION));
            it.singles.iter_mut().for_each(|single| single.status = Status::Good);
        });
        Ocsp(|it| {
            it.end_of_ca(None);
            it.revoked_at(REVOCATION.at);
        });
        Ocsp(|it| {
            it.end_of_ca(Some(REVOCATION));
            it.revoked_at(REVOCATION.at.plus_seconds(1));
        });
        Ocsp(|it| {
            it.end_of_ca(Some(Revocation { reason: Reason::KeyCompromise, ..REVOCATION }));
            it.revoked_at(REVOCATION.at);
        });
        Ocsp(|it| {
            it.end_of_ca(None);
            it.singles.iter_mut().for_each(|single| single.status = Status::Unknown);
        });
    }
    e_ocsp_no_answer {
        Ocsp(|it| it.singles.clear());
    }
    e_ocsp_this_update_after_produced_at {
        Ocsp(|it| it.singles[1].this_update = now().plus_seconds(1));
    }
    e_ocsp_next_update_missing {
        Ocsp(|it| it.without_next_update = true);
    }
    e_ocsp_next_update_passed {
        Ocsp(|it| it.next(now()));
    }
    e_ocsp_revocation_after_this_update {
        Ocsp(|it| it.revoked_at(now().plus_seconds(1)));
    }
    e_ocsp_foreign_issuer {
        Ocsp(|it| it.singles[0].id.issuer_name_hash[0] ^= 1);
        Ocsp(|it| it.singles[1].id.issuer_name_hash[0] ^= 1);
    }
    e_ocsp_contradiction {
        Ocsp(|it| it.singles[1].status = Status::Unknown);
    }
}

/// What the rules let through besides the everyday answer, and nothing else that outlives its responder.
#[test]
fn a_final_answer_outlives_its_responder() {
    for revoked in [None, Some(REVOCATION)] {
        let mut answer = Answer::good(Fixture::shared());
        answer.end_of_ca(revoked);
        let (der, responder) = (answer.encode(), &answer.responder);
        assert_eq!(crate::lint::ocsp(&der, responder, answer.last.as_ref()), []);
        let found: Vec<_> = crate::lint::ocsp(&der, responder, None).into_iter().map(|it| it.rule).collect();
        assert_eq!(found, ["e_ocsp_outlives_responder"], "without a last CRL it is an answer like others");
    }
}

/// A second ago, so that thisUpdate is not before it.
const REVOCATION: Revocation = Revocation { at: UtcTime::from_unix(1_768_463_999), reason: Reason::Superseded };

/// The responder with one thing in its certificate replaced by another of the same length.
fn spoilt_responder(what: &[u8], by: &[u8]) -> Certificate {
    let mut tbs = Fixture::shared().responder.tbs().to_vec();
    let at = tbs.windows(what.len()).rposition(|part| part == what).unwrap();
    tbs[at..at + by.len()].copy_from_slice(by);
    let der = CertificateDer::assemble(&tbs, SignatureAlgorithm::EcdsaSha256, &[0; 8]);
    Certificate::parse(der.as_bytes()).unwrap()
}

/// The ResponseData with nextUpdate taken out of its answers.
fn without_next_update(data: &[u8]) -> Vec<u8> {
    use crate::asn1::{Reader, tag};
    let mut fields = Reader::only(data, tag::SEQUENCE).unwrap().inside();
    super::parts::der(|w| {
        w.sequence(|w| {
            (0..2).for_each(|_| w.raw(fields.any().unwrap().whole));
            let mut list = fields.sequence().unwrap();
            w.sequence(|w| {
                while !list.is_empty() {
                    let mut single = list.sequence().unwrap();
                    w.sequence(|w| (0..3).for_each(|_| w.raw(single.any().unwrap().whole)));
                }
            });
        });
    })
}
