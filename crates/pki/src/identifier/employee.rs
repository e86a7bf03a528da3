//! Identifiers that an organisation gives to its people and systems.

use std::fmt;
use std::str::FromStr;

use super::{IdentifierError, OrganisationNumber, PersonalNumber};

/// An HSA-id: `SE`, ten digits of an organisation number, a hyphen, and a local part of letters and digits.
///
/// At most 31 characters.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct HsaId(String);

impl HsaId {
    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for HsaId {
    type Err = IdentifierError;

    fn from_str(text: &str) -> Result<Self, IdentifierError> {
        let (number, local) =
            text.strip_prefix("SE").and_then(|rest| rest.split_once('-')).ok_or(IdentifierError::Form)?;
        let plain = !local.is_empty() && local.bytes().all(|b| b.is_ascii_alphanumeric());
        if !plain || text.len() > MAX_HSA_ID || number.len() != 10 {
            return Err(IdentifierError::Form);
        }
        number.parse::<OrganisationNumber>()?;
        Ok(Self(text.to_owned()))
    }
}

impl fmt::Display for HsaId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What a person's serialNumber may hold (EN 319 412-1 clause 5.1.3).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PersonIdentifier {
    /// `PNOSE-` and a number of the population register or a coordination number.
    Number(PersonalNumber),
    /// `EI:SE-` and what the employer calls the person; a local type, so that its authority is named beside it.
    Employee(String),
}

impl FromStr for PersonIdentifier {
    type Err = IdentifierError;

    /// Reads the form of certificates, type and all.
    fn from_str(text: &str) -> Result<Self, IdentifierError> {
        if text.starts_with("PNOSE-") {
            let number: PersonalNumber = text.parse()?;
            // Other written forms of the number are another serialNumber, and so another person.
            return if number.etsi() == text { Ok(Self::Number(number)) } else { Err(IdentifierError::Form) };
        }
        let local = text.strip_prefix("EI:SE-").ok_or(IdentifierError::Form)?;
        let known = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'.';
        if (1..=MAX_EMPLOYEE).contains(&local.len()) && local.bytes().all(known) {
            Ok(Self::Employee(local.to_owned()))
        } else {
            Err(IdentifierError::Form)
        }
    }
}

const MAX_HSA_ID: usize = 31;
/// Longest employee identifier, in characters: with its type it fits serialNumber's 64.
const MAX_EMPLOYEE: usize = 48;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hsa_ids_hold_an_organisation_number() {
        for text in ["SE2021005521-A1", "SE2021006883-ABCdef0123456789"] {
            assert_eq!(text.parse::<HsaId>().unwrap().as_str(), text);
        }
        for (text, why) in [
            ("SE2021005522-A1", IdentifierError::CheckDigit),
            ("SE202100-5521", IdentifierError::Form),
            ("SE2021005521-", IdentifierError::Form),
            ("SE2021005521-Å1", IdentifierError::Form),
            ("SE2021005521-a@b", IdentifierError::Form),
            ("SE2021005521-A234567890123456789", IdentifierError::Form),
            ("NO2021005521-A1", IdentifierError::Form),
        ] {
            assert_eq!(text.parse::<HsaId>(), Err(why), "{text}");
        }
    }

    #[test]
    fn people_are_numbers_or_employees() {
        assert!(matches!("PNOSE-199001012385".parse(), Ok(PersonIdentifier::Number(_))));
        assert!(matches!("EI:SE-SE2021005521-A1".parse(), Ok(PersonIdentifier::Employee(_))));
        for (text, why) in [
            ("PNOSE-199001012386", IdentifierError::CheckDigit),
            ("PNOSE-19900101-2385", IdentifierError::Form),
            ("199001012385", IdentifierError::Form),
            ("EI:SE-", IdentifierError::Form),
            ("EI:SE-A 1", IdentifierError::Form),
            ("PASSE-12345678", IdentifierError::Form),
        ] {
            assert_eq!(text.parse::<PersonIdentifier>(), Err(why), "{text}");
        }
    }
}
