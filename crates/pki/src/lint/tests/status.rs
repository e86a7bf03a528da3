//! Samples for the rules about where revocation is told.

use der::asn1::ObjectIdentifier;

use super::fixture::{AUTHENTICATION, OCSP, PERSON_CA, SIGNATURE, TLS};
use super::locations::{access, location, points};
use super::parts::{Parts, Under};
use super::sample::Fault::{self, Certificate};
use super::sample::{Mutant, samples};
use crate::asn1::{Writer, oid};

samples! {
    e_crl_distribution_points_missing {
        Certificate(SIGNATURE, |it| it.remove(oid::CRL_DISTRIBUTION_POINTS)), e_profile_pointers;
    }
    e_ocsp_access_missing {
        Certificate(SIGNATURE, |it| access(it, &[CA_ISSUERS])), e_profile_pointers;
    }
    e_ca_issuers_access_missing {
        Certificate(SIGNATURE, |it| access(it, &[ANSWERS])), e_profile_pointers;
    }
    e_no_rev_avail_in_ca {
        Certificate(PERSON_CA, |it| {
            it.set(oid::NO_REV_AVAIL, false, Writer::null);
            it.remove(oid::CRL_DISTRIBUTION_POINTS);
        }), e_profile_pointers;
    }
    e_no_rev_avail_with_crl {
        Certificate(TLS, |it| {
            it.set(oid::NO_REV_AVAIL, false, Writer::null);
            access(it, &[CA_ISSUERS]);
        }), e_profile_pointers;
    }
    e_no_rev_avail_with_ocsp {
        Certificate(SIGNATURE, |it| {
            it.set(oid::NO_REV_AVAIL, false, Writer::null);
            it.remove(oid::CRL_DISTRIBUTION_POINTS);
        }), e_profile_pointers;
    }
    e_validity_assured_without_no_rev_avail {
        Certificate(SIGNATURE, |it| it.set(oid::VALIDITY_ASSURED, false, Writer::null)), e_profile_pointers;
    }
    e_ocsp_signer_purpose {
        Certificate(OCSP, |it| purposes(it, &[oid::OCSP_SIGNING, oid::EMAIL_PROTECTION])), e_profile_purposes;
    }
    e_ocsp_signer_no_check_missing {
        Certificate(OCSP, |it| it.remove(oid::OCSP_NO_CHECK)), e_profile_pointers;
    }
    e_ocsp_signer_points_to_ocsp {
        Certificate(OCSP, |it| access(it, &[CA_ISSUERS, ANSWERS])), e_profile_pointers;
    }
    e_ocsp_signer_not_of_ca {
        Certificate(OCSP, |it| it.under = Under::Itself), e_issuer_name, e_issuer_may_not_sign,
            e_authority_key_identifier_not_of_issuer;
    }
    e_ocsp_no_check_without_ocsp_signing {
        Certificate(TLS, |it| {
            it.set(oid::OCSP_NO_CHECK, false, Writer::null);
            it.remove(oid::CRL_DISTRIBUTION_POINTS);
        }), e_profile_pointers;
    }
    e_ocsp_no_check_with_crl {
        Certificate(OCSP, |it| {
            points(it, 1, |w| location(w, b"http://example.se/a.crl"));
        }), e_profile_pointers;
    }
}

/// Only its profile would have to say so.
#[test]
fn a_short_lived_certificate_points_to_no_status() {
    let short = Fault::Certificate(SIGNATURE, |it| {
        it.set(oid::NO_REV_AVAIL, false, Writer::null);
        it.set(oid::VALIDITY_ASSURED, false, Writer::null);
        it.remove(oid::CRL_DISTRIBUTION_POINTS);
        access(it, &[CA_ISSUERS]);
    });
    assert_eq!(short.broken(Mutant::None, true), ["e_profile_pointers"].into());
    let good = Fault::Certificate(AUTHENTICATION, |_| ());
    assert_eq!(good.broken(Mutant::None, true), [].into());
}

fn purposes(parts: &mut Parts, purposes: &[ObjectIdentifier]) {
    parts.set(oid::EXTENDED_KEY_USAGE, false, |w| w.sequence(|w| purposes.iter().for_each(|one| w.oid(*one))));
}

const CA_ISSUERS: (ObjectIdentifier, &[u8]) = (oid::ACCESS_CA_ISSUERS, b"http://aia.example.se/person.crt");
const ANSWERS: (ObjectIdentifier, &[u8]) = (oid::ACCESS_OCSP, b"http://ocsp.example.se/");
