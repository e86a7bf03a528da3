//! Samples for the rules about extensions as such, and about key identifiers.

use der::asn1::ObjectIdentifier;

use super::fixture::{AUTHENTICATION, OCSP, PERSON_CA, TLS};
use super::sample::Fault::Certificate;
use super::sample::samples;
use crate::asn1::{Writer, oid, tag};

samples! {
    e_extension_repeats {
        Certificate(AUTHENTICATION, |it| it.extensions.push(it.extensions[0].clone()));
    }
    e_extension_unknown {
        Certificate(AUTHENTICATION, |it| it.set(LOCALITY, false, Writer::null));
    }
    e_extension_value {
        Certificate(AUTHENTICATION, |it| it.set(oid::CARD_NUMBER, false, |w| w.element(tag::UTF8_STRING, b"7")));
        Certificate(AUTHENTICATION, |it| it.set(oid::CARD_NUMBER, false, |w| w.element(tag::PRINTABLE_STRING, b"")));
        Certificate(AUTHENTICATION, |it| it.set(oid::CARD_NUMBER, false, |w| w.element(tag::PRINTABLE_STRING, b"7*")));
        Certificate(AUTHENTICATION, |it| {
            it.set(oid::CRL_DISTRIBUTION_POINTS, false, |w| w.sequence(|w| w.sequence(two_names)));
        });
        Certificate(OCSP, |it| {
            it.set(oid::CERTIFICATE_POLICIES, false, |w| {
                w.sequence(|w| {
                    w.sequence(|w| {
                        w.oid(LOCALITY);
                        w.sequence(|_| ());
                    });
                });
            });
        }),
            e_profile_policies;
        Certificate(OCSP, |it| it.set(oid::OCSP_NO_CHECK, false, |w| w.element(tag::NULL, &[0])));
        Certificate(PERSON_CA, |it| {
            it.set(oid::BASIC_CONSTRAINTS, true, |w| w.sequence(|w| w.element(tag::BOOLEAN, &[0])));
        }),
            e_key_cert_sign_without_ca, e_crl_sign_without_ca, e_basic_constraints_missing, e_profile_ca;
    }
    e_key_usage_not_critical {
        Certificate(AUTHENTICATION, |it| it.flip(oid::KEY_USAGE));
    }
    e_basic_constraints_not_critical {
        Certificate(PERSON_CA, |it| it.flip(oid::BASIC_CONSTRAINTS));
    }
    e_subject_key_identifier_critical {
        Certificate(AUTHENTICATION, |it| it.flip(oid::SUBJECT_KEY_IDENTIFIER));
    }
    e_authority_key_identifier_critical {
        Certificate(AUTHENTICATION, |it| it.flip(oid::AUTHORITY_KEY_IDENTIFIER));
    }
    e_certificate_policies_critical {
        Certificate(AUTHENTICATION, |it| it.flip(oid::CERTIFICATE_POLICIES));
    }
    e_subject_alt_name_critical {
        Certificate(TLS, |it| it.flip(oid::SUBJECT_ALT_NAME));
    }
    e_crl_distribution_points_critical {
        Certificate(AUTHENTICATION, |it| it.flip(oid::CRL_DISTRIBUTION_POINTS));
    }
    e_authority_info_access_critical {
        Certificate(AUTHENTICATION, |it| it.flip(oid::AUTHORITY_INFO_ACCESS));
    }
    e_qc_statements_critical {
        Certificate(AUTHENTICATION, |it| it.flip(oid::QC_STATEMENTS));
    }
    e_ocsp_no_check_critical {
        Certificate(OCSP, |it| it.flip(oid::OCSP_NO_CHECK));
    }
    e_no_rev_avail_critical {
        Certificate(OCSP, |it| it.set(oid::NO_REV_AVAIL, true, Writer::null)), e_profile_pointers;
    }
    e_validity_assured_critical {
        Certificate(OCSP, |it| {
            it.set(oid::NO_REV_AVAIL, false, Writer::null);
            it.set(oid::VALIDITY_ASSURED, true, Writer::null);
        }), e_profile_pointers;
    }
    e_private_key_usage_period_critical {
        Certificate(OCSP, |it| {
            let end = b"20260201000000Z";
            it.set(oid::PRIVATE_KEY_USAGE_PERIOD, true, |w| w.sequence(|w| w.element(tag::context(1), end)));
        }), e_profile_pointers;
    }
    e_card_number_critical {
        Certificate(AUTHENTICATION, |it| it.flip(oid::CARD_NUMBER));
    }
    e_subject_key_identifier_missing {
        Certificate(AUTHENTICATION, |it| it.remove(oid::SUBJECT_KEY_IDENTIFIER));
    }
    e_subject_key_identifier_not_of_key {
        Certificate(AUTHENTICATION, |it| {
            it.set(oid::SUBJECT_KEY_IDENTIFIER, false, |w| w.element(tag::OCTET_STRING, &[7; 20]));
        });
    }
    e_authority_key_identifier_missing {
        Certificate(AUTHENTICATION, |it| it.remove(oid::AUTHORITY_KEY_IDENTIFIER));
    }
    e_authority_key_identifier_form {
        Certificate(AUTHENTICATION, |it| it.set(oid::AUTHORITY_KEY_IDENTIFIER, false, |w| w.sequence(|_| ())));
        Certificate(AUTHENTICATION, |it| {
            let wanted = oid::AUTHORITY_KEY_IDENTIFIER.as_bytes();
            let (_, _, value) = it.extensions.iter_mut().find(|it| it.0 == wanted).unwrap();
            value.extend_from_slice(&[0x82, 1, 7]);
            value[1] += 3;
        });
    }
    e_authority_key_identifier_not_of_issuer {
        Certificate(AUTHENTICATION, |it| {
            it.set(oid::AUTHORITY_KEY_IDENTIFIER, false, |w| w.sequence(|w| w.element(tag::context(0), &[7; 20])));
        });
    }
}

/// localityName, which no profile has, and which is no extension, policy or statement either.
pub(super) const LOCALITY: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.4.7");

/// A `DistributionPointName`, which is one name, with another one after it.
fn two_names(writer: &mut Writer) {
    writer.nest(tag::constructed(0), |w| {
        for _ in 0..2 {
            w.nest(tag::constructed(0), |w| w.element(tag::context(6), b"http://example.se/a.crl"));
        }
    });
}
