//! Personal identity numbers and coordination numbers.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::{IdentifierError, digits, luhn};
use crate::time::{UtcTime, civil_time};

/// Whether a number is of the population register or a coordination number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PersonalNumberKind {
    /// *Personnummer*.
    Personal,
    /// *Samordningsnummer*: the day is raised by 60.
    Coordination,
}

/// A Swedish personal identity number or coordination number in its form of twelve digits.
///
/// The date in it is not a date of birth: numbers were re-used and days ran
/// out. It is checked to be a date, and given to nobody.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct PersonalNumber {
    digits: String,
    raised: bool,
}

impl PersonalNumber {
    /// The twelve digits.
    pub fn as_str(&self) -> &str {
        &self.digits
    }

    /// Which of the two kinds it is.
    pub fn kind(&self) -> PersonalNumberKind {
        if self.raised { PersonalNumberKind::Coordination } else { PersonalNumberKind::Personal }
    }

    /// The form of certificates: `PNOSE-` and the digits (EN 319 412-1 clause 5.1.3).
    pub fn etsi(&self) -> String {
        format!("PNOSE-{}", self.digits)
    }

    /// Whether so many years have passed at `at` since the date in the number. That date can differ from the birth
    /// date by some days, which a register knows; a day of February that a year lacks counts from the first of March.
    pub fn is_of_age(&self, years: u8, at: UtcTime) -> bool {
        let number = |range: std::ops::Range<usize>| {
            self.digits.as_bytes()[range].iter().fold(0, |n, digit| n * 10 + i16::from(digit - b'0'))
        };
        let day = number(6..8) - if self.raised { 60 } else { 0 };
        let (year, month) = (number(0..4) + i16::from(years), number(4..6));
        let birthday = civil_time([year, month, day, 0, 0, 0]).or_else(|| civil_time([year, 3, 1, 0, 0, 0]));
        birthday.is_some_and(|birthday| birthday <= at)
    }

    /// Whether this is a test number, which belongs to nobody: a published one, or one with a serial
    /// of 980 to 989, which the Tax Agency keeps for tests.
    pub fn is_test_number(&self) -> bool {
        TEST_NUMBERS.contains(&self.as_str()) || self.digits[8..].starts_with(TEST_SERIALS)
    }
}

/// The twelve digits. Whoever writes them somewhere has a reason to.
impl fmt::Display for PersonalNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.digits)
    }
}

/// Logs and failed assertions must not spread identity numbers.
impl fmt::Debug for PersonalNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PersonalNumber({}********)", &self.digits[..4])
    }
}

impl FromStr for PersonalNumber {
    type Err = IdentifierError;

    /// Reads `YYYYMMDDNNNC`, `YYYYMMDD-NNNC` and the ETSI form.
    fn from_str(text: &str) -> Result<Self, IdentifierError> {
        let bare = text.strip_prefix("PNOSE-").unwrap_or(text);
        let plain = match bare.split_once('-') {
            Some((head, tail)) if head.len() == 8 && tail.len() == 4 => format!("{head}{tail}"),
            Some(_) => return Err(IdentifierError::Form),
            None => bare.to_owned(),
        };
        let digits = digits::<12>(&plain)?;
        let raised = check_date(&digits)?;
        let ten: [u8; 10] = std::array::from_fn(|at| digits[at + 2]);
        if luhn(&ten) { Ok(Self { digits: plain, raised }) } else { Err(IdentifierError::CheckDigit) }
    }
}

/// Checks the date and says whether its day is raised by 60.
fn check_date(digits: &[u8; 12]) -> Result<bool, IdentifierError> {
    let number = |at: std::ops::Range<usize>| digits[at].iter().fold(0, |n, d| n * 10 + i16::from(*d));
    let (year, month, day) = (number(0..4), number(4..6), number(6..8));
    let raised = day > 60;
    let day = if raised { day - 60 } else { day };
    if !(1800..=2199).contains(&year) {
        return Err(IdentifierError::Date);
    }
    civil_time([year, month, day, 0, 0, 0]).map(|_| raised).ok_or(IdentifierError::Date)
}

impl TryFrom<String> for PersonalNumber {
    type Error = IdentifierError;

    fn try_from(text: String) -> Result<Self, IdentifierError> {
        text.parse()
    }
}

impl From<PersonalNumber> for String {
    fn from(number: PersonalNumber) -> Self {
        number.digits
    }
}

/// First digits of the serials that are kept for tests.
const TEST_SERIALS: &str = "98";

/// Numbers published for tests.
const TEST_NUMBERS: [&str; 11] = [
    "189001019802",
    "199001012385",
    "200002292399",
    "202402292383",
    "190001019801",
    "196408233234",
    "195006262546",
    "194911172296",
    "202601612381",
    "202201612393",
    "191401682396",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn published_test_numbers_are_read() {
        for number in TEST_NUMBERS {
            let read: PersonalNumber = number.parse().unwrap();
            assert!(read.is_test_number());
            assert_eq!(read.etsi().parse(), Ok(read.clone()));
            let coordination = read.kind() == PersonalNumberKind::Coordination;
            assert_eq!(coordination, number.as_bytes()[6] >= b'6', "{number}");
        }
    }

    #[test]
    fn serials_kept_for_tests_are_test_numbers() {
        for (number, test) in [("199510089809", true), ("198605309866", true), ("199510080006", false)] {
            assert_eq!(number.parse::<PersonalNumber>().unwrap().is_test_number(), test, "{number}");
        }
    }

    #[test]
    fn age_is_counted_from_the_date_in_the_number() {
        for (number, years, at, wanted) in [
            ("199001012385", 18, "2007-12-31T23:59:59Z", false),
            ("199001012385", 18, "2008-01-01T00:00:00Z", true),
            ("202402292383", 18, "2042-02-28T23:59:59Z", false),
            ("202402292383", 18, "2042-03-01T00:00:00Z", true),
            ("202601612381", 0, "2026-01-01T00:00:00Z", true),
            ("202601612381", 0, "2025-12-31T00:00:00Z", false),
        ] {
            let number: PersonalNumber = number.parse().unwrap();
            assert_eq!(number.is_of_age(years, at.parse().unwrap()), wanted, "{number} {at}");
        }
    }

    #[test]
    fn wrong_numbers_are_refused() {
        for (text, why) in [
            ("199001012386", IdentifierError::CheckDigit),
            ("199002302385", IdentifierError::Date),
            ("199000012385", IdentifierError::Date),
            ("9001012385", IdentifierError::Form),
            ("19900101-238", IdentifierError::Form),
            ("19900101238å", IdentifierError::Form),
            ("", IdentifierError::Form),
        ] {
            assert_eq!(text.parse::<PersonalNumber>(), Err(why), "{text}");
        }
    }

    #[test]
    fn debug_text_hides_the_number() {
        let number: PersonalNumber = "199001012385".parse().unwrap();
        assert!(!format!("{number:?}").contains("0101"));
    }
}
