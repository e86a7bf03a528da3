//! `officers.json`: who may sign statements. Written by the ceremony, bound by the journal.

use domain::access::Role;
use domain::{PersonId, TenantId};
use pki::certificate::Certificate;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// One person's roles at one agency.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OfficerEntry {
    /// Who.
    pub person: PersonId,
    /// At which agency.
    pub tenant: TenantId,
    /// serialNumber in the subject of the officer's certificates, such as `PNOSE-…`.
    pub serial_number: String,
    /// organizationIdentifier in the subject of the officer's certificates: `NTRSE-…`.
    pub organisation: String,
    /// What the person does there.
    pub roles: BTreeSet<Role>,
}

/// The officers of all agencies. Each agency stands for one organisation, each person for one
/// serialNumber at an organisation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OfficerList(Vec<OfficerEntry>);

/// A list of officers that contradicts itself.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("officers: {problem}")]
pub struct OfficersError {
    problem: String,
}

impl OfficerList {
    /// Checks a list.
    ///
    /// # Errors
    /// [`OfficersError`] if one person, agency or organisation stands for two.
    pub fn new(entries: Vec<OfficerEntry>) -> Result<Self, OfficersError> {
        for (at, one) in entries.iter().enumerate() {
            for other in &entries[..at] {
                contradiction(one, other).map_or(Ok(()), |problem| Err(OfficersError { problem }))?;
            }
        }
        Ok(Self(entries))
    }

    /// Reads the file.
    ///
    /// # Errors
    /// [`OfficersError`] for anything but a consistent list.
    pub fn from_json(text: &[u8]) -> Result<Self, OfficersError> {
        let entries = serde_json::from_slice(text).map_err(|error| OfficersError { problem: error.to_string() })?;
        Self::new(entries)
    }

    /// The text of the file.
    pub fn to_json(&self) -> Vec<u8> {
        serde_json::to_vec_pretty(&self.0).expect("entries hold only strings and lists")
    }

    /// The officer with the subject of this certificate.
    pub fn holder_of(&self, certificate: &Certificate) -> Option<&OfficerEntry> {
        let serial_number = certificate.subject_attribute(SERIAL_NUMBER)?;
        let organisation = certificate.subject_attribute(ORGANISATION_IDENTIFIER)?;
        self.0.iter().find(|entry| entry.serial_number == serial_number && entry.organisation == organisation)
    }

    /// How many people hold this role.
    pub fn holders(&self, role: Role) -> usize {
        let people: BTreeSet<_> =
            self.0.iter().filter(|entry| entry.roles.contains(&role)).map(|entry| &entry.person).collect();
        people.len()
    }

    /// The organisation that an agency stands for; none if it has no officers.
    pub fn organisation(&self, tenant: &TenantId) -> Option<&str> {
        self.0.iter().find(|entry| entry.tenant == *tenant).map(|entry| entry.organisation.as_str())
    }

    /// Whether `person` and this subject are not known to be two people.
    pub fn may_be(&self, person: &PersonId, serial_number: &str, organisation: &str) -> bool {
        let known = |entry: &&OfficerEntry| entry.organisation == organisation;
        self.0.iter().filter(known).all(|entry| (entry.person == *person) == (entry.serial_number == serial_number))
    }
}

fn contradiction(one: &OfficerEntry, other: &OfficerEntry) -> Option<String> {
    if (one.tenant == other.tenant) != (one.organisation == other.organisation) {
        return Some(format!("agencies {} and {} mix up their organisations", one.tenant, other.tenant));
    }
    // Acts for the whole installation count people: nobody counts twice by working at two agencies.
    if one.serial_number == other.serial_number && one.person != other.person {
        return Some(format!("{} and {} are one person", one.person, other.person));
    }
    if one.tenant == other.tenant && (one.person == other.person || one.serial_number == other.serial_number) {
        return Some(format!("{} or their certificates stand twice at {}", one.person, one.tenant));
    }
    None
}

const SERIAL_NUMBER: &str = "2.5.4.5";
const ORGANISATION_IDENTIFIER: &str = "2.5.4.97";

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(person: &str, tenant: &str, serial_number: &str, organisation: &str) -> OfficerEntry {
        OfficerEntry {
            person: person.parse().unwrap(),
            tenant: tenant.parse().unwrap(),
            serial_number: serial_number.to_owned(),
            organisation: organisation.to_owned(),
            roles: [Role::Approver].into(),
        }
    }

    #[test]
    fn contradictions_are_refused() {
        let first = entry("anna", "a", "1", "NTRSE-1");
        for (second, good) in [
            (entry("bo", "a", "2", "NTRSE-1"), true),
            (entry("anna", "b", "1", "NTRSE-2"), true),
            (entry("bo", "b", "1", "NTRSE-2"), false),
            (entry("bo", "a", "2", "NTRSE-2"), false),
            (entry("bo", "b", "2", "NTRSE-1"), false),
            (entry("bo", "a", "1", "NTRSE-1"), false),
            (entry("anna", "a", "2", "NTRSE-1"), false),
        ] {
            assert_eq!(OfficerList::new(vec![first.clone(), second.clone()]).is_ok(), good, "{second:?}");
        }
    }

    #[test]
    fn an_officer_cannot_apply_under_another_id() {
        let list = OfficerList::new(vec![entry("anna", "a", "1", "NTRSE-1")]).unwrap();
        let may_be = |person: &str, serial| list.may_be(&person.parse().unwrap(), serial, "NTRSE-1");
        assert!(may_be("anna", "1") && may_be("eva", "3"));
        assert!(!may_be("eva", "1") && !may_be("anna", "3"));
    }
}
