//! One good and one bad sample for each rule.

mod certificates;
mod crls;
mod fixture;
mod parts;

use std::collections::BTreeSet;

/// Every rule that the catalogue names, except those that these names cover elsewhere, has a bad sample.
#[test]
fn every_rule_has_a_bad_sample() {
    let named: BTreeSet<_> = super::catalogue().into_iter().map(|(name, _)| name).collect();
    let sampled: BTreeSet<_> =
        certificates::sampled().chain(crls::sampled()).chain(IN_THE_SUITE.iter().copied()).collect();
    assert_eq!(named.difference(&sampled).collect::<Vec<_>>(), Vec::<&&str>::new(), "rules without a sample");
    assert_eq!(sampled.difference(&named).collect::<Vec<_>>(), Vec::<&&str>::new(), "samples without a rule");
}

#[test]
fn rule_names_are_unique_and_tell_their_level() {
    let catalogue = super::catalogue();
    let names: BTreeSet<_> = catalogue.iter().map(|(name, _)| name).collect();
    assert_eq!(names.len(), catalogue.len());
    assert!(catalogue.iter().all(|(name, source)| name.starts_with("e_") && !source.is_empty()));
}

/// Rules whose samples need signatures: `tests/suite/ocsp.rs` and `tests/suite/issuing.rs`.
const IN_THE_SUITE: &[&str] = &[
    "e_signature_does_not_verify",
    "e_ocsp_not_der",
    "e_ocsp_responder_id",
    "e_ocsp_responder_purpose",
    "e_ocsp_responder_validity",
    "e_ocsp_no_answer",
    "e_ocsp_times",
    "e_ocsp_revocation_time",
    "e_ocsp_foreign_issuer",
    "e_ocsp_contradiction",
];
