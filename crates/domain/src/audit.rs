//! The audit log: what happened, chained by hashes, with personal data beside the chain.
//!
//! A record's text never holds personal data, only a salted commitment to each value. Erasing a
//! value later leaves the chain valid. The port is two functions wide on purpose
//! ([`link`] when writing, [`Verifier`] when reading): another log structure can take its place.

mod catalogue;

pub use catalogue::{CATALOGUE, Kind};

use crate::id::hex;
use crate::{FunctionId, PersonId, TenantId};
use aws_lc_rs::digest::{Context, SHA256, digest};
use pki::time::UtcTime;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Something that happened, before it has a place in the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// What: `object.verb`, such as `enrolment.approved`.
    pub kind: &'static str,
    /// In which agency; none for the service itself.
    pub tenant: Option<TenantId>,
    /// Who.
    pub actor: Actor,
    /// To what: the id of the thing.
    pub object: String,
    /// When.
    pub at: UtcTime,
    /// Facts without personal data.
    pub details: BTreeMap<&'static str, String>,
    /// Personal data, kept beside the chain.
    pub personal: Vec<PersonalValue>,
}

/// A value that can be erased, with the salt that makes its commitment unguessable.
#[derive(Clone, PartialEq, Eq)]
pub struct PersonalValue {
    /// What it is, such as `identity_number`.
    pub field: &'static str,
    /// The value.
    pub value: String,
    /// 16 random bytes.
    pub salt: [u8; 16],
}

/// Names the field only.
impl std::fmt::Debug for PersonalValue {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PersonalValue").field("field", &self.field).finish_non_exhaustive()
    }
}

/// Who did something.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Actor {
    /// A person with a card.
    Person(PersonId),
    /// A system with a function certificate.
    Function(FunctionId),
    /// A named part of the service.
    System(String),
    /// Somebody who was refused before we knew who.
    Nobody,
}

impl Event {
    /// An event without details.
    pub fn new(kind: &'static str, actor: Actor, object: impl Into<String>, at: UtcTime) -> Self {
        let object = object.into();
        Self { kind, tenant: None, actor, object, at, details: BTreeMap::new(), personal: Vec::new() }
    }

    /// Says in which agency.
    #[must_use]
    pub fn in_tenant(mut self, tenant: &TenantId) -> Self {
        self.tenant = Some(tenant.clone());
        self
    }

    /// Adds a fact that is no personal data.
    #[must_use]
    #[expect(clippy::needless_pass_by_value, reason = "callers pass numbers and references alike")]
    pub fn with(mut self, name: &'static str, value: impl ToString) -> Self {
        self.details.insert(name, value.to_string());
        self
    }

    /// Adds personal data.
    #[must_use]
    pub fn personal(mut self, field: &'static str, value: impl Into<String>, salt: [u8; 16]) -> Self {
        self.personal.push(PersonalValue { field, value: value.into(), salt });
        self
    }
}

impl PersonalValue {
    /// SHA-256 over salt, field and value; what stands in the chain.
    pub fn commitment(&self) -> [u8; 32] {
        commitment(&self.salt, self.field, &self.value)
    }
}

/// The commitment to a personal value: SHA-256(salt ‖ field ‖ 0 ‖ value).
pub fn commitment(salt: &[u8; 16], field: &str, value: &str) -> [u8; 32] {
    let mut context = Context::new(&SHA256);
    context.update(salt);
    context.update(field.as_bytes());
    context.update(&[0]);
    context.update(value.as_bytes());
    context.finish().as_ref().try_into().expect("SHA-256 gives 32 bytes")
}

/// A place in the chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Head {
    /// How many records there are.
    pub size: u64,
    /// Hash of the last one; zeros for an empty log.
    pub hash: [u8; 32],
}

impl Head {
    /// The head of an empty log.
    pub const EMPTY: Self = Self { size: 0, hash: [0; 32] };
}

/// An event with its place: `hash = SHA-256(previous ‖ text)`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// 1 for the first.
    pub sequence: u64,
    /// Canonical JSON of the event, with commitments in place of personal data.
    pub text: String,
    /// The chain value.
    pub hash: [u8; 32],
}

