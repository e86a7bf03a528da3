//! Which organisations may be connected, and what each phase demands of them.

use crate::access::words;
use crate::onboarding::{Criterion, Phase};
use pki::identifier::OrganisationNumber;
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};

words! {
    /// What kind of organisation an agency is: a checked property, not a convention.
    AgencyKind {
        /// A state agency (statlig myndighet).
        StateAgency = "state-agency",
        /// A region.
        Region = "region",
        /// A municipality.
        Municipality = "municipality",
        /// Anything else.
        Other = "other",
    }
}

/// `policies/access/eligibility.toml`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EligibilityPolicy {
    /// The kinds that may be connected.
    kinds: BTreeSet<AgencyKind>,
    /// What the organisation numbers of a kind begin with; a kind without an entry is not checked so.
    #[serde(default)]
    numbers: BTreeMap<AgencyKind, BTreeSet<String>>,
    /// The phase from which an installation for tests issues certificates; production issues in [`Phase::Kora`] alone.
    test_certificates_from: Phase,
    /// What is to be shown before a phase is entered, beside what the service itself looks at.
    criteria: BTreeMap<Phase, BTreeSet<Criterion>>,
}

/// Why an organisation may not be connected.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Ineligible {
    /// Not of a kind that the policy admits.
    #[error("an organisation of the kind {0} may not be connected")]
    Kind(AgencyKind),
    /// The number is not one of that kind.
    #[error("the organisation number is not one of a {0}")]
    Number(AgencyKind),
}

/// A policy that cannot be meant.
#[derive(Debug, thiserror::Error)]
pub enum EligibilityError {
    /// Not TOML of the expected form.
    #[error("eligibility policy: {0}")]
    Syntax(String),
    /// Whoever is nowhere yet or has left gets no certificates, not even for tests.
    #[error("eligibility policy: test certificates cannot come from {0} on")]
    TestCertificates(Phase),
}

impl EligibilityPolicy {
    /// Reads a policy.
    ///
    /// # Errors
    /// [`EligibilityError`] for unknown words, or test certificates after the end.
    pub fn from_toml(text: &str) -> Result<Self, EligibilityError> {
        let policy: Self = toml::from_str(text).map_err(|e| EligibilityError::Syntax(e.to_string()))?;
        if policy.test_certificates_from == Phase::Avslut {
            return Err(EligibilityError::TestCertificates(Phase::Avslut));
        }
        Ok(policy)
    }

    /// Whether an organisation may be connected. Outside `production` a test number stands for any kind's.
    ///
    /// # Errors
    /// [`Ineligible`], which says why.
    pub fn admits(&self, kind: AgencyKind, number: &OrganisationNumber, production: bool) -> Result<(), Ineligible> {
        if !self.kinds.contains(&kind) {
            return Err(Ineligible::Kind(kind));
        }
        let stands_for_any = !production && number.is_test_number();
        let fits = |heads: &BTreeSet<String>| heads.iter().any(|head| number.as_str().starts_with(head.as_str()));
        if stands_for_any || self.numbers.get(&kind).is_none_or(fits) {
            return Ok(());
        }
        Err(Ineligible::Number(kind))
    }

    /// Whether certificates are issued in `phase`. What the policy says of tests never reaches production.
    pub fn issues_in(&self, phase: Option<Phase>, production: bool) -> bool {
        let first = if production { Phase::Kora } else { self.test_certificates_from.min(Phase::Kora) };
        phase.is_some_and(|phase| (first..=Phase::Kora).contains(&phase))
    }

    /// What is to be shown before `phase` is entered.
    pub fn criteria(&self, phase: Phase) -> impl Iterator<Item = Criterion> + '_ {
        self.criteria.get(&phase).into_iter().flatten().copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const POLICY: &str = include_str!("../../../policies/access/eligibility.toml");

    fn number(text: &str) -> OrganisationNumber {
        text.parse().unwrap()
    }

    #[test]
    fn state_agencies_only_by_their_numbers() {
        let policy = EligibilityPolicy::from_toml(POLICY).unwrap();
        let (digg, company) = (number("2021006883"), number("5560160680"));
        assert_eq!(policy.admits(AgencyKind::StateAgency, &digg, true), Ok(()));
        assert_eq!(policy.admits(AgencyKind::Region, &digg, true), Err(Ineligible::Kind(AgencyKind::Region)));
        let refused = Err(Ineligible::Number(AgencyKind::StateAgency));
        assert_eq!(policy.admits(AgencyKind::StateAgency, &company, true), refused);
        assert_eq!(policy.admits(AgencyKind::StateAgency, &company, false), Ok(()), "a number for tests");
    }

    #[test]
    fn production_issues_while_running_and_never_else() {
        let policy = EligibilityPolicy::from_toml(POLICY).unwrap();
        for phase in Phase::ALL {
            assert_eq!(policy.issues_in(Some(*phase), true), *phase == Phase::Kora, "{phase}");
        }
        assert!(!policy.issues_in(None, false) && !policy.issues_in(Some(Phase::Avslut), false));
        assert!(policy.issues_in(Some(Phase::Paketera), false) && !policy.issues_in(Some(Phase::Planera), false));
    }

    #[test]
    fn a_policy_that_cannot_be_meant_is_refused() {
        let after_the_end = POLICY.replace("\"paketera\"", "\"avslut\"");
        assert!(matches!(EligibilityPolicy::from_toml(&after_the_end), Err(EligibilityError::TestCertificates(_))));
        let unknown = POLICY.replace("state-agency", "friend");
        assert!(matches!(EligibilityPolicy::from_toml(&unknown), Err(EligibilityError::Syntax(_))));
    }
}
