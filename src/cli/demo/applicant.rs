//! A test person whom the installation has not met.

use crate::clock::Entropy;
use pki::identifier::PersonalNumber;
use serde_json::{Value, json};

/// Somebody who applies for a card.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Applicant {
    /// A test number: its serial is one of those that are never given to anybody.
    pub(crate) identity_number: PersonalNumber,
    /// Given name.
    pub(crate) given_name: &'static str,
    /// Surname.
    pub(crate) surname: &'static str,
}

impl Applicant {
    /// Somebody new. The name follows from the number, so that one number never has two names.
    pub(crate) fn draw(entropy: &dyn Entropy) -> Self {
        Self::born(entropy, 0)
    }

    /// Somebody new who is not registered in Sweden: the day of a coordination number is greater by 60.
    pub(crate) fn draw_with_coordination_number(entropy: &dyn Entropy) -> Self {
        Self::born(entropy, 60)
    }

    fn born(entropy: &dyn Entropy, more_days: u16) -> Self {
        let random = entropy.random16();
        let choose = |at: usize, of: u16| u16::from_be_bytes([random[at], random[at + 1]]) % of;
        let (year, month, day) = (1950 + choose(0, 50), 1 + choose(2, 12), 1 + choose(4, 28));
        let eleven = format!("{year}{month:02}{:02}98{}", day + more_days, choose(6, 10));
        let number = (0..10).find_map(|check| format!("{eleven}{check}").parse().ok());
        let name = usize::from(year + month + day);
        Self {
            identity_number: number.expect("one digit is the check digit of a real date and a serial"),
            given_name: GIVEN_NAMES[name % GIVEN_NAMES.len()],
            surname: SURNAMES[name / GIVEN_NAMES.len() % SURNAMES.len()],
        }
    }

    /// Given name and surname.
    pub(crate) fn display_name(&self) -> String {
        format!("{} {}", self.given_name, self.surname)
    }

    /// As the registration authority wants it.
    pub(crate) fn to_json(&self) -> Value {
        json!({
            "identity_number": self.identity_number.as_str(),
            "given_name": self.given_name,
            "surname": self.surname,
        })
    }
}

const GIVEN_NAMES: [&str; 8] = ["Åsa", "Lars", "Märta", "Nils", "Olivia", "Per", "Ragnhild", "Sören"];
const SURNAMES: [&str; 7] = ["Öberg", "Lindqvist", "Malmström", "Nyström", "Palm", "Rosén", "Sjöberg"];

#[cfg(test)]
mod tests {
    use super::*;
    use pki::identifier::PersonalNumberKind;

    struct Fixed([u8; 16]);

    impl Entropy for Fixed {
        fn random16(&self) -> [u8; 16] {
            self.0
        }
    }

    #[test]
    fn every_draw_is_a_test_number() {
        for byte in 0..=255 {
            let applicant = Applicant::draw(&Fixed([byte; 16]));
            assert!(applicant.identity_number.is_test_number(), "{byte}");
            let other = Applicant::draw_with_coordination_number(&Fixed([byte; 16]));
            assert_eq!(other.identity_number.kind(), PersonalNumberKind::Coordination);
            assert!(other.identity_number.is_test_number(), "{byte}");
        }
    }
}
