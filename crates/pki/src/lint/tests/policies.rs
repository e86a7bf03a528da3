//! Samples for the rules about certificate policies.

use der::asn1::ObjectIdentifier;

use super::extensions::LOCALITY;
use super::fixture::{AUTHENTICATION, PERSON_CA};
use super::parts::Parts;
use super::sample::Fault::Certificate;
use super::sample::samples;
use crate::asn1::{Writer, oid, tag};

samples! {
    e_certificate_policies_missing {
        Certificate(AUTHENTICATION, |it| it.remove(oid::CERTIFICATE_POLICIES)), e_profile_policies;
    }
    e_certificate_policies_empty {
        Certificate(PERSON_CA, |it| {
            it.set(oid::CERTIFICATE_POLICIES, false, |w| w.sequence(|_| ()));
        }), e_profile_policies;
    }
    e_certificate_policies_repeats {
        Certificate(AUTHENTICATION, |it| policies(it, &[OWN, NCP_PLUS, OWN])), e_profile_policies;
    }
    e_policy_qualifier_unknown {
        Certificate(AUTHENTICATION, |it| qualified(it, LOCALITY, Writer::null));
    }
    e_policy_cps_uri {
        Certificate(AUTHENTICATION, |it| {
            qualified(it, oid::QUALIFIER_CPS, |w| w.element(tag::IA5_STRING, b"ftp://example.se/"));
        });
        Certificate(AUTHENTICATION, |it| {
            qualified(it, oid::QUALIFIER_CPS, |w| w.element(tag::UTF8_STRING, b"https://example.se/"));
        });
    }
    e_policy_notice_reference {
        Certificate(AUTHENTICATION, |it| {
            notice(it, |w| {
                w.sequence(|w| {
                    w.element(tag::UTF8_STRING, b"TEST");
                    w.sequence(|w| w.unsigned(&[1]));
                });
            });
        });
    }
    e_policy_explicit_text_type {
        Certificate(AUTHENTICATION, |it| notice(it, |w| w.element(VISIBLE_STRING, b"TEST")));
    }
    e_policy_explicit_text_too_long {
        Certificate(AUTHENTICATION, |it| notice(it, |w| w.element(tag::UTF8_STRING, &[b'a'; 201])));
    }
    e_policy_not_of_issuer {
        Certificate(AUTHENTICATION, |it| policies(it, &[LOCALITY])), e_profile_policies;
    }
}

/// A user notice of 200 characters, some of them of two octets, is right.
#[test]
fn a_user_notice_is_allowed() {
    use super::sample::{Fault, Mutant};
    let notice = Fault::Certificate(AUTHENTICATION, |it| {
        notice(it, |w| w.element(tag::UTF8_STRING, "å".repeat(200).as_bytes()));
    });
    assert_eq!(notice.broken(Mutant::None, true), [].into());
}

pub(super) fn policies(parts: &mut Parts, policies: &[ObjectIdentifier]) {
    parts.set(oid::CERTIFICATE_POLICIES, false, |w| {
        w.sequence(|w| policies.iter().for_each(|policy| w.sequence(|w| w.oid(*policy))));
    });
}

/// The profile's policies, the first with this qualifier.
fn qualified(parts: &mut Parts, kind: ObjectIdentifier, value: impl FnOnce(&mut Writer)) {
    parts.set(oid::CERTIFICATE_POLICIES, false, |w| {
        w.sequence(|w| {
            w.sequence(|w| {
                w.oid(OWN);
                w.sequence(|w| {
                    w.sequence(|w| {
                        w.oid(kind);
                        value(w);
                    });
                });
            });
            w.sequence(|w| w.oid(NCP_PLUS));
        });
    });
}

fn notice(parts: &mut Parts, field: impl FnOnce(&mut Writer)) {
    qualified(parts, oid::QUALIFIER_NOTICE, |w| w.sequence(field));
}

/// Of the profile.
const OWN: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.4.1.32473.1.1.1");
const NCP_PLUS: ObjectIdentifier = ObjectIdentifier::new_unwrap("0.4.0.2042.1.2");
const VISIBLE_STRING: u8 = 0x1a;
