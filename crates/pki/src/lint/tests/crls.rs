//! Samples for the rules about CRLs.

use der::asn1::ObjectIdentifier;

use super::extensions::LOCALITY;
use super::fixture::{Fixture, now};
use super::parts::der;
use super::sample::Fault::Crl;
use super::sample::samples;
use crate::asn1::{Reader, Writer, oid, tag};
use crate::certificate::Certificate;
use crate::crl::{Reason, RevokedEntry, prepare_crl};
use crate::key::SignatureAlgorithm;
use crate::profile::write_extension;
use crate::serial::SerialNumber;
use crate::time::UtcTime;

/// The fields of a TBSCertList, each as it will be written.
pub(super) struct Fields {
    version: Vec<u8>,
    algorithm: Vec<u8>,
    issuer: Vec<u8>,
    this_update: Vec<u8>,
    next_update: Vec<u8>,
    revoked: Vec<u8>,
    extensions: Vec<u8>,
    pub(super) under: Signer,
}

/// Whose CRL it is to be.
#[derive(Clone, Copy)]
pub(super) enum Signer {
    /// The CA of people.
    Authority,
    /// An OCSP signer, which may not sign any.
    Responder,
}

impl Signer {
    pub(super) fn certificate(self, fixture: &Fixture) -> &Certificate {
        match self {
            Self::Authority => &fixture.person.certificate,
            Self::Responder => &fixture.responder,
        }
    }
}

impl Fields {
    pub(super) fn good(fixture: &Fixture) -> Self {
        let entries = [3, 1, 2].map(|number| RevokedEntry {
            serial: SerialNumber::from_random([number; 16]),
            at: now().plus_days(-1),
            reason: Reason::KeyCompromise,
        });
        let tbs = prepare_crl(&fixture.person, 7, now(), now().plus_days(1), entries.iter());
        Self::of(tbs.as_bytes())
    }

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
            under: Signer::Authority,
        }
    }

    pub(super) fn encode(&self) -> Vec<u8> {
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

    /// Replaces an extension, or adds one, or with nothing to write removes it.
    fn extend(&mut self, oid: ObjectIdentifier, critical: bool, value: Option<fn(&mut Writer)>) {
        let list = Reader::only(&self.extensions, tag::constructed(0)).unwrap();
        let mut list = Reader::only(list.content, tag::SEQUENCE).unwrap().inside();
        self.extensions = der(|w| {
            w.nest(tag::constructed(0), |w| {
                w.sequence(|w| {
                    while !list.is_empty() {
                        let one = list.element(tag::SEQUENCE).unwrap();
                        if one.inside().content(tag::OBJECT_IDENTIFIER).unwrap() != oid.as_bytes() {
                            w.raw(one.whole);
                        }
                    }
                    if let Some(value) = value {
                        write_extension(w, oid, critical, value);
                    }
                });
            });
        });
    }
}

