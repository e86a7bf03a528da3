//! Samples for the rules about what a key may be used for.

use der::asn1::ObjectIdentifier;

use super::fixture::{AUTHENTICATION, OCSP, PERSON_CA, TLS};
use super::parts::Parts;
use super::sample::Fault::Certificate;
use super::sample::samples;
use crate::asn1::{oid, tag};

samples! {
    e_key_usage_missing {
        Certificate(OCSP, |it| it.remove(oid::KEY_USAGE)), e_ext_key_usage_inconsistent, e_profile_key_usage;
    }
    e_key_usage_without_bits {
        Certificate(OCSP, |it| it.set(oid::KEY_USAGE, true, |w| w.element(tag::BIT_STRING, &[7, 0]))),
            e_ext_key_usage_inconsistent, e_profile_key_usage;
    }
    e_key_usage_encoding {
        Certificate(AUTHENTICATION, |it| it.set(oid::KEY_USAGE, true, |w| w.element(tag::BIT_STRING, &[0, 0x80])));
        Certificate(AUTHENTICATION, |it| {
            it.set(oid::KEY_USAGE, true, |w| w.element(tag::BIT_STRING, &[7, 0x80, 0x80]));
        });
    }
    e_key_cert_sign_without_ca {
        Certificate(OCSP, |it| it.key_usage(0x84)), e_profile_key_usage;
    }
    e_crl_sign_without_ca {
        Certificate(OCSP, |it| it.key_usage(0x82)), e_profile_key_usage;
    }
    e_ca_key_usage {
        Certificate(PERSON_CA, |it| it.key_usage(0x86)), e_profile_key_usage;
        Certificate(PERSON_CA, |it| it.key_usage(0x04)), e_profile_key_usage;
    }
    e_key_usage_type {
        Certificate(TLS, |it| it.key_usage(0xa8)), e_profile_key_usage;
        Certificate(OCSP, |it| it.key_usage(0x60)), e_profile_key_usage;
        Certificate(OCSP, |it| it.key_usage(0x90)), e_profile_key_usage;
    }
    e_ext_key_usage_empty {
        Certificate(AUTHENTICATION, |it| purposes(it, false, &[])), e_profile_purposes;
    }
    e_ext_key_usage_repeats {
        Certificate(AUTHENTICATION, |it| {
            purposes(it, false, &[oid::CLIENT_AUTH, oid::CLIENT_AUTH]);
        }), e_profile_purposes;
    }
    e_ext_key_usage_inconsistent {
        Certificate(AUTHENTICATION, |it| it.key_usage(0x40)), e_person_key_usage, e_profile_key_usage;
        Certificate(TLS, |it| it.key_usage(0x40)), e_profile_key_usage;
        Certificate(OCSP, |it| it.key_usage(0x20)), e_profile_key_usage;
    }
    e_ext_key_usage_critical {
        Certificate(AUTHENTICATION, |it| it.flip(oid::EXTENDED_KEY_USAGE));
    }
    e_time_stamping_not_critical {
        Certificate(TLS, |it| purposes(it, false, &[oid::TIME_STAMPING])), e_profile_purposes;
    }
    e_time_stamping_not_alone {
        Certificate(TLS, |it| purposes(it, true, &[oid::SERVER_AUTH, oid::TIME_STAMPING])), e_profile_purposes;
    }
    e_basic_constraints_missing {
        Certificate(PERSON_CA, |it| {
            it.remove(oid::BASIC_CONSTRAINTS);
        }), e_key_cert_sign_without_ca, e_crl_sign_without_ca,
            e_profile_ca;
    }
    e_basic_constraints_without_ca {
        Certificate(AUTHENTICATION, |it| it.set(oid::BASIC_CONSTRAINTS, true, |w| w.sequence(|_| ())));
    }
    e_path_length_without_ca {
        Certificate(AUTHENTICATION, |it| it.set(oid::BASIC_CONSTRAINTS, true, |w| w.sequence(|w| w.unsigned(&[0])))),
            e_basic_constraints_without_ca, e_profile_path_length;
    }
    e_path_length_form {
        Certificate(PERSON_CA, |it| path_length(it, &[1, 0]));
        Certificate(PERSON_CA, |it| path_length(it, &[0x80])), e_profile_path_length;
    }
    e_private_key_usage_period_empty {
        Certificate(OCSP, |it| it.set(oid::PRIVATE_KEY_USAGE_PERIOD, false, |w| w.sequence(|_| ()))), e_profile_pointers;
    }
}

fn purposes(parts: &mut Parts, critical: bool, purposes: &[ObjectIdentifier]) {
    parts.set(oid::EXTENDED_KEY_USAGE, critical, |w| w.sequence(|w| purposes.iter().for_each(|one| w.oid(*one))));
}

fn path_length(parts: &mut Parts, content: &[u8]) {
    parts.set(oid::BASIC_CONSTRAINTS, true, |w| {
        w.sequence(|w| {
            w.boolean_true();
            w.element(tag::INTEGER, content);
        });
    });
}
