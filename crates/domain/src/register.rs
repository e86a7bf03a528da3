//! The person register: what it says of a number, what follows from that, and what is kept of the asking.
//!
//! The register is somebody else's. Its answers are read here, by whichever adapter they came, and judged by
//! `policies/register.toml`.

use crate::PersonId;
use crate::access::words;
use crate::people::{Person, Protection};
use async_trait::async_trait;
use pki::identifier::PersonalNumber;
use pki::time::UtcTime;
use serde::{Deserialize, Serialize};

/// A register that can be asked about one number at a time.
#[async_trait]
pub trait PersonRegister: Send + Sync {
    /// What it says of a number; none if it knows no such number.
    ///
    /// # Errors
    /// [`RegisterError`] if it could not be asked or gave no answer that can be read. Never retried inside.
    async fn look_up(&self, number: &PersonalNumber) -> Result<Option<Entry>, RegisterError>;

    /// Its name in evidence.
    fn source(&self) -> &str;
}

/// Why the register said nothing. Says nothing of whom it was asked about.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RegisterError {
    /// It cannot be reached, or not in time, or refuses us.
    #[error("the person register is away")]
    Away(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// What it answered is no answer.
    #[error("the person register's answer cannot be read: {0}")]
    Malformed(&'static str),
}

words! {
    /// Whether somebody is registered in Sweden, or why not.
    Vital {
        /// Alive and registered.
        Alive = "alive",
        /// Dead.
        Deceased = "deceased",
        /// Has left the country.
        Emigrated = "emigrated",
    }
}

/// What a register says of a person. The wire form of every adapter.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// The number in use now; another than the one asked for if that was replaced.
    pub identity_number: PersonalNumber,
    /// Given name.
    pub given_name: String,
    /// Surname.
    pub surname: String,
    /// Whether the person is alive and registered.
    pub status: Vital,
    /// How the person's data is protected, if it is.
    #[serde(default)]
    pub protection: Option<Protection>,
}

/// Says nothing of the person.
impl std::fmt::Debug for Entry {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Entry").finish_non_exhaustive()
    }
}

/// An answer as it travels: `{"person": null}` if there is no such number.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Answer {
    person: Option<Entry>,
}

impl Entry {
    /// Reads an answer that came from elsewhere.
    ///
    /// # Errors
    /// [`RegisterError::Malformed`] for more than [`MAX_ANSWER`] octets, unknown fields, or names that no certificate
    /// could carry.
    pub fn from_answer(octets: &[u8]) -> Result<Option<Self>, RegisterError> {
        if octets.len() > MAX_ANSWER {
            return Err(RegisterError::Malformed("too long"));
        }
        let answer: Answer =
            serde_json::from_slice(octets).map_err(|_| RegisterError::Malformed("not the agreed form"))?;
        answer.person.map(Self::accepted).transpose()
    }

    /// The entry with names as certificates carry them.
    ///
    /// # Errors
    /// [`RegisterError::Malformed`] for names that none could carry.
    pub fn accepted(self) -> Result<Self, RegisterError> {
        let Self { identity_number, given_name, surname, status, protection } = self;
        // The id plays no part in what names are accepted.
        let person = Person { id: PersonId::from_random([0; 16]), identity_number, given_name, surname, protection };
        let person =
            person.with_accepted_names().map_err(|_| RegisterError::Malformed("a name no certificate carries"))?;
        let Person { identity_number, given_name, surname, .. } = person;
        Ok(Self { identity_number, given_name, surname, status, protection })
    }
}

words! {
    /// Why something waits for a person instead of going on by itself.
    Reason {
        /// The register knows no such number.
        Unknown = "register-unknown",
        /// The register says that the person is dead.
        Deceased = "register-deceased",
        /// The register says that the person has left the country.
        Emigrated = "register-emigrated",
        /// The register has another number for the person.
        NewNumber = "register-new-number",
        /// The register has another name for the person.
        NewName = "register-new-name",
        /// The register says that the person's data is protected, or no longer.
        Protection = "register-protection",
        /// The person's data is protected, and who asked may not handle that.
        Protected = "protected-person",
        /// The agency has another name for the person than the register.
        OtherName = "other-name",
        /// A report about whoever answers for the feed that it came by.
        OnSelf = "on-self",
        /// A report about somebody who is not employed at the agency.
        NotEmployed = "not-employed",
        /// The rules order nothing by themselves.
        ByHand = "orders-by-hand",
        /// Younger than the rules demand.
        TooYoung = "too-young",
        /// A coordination number, where the rules leave those to people.
        CoordinationNumber = "coordination-number",
        /// The employment is too short for an ordinary card.
        ShortEmployment = "short-employment",
        /// The first day is too far ahead.
        TooEarly = "too-early",
        /// The person has a card already.
        HasCard = "has-card",
        /// Somebody asked for the erasure of what stands of a person beside the log.
        ErasureAsked = "erasure-asked",
        /// No card was set aside.
        NoCardNumber = "no-card-number",
    }
}

