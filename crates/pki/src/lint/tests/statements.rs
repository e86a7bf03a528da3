//! Samples for the rules of EN 319 412-5.

use der::asn1::ObjectIdentifier;

use super::extensions::LOCALITY;
use super::fixture::{AUTHENTICATION, PERSON_CA};
use super::parts::Parts;
use super::policies::policies;
use super::sample::Fault::{self, Certificate};
use super::sample::{Mutant, samples};
use crate::asn1::{Writer, oid, tag};

samples! {
    e_qc_statements_empty {
        Certificate(PERSON_CA, |it| statements(it, &[])), e_profile_pointers;
    }
    e_qc_statements_repeats {
        Certificate(AUTHENTICATION, |it| statements(it, &[NATURAL, NATURAL]));
    }
    e_qc_statement_unknown {
        Certificate(AUTHENTICATION, |it| statements(it, &[NATURAL, (LOCALITY, |_| ())]));
    }
    e_qc_compliance_information {
        Certificate(AUTHENTICATION, |it| statements(it, &[NATURAL, (oid::QCS_COMPLIANCE, Writer::null)])),
            e_false_claim_of_qualified;
    }
    e_qc_sscd_information {
        Certificate(AUTHENTICATION, |it| statements(it, &[NATURAL, (oid::QCS_SSCD, Writer::null)])),
            e_false_claim_of_qualified;
    }
    e_qc_type {
        Certificate(AUTHENTICATION, |it| {
            statements(it, &[NATURAL, (oid::QCS_TYPE, |w| w.sequence(|_| ()))]);
        }), e_false_claim_of_qualified;
        Certificate(AUTHENTICATION, |it| statements(it, &[NATURAL, (oid::QCS_TYPE, |w| {
            w.sequence(|w| {
                w.oid(oid::QCT_ESIGN);
                w.oid(oid::QCT_ESEAL);
            });
        })])), e_false_claim_of_qualified;
        Certificate(AUTHENTICATION, |it| {
            statements(it, &[NATURAL, (oid::QCS_TYPE, |w| w.sequence(|w| w.oid(LOCALITY)))]);
        }),
            e_false_claim_of_qualified;
    }
    e_qc_limit_value {
        Certificate(AUTHENTICATION, |it| {
            statements(it, &[NATURAL, (oid::QCS_LIMIT_VALUE, |w| limit(w, b"sek", &[0]))]);
        });
        Certificate(AUTHENTICATION, |it| {
            statements(it, &[NATURAL, (oid::QCS_LIMIT_VALUE, |w| limit(w, b"SEK", &[0xff]))]);
        });
    }
    e_qc_retention_period {
        Certificate(AUTHENTICATION, |it| statements(it, &[NATURAL, (oid::QCS_RETENTION_PERIOD, |w| w.unsigned(&[0]))]));
        Certificate(AUTHENTICATION, |it| statements(it, &[NATURAL, (oid::QCS_RETENTION_PERIOD, Writer::null)]));
    }
    e_qc_pds_form {
        Certificate(AUTHENTICATION, |it| statements(it, &[NATURAL, (oid::QCS_PDS, |w| disclosures(w, &[]))]));
        Certificate(AUTHENTICATION, |it| statements(it, &[NATURAL, (oid::QCS_PDS, |_| ())]));
    }
    e_qc_pds_uri {
        Certificate(AUTHENTICATION, |it| statements(it, &[NATURAL, (oid::QCS_PDS, |w| {
            disclosures(w, &[(b"http://example.se/en.pdf", b"en")]);
        })]));
    }
    e_qc_pds_language {
        Certificate(AUTHENTICATION, |it| {
            statements(it, &[NATURAL, (oid::QCS_PDS, |w| disclosures(w, &[ENGLISH, (URL, b"SV")]))]);
        });
        Certificate(AUTHENTICATION, |it| {
            statements(it, &[NATURAL, (oid::QCS_PDS, |w| disclosures(w, &[ENGLISH, ENGLISH]))]);
        });
        Certificate(AUTHENTICATION, |it| {
            statements(it, &[NATURAL, (oid::QCS_PDS, |w| disclosures(w, &[ENGLISH, (URL, b"swe")]))]);
        });
    }
    e_qc_pds_english_missing {
        Certificate(AUTHENTICATION, |it| {
            statements(it, &[NATURAL, (oid::QCS_PDS, |w| disclosures(w, &[(URL, b"sv")]))]);
        });
    }
    e_qc_legislation {
        Certificate(AUTHENTICATION, |it| statements(it, &[NATURAL, (oid::QCS_LEGISLATION, |w| {
            w.sequence(|w| w.element(tag::PRINTABLE_STRING, b"CH"));
        })]));
    }
    e_false_claim_of_qualified {
        Certificate(AUTHENTICATION, |it| statements(it, &[NATURAL, (oid::QCS_COMPLIANCE, |_| ())]));
        Certificate(AUTHENTICATION, |it| statements(it, &[NATURAL, (oid::QCS_SSCD, |_| ())]));
        Certificate(AUTHENTICATION, |it| {
            statements(it, &[NATURAL, (oid::QCS_TYPE, |w| w.sequence(|w| w.oid(oid::QCT_ESIGN)))]);
        });
    }
    e_qcp_policy_without_qc_compliance {
        Certificate(AUTHENTICATION, |it| policies(it, &[oid::QCP_N])), e_policy_not_of_issuer, e_profile_policies;
    }
    e_qscd_policy_without_qc_sscd {
        Certificate(AUTHENTICATION, |it| {
            policies(it, &[oid::QCP_N_QSCD]);
            statements(it, &[NATURAL, (oid::QCS_COMPLIANCE, |_| ())]);
        }), e_policy_not_of_issuer, e_profile_policies, e_false_claim_of_qualified;
    }
}