#[derive(Serialize)]
struct Text<'a> {
    sequence: u64,
    at: UtcTime,
    kind: &'a str,
    tenant: Option<&'a TenantId>,
    actor: &'a Actor,
    object: &'a str,
    details: &'a BTreeMap<&'static str, String>,
    commitments: BTreeMap<&'a str, String>,
}

impl Record {
    /// Whether it is about a person: as its object, or as the applicant or person of its details. What a person did to
    /// others is not about them.
    pub fn is_about(&self, person: &PersonId) -> bool {
        let Ok(text) = serde_json::from_str::<serde_json::Value>(&self.text) else { return false };
        let places = ["/object", "/details/person", "/details/applicant"];
        places.iter().any(|place| text.pointer(place).and_then(|id| id.as_str()) == Some(person.as_str()))
    }
}

/// Appends `event` after `head`.
pub fn link(head: Head, event: &Event) -> (Record, Head) {
    let sequence = head.size + 1;
    let commitments = event.personal.iter().map(|p| (p.field, hex(&p.commitment()))).collect();
    let text = serde_json::to_string(&Text {
        sequence,
        at: event.at,
        kind: event.kind,
        tenant: event.tenant.as_ref(),
        actor: &event.actor,
        object: &event.object,
        details: &event.details,
        commitments,
    })
    .expect("a record holds only strings, numbers and string-keyed maps");
    let hash = chain(&head.hash, &text);
    (Record { sequence, text, hash }, Head { size: sequence, hash })
}

/// Walks a log from its beginning and stops at the first thing that is wrong.
#[derive(Debug)]
pub struct Verifier {
    head: Head,
}

/// What is wrong with a log.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Tampered {
    /// A record is missing, twice, or moved.
    #[error("record {wanted} is missing: found {found} in its place")]
    OutOfOrder {
        /// The number that should come.
        wanted: u64,
        /// The number that came.
        found: u64,
    },
    /// The text does not fit the hash.
    #[error("record {0} was edited, or one before it was replaced")]
    Edited(u64),
    /// The text names another number.
    #[error("record {0} carries another number inside")]
    Moved(u64),
    /// The log ends before the checkpoint.
    #[error("the log ends at {found}, the checkpoint is at {wanted}: it was cut")]
    Truncated {
        /// Size at the checkpoint.
        wanted: u64,
        /// Size now.
        found: u64,
    },
    /// The log went through another record at the checkpoint.
    #[error("record {0} is not the one the checkpoint signed")]
    OtherHistory(u64),
    /// A personal value that is not the one committed to.
    #[error("personal value {field} of record {sequence} is not the recorded one")]
    PersonalValue {
        /// The record.
        sequence: u64,
        /// The field.
        field: String,
    },
}

impl Default for Verifier {
    fn default() -> Self {
        Self { head: Head::EMPTY }
    }
}

impl Verifier {
    /// Checks the next record.
    ///
    /// # Errors
    /// [`Tampered`] at the first edit, gap, repetition or reordering.
    pub fn next(&mut self, record: &Record) -> Result<(), Tampered> {
        let wanted = self.head.size + 1;
        if record.sequence != wanted {
            return Err(Tampered::OutOfOrder { wanted, found: record.sequence });
        }
        if chain(&self.head.hash, &record.text) != record.hash {
            return Err(Tampered::Edited(wanted));
        }
        if inner_sequence(&record.text) != Some(wanted) {
            return Err(Tampered::Moved(wanted));
        }
        self.head = Head { size: wanted, hash: record.hash };
        Ok(())
    }

    /// Where the walk is.
    pub const fn head(&self) -> Head {
        self.head
    }
}

/// Checks a personal value against the commitments in a record's text.
///
/// # Errors
/// [`Tampered::PersonalValue`] if it is not the value that was recorded.
pub fn check_personal(record: &Record, field: &str, salt: &[u8; 16], value: &str) -> Result<(), Tampered> {
    let wrong = || Tampered::PersonalValue { sequence: record.sequence, field: field.to_owned() };
    let text: serde_json::Value = serde_json::from_str(&record.text).map_err(|_| wrong())?;
    let recorded = text["commitments"][field].as_str().ok_or_else(wrong)?;
    if recorded == hex(&commitment(salt, field, value)) { Ok(()) } else { Err(wrong()) }
}