words! {
    /// What follows from what the register says of somebody who has cards.
    Consequence {
        /// Nothing but the record of it.
        Nothing = "nothing",
        /// Somebody at each of the person's agencies looks into it.
        WorkList = "work-list",
        /// Everything that the person has is revoked, at all agencies.
        Revoke = "revoke",
    }
}

/// `policies/register.toml`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RegisterPolicy {
    /// After how many days somebody with cards is looked up again.
    pub recheck_days: u16,
    /// What follows from a death.
    pub deceased: Consequence,
    /// What follows from an emigration.
    pub emigrated: Consequence,
    /// What follows from a number that the register no longer knows.
    pub unknown: Consequence,
}

/// A policy that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("register.toml: {0}")]
pub struct RegisterPolicyError(String);

impl RegisterPolicy {
    /// Reads a policy.
    ///
    /// # Errors
    /// [`RegisterPolicyError`] if it has another form, the dead keep their cards unnoticed, or nobody is ever looked up
    /// again.
    pub fn from_toml(text: &str) -> Result<Self, RegisterPolicyError> {
        let policy: Self = toml::from_str(text).map_err(|error| RegisterPolicyError(error.to_string()))?;
        if !(1..=MOST_RECHECK_DAYS).contains(&policy.recheck_days) {
            return Err(RegisterPolicyError(format!("recheck_days is 1 to {MOST_RECHECK_DAYS}")));
        }
        if policy.deceased == Consequence::Nothing {
            return Err(RegisterPolicyError("a death must have a consequence".to_owned()));
        }
        Ok(policy)
    }
}

/// What differs between us and the register, for somebody whom we know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// Why somebody should look into it, or everything is revoked.
    pub reason: Reason,
    /// What follows.
    pub consequence: Consequence,
}

/// Compares a known person with what the register says: the person as they are now, and what follows.
pub fn compare(known: &Person, said: Option<&Entry>, policy: &RegisterPolicy) -> (Person, Vec<Finding>) {
    let finding = |reason, consequence| Finding { reason, consequence };
    let Some(entry) = said else { return (known.clone(), vec![finding(Reason::Unknown, policy.unknown)]) };
    let mut findings = Vec::new();
    match entry.status {
        Vital::Alive => {}
        Vital::Deceased => findings.push(finding(Reason::Deceased, policy.deceased)),
        Vital::Emigrated => findings.push(finding(Reason::Emigrated, policy.emigrated)),
    }
    let now = Person {
        id: known.id.clone(),
        identity_number: entry.identity_number.clone(),
        given_name: entry.given_name.clone(),
        surname: entry.surname.clone(),
        // What an officer marked stays marked until an officer takes it away.
        protection: entry.protection.or(known.protection),
    };
    if now.identity_number != known.identity_number {
        findings.push(finding(Reason::NewNumber, Consequence::WorkList));
    }
    if (&now.given_name, &now.surname) != (&known.given_name, &known.surname) {
        findings.push(finding(Reason::NewName, Consequence::WorkList));
    }
    if now.protection != known.protection {
        findings.push(finding(Reason::Protection, Consequence::WorkList));
    }
    (now, findings)
}

/// Why an order may not go on, by what the register says of the number that was asked for; none if it may.
pub fn hindrance(asked: &PersonalNumber, said: Option<&Entry>) -> Option<Reason> {
    let Some(entry) = said else { return Some(Reason::Unknown) };
    match entry.status {
        Vital::Deceased => Some(Reason::Deceased),
        Vital::Emigrated => Some(Reason::Emigrated),
        Vital::Alive if entry.identity_number != *asked => Some(Reason::NewNumber),
        Vital::Alive => None,
    }
}

words! {
    /// On what occasion the register was asked.
    Occasion {
        /// A card was ordered: the first, the next, or one in place of another.
        Order = "order",
        /// The turn of somebody with cards had come.
        Recheck = "recheck",
    }
}

/// What is kept of an answer: evidence, and never changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Evidence {
    /// Its key, among those of the person.
    pub id: String,
    /// Who it is about.
    pub person: PersonId,
    /// On what occasion it was given.
    pub occasion: Occasion,
    /// The application that it was asked for; none for one that was asked anew.
    pub enrolment: Option<crate::EnrolmentId>,
    /// Which register.
    pub source: String,
    /// What it said; none if it knows no such number.
    pub said: Option<Entry>,
    /// When.
    pub at: UtcTime,
}

