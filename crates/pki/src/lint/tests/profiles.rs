//! Samples for the rules that hold a certificate against its profile.

use super::fixture::{AUTHENTICATION, Fixture, OCSP, PERSON_CA, TLS, now};
use super::locations::access;
use super::parts::Parts;
use super::policies::policies;
use super::sample::Fault::Certificate;
use super::sample::samples;
use crate::asn1::{oid, tag};
use crate::issue::LintIssuer;
use crate::lint::{certificate, may_be_waived, register};
use der::asn1::ObjectIdentifier;

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

/// A certificate that breaks one rule which may be waived: a common name longer than its bound.
#[test]
fn a_waiver_holds_from_its_first_to_its_last_second() {
    let fixture = Fixture::shared();
    let mut parts = Parts::of(&fixture.good(AUTHENTICATION).tbs);
    let long = "TEST ".repeat(20);
    parts.value(oid::COMMON_NAME, long.trim_end().as_bytes());
    let text = include_str!("../../../../../policies/profiles/person-authentication-loa4.toml");
    for (from, until, held) in [
        ("2025-02-01T00:00:00Z", "2026-01-15T08:00:00Z", true),
        ("2026-01-15T08:00:00Z", "2027-01-15T08:00:00Z", true),
        ("2025-02-01T00:00:00Z", "2026-01-15T07:59:59Z", false),
        ("2026-01-15T08:00:01Z", "2026-02-01T00:00:00Z", false),
    ] {
        let waiver = waiver("e_attribute_too_long", "test", from, until);
        let profile = crate::Profile::from_toml(&text.replace("waive = []", &waiver)).unwrap();
        let judged = certificate::certificate(&parts.encode(), &profile, LintIssuer::from(&fixture.person));
        assert_eq!(judged.is_ok(), held, "{from} to {until}");
    }
}

#[test]
fn a_waiver_names_one_rule_that_may_be_waived_and_ends_within_a_year() {
    let text = include_str!("../../../../../policies/profiles/person-authentication-loa4.toml");
    let (from, until) = ("2026-01-15T00:00:00Z", "2027-01-15T00:00:00Z");
    let refused = |list: &str| match crate::Profile::from_toml(&text.replace("waive = []", list)) {
        Err(crate::profile::ProfileError::Ceiling { field: "lints.waive", why, .. }) => why,
        other => panic!("{list}: {other:?}"),
    };
    let one = |name: &str, reason: &str, from: &str, until: &str| refused(&waiver(name, reason, from, until));
    assert_eq!(one("e_attribute_too_long", " ", from, until), "needs a reason");
    assert_eq!(one("e_attribute_too", "test", from, until), "names no rule of docs/lints.md");
    assert_eq!(one("e_attribute_*", "test", from, until), "names no rule of docs/lints.md");
    assert_eq!(one("e_attribute_too_long", "test", until, from), "ends before it begins");
    assert_eq!(one("e_attribute_too_long", "test", from, "2027-01-17T00:00:00Z"), "lasts longer than a year");
    assert_eq!(one("e_attribute_too_long", "test", from, "9999-12-31T23:59:59Z"), "lasts longer than a year");
    for never in register().iter().filter(|rule| !may_be_waived(rule.name)) {
        assert_eq!(one(never.name, "test", from, until), "names a rule that is never waived", "{}", never.name);
    }
    let twice = waiver("e_attribute_too_long", "test", from, until);
    let inside = twice.trim_start_matches("waive = [").trim_end_matches(']');
    assert!(refused(&format!("waive = [{inside}, {inside}]")).starts_with("must not repeat"));
    let endless = waiver("e_attribute_too_long", "test", from, until).replace(&format!(", until = \"{until}\""), "");
    let syntax = crate::Profile::from_toml(&text.replace("waive = []", &endless));
    assert!(matches!(syntax, Err(crate::profile::ProfileError::Syntax(_))), "an end is never left out");
}

fn waiver(name: &str, reason: &str, from: &str, until: &str) -> String {
    format!("waive = [{{ name = \"{name}\", reason = \"{reason}\", from = \"{from}\", until = \"{until}\" }}]")
}

fn purpose(parts: &mut Parts, purpose: ObjectIdentifier) {
    parts.set(oid::EXTENDED_KEY_USAGE, false, |w| w.sequence(|w| w.oid(purpose)));
}

const NCP_PLUS: ObjectIdentifier = ObjectIdentifier::new_unwrap("0.4.0.2042.1.2");
