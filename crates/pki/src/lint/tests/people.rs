//! Samples for the rules of EN 319 412-1, -2 and -3.

use der::asn1::ObjectIdentifier;

use super::fixture::{AUTHENTICATION, OCSP, ROOT, SIGNATURE};
use super::parts::{Parts, renamed};
use super::sample::Fault::{self, Certificate};
use super::sample::{Mutant, samples};
use super::statements::statements;
use crate::asn1::{Writer, oid, tag};

samples! {
    e_issuer_legal_person_name {
        Certificate(AUTHENTICATION, |it| issuer_without(it, oid::COUNTRY_NAME)), e_issuer_name;
        Certificate(AUTHENTICATION, |it| issuer_without(it, oid::ORGANIZATION_NAME)), e_issuer_name;
        Certificate(AUTHENTICATION, |it| issuer_without(it, oid::ORGANIZATION_IDENTIFIER)), e_issuer_name;
        Certificate(AUTHENTICATION, |it| issuer_without(it, oid::COMMON_NAME)), e_issuer_name;
    }
    e_subject_country_missing {
        Certificate(AUTHENTICATION, |it| it.forget(oid::COUNTRY_NAME)), e_profile_subject;
    }
    e_subject_common_name_missing {
        Certificate(OCSP, |it| it.forget(oid::COMMON_NAME)), e_profile_subject;
    }
    e_natural_person_name_missing {
        Certificate(AUTHENTICATION, |it| it.forget(oid::SURNAME)), e_profile_subject;
        Certificate(AUTHENTICATION, |it| it.forget(oid::GIVEN_NAME)), e_profile_subject;
    }
    e_natural_person_serial_number_missing {
        Certificate(AUTHENTICATION, |it| it.forget(oid::SERIAL_NUMBER)), e_profile_subject;
    }
    e_legal_person_identifier_missing {
        Certificate(OCSP, |it| it.forget(oid::ORGANIZATION_IDENTIFIER)), e_profile_subject;
        Certificate(OCSP, |it| it.forget(oid::ORGANIZATION_NAME)), e_profile_subject;
    }
    e_organization_identifier {
        Certificate(AUTHENTICATION, |it| it.value(oid::ORGANIZATION_IDENTIFIER, b"NTRSE-2021005522"));
        Certificate(AUTHENTICATION, |it| it.value(oid::ORGANIZATION_IDENTIFIER, b"2021005521"));
    }
    e_person_key_usage {
        Certificate(AUTHENTICATION, |it| it.key_usage(0xc0)), e_profile_key_usage;
        Certificate(SIGNATURE, |it| it.key_usage(0xc0)), e_profile_key_usage;
    }
    e_policy_mappings_in_end_entity {
        Certificate(AUTHENTICATION, |it| {
            it.set(oid::POLICY_MAPPINGS, true, |w| w.sequence(|_| ()));
        }), e_extension_unknown;
    }
    e_name_constraints_in_end_entity {
        Certificate(AUTHENTICATION, |it| {
            it.set(oid::NAME_CONSTRAINTS, true, |w| w.sequence(|_| ()));
        }), e_extension_unknown;
    }
    e_policy_constraints_in_end_entity {
        Certificate(AUTHENTICATION, |it| {
            it.set(oid::POLICY_CONSTRAINTS, true, |w| w.sequence(|_| ()));
        }), e_extension_unknown;
    }
    e_inhibit_any_policy_in_end_entity {
        Certificate(AUTHENTICATION, |it| {
            it.set(oid::INHIBIT_ANY_POLICY, true, |w| w.unsigned(&[0]));
        }), e_extension_unknown;
    }
    e_semantics_missing {
        Certificate(AUTHENTICATION, |it| it.remove(oid::QC_STATEMENTS)), e_profile_pointers;
    }
    e_semantics_form {
        Certificate(AUTHENTICATION, |it| statements(it, &[(oid::QCS_PKIX_SYNTAX_V2, |_| ())]));
        Certificate(AUTHENTICATION, |it| {
            statements(it, &[(oid::QCS_PKIX_SYNTAX_V2, |w| w.sequence(|w| w.oid(LEGAL)))]);
        });
        Certificate(AUTHENTICATION, |it| {
            statements(it, &[(oid::QCS_PKIX_SYNTAX_V2, |w| w.nest(tag::SET, |w| w.oid(oid::QCS_SEMANTICS_NATURAL)))]);
        });
    }
    e_natural_person_serial_number {
        Certificate(AUTHENTICATION, |it| it.value(oid::SERIAL_NUMBER, b"199001012385"));
        Certificate(AUTHENTICATION, |it| it.value(oid::SERIAL_NUMBER, b"PNOSE-9001012385"));
        Certificate(AUTHENTICATION, |it| it.value(oid::SERIAL_NUMBER, b"PNOSE-19900101-2385"));
        Certificate(AUTHENTICATION, |it| it.value(oid::SERIAL_NUMBER, b"PNOSE-199001012386"));
    }
    e_name_registration_authority_missing {
        Certificate(AUTHENTICATION, |it| it.value(oid::SERIAL_NUMBER, b"EI:SE-1"));
        Certificate(AUTHENTICATION, |it| {
            it.value(oid::SERIAL_NUMBER, b"EI:SE-1");
            statements(it, &[(oid::QCS_PKIX_SYNTAX_V2, |w| local(w, tag::context(2)))]);
        });
    }
}

#[test]
fn a_local_identifier_with_its_authority_is_allowed() {
    let local = Fault::Certificate(AUTHENTICATION, |it| {
        it.value(oid::SERIAL_NUMBER, b"EI:SE-1");
        statements(it, &[(oid::QCS_PKIX_SYNTAX_V2, |w| local(w, tag::context(6)))]);
    });
    assert_eq!(local.broken(Mutant::None, true), [].into());
    let root = Fault::Certificate(ROOT, |_| ());
    assert_eq!(root.broken(Mutant::None, true), [].into());
}

fn issuer_without(parts: &mut Parts, oid: ObjectIdentifier) {
    parts.issuer = renamed(&parts.issuer, |name| name.retain(|(found, ..)| *found != oid));
}

/// Semantics of natural persons, with an authority named in this way.
fn local(writer: &mut Writer, name: u8) {
    writer.sequence(|w| {
        w.oid(oid::QCS_SEMANTICS_NATURAL);
        w.sequence(|w| w.element(name, b"https://repository.example.se/nra"));
    });
}

/// Semantics of legal persons.
const LEGAL: ObjectIdentifier = ObjectIdentifier::new_unwrap("0.4.0.194121.1.2");
