//! Who may be certified, and what certificates say of them. Service and signer ask the same questions apart.

use crate::CardNumber;
use crate::people::{Person, Tenant};
use pki::identifier::{PersonIdentifier, PersonalNumber};
use pki::issue::SubjectFacts;
use pki::{Attribute, TextFault};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What an installation is for. Decides whose numbers it takes, among much else.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// Test numbers, test CAs, virtual cards: people who do not exist.
    Demo,
    /// Real people. Whatever a demo may hold is refused.
    Production,
}

/// Why nobody is certified under this name. Says nothing of whom it was about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SubjectFault {
    /// A number that may be somebody's, in a demo.
    #[error("a demo installation accepts test numbers only")]
    RealNumber,
    /// A number that is nobody's, in production.
    #[error("a test number")]
    TestNumber,
    /// No identifier of a person where one must stand.
    #[error("not the identifier of a person")]
    Identifier,
    /// A name that no certificate may carry.
    #[error("{0}")]
    Name(&'static str, #[source] TextFault),
}

impl SubjectFault {
    /// Which fact it is about, as profiles call it.
    pub const fn fact(&self) -> &'static str {
        match self {
            Self::RealNumber | Self::TestNumber | Self::Identifier => SERIAL_NUMBER,
            Self::Name(fact, _) => fact,
        }
    }
}

impl Mode {
    /// Test numbers are for demos, and demos are for test numbers.
    ///
    /// # Errors
    /// [`SubjectFault::RealNumber`] or [`SubjectFault::TestNumber`].
    pub fn accept(self, number: &PersonalNumber) -> Result<(), SubjectFault> {
        match (self, number.is_test_number()) {
            (Self::Demo, false) => Err(SubjectFault::RealNumber),
            (Self::Production, true) => Err(SubjectFault::TestNumber),
            _ => Ok(()),
        }
    }
}

impl Person {
    /// The same person with the names as certificates carry them: in Unicode normalisation form C.
    ///
    /// # Errors
    /// [`SubjectFault::Name`] for a name that none could carry: empty, longer than 64 characters, with control or
    /// bidirectional characters. It is found before anybody is asked to sign for it.
    pub fn with_accepted_names(self) -> Result<Self, SubjectFault> {
        let given_name = accepted(GIVEN_NAME, Attribute::GivenName, &self.given_name)?;
        let surname = accepted(SURNAME, Attribute::Surname, &self.surname)?;
        let person = Self { given_name, surname, ..self };
        accepted(DISPLAY_NAME, Attribute::CommonName, &person.display_name())?;
        Ok(person)
    }

    /// What becomes the subject of the certificates on a person's card.
    ///
    /// The identity number is among it, so two people of one name have two distinguished names, and one person has
    /// the same one on every card. In the certificates of a protected person the employer's identifier takes its place.
    pub fn subject(&self, tenant: &Tenant, card: &CardNumber) -> SubjectFacts {
        let serial_number = match self.protection {
            Some(_) => self.employee_identifier(),
            None => self.identity_number.etsi(),
        };
        let values = [
            (ORGANISATION_NAME, tenant.name.clone()),
            (ORGANISATION_NUMBER, tenant.organisation_number.as_str().to_owned()),
            (SURNAME, self.surname.clone()),
            (GIVEN_NAME, self.given_name.clone()),
            (DISPLAY_NAME, self.display_name()),
            (SERIAL_NUMBER, serial_number),
            (CARD_NUMBER, card.to_string()),
        ];
        let values: BTreeMap<_, _> = values.into_iter().map(|(fact, value)| (fact.to_owned(), value)).collect();
        SubjectFacts { values, ..SubjectFacts::default() }
    }
}

/// The facts with everything that tells who a person is masked.
#[must_use]
pub fn masked(facts: SubjectFacts) -> SubjectFacts {
    [SURNAME, GIVEN_NAME, DISPLAY_NAME, SERIAL_NUMBER].into_iter().fold(facts, |facts, fact| facts.with(fact, MASK))
}

/// Whether these facts are [`masked`], and so nobody's.
pub fn is_masked(facts: &SubjectFacts) -> bool {
    facts.get(SERIAL_NUMBER) == Some(MASK)
}

/// Whether these facts may become the subject of a person's certificates in an installation of this mode.
///
/// Organisation numbers are checked by their form only: those of public bodies are published, and used by tests.
///
/// # Errors
/// [`SubjectFault`], the first thing that is wrong.
pub fn check_person(facts: &SubjectFacts, mode: Mode) -> Result<(), SubjectFault> {
    let identifier = facts.get(SERIAL_NUMBER).and_then(|text| text.parse().ok()).ok_or(SubjectFault::Identifier)?;
    if let PersonIdentifier::Number(number) = identifier {
        mode.accept(&number)?;
    }
    let names = [
        (ORGANISATION_NAME, Attribute::OrganizationName),
        (SURNAME, Attribute::Surname),
        (GIVEN_NAME, Attribute::GivenName),
        (DISPLAY_NAME, Attribute::CommonName),
    ];
    names.into_iter().try_for_each(|(fact, attribute)| {
        let name = facts.get(fact).unwrap_or_default();
        if accepted(fact, attribute, name)? == name { Ok(()) } else { Err(not_normalised(fact)) }
    })
}

fn accepted(fact: &'static str, attribute: Attribute, name: &str) -> Result<String, SubjectFault> {
    attribute.accept(name).map(std::borrow::Cow::into_owned).map_err(|fault| SubjectFault::Name(fact, fault))
}

const fn not_normalised(fact: &'static str) -> SubjectFault {
    SubjectFault::Name(fact, TextFault::NotNormalised)
}

/// What is shown in the place of a name or a number.
pub const MASK: &str = "***";
/// The agency's legal name.
pub const ORGANISATION_NAME: &str = "organisation.name";
/// The agency's organisation number, ten digits.
pub const ORGANISATION_NUMBER: &str = "organisation.number";
/// Surname.
pub const SURNAME: &str = "person.surname";
/// Given name.
pub const GIVEN_NAME: &str = "person.given_name";
/// Name for display.
pub const DISPLAY_NAME: &str = "person.display_name";
/// The person's identifier in the form of certificates.
pub const SERIAL_NUMBER: &str = "person.serial_number";
/// The card's number.
pub const CARD_NUMBER: &str = "card.number";
