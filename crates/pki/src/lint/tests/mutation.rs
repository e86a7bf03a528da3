//! The mutation check: whoever breaks a rule breaks the test of its name.

use std::collections::BTreeSet;

use super::sample::{Mutant, test_passes};
use crate::lint::{Registered, Scope, register};

/// Taken out, silenced or crying wolf: no other rule, and no other part of the lints, stands in for it.
#[test]
fn a_test_fails_for_each_rule_that_is_broken() {
    for Registered { name, .. } in register() {
        assert_eq!(test_passes(name, Mutant::None), Ok(()));
        for mutant in [Mutant::Without(name), Mutant::Silent(name), Mutant::Loud(name)] {
            // Reading and verifying are no entries of a list: they cannot cry wolf without every test noticing.
            let applies = !WITHOUT_CHECK.contains(&name) || !matches!(mutant, Mutant::Loud(_));
            assert!(!applies || test_passes(name, mutant).is_err(), "nobody notices {mutant:?}");
        }
    }
}

#[test]
fn every_rule_has_samples_and_every_sample_a_rule() {
    let named: BTreeSet<_> = register().into_iter().map(|rule| rule.name).collect();
    let sampled: BTreeSet<_> = super::samples().map(|sample| sample.rule).collect();
    let companions: BTreeSet<_> = super::samples().flat_map(|sample| sample.companions.iter().copied()).collect();
    assert_eq!(named, sampled);
    assert!(companions.is_subset(&named), "{:?}", companions.difference(&named));
}

/// The rules are those that the service runs, not only those that the tests do.
#[test]
fn the_service_reports_what_the_samples_say() {
    for sample in super::samples() {
        assert_eq!(sample.fault.reported(), sample.wanted(), "{}", sample.rule);
    }
}

#[test]
fn rules_have_unique_names_clauses_and_sentences() {
    let rules = register();
    let names: BTreeSet<_> = rules.iter().map(|rule| rule.name).collect();
    assert_eq!(names.len(), rules.len());
    for rule in rules {
        let is_sentence = rule.demands.ends_with('.') && !rule.demands.contains('|');
        assert!(rule.name.starts_with("e_") && !rule.source.is_empty() && is_sentence, "{rule:?}");
        assert_eq!(rule.name.starts_with("e_crl_") && rule.scope == Scope::Crls, rule.scope == Scope::Crls, "{rule:?}");
    }
}

/// Rules that are not a check over what was read, but the reading itself, or the verification.
const WITHOUT_CHECK: [&str; 5] =
    ["e_not_der", "e_signed_not_der", "e_signed_does_not_verify", "e_crl_not_der", "e_ocsp_not_der"];
