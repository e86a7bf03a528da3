//! Samples for the rules about certificates.

use der::asn1::ObjectIdentifier;
use openssl::nid::Nid;

use super::fixture::{Fixture, now, public_key};
use super::parts::{Parts, der, renamed};
use crate::asn1::{oid, tag};
use crate::issue::LintIssuer;
use crate::key::SignatureAlgorithm;
use crate::lint::certificate;

/// A rule, the profile of the sample, and what breaks the rule.
type Bad = (&'static str, &'static str, fn(&mut Parts));

const AUTHENTICATION: &str = "person-authentication-loa4";
const OCSP: &str = "ocsp-signer";
const PERSON_CA: &str = "issuing-ca-person";

const BASIC: &[Bad] = &[
    ("e_not_der", AUTHENTICATION, |it| it.serial = vec![]),
    ("e_version_is_not_3", AUTHENTICATION, |it| it.version = vec![]),
    ("e_serial_number_form", AUTHENTICATION, |it| it.serial = vec![1]),
    ("e_signature_algorithm", AUTHENTICATION, |it| {
        it.algorithm = SignatureAlgorithm::EcdsaSha384.identifier().to_vec();
    }),
    ("e_issuer_name", AUTHENTICATION, |it| it.issuer = it.subject.clone()),
    ("e_time_form", AUTHENTICATION, |it| it.not_after = der(|w| w.generalized_time(now().plus_days(300)))),
    ("e_validity_is_empty", AUTHENTICATION, |it| it.not_after = it.not_before.clone()),
    ("e_outlives_issuer", AUTHENTICATION, |it| it.ends(now().plus_days(3651))),
    ("e_public_key", AUTHENTICATION, |it| *it.spki.last_mut().unwrap() ^= 1),
    ("e_unique_identifier", AUTHENTICATION, |it| it.unique_id = vec![0x81, 2, 0, 1]),
];

const NAMES: &[Bad] = &[
    ("e_subject_is_empty", AUTHENTICATION, |it| it.rename(Vec::clear)),
    ("e_unknown_attribute", AUTHENTICATION, |it| {
        it.rename(|name| name.push((LOCALITY, tag::UTF8_STRING, b"Lund".into())));
    }),
    ("e_attribute_repeats", AUTHENTICATION, |it| it.rename(|name| name.push(name[0].clone()))),
    ("e_string_type", AUTHENTICATION, |it| it.rename(|name| name[0].1 = tag::UTF8_STRING)),
    ("e_attribute_text", AUTHENTICATION, |it| it.rename(|name| name[1].2 = "TEST\u{202e}".into())),
    ("e_mailbox_in_name", AUTHENTICATION, |it| {
        it.rename(|name| name.push((oid::EMAIL_ADDRESS, tag::IA5_STRING, b"a@example.se".into())));
    }),
];

const EXTENSIONS: &[Bad] = &[
    ("e_extension_repeats", AUTHENTICATION, |it| it.extensions.push(it.extensions[0].clone())),
    ("e_unknown_extension", AUTHENTICATION, |it| it.set(LOCALITY, false, crate::asn1::Writer::null)),
    ("e_criticality", AUTHENTICATION, |it| it.set(oid::KEY_USAGE, false, |w| w.named_bits(0x80))),
    ("e_subject_key_identifier", AUTHENTICATION, |it| {
        it.set(oid::SUBJECT_KEY_IDENTIFIER, false, |w| w.element(tag::OCTET_STRING, &[7; 20]));
    }),
    ("e_authority_key_identifier", AUTHENTICATION, |it| it.remove(oid::AUTHORITY_KEY_IDENTIFIER)),
    ("e_key_usage_encoding", AUTHENTICATION, |it| {
        it.set(oid::KEY_USAGE, true, |w| w.element(tag::BIT_STRING, &[0, 0x80]));
    }),
    ("e_key_cert_sign_without_ca", AUTHENTICATION, |it| it.key_usage(0x84)),
    ("e_extended_key_usage", AUTHENTICATION, |it| {
        it.set(oid::EXTENDED_KEY_USAGE, false, |w| {
            w.sequence(|w| {
                w.oid(oid::CLIENT_AUTH);
                w.oid(oid::CLIENT_AUTH);
            });
        });
    }),
    ("e_basic_constraints", AUTHENTICATION, |it| it.set(oid::BASIC_CONSTRAINTS, true, |w| w.sequence(|_| ()))),
    ("e_certificate_policies", AUTHENTICATION, |it| policies(it, &[NCP_PLUS, NCP_PLUS])),
    ("e_policy_not_of_issuer", AUTHENTICATION, |it| policies(it, &[LOCALITY])),
    ("e_subject_alt_name", AUTHENTICATION, |it| {
        it.set(oid::SUBJECT_ALT_NAME, false, |w| w.sequence(|w| w.element(tag::context(2), b"A_b")));
    }),
    ("e_crl_distribution_points", AUTHENTICATION, |it| {
        it.set(oid::CRL_DISTRIBUTION_POINTS, false, |w| {
            w.sequence(|w| {
                w.sequence(|w| {
                    w.nest(tag::constructed(0), |w| {
                        w.nest(tag::constructed(0), |w| w.element(tag::context(6), b"https://example.se/a.crl"));
                    });
                });
            });
        });
    }),
    ("e_authority_info_access", AUTHENTICATION, |it| access(it, oid::ACCESS_CA_ISSUERS, b"ldap://example.se/")),
    ("e_ocsp_no_check", AUTHENTICATION, |it| it.set(oid::OCSP_NO_CHECK, false, crate::asn1::Writer::null)),
];

