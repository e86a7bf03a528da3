//! Samples for the rules about basic fields.

use super::fixture::{AUTHENTICATION, OCSP, PERSON_CA, now};
use super::parts::{Under, der, rdns};
use super::sample::Fault::Certificate;
use super::sample::samples;
use crate::asn1::tag;
use crate::key::SignatureAlgorithm;

samples! {
    e_not_der {
        Certificate(AUTHENTICATION, |it| it.serial = vec![]);
        Certificate(AUTHENTICATION, |it| it.serial = vec![0, 1]);
        Certificate(AUTHENTICATION, |it| it.unique_id = vec![0x85, 0]);
        Certificate(AUTHENTICATION, |it| it.subject = with_empty_set(&it.subject));
    }
    e_unreadable_for_others {
        Certificate(AUTHENTICATION, |it| it.not_after = b"\x17\x0d260230000000Z".to_vec()), e_time_malformed;
    }
    e_version_is_not_3 {
        Certificate(AUTHENTICATION, |it| it.version = vec![]);
        Certificate(AUTHENTICATION, |it| it.version = vec![0xa0, 3, 2, 1, 1]);
    }
    e_serial_number_not_positive {
        Certificate(AUTHENTICATION, |it| it.serial[0] = 0x87), e_serial_number_form;
        Certificate(AUTHENTICATION, |it| it.serial = vec![0]), e_serial_number_form;
    }
    e_serial_number_longer_than_20_octets {
        Certificate(AUTHENTICATION, |it| it.serial = vec![0x47; 21]), e_serial_number_form;
    }
    e_serial_number_form {
        Certificate(AUTHENTICATION, |it| it.serial = vec![1]);
        Certificate(AUTHENTICATION, |it| it.serial = vec![0x47; 20]);
    }
    e_signature_algorithm_unknown {
        Certificate(AUTHENTICATION, |it| {
            it.algorithm = b"\x30\x0b\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0b".to_vec();
        });
        Certificate(AUTHENTICATION, |it| {
            it.algorithm = b"\x30\x0c\x06\x08\x2a\x86\x48\xce\x3d\x04\x03\x02\x05\x00".to_vec();
        });
    }
    e_signature_algorithm_not_of_issuer {
        Certificate(AUTHENTICATION, |it| it.algorithm = SignatureAlgorithm::EcdsaSha384.identifier().to_vec());
    }
    e_issuer_name {
        Certificate(AUTHENTICATION, |it| it.issuer = super::parts::renamed(&it.issuer, |name| name[1].2[0] = b't'));
    }
    e_issuer_may_not_sign {
        Certificate(AUTHENTICATION, |it| {
            it.under = Under::Itself;
        }), e_issuer_name, e_authority_key_identifier_not_of_issuer;
        Certificate(AUTHENTICATION, |it| it.under = Under::EndEntity), e_issuer_name, e_issuer_path_length,
            e_outlives_issuer, e_policy_not_of_issuer, e_authority_key_identifier_not_of_issuer;
    }
    e_issuer_path_length {
        Certificate(AUTHENTICATION, |it| it.under = Under::Root), e_issuer_name, e_signature_algorithm_not_of_issuer,
            e_authority_key_identifier_not_of_issuer;
    }
    e_time_malformed {
        Certificate(AUTHENTICATION, |it| it.not_after = b"\x17\x0d261301000000Z".to_vec()), e_unreadable_for_others;
        Certificate(AUTHENTICATION, |it| it.not_before = b"\x17\x0b2601150800Z".to_vec());
    }
    e_time_type {
        Certificate(AUTHENTICATION, |it| it.not_after = der(|w| w.generalized_time(now().plus_days(300))));
        Certificate(AUTHENTICATION, |it| it.not_before = der(|w| w.generalized_time(now())));
    }
    e_validity_is_empty {
        Certificate(AUTHENTICATION, |it| it.not_after = it.not_before.clone());
    }
    e_outlives_issuer {
        Certificate(PERSON_CA, |it| it.ends(now().plus_days(7001))), e_profile_validity;
        Certificate(AUTHENTICATION, |it| it.not_before = der(|w| w.time(now().plus_days(-1))));
    }
    e_public_key {
        Certificate(AUTHENTICATION, |it| *it.spki.last_mut().unwrap() ^= 1);
    }
    e_unique_identifier {
        Certificate(OCSP, |it| it.unique_id = vec![0x81, 2, 0, 1]);
        Certificate(OCSP, |it| it.unique_id = der(|w| w.element(tag::context(2), &[0, 1])));
    }
}

/// The name, with a relative distinguished name of no attribute at its end.
fn with_empty_set(name: &[u8]) -> Vec<u8> {
    der(|w| w.sequence(|w| rdns(name).iter().chain([&Vec::new()]).for_each(|rdn| w.element(tag::SET, rdn))))
}