samples! {
    e_crl_not_der {
        Crl(|it| it.version = vec![]);
        Crl(|it| it.revoked = vec![0x30, 0x80, 0, 0]);
    }
    e_crl_version {
        Crl(|it| it.version = vec![2, 1, 0]);
    }
    e_crl_signature_algorithm {
        Crl(|it| it.algorithm = SignatureAlgorithm::EcdsaSha384.identifier().to_vec());
    }
    e_crl_issuer {
        Crl(|it| it.issuer = vec![0x30, 0]);
    }
    e_crl_issuer_may_not_sign {
        Crl(|it| it.under = Signer::Responder), e_crl_issuer, e_crl_authority_key_identifier;
    }
    e_crl_time_type {
        Crl(|it| it.next_update = der(|w| w.generalized_time(now().plus_days(1))));
        Crl(|it| it.this_update = b"\x17\x0b2601150800Z".to_vec());
    }
    e_crl_next_update_missing {
        Crl(|it| it.next_update = vec![]);
    }
    e_crl_validity_is_empty {
        Crl(|it| it.next_update = it.this_update.clone());
    }
    e_crl_empty_list {
        Crl(|it| it.revoked = vec![0x30, 0]);
    }
    e_crl_entry_malformed {
        Crl(|it| it.revoked = der(|w| w.sequence(|w| w.sequence(|w| w.element(tag::INTEGER, SERIAL)))));
        Crl(|it| it.revoked = entry(SERIAL, now(), |w| w.element(tag::SEQUENCE, &[5, 0])));
    }
    e_crl_entry_serial_number {
        Crl(|it| it.revoked = entry(&[1], now(), |_| ()));
    }
    e_crl_entry_repeats {
        Crl(|it| {
            let list = Reader::only(&it.revoked, tag::SEQUENCE).unwrap().content.repeat(2);
            it.revoked = der(|w| w.element(tag::SEQUENCE, &list));
        });
    }
    e_crl_entry_time_type {
        Crl(|it| it.revoked = der(|w| {
            w.sequence(|w| {
                w.sequence(|w| {
                    w.element(tag::INTEGER, SERIAL);
                    w.generalized_time(now());
                });
            });
        }));
    }
    e_crl_entry_after_this_update {
        Crl(|it| it.this_update = der(|w| w.time(now().plus_days(-9))));
    }
    e_crl_entry_extension {
        Crl(|it| {
            it.revoked = entry(SERIAL, now(), |w| w.sequence(|w| write_extension(w, LOCALITY, false, Writer::null)));
        });
    }
    e_crl_entry_extension_critical {
        Crl(|it| it.revoked = entry(SERIAL, now(), |w| reason(w, true, 1)));
    }
    e_crl_entry_reason {
        Crl(|it| it.revoked = entry(SERIAL, now(), |w| reason(w, false, 6)));
        Crl(|it| it.revoked = entry(SERIAL, now(), |w| reason(w, false, 7)));
        Crl(|it| it.revoked = entry(SERIAL, now(), |w| reason(w, false, 8)));
    }
    e_crl_entry_reason_unspecified {
        Crl(|it| it.revoked = entry(SERIAL, now(), |w| reason(w, false, 0)));
    }
    e_crl_extension_repeats {
        Crl(|it| it.extensions = der(|w| {
            let list = Reader::only(&it.extensions, tag::constructed(0)).unwrap().content;
            let list = Reader::only(list, tag::SEQUENCE).unwrap().content.repeat(2);
            w.nest(tag::constructed(0), |w| w.element(tag::SEQUENCE, &list));
        }));
    }
    e_crl_extension_unknown {
        Crl(|it| it.extend(LOCALITY, false, Some(Writer::null)));
    }
    e_crl_extension_critical {
        Crl(|it| it.extend(oid::CRL_NUMBER, true, Some(|w| w.unsigned(&[7]))));
    }
    e_crl_authority_key_identifier_missing {
        Crl(|it| it.extend(oid::AUTHORITY_KEY_IDENTIFIER, false, None));
    }
    e_crl_authority_key_identifier {
        Crl(|it| {
            let other = |w: &mut Writer| w.sequence(|w| w.element(tag::context(0), &[7; 20]));
            it.extend(oid::AUTHORITY_KEY_IDENTIFIER, false, Some(other));
        });
    }
    e_crl_number_missing {
        Crl(|it| it.extend(oid::CRL_NUMBER, false, None));
    }
    e_crl_number {
        Crl(|it| it.extend(oid::CRL_NUMBER, false, Some(|w| w.element(tag::INTEGER, &[0x80]))));
        Crl(|it| it.extend(oid::CRL_NUMBER, false, Some(|w| w.unsigned(&[7; 21]))));
    }
    e_crl_expired_certs_missing {
        Crl(|it| it.extend(oid::EXPIRED_CERTS_ON_CRL, false, None));
    }
    e_crl_expired_certs {
        Crl(|it| it.extend(oid::EXPIRED_CERTS_ON_CRL, false, Some(|w| w.generalized_time(now().plus_days(1)))));
        Crl(|it| it.extend(oid::EXPIRED_CERTS_ON_CRL, false, Some(|w| w.time(now()))));
    }
}

/// A list with one entry and what follows its time.
fn entry(serial: &[u8], at: UtcTime, rest: fn(&mut Writer)) -> Vec<u8> {
    der(|w| {
        w.sequence(|w| {
            w.sequence(|w| {
                w.element(tag::INTEGER, serial);
                w.time(at);
                rest(w);
            });
        });
    })
}

fn reason(writer: &mut Writer, critical: bool, code: u8) {
    writer.sequence(|w| write_extension(w, oid::REASON_CODE, critical, |w| w.element(tag::ENUMERATED, &[code])));
}

/// Of the form of ours.
const SERIAL: &[u8] = &[0x41; 16];