const ETSI: &[Bad] = &[
    ("e_natural_person_name", AUTHENTICATION, |it| it.rename(|name| name.retain(|(oid, ..)| *oid != oid::SURNAME))),
    ("e_issuer_legal_person_name", AUTHENTICATION, |it| {
        it.issuer = renamed(&it.issuer, |name| name.retain(|(oid, ..)| *oid != oid::ORGANIZATION_IDENTIFIER));
    }),
    ("e_organization_identifier", AUTHENTICATION, |it| it.rename(|name| name[2].2 = b"NTRSE-2021005522".into())),
    ("e_person_key_usage", AUTHENTICATION, |it| it.key_usage(0xc0)),
    ("e_constraints_in_end_entity", AUTHENTICATION, |it| it.set(oid::INHIBIT_ANY_POLICY, true, |w| w.unsigned(&[0]))),
    ("e_person_status_pointers", AUTHENTICATION, |it| it.remove(oid::CRL_DISTRIBUTION_POINTS)),
    ("e_policy_missing", AUTHENTICATION, |it| it.remove(oid::CERTIFICATE_POLICIES)),
    ("e_qc_statements", AUTHENTICATION, |it| statements(it, &[LOCALITY, LOCALITY])),
    ("e_false_claim_of_qualified", AUTHENTICATION, |it| statements(it, &[oid::QCS_COMPLIANCE])),
    ("e_semantics_of_identifier", AUTHENTICATION, |it| {
        it.rename(|name| {
            name.iter_mut().filter(|it| it.0 == oid::SERIAL_NUMBER).for_each(|it| it.2 = b"EI:SE-1".into());
        });
    }),
    ("e_ocsp_signer_points_to_ocsp", OCSP, |it| access(it, oid::ACCESS_OCSP, b"http://ocsp.example.se/")),
];

const PROFILE: &[Bad] = &[
    ("e_profile_key_kind", OCSP, |it| {
        let key = openssl::pkey::PKey::generate_ed25519().unwrap();
        it.spki = key.public_key_to_der().unwrap();
    }),
    ("e_profile_validity", AUTHENTICATION, |it| it.ends(now().plus_days(1827))),
    ("e_profile_subject", AUTHENTICATION, |it| it.rename(|name| name.swap(0, 1))),
    ("e_profile_ca", PERSON_CA, |it| it.remove(oid::BASIC_CONSTRAINTS)),
    ("e_profile_key_usage", AUTHENTICATION, |it| it.key_usage(0x40)),
    ("e_profile_purposes", AUTHENTICATION, |it| {
        it.set(oid::EXTENDED_KEY_USAGE, false, |w| w.sequence(|w| w.oid(oid::EMAIL_PROTECTION)));
    }),
    ("e_profile_policies", AUTHENTICATION, |it| policies(it, &[NCP_PLUS])),
    ("e_profile_pointers", AUTHENTICATION, |it| it.remove(oid::CARD_NUMBER)),
    ("e_profile_alternative_names", OCSP, |it| {
        it.set(oid::SUBJECT_ALT_NAME, false, |w| w.sequence(|w| w.element(tag::context(2), b"localhost")));
    }),
];

