//! Facts about the one who is certified; a profile maps them into the certificate.

use std::collections::BTreeMap;
use std::net::IpAddr;

use serde::{Deserialize, Serialize};

/// What is known about a subject, from the enrolment or the ceremony.
///
/// Keys in use: `organisation.name`, `organisation.number` (ten digits),
/// `person.surname`, `person.given_name`, `person.display_name`,
/// `person.serial_number` (already `PNOSE-…` or `EI:SE-…`), `person.title`,
/// `person.email`, `person.upn`, `card.number`, `function.hsa_id`, `function.uri`,
/// `common_name`. A profile says which it needs;
/// facts that it does not name are ignored.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SubjectFacts {
    /// Single-valued facts by key.
    pub values: BTreeMap<String, String>,
    /// Host names of a server, in the order they are certified.
    pub dns_names: Vec<String>,
    /// Addresses of a server, in the order they are certified.
    pub ip_addresses: Vec<IpAddr>,
}

/// Names the facts, not their values: a subject in a log line must not say who it is.
impl std::fmt::Debug for SubjectFacts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SubjectFacts").field("facts", &self.values.keys()).finish_non_exhaustive()
    }
}

impl SubjectFacts {
    /// The fact with this key.
    pub fn get(&self, key: &str) -> Option<&str> {
        self.values.get(key).map(String::as_str)
    }

    /// These facts and one more.
    #[must_use]
    pub fn with(mut self, key: &str, value: &str) -> Self {
        self.values.insert(key.to_owned(), value.to_owned());
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_output_says_nobody() {
        let facts = SubjectFacts::default().with("person.surname", "Testsson");
        let text = format!("{facts:?}");
        assert!(text.contains("person.surname") && !text.contains("Testsson"), "{text}");
    }
}