/// The statements that are no claim, all at once.
#[test]
fn statements_in_their_form_are_allowed() {
    let good = Fault::Certificate(AUTHENTICATION, |it| {
        statements(
            it,
            &[
                NATURAL,
                (oid::QCS_LIMIT_VALUE, |w| limit(w, b"SEK", &[0])),
                (oid::QCS_RETENTION_PERIOD, |w| w.unsigned(&[10])),
                (oid::QCS_PDS, |w| disclosures(w, &[ENGLISH, (URL, b"sv")])),
            ],
        );
    });
    assert_eq!(good.broken(Mutant::None, true), [].into());
}

/// A statement: its identifier and what writes its information.
type Written = (ObjectIdentifier, fn(&mut Writer));

pub(super) fn statements(parts: &mut Parts, statements: &[Written]) {
    parts.set(oid::QC_STATEMENTS, false, |w| {
        w.sequence(|w| {
            for (id, information) in statements {
                w.sequence(|w| {
                    w.oid(*id);
                    information(w);
                });
            }
        });
    });
}

fn limit(writer: &mut Writer, currency: &[u8], amount: &[u8]) {
    writer.sequence(|w| {
        w.element(tag::PRINTABLE_STRING, currency);
        w.element(tag::INTEGER, amount);
        w.unsigned(&[0]);
    });
}

fn disclosures(writer: &mut Writer, all: &[(&[u8], &[u8])]) {
    writer.sequence(|w| {
        for (url, language) in all {
            w.sequence(|w| {
                w.element(tag::IA5_STRING, url);
                w.element(tag::PRINTABLE_STRING, language);
            });
        }
    });
}

const NATURAL: Written = (oid::QCS_PKIX_SYNTAX_V2, |w| w.sequence(|w| w.oid(oid::QCS_SEMANTICS_NATURAL)));
const URL: &[u8] = b"https://repository.example.se/pds.pdf";
const ENGLISH: (&[u8], &[u8]) = (URL, b"en");