fn policies(parts: &mut Parts, policies: &[ObjectIdentifier]) {
    parts.set(oid::CERTIFICATE_POLICIES, false, |w| {
        w.sequence(|w| policies.iter().for_each(|policy| w.sequence(|w| w.oid(*policy))));
    });
}

fn statements(parts: &mut Parts, ids: &[ObjectIdentifier]) {
    parts.set(oid::QC_STATEMENTS, false, |w| w.sequence(|w| ids.iter().for_each(|id| w.sequence(|w| w.oid(*id)))));
}

fn access(parts: &mut Parts, method: ObjectIdentifier, location: &[u8]) {
    parts.set(oid::AUTHORITY_INFO_ACCESS, false, |w| {
        w.sequence(|w| {
            w.sequence(|w| {
                w.oid(method);
                w.element(tag::context(6), location);
            });
        });
    });
}

fn all() -> impl Iterator<Item = &'static Bad> {
    [BASIC, NAMES, EXTENSIONS, ETSI, PROFILE].into_iter().flatten()
}

/// Rules with a sample here.
pub(super) fn sampled() -> impl Iterator<Item = &'static str> {
    all().map(|(rule, ..)| *rule).chain(["e_issuer_may_not_sign", "e_path_length"])
}

#[test]
fn good_samples_have_no_finding() {
    let fixture = Fixture::new();
    for name in [AUTHENTICATION, "person-signature-loa4", "demo-software-authentication", OCSP, "tls-server", PERSON_CA]
    {
        let good = fixture.good(name);
        let issuer = LintIssuer::from(fixture.issuer(name));
        assert!(certificate(&good.tbs, &good.profile, issuer).is_ok(), "{name}");
        assert_eq!(Parts::of(&good.tbs).encode(), good.tbs, "{name}");
    }
}

#[test]
fn bad_samples_are_found_by_their_rule() {
    let fixture = Fixture::new();
    for (rule, profile, spoil) in all() {
        let good = fixture.good(profile);
        let mut parts = Parts::of(&good.tbs);
        spoil(&mut parts);
        let issuer = LintIssuer::from(fixture.issuer(profile));
        let findings = certificate(&parts.encode(), &good.profile, issuer).expect_err(rule);
        assert!(findings.iter().any(|finding| finding.rule == *rule), "{rule}: {findings:?}");
    }
}

#[test]
fn the_issuer_is_judged_too() {
    let fixture = Fixture::new();
    let good = fixture.good(AUTHENTICATION);
    let rules = |issuer: LintIssuer<'_>| {
        let findings = certificate(&good.tbs, &good.profile, issuer).unwrap_err();
        findings.into_iter().map(|finding| finding.rule).collect::<Vec<_>>()
    };
    assert!(rules(LintIssuer::SelfSigned).contains(&"e_issuer_may_not_sign"));
    assert!(rules(LintIssuer::from(&fixture.root)).contains(&"e_path_length"));
}

#[test]
fn a_waiver_holds_until_its_day() {
    let fixture = Fixture::new();
    let good = fixture.good(AUTHENTICATION);
    let mut parts = Parts::of(&good.tbs);
    parts.spki = public_key(Nid::X9_62_PRIME256V1).spki().to_vec();
    let text = include_str!("../../../../../policies/profiles/person-authentication-loa4.toml");
    for (until, held) in [("2026-01-15T08:00:00Z", true), ("2026-01-15T07:59:59Z", false)] {
        let waiver =
            format!("waive = [{{ name = \"e_subject_key_identifier\", reason = \"test\", until = \"{until}\" }}]");
        let profile = crate::Profile::from_toml(&text.replace("waive = []", &waiver)).unwrap();
        let judged = certificate(&parts.encode(), &profile, LintIssuer::from(&fixture.person));
        assert_eq!(judged.is_ok(), held, "{until}");
    }
}

/// localityName, which no profile has, and which is no extension, policy or statement either.
const LOCALITY: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.4.7");
const NCP_PLUS: ObjectIdentifier = ObjectIdentifier::new_unwrap("0.4.0.2042.1.2");
