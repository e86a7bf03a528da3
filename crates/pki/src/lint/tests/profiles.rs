//! Samples for the rules that hold a certificate against its profile.

use der::asn1::ObjectIdentifier;
use openssl::nid::Nid;

use super::fixture::{AUTHENTICATION, Fixture, OCSP, PERSON_CA, TLS, now, public_key};
use super::locations::access;
use super::parts::Parts;
use super::policies::policies;
use super::sample::Fault::Certificate;
use super::sample::samples;
use crate::asn1::{oid, tag};
use crate::issue::LintIssuer;
use crate::lint::certificate;

samples! {
    e_profile_key_kind {
        Certificate(OCSP, |it| {
            let key = openssl::pkey::PKey::generate_ed25519().unwrap();
            it.spki = key.public_key_to_der().unwrap();
            it.remove(oid::SUBJECT_KEY_IDENTIFIER);
        }), e_subject_key_identifier_missing;
    }
    e_profile_validity {
        Certificate(AUTHENTICATION, |it| it.ends(now().plus_days(1827)));
    }
    e_profile_subject {
        Certificate(AUTHENTICATION, |it| it.rename(|name| name.swap(0, 1)));
        Certificate(AUTHENTICATION, |it| it.value(oid::COUNTRY_NAME, b"NO"));
        Certificate(AUTHENTICATION, |it| {
            it.rename(|name| name.insert(0, (oid::ORGANIZATIONAL_UNIT_NAME, tag::UTF8_STRING, b"TEST unit".into())));
        });
    }
    e_profile_ca {
        Certificate(OCSP, |it| it.set(oid::BASIC_CONSTRAINTS, true, |w| w.sequence(crate::asn1::Writer::boolean_true)));
    }
    e_profile_path_length {
        Certificate(PERSON_CA, |it| {
            it.set(oid::BASIC_CONSTRAINTS, true, |w| {
                w.sequence(|w| {
                    w.boolean_true();
                    w.unsigned(&[1]);
                });
            });
        });
        Certificate(PERSON_CA, |it| {
            it.set(oid::BASIC_CONSTRAINTS, true, |w| w.sequence(crate::asn1::Writer::boolean_true));
        });
    }
    e_profile_key_usage {
        Certificate(OCSP, |it| it.key_usage(0xc0));
    }
    e_profile_purposes {
        Certificate(AUTHENTICATION, |it| purpose(it, oid::EMAIL_PROTECTION));
        Certificate(AUTHENTICATION, |it| it.remove(oid::EXTENDED_KEY_USAGE));
    }
    e_profile_policies {
        Certificate(AUTHENTICATION, |it| policies(it, &[NCP_PLUS]));
    }
    e_profile_pointers {
        Certificate(AUTHENTICATION, |it| it.remove(oid::CARD_NUMBER));
        Certificate(OCSP, |it| it.remove(oid::AUTHORITY_INFO_ACCESS));
        Certificate(PERSON_CA, |it| it.remove(oid::CRL_DISTRIBUTION_POINTS));
        Certificate(TLS, |it| access(it, &[(oid::ACCESS_CA_ISSUERS, b"http://example.se/a.crt")]));
    }
    e_profile_alternative_names {
        Certificate(OCSP, |it| {
            it.set(oid::SUBJECT_ALT_NAME, false, |w| w.sequence(|w| w.element(tag::context(2), b"localhost")));
        });
        Certificate(TLS, |it| {
            it.set(oid::SUBJECT_ALT_NAME, false, |w| w.sequence(|w| w.element(tag::context(1), b"a@example.se")));
        });
    }
}

#[test]
fn a_waiver_holds_until_its_day() {
    let fixture = Fixture::shared();
    let mut parts = Parts::of(&fixture.good(AUTHENTICATION).tbs);
    parts.spki = public_key(Nid::X9_62_PRIME256V1).spki().to_vec();
    let text = include_str!("../../../../../policies/profiles/person-authentication-loa4.toml");
    for (until, held) in [("2026-01-15T08:00:00Z", true), ("2026-01-15T07:59:59Z", false)] {
        let name = "e_subject_key_identifier_not_of_key";
        let waiver = format!("waive = [{{ name = \"{name}\", reason = \"test\", until = \"{until}\" }}]");
        let profile = crate::Profile::from_toml(&text.replace("waive = []", &waiver)).unwrap();
        let judged = certificate::certificate(&parts.encode(), &profile, LintIssuer::from(&fixture.person));
        assert_eq!(judged.is_ok(), held, "{until}");
    }
}

fn purpose(parts: &mut Parts, purpose: ObjectIdentifier) {
    parts.set(oid::EXTENDED_KEY_USAGE, false, |w| w.sequence(|w| w.oid(purpose)));
}

const NCP_PLUS: ObjectIdentifier = ObjectIdentifier::new_unwrap("0.4.0.2042.1.2");