/// Longest answer that is read, in octets.
pub const MAX_ANSWER: usize = 16_384;
/// Whoever has a card is looked up once a year at least.
const MOST_RECHECK_DAYS: u16 = 366;

#[cfg(test)]
mod tests {
    use super::*;

    const POLICY: &str = include_str!("../../../policies/register.toml");

    fn anna() -> Person {
        Person {
            id: "anna".parse().unwrap(),
            identity_number: "189001019802".parse().unwrap(),
            given_name: "Anna".to_owned(),
            surname: "Test".to_owned(),
            protection: None,
        }
    }

    fn entry(of: &Person) -> Entry {
        Entry {
            identity_number: of.identity_number.clone(),
            given_name: of.given_name.clone(),
            surname: of.surname.clone(),
            status: Vital::Alive,
            protection: of.protection,
        }
    }

    #[test]
    fn answers_are_read_whole_or_not_at_all() {
        let good = r#"{"person": {"identity_number": "189001019802", "given_name": "A\u030asa", "surname": "Test",
            "status": "alive"}}"#;
        let read = Entry::from_answer(good.as_bytes()).unwrap().unwrap();
        assert_eq!((read.given_name.as_str(), read.protection), ("Åsa", None));
        assert!(Entry::from_answer(br#"{"person": null}"#).unwrap().is_none());
        for (from, to) in [
            ("alive", "sleeping"),
            ("\"Test\"", "\"\""),
            ("\"Test\"", "\"T\\u202e\""),
            ("189001019802", "189001019803"),
            ("\"status\": \"alive\"", "\"status\": \"alive\", \"address\": \"x\""),
            ("{\"person\"", "{\"extra\": 1, \"person\""),
        ] {
            assert!(good.contains(from), "{from}");
            assert!(Entry::from_answer(good.replacen(from, to, 1).as_bytes()).is_err(), "{to}");
        }
        assert!(Entry::from_answer(" ".repeat(MAX_ANSWER + 1).as_bytes()).is_err());
    }

    #[test]
    fn what_differs_has_its_consequence() {
        let (policy, anna) = (RegisterPolicy::from_toml(POLICY).unwrap(), anna());
        let same = entry(&anna);
        assert_eq!(compare(&anna, Some(&same), &policy), (anna.clone(), Vec::new()));
        let renamed = Entry { surname: "Ny".to_owned(), ..same.clone() };
        let (now, found) = compare(&anna, Some(&renamed), &policy);
        assert_eq!((now.surname.as_str(), found[0].reason), ("Ny", Reason::NewName));
        let renumbered = Entry { identity_number: "199001012385".parse().unwrap(), ..same.clone() };
        let (now, found) = compare(&anna, Some(&renumbered), &policy);
        assert_eq!((now.id, found[0].reason), (anna.id.clone(), Reason::NewNumber));
        let dead = Entry { status: Vital::Deceased, ..same.clone() };
        assert_eq!(compare(&anna, Some(&dead), &policy).1[0].consequence, Consequence::Revoke);
        assert_eq!(compare(&anna, None, &policy).1[0].reason, Reason::Unknown);
        let marked = Entry { protection: Some(Protection::SecrecyMarking), ..same.clone() };
        let (now, found) = compare(&anna, Some(&marked), &policy);
        assert_eq!((now.protection, found[0].reason), (Some(Protection::SecrecyMarking), Reason::Protection));
        assert_eq!(compare(&now, Some(&same), &policy), (now, Vec::new()), "an officer takes the mark away");
    }

    #[test]
    fn orders_stop_at_what_only_a_person_can_judge() {
        let anna = anna();
        let number = &anna.identity_number;
        let same = entry(&anna);
        assert_eq!(hindrance(number, Some(&same)), None);
        assert_eq!(hindrance(number, None), Some(Reason::Unknown));
        let other = Entry { identity_number: "199001012385".parse().unwrap(), ..same.clone() };
        assert_eq!(hindrance(number, Some(&other)), Some(Reason::NewNumber));
        for (status, reason) in [(Vital::Deceased, Reason::Deceased), (Vital::Emigrated, Reason::Emigrated)] {
            assert_eq!(hindrance(number, Some(&Entry { status, ..same.clone() })), Some(reason));
        }
    }

    #[test]
    fn a_policy_that_forgets_the_dead_is_refused() {
        for (from, to) in [
            ("deceased = \"revoke\"", "deceased = \"nothing\""),
            ("recheck_days = 30", "recheck_days = 0"),
            ("recheck_days = 30", "recheck_days = 400"),
            ("recheck_days = 30", "recheck_days = 30\nextra = 1"),
        ] {
            assert!(POLICY.contains(from), "{from}");
            assert!(RegisterPolicy::from_toml(&POLICY.replacen(from, to, 1)).is_err(), "{to}");
        }
    }
}
