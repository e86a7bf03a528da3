//! Samples for the rules about the subject's name.

use super::fixture::{AUTHENTICATION, OCSP};
use super::parts::{der, renamed};
use super::sample::Fault::Certificate;
use super::sample::samples;
use crate::asn1::{oid, tag};

samples! {
    e_subject_is_empty {
        Certificate(OCSP, |it| it.rename(Vec::clear)), e_subject_country_missing, e_subject_common_name_missing,
            e_legal_person_identifier_missing, e_profile_subject;
    }
    e_attribute_unknown {
        Certificate(AUTHENTICATION, |it| {
            it.rename(|name| name.push((super::extensions::LOCALITY, tag::UTF8_STRING, b"Lund".into())));
        }),
            e_profile_subject;
    }
    e_attribute_repeats {
        Certificate(AUTHENTICATION, |it| it.rename(|name| name.push(name[0].clone()))), e_profile_subject;
    }
    e_attribute_string_type {
        Certificate(AUTHENTICATION, |it| it.rename(|name| name[0].1 = tag::UTF8_STRING));
        Certificate(AUTHENTICATION, |it| it.rename(|name| name[1].1 = tag::PRINTABLE_STRING));
    }
    e_attribute_not_utf8 {
        Certificate(AUTHENTICATION, |it| it.value(oid::SURNAME, b"\xd6berg"));
    }
    e_attribute_empty {
        Certificate(AUTHENTICATION, |it| it.value(oid::SURNAME, b""));
        Certificate(AUTHENTICATION, |it| it.value(oid::SURNAME, b"  "));
    }
    e_attribute_too_long {
        Certificate(AUTHENTICATION, |it| it.value(oid::SURNAME, &[b'a'; 65]));
        Certificate(AUTHENTICATION, |it| it.value(oid::COUNTRY_NAME, b"SWE")), e_profile_subject;
    }
    e_attribute_control_character {
        Certificate(AUTHENTICATION, |it| it.value(oid::COMMON_NAME, "Anna\u{202e}".as_bytes()));
        Certificate(AUTHENTICATION, |it| it.value(oid::COMMON_NAME, b"Anna\0Admin"));
    }
    e_attribute_outer_space {
        Certificate(AUTHENTICATION, |it| it.value(oid::COMMON_NAME, b"Anna "));
    }
    e_attribute_not_normalised {
        Certificate(AUTHENTICATION, |it| it.value(oid::COMMON_NAME, "A\u{30a}sa".as_bytes()));
    }
    e_attribute_form {
        Certificate(AUTHENTICATION, |it| it.value(oid::COUNTRY_NAME, b"se")), e_profile_subject;
        Certificate(AUTHENTICATION, |it| {
            it.value(oid::SERIAL_NUMBER, b"EI:SE-a_b");
        }), e_name_registration_authority_missing;
    }
    e_name_set_order {
        Certificate(AUTHENTICATION, |it| it.subject = joined(&it.subject)), e_profile_subject;
    }
    e_mailbox_in_name {
        Certificate(AUTHENTICATION, |it| {
            it.rename(|name| name.push((oid::EMAIL_ADDRESS, tag::IA5_STRING, b"a@example.se".into())));
        }), e_profile_subject;
    }
}

/// The name with its fourth attribute, commonName, and its fifth, surname, in one relative name, the longer first.
fn joined(name: &[u8]) -> Vec<u8> {
    let wider = renamed(name, |name| name[3].2.extend_from_slice(b" Andersson"));
    let rdns = super::parts::rdns(&wider);
    der(|w| {
        w.sequence(|w| {
            rdns[..3].iter().for_each(|rdn| w.nest(tag::SET, |w| w.raw(rdn)));
            w.nest(tag::SET, |w| rdns[3..5].iter().for_each(|member| w.raw(member)));
            rdns[5..].iter().for_each(|rdn| w.nest(tag::SET, |w| w.raw(rdn)));
        });
    })
}
