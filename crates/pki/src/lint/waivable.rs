//! The rules that a profile may waive for a time.
//!
//! Few, and by name: without one of these a certificate is less handy, or less pretty, and nobody believes anything that
//! is not so. What a reader's decision rests on (form, names, keys, uses, times, policies, statements, and everything that
//! holds a certificate against its profile) is not here, and no policy can waive it.

/// Whether a profile may waive the rule with this name.
pub fn may_be_waived(rule: &str) -> bool {
    WAIVABLE.contains(&rule)
}

/// Bounds and recommendations.
const WAIVABLE: &[&str] = &[
    "e_attribute_too_long",
    "e_mailbox_in_name",
    "e_ext_key_usage_critical",
    "e_policy_cps_uri",
    "e_policy_notice_reference",
    "e_policy_explicit_text_type",
    "e_policy_explicit_text_too_long",
    "e_ca_issuers_access_missing",
    "e_name_registration_authority_missing",
    "e_semantics_missing",
];

#[cfg(test)]
mod tests {
    use super::WAIVABLE;
    use crate::lint::{is_rule, register};

    #[test]
    fn they_are_rules_and_a_small_part_of_them() {
        assert!(WAIVABLE.iter().all(|name| is_rule(name)), "{WAIVABLE:?}");
        assert!(WAIVABLE.len() * 10 < register().len());
    }
}