/// Whether a record's hash, hexadecimal, follows from its text and the hash before it, and the text is of that number.
pub fn link_holds(sequence: u64, text: &str, before: &str, hash: &str) -> bool {
    let digest = |hex: &str| hex.parse::<crate::operation::OperationHash>().ok().map(|hash| *hash.as_bytes());
    let follows = digest(before).is_some_and(|before| digest(hash) == Some(chain(&before, text)));
    follows && inner_sequence(text) == Some(sequence)
}

fn inner_sequence(text: &str) -> Option<u64> {
    serde_json::from_str::<serde_json::Value>(text).ok()?["sequence"].as_u64()
}

fn chain(previous: &[u8; 32], text: &str) -> [u8; 32] {
    let mut bytes = Vec::with_capacity(32 + text.len());
    bytes.extend_from_slice(previous);
    bytes.extend_from_slice(text.as_bytes());
    digest(&SHA256, &bytes).as_ref().try_into().expect("SHA-256 gives 32 bytes")
}

/// A signed statement of how long the log is and where it ends; the payload of a JWS.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Checkpoint {
    /// How many records.
    pub size: u64,
    /// Hash of the last, hexadecimal.
    pub hash: String,
    /// When it was made.
    pub at: UtcTime,
}

/// The JWS `typ` of a checkpoint.
pub const CHECKPOINT_TYPE: &str = "sigill-checkpoint+jws";

#[cfg(test)]
mod tests {
    use super::*;

    fn log() -> Vec<Record> {
        let mut head = Head::EMPTY;
        (1..=4)
            .map(|i| {
                let event = Event::new("test.happened", Actor::Nobody, format!("o{i}"), UtcTime::from_unix(i))
                    .with("i", i)
                    .personal("name", format!("n{i}"), [7; 16]);
                let (record, next) = link(head, &event);
                head = next;
                record
            })
            .collect()
    }

    #[test]
    fn a_record_is_about_whom_it_was_done_to() {
        let (anna, olle) = ("anna".parse().unwrap(), "olle".parse().unwrap());
        let by_anna = |object: &str| {
            Event::new("test.done", Actor::Person("anna".parse().unwrap()), object, UtcTime::from_unix(1))
        };
        let about = |event: Event| link(Head::EMPTY, &event).0;
        assert!(about(by_anna("olle")).is_about(&olle) && !about(by_anna("olle")).is_about(&anna));
        assert!(about(by_anna("e1").with("applicant", "olle")).is_about(&olle));
        assert!(about(by_anna("w1").with("person", "olle")).is_about(&olle));
        assert!(!about(by_anna("x").with("reason", "olle")).is_about(&olle));
    }

    fn verify(log: &[Record]) -> Result<Head, Tampered> {
        let mut verifier = Verifier::default();
        log.iter().try_for_each(|record| verifier.next(record))?;
        Ok(verifier.head())
    }

    #[test]
    fn an_untouched_log_verifies() {
        assert_eq!(verify(&log()).unwrap().size, 4);
    }

    #[test]
    fn edits_deletions_and_reordering_are_found() {
        let mut edited = log();
        edited[1].text = edited[1].text.replace("o2", "o9");
        assert_eq!(verify(&edited), Err(Tampered::Edited(2)));

        let mut deleted = log();
        deleted.remove(1);
        assert_eq!(verify(&deleted), Err(Tampered::OutOfOrder { wanted: 2, found: 3 }));

        let mut swapped = log();
        swapped.swap(1, 2);
        assert_eq!(verify(&swapped), Err(Tampered::OutOfOrder { wanted: 2, found: 3 }));
        let (a, b) = (swapped[1].sequence, swapped[2].sequence);
        (swapped[1].sequence, swapped[2].sequence) = (b, a);
        assert_eq!(verify(&swapped), Err(Tampered::Edited(2)));
    }

    #[test]
    fn personal_values_are_committed_to_and_never_in_the_text() {
        let log = log();
        assert!(!log[0].text.contains("n1"));
        assert_eq!(check_personal(&log[0], "name", &[7; 16], "n1"), Ok(()));
        assert!(check_personal(&log[0], "name", &[7; 16], "n2").is_err());
    }
}
