//! What the ceremony makes: `policies/ceremony/demo.toml`.

use crate::app::IssuerKind;
use domain::access::Role;
use domain::{PersonId, TenantId};
use pki::identifier::{OrganisationNumber, PersonalNumber};
use pki::key::KeyKind;
use serde::Deserialize;
use std::collections::BTreeSet;

/// The reviewed input of the ceremony.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Plan {
    /// Whose name stands in the CAs' certificates.
    pub(crate) operator: Operator,
    /// The CAs, the root first.
    #[serde(rename = "authority")]
    pub(crate) authorities: Vec<PlannedAuthority>,
    /// The agencies and their first officers.
    #[serde(rename = "agency")]
    pub(crate) agencies: Vec<PlannedAgency>,
}

/// Who runs the service.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Operator {
    /// Legal name.
    pub(crate) name: String,
    /// Organisation number.
    pub(crate) organisation_number: OrganisationNumber,
}

/// A CA to found.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct PlannedAuthority {
    /// CN of its certificate.
    pub(crate) common_name: String,
    /// What it issues.
    pub(crate) kind: IssuerKind,
    /// Profile of its own certificate.
    pub(crate) profile: String,
    /// Label of its key.
    pub(crate) key: String,
    /// Kind of its key.
    pub(crate) key_kind: KeyKind,
    /// Validity of its certificate in days.
    pub(crate) days: i64,
    /// Its first OCSP signer; the root has none.
    #[serde(default)]
    pub(crate) responder: Option<PlannedResponder>,
}

/// A CA's first OCSP signer.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct PlannedResponder {
    /// Label of its key on the service's token.
    pub(crate) key: String,
    /// CN of its certificate.
    pub(crate) common_name: String,
    /// Validity of its certificate in days.
    pub(crate) days: i64,
}

/// An agency with its first people.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct PlannedAgency {
    /// Its key in every table.
    pub(crate) id: TenantId,
    /// Legal name.
    pub(crate) name: String,
    /// Organisation number.
    pub(crate) organisation_number: OrganisationNumber,
    /// Its people.
    #[serde(rename = "person")]
    pub(crate) people: Vec<PlannedPerson>,
}

/// A person who gets a card in the ceremony.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct PlannedPerson {
    /// Internal id; names token and files too.
    pub(crate) id: PersonId,
    /// Given name.
    pub(crate) given_name: String,
    /// Surname.
    pub(crate) surname: String,
    /// A published test number.
    pub(crate) identity_number: PersonalNumber,
    /// What the person may do.
    pub(crate) roles: BTreeSet<Role>,
}

impl Plan {
    /// Reads the demo's plan, which is part of the program.
    ///
    /// # Errors
    /// If it is not TOML of this form.
    pub(crate) fn demo() -> Result<Self, toml::de::Error> {
        toml::from_str(DEMO)
    }

    /// The root; a plan begins with it.
    pub(crate) fn root(&self) -> &PlannedAuthority {
        &self.authorities[0]
    }

    /// Every person with the agency.
    pub(crate) fn people(&self) -> impl Iterator<Item = (&PlannedAgency, &PlannedPerson)> {
        self.agencies.iter().flat_map(|agency| agency.people.iter().map(move |person| (agency, person)))
    }
}

impl PlannedAuthority {
    /// The name in addresses: the common name in lower case with hyphens.
    pub(crate) fn name(&self) -> String {
        self.common_name.to_lowercase().replace(' ', "-")
    }
}

impl PlannedPerson {
    /// Given name and surname.
    pub(crate) fn display_name(&self) -> String {
        format!("{} {}", self.given_name, self.surname)
    }

    /// Label of the token that plays the person's card.
    pub(crate) fn token(&self) -> String {
        format!("sigill-card-{}", self.id)
    }
}

const DEMO: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/policies/ceremony/demo.toml"));

#[cfg(test)]
mod tests {
    use super::*;
    use domain::access::AccessPolicy;

    #[test]
    fn the_demo_has_one_root_first_and_a_ca_of_each_kind() {
        let plan = Plan::demo().unwrap();
        let kinds: Vec<_> = plan.authorities.iter().map(|ca| ca.kind).collect();
        assert_eq!(kinds, [IssuerKind::Root, IssuerKind::Person, IssuerKind::Infrastructure]);
        assert_eq!(plan.authorities[0].name(), "test-sigill-root-ca-v1");
        assert!(plan.authorities.iter().all(|ca| ca.common_name.starts_with("TEST ")));
    }

    #[test]
    fn people_are_different_and_hold_roles_that_go_together() {
        let plan = Plan::demo().unwrap();
        let policy = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/policies/access/roles.toml"));
        let policy = AccessPolicy::from_toml(policy).unwrap();
        let mut numbers = BTreeSet::new();
        for (_, person) in plan.people() {
            assert_eq!(policy.conflict(&person.roles), None, "{}", person.id);
            assert!(numbers.insert(person.identity_number.to_string()), "{}", person.id);
        }
        let held: BTreeSet<Role> = plan.people().flat_map(|(_, person)| person.roles.clone()).collect();
        assert_eq!(held.len(), Role::ALL.len());
    }
}
