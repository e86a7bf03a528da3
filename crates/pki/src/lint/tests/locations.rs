//! Samples for the rules about names and addresses in extensions.

use der::asn1::ObjectIdentifier;

use super::extensions::LOCALITY;
use super::fixture::{AUTHENTICATION, OCSP, TLS};
use super::parts::Parts;
use super::sample::Fault::{self, Certificate};
use super::sample::{Mutant, samples};
use crate::asn1::{Writer, oid, tag};

samples! {
    e_subject_alt_name_empty {
        Certificate(TLS, |it| it.set(oid::SUBJECT_ALT_NAME, false, |w| w.sequence(|_| ())));
    }
    e_subject_alt_name_type {
        Certificate(TLS, |it| name(it, 8, b"\x55\x04\x07")), e_profile_alternative_names;
    }
    e_rfc822_name {
        Certificate(AUTHENTICATION, |it| name(it, 1, b"Anna <anna@example.se>"));
        Certificate(AUTHENTICATION, |it| name(it, 1, "åsa@example.se".as_bytes()));
    }
    e_dns_name {
        Certificate(TLS, |it| name(it, 2, b"Example.se"));
        Certificate(TLS, |it| name(it, 2, b"example.se\0.example.com"));
        Certificate(TLS, |it| name(it, 2, b"under_score.example.se"));
    }
    e_uri_name {
        Certificate(TLS, |it| name(it, 6, b"example.se/system")), e_profile_alternative_names;
        Certificate(TLS, |it| name(it, 6, b"https://example.se/a b")), e_profile_alternative_names;
    }
    e_ip_address {
        Certificate(TLS, |it| name(it, 7, &[127, 0, 0]));
    }
    e_other_name {
        Certificate(AUTHENTICATION, |it| other_name(it, LOCALITY, b"anna@example.se"));
        Certificate(AUTHENTICATION, |it| other_name(it, oid::PRINCIPAL_NAME, b"anna"));
    }
    e_crl_distribution_points_form {
        Certificate(AUTHENTICATION, |it| it.set(oid::CRL_DISTRIBUTION_POINTS, false, |w| w.sequence(|_| ())));
        Certificate(AUTHENTICATION, |it| points(it, 2, |w| location(w, b"http://example.se/a.crl")));
        Certificate(AUTHENTICATION, |it| points(it, 1, |w| {
            location(w, b"http://example.se/a.crl");
            w.element(tag::context(1), &[6, 0x40]);
        }));
        Certificate(AUTHENTICATION, |it| points(it, 1, |w| w.element(tag::context(1), &[6, 0x40])));
    }
    e_crl_distribution_points_uri {
        Certificate(AUTHENTICATION, |it| points(it, 1, |w| location(w, b"https://example.se/a.crl")));
        Certificate(AUTHENTICATION, |it| points(it, 1, |w| location(w, b"ldap://example.se/a")));
    }
    e_authority_info_access_empty {
        Certificate(OCSP, |it| it.set(oid::AUTHORITY_INFO_ACCESS, false, |w| w.sequence(|_| ()))),
            e_profile_pointers;
    }
    e_authority_info_access_method {
        Certificate(OCSP, |it| access(it, &[(LOCALITY, b"http://example.se/")])), e_profile_pointers;
    }
    e_authority_info_access_uri {
        Certificate(OCSP, |it| access(it, &[(oid::ACCESS_CA_ISSUERS, b"ldap://example.se/")]));
        Certificate(OCSP, |it| access(it, &[(oid::ACCESS_CA_ISSUERS, b"http:///a.crt")]));
    }
}

/// What the rules on names let through.
#[test]
fn names_of_every_kind_are_allowed() {
    let good: [(_, fn(&mut Parts)); 4] = [
        (AUTHENTICATION, |it| name(it, 1, b"anna.oberg@example.se")),
        (AUTHENTICATION, |it| other_name(it, oid::PRINCIPAL_NAME, b"anna@example.se")),
        (TLS, |it| name(it, 2, b"xn--berg-5qa.example.se")),
        (TLS, |it| name(it, 7, &[0; 16])),
    ];
    for (profile, spoil) in good {
        assert_eq!(Fault::Certificate(profile, spoil).broken(Mutant::None, true), [].into());
    }
    // No profile here has addresses of systems; as an address this is one.
    let uri = Fault::Certificate(TLS, |it| name(it, 6, b"urn:oid:1.2.752"));
    assert_eq!(uri.broken(Mutant::None, true), ["e_profile_alternative_names"].into());
}

fn name(parts: &mut Parts, kind: u8, value: &[u8]) {
    parts.set(oid::SUBJECT_ALT_NAME, false, |w| w.sequence(|w| w.element(tag::context(kind), value)));
}

fn other_name(parts: &mut Parts, kind: ObjectIdentifier, text: &[u8]) {
    parts.set(oid::SUBJECT_ALT_NAME, false, |w| {
        w.sequence(|w| {
            w.nest(tag::constructed(0), |w| {
                w.oid(kind);
                w.nest(tag::constructed(0), |w| w.element(tag::UTF8_STRING, text));
            });
        });
    });
}

/// So many distribution points with the same fields.
pub(super) fn points(parts: &mut Parts, count: usize, fields: fn(&mut Writer)) {
    parts.set(oid::CRL_DISTRIBUTION_POINTS, false, |w| w.sequence(|w| (0..count).for_each(|_| w.sequence(fields))));
}

pub(super) fn location(writer: &mut Writer, uri: &[u8]) {
    writer.nest(tag::constructed(0), |w| w.nest(tag::constructed(0), |w| w.element(tag::context(6), uri)));
}

pub(super) fn access(parts: &mut Parts, descriptions: &[(ObjectIdentifier, &[u8])]) {
    parts.set(oid::AUTHORITY_INFO_ACCESS, false, |w| {
        w.sequence(|w| {
            for (method, location) in descriptions {
                w.sequence(|w| {
                    w.oid(*method);
                    w.element(tag::context(6), location);
                });
            }
        });
    });
}
