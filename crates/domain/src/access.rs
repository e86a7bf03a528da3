//! Who may do what: roles and the actions that a policy gives them.

use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $word:literal),* $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum $name { $($(#[$vdoc])* #[serde(rename = $word)] $variant),* }

        impl $name {
            /// Every value, in order.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// The word in policies, rows and views.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word),* }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl std::str::FromStr for $name {
            type Err = crate::id::InvalidId;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Self::ALL.iter().copied().find(|value| value.as_str() == text)
                    .ok_or(crate::id::InvalidId { what: stringify!($name) })
            }
        }
    };
}

words! {
    /// A trusted role (EN 319 401 clause 7.2).
    Role {
        /// Submits applications and identifies applicants (ID-administratör).
        RegistrationOfficer = "registration-officer",
        /// Approves what others submitted.
        Approver = "approver",
        /// Personalises cards and hands them out (utlämnare).
        CardDesk = "card-desk",
        /// Revokes cards and people of the agency.
        RevocationOfficer = "revocation-officer",
        /// Runs the service; sees keys and agencies, not people.
        Administrator = "administrator",
        /// Answers for the rules: approves policies (säkerhetsansvarig).
        SecurityOfficer = "security-officer",
        /// Reads everything, changes nothing.
        Auditor = "auditor",
    }
}

words! {
    /// One thing that a caller may do. Each route names exactly one.
    Action {
        /// Submit an application.
        SubmitEnrolment = "submit-enrolment",
        /// Record how an applicant was identified.
        IdentifyApplicant = "identify-applicant",
        /// Approve an application.
        ApproveEnrolment = "approve-enrolment",
        /// Have a card's certificates issued.
        IssueCertificates = "issue-certificates",
        /// Hand out a card.
        ActivateCard = "activate-card",
        /// Read applications.
        ReadEnrolment = "read-enrolment",
        /// Read a card and its certificates.
        ReadCard = "read-card",
        /// Revoke a card, a person or a certificate.
        Revoke = "revoke",
        /// Read the agencies.
        ReadTenants = "read-tenants",
        /// Read the service's keys and issuers.
        ReadKeys = "read-keys",
        /// Read certificate profiles.
        ReadProfiles = "read-profiles",
        /// Read the audit log.
        ReadAudit = "read-audit",
        /// See oneself: any valid card.
        ReadSelf = "read-self",
        /// Revoke one's own card.
        RevokeOwnCard = "revoke-own-card",
        /// End one's own session at a relying service.
        EndOwnSession = "end-own-session",
        /// Propose the registration of a relying service.
        ProposeRelyingService = "propose-relying-service",
        /// Approve the registration of a relying service.
        ApproveRelyingService = "approve-relying-service",
    }
}

/// `policies/access/roles.toml`: role → actions.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AccessPolicy {
    /// What each role may do.
    roles: BTreeMap<Role, BTreeSet<Action>>,
    /// What every holder of a valid card may do.
    everyone: BTreeSet<Action>,
    /// Roles that no person may hold together.
    #[serde(default)]
    incompatible: Vec<BTreeSet<Role>>,
}

/// A policy file that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum PolicyError {
    /// Not TOML of the expected form.
    #[error("access policy: {0}")]
    Syntax(String),
    /// A role without an entry would silently be powerless.
    #[error("access policy: role {0} is missing")]
    RoleMissing(Role),
    /// The auditor must not change anything.
    #[error("access policy: the auditor may only read, not {0}")]
    AuditorActs(Action),
}

impl AccessPolicy {
    /// Reads a policy.
    ///
    /// # Errors
    /// [`PolicyError`] for unknown words, a missing role, or an auditor who could act.
    pub fn from_toml(text: &str) -> Result<Self, PolicyError> {
        let policy: Self = toml::from_str(text).map_err(|e| PolicyError::Syntax(e.to_string()))?;
        if let Some(missing) = Role::ALL.iter().find(|role| !policy.roles.contains_key(role)) {
            return Err(PolicyError::RoleMissing(*missing));
        }
        let acts = policy.roles[&Role::Auditor].iter().find(|action| !action.only_reads());
        acts.map_or(Ok(()), |action| Err(PolicyError::AuditorActs(*action)))?;
        Ok(policy)
    }

    /// Whether someone with `roles` may do `action`.
    pub fn allows(&self, roles: &BTreeSet<Role>, action: Action) -> bool {
        self.everyone.contains(&action) || roles.iter().any(|role| self.roles[role].contains(&action))
    }

    /// The first forbidden combination in `roles`, if there is one.
    pub fn conflict(&self, roles: &BTreeSet<Role>) -> Option<&BTreeSet<Role>> {
        self.incompatible.iter().find(|set| set.is_subset(roles))
    }
}

impl Action {
    /// Whether the action leaves everything as it was.
    pub const fn only_reads(self) -> bool {
        matches!(
            self,
            Self::ReadEnrolment
                | Self::ReadCard
                | Self::ReadTenants
                | Self::ReadKeys
                | Self::ReadProfiles
                | Self::ReadAudit
                | Self::ReadSelf
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const POLICY: &str = include_str!("../../../policies/access/roles.toml");

    #[test]
    fn the_shipped_policy_is_readable_and_keeps_roles_apart() {
        let policy = AccessPolicy::from_toml(POLICY).unwrap();
        let may = |role: Role, action| policy.allows(&BTreeSet::from([role]), action);
        assert!(may(Role::Approver, Action::ApproveEnrolment));
        assert!(!may(Role::RegistrationOfficer, Action::ApproveEnrolment));
        assert!(!may(Role::Administrator, Action::ReadEnrolment));
        assert!(policy.allows(&BTreeSet::new(), Action::ReadSelf));
        assert!(policy.conflict(&BTreeSet::from([Role::Auditor, Role::CardDesk])).is_some());
        assert!(policy.conflict(&BTreeSet::from([Role::RegistrationOfficer, Role::Approver])).is_none());
    }

    #[test]
    fn a_policy_that_cannot_be_meant_is_refused() {
        let auditor_acts = POLICY.replace("auditor = [", "auditor = [\"revoke\", ");
        assert!(matches!(AccessPolicy::from_toml(&auditor_acts), Err(PolicyError::AuditorActs(Action::Revoke))));
        let without = POLICY.replace("approver = [\"approve-enrolment\"", "# approver = [\"");
        assert!(matches!(AccessPolicy::from_toml(&without), Err(PolicyError::RoleMissing(Role::Approver))));
        for unknown in ["surprise = true\n", "everyone = [\"fly\"]\n"] {
            assert!(matches!(AccessPolicy::from_toml(&format!("{unknown}[roles]\n")), Err(PolicyError::Syntax(_))));
        }
    }
}
