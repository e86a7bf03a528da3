//! Organisation numbers.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::{IdentifierError, digits, luhn};

/// A Swedish organisation number: ten digits, Luhn, third digit at least 2.
///
/// Reads `NNNNNNNNNN`, `NNNNNN-NNNN` and the ETSI form `NTRSE-NNNNNNNNNN`;
/// writes the ten digits.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct OrganisationNumber(String);

impl OrganisationNumber {
    /// The ten digits, as SAML and OIDC carry them.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The form of certificates: `NTRSE-` and the digits (EN 319 412-1 clause 5.1.4).
    pub fn etsi(&self) -> String {
        format!("NTRSE-{}", self.0)
    }

    /// Whether this is one of the numbers that tests may use.
    pub fn is_test_number(&self) -> bool {
        TEST_NUMBERS.contains(&self.as_str())
    }
}

impl FromStr for OrganisationNumber {
    type Err = IdentifierError;

    fn from_str(text: &str) -> Result<Self, IdentifierError> {
        let bare = text.strip_prefix("NTRSE-").unwrap_or(text);
        let plain = match bare.split_once('-') {
            Some((head, tail)) if head.len() == 6 && tail.len() == 4 => format!("{head}{tail}"),
            Some(_) => return Err(IdentifierError::Form),
            None => bare.to_owned(),
        };
        let digits = digits::<10>(&plain)?;
        if digits[2] < 2 {
            return Err(IdentifierError::Form);
        }
        if luhn(&digits) { Ok(Self(plain)) } else { Err(IdentifierError::CheckDigit) }
    }
}

impl TryFrom<String> for OrganisationNumber {
    type Error = IdentifierError;

    fn try_from(text: String) -> Result<Self, IdentifierError> {
        text.parse()
    }
}

impl From<OrganisationNumber> for String {
    fn from(number: OrganisationNumber) -> Self {
        number.0
    }
}

impl fmt::Display for OrganisationNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Published numbers of public bodies and published test numbers.
const TEST_NUMBERS: [&str; 5] = ["2021006883", "2021005521", "2021006255", "5560160680", "5562265719"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn published_numbers_are_read_in_every_form() {
        for number in TEST_NUMBERS {
            let dashed = format!("{}-{}", &number[..6], &number[6..]);
            for text in [number.to_owned(), dashed, format!("NTRSE-{number}")] {
                let read: OrganisationNumber = text.parse().unwrap();
                assert_eq!(read.as_str(), number);
                assert!(read.is_test_number());
            }
        }
    }

    #[test]
    fn others_are_refused() {
        for (text, why) in [
            ("2021005522", IdentifierError::CheckDigit),
            ("202100552", IdentifierError::Form),
            ("20210-05521", IdentifierError::Form),
            ("2001005521", IdentifierError::Form),
            ("202100552a", IdentifierError::Form),
            ("", IdentifierError::Form),
        ] {
            assert_eq!(text.parse::<OrganisationNumber>(), Err(why), "{text}");
        }
    }
}
