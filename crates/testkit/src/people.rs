//! People who do not exist.

use pki::identifier::PersonalNumber;

/// The identity number of test person `number`: another for each below 168,000, with a serial that is never given to
/// anybody.
///
/// # Panics
/// If `number` is too high for a year.
pub fn identity_number(number: u32) -> String {
    let (serial, day) = (980 + number % 10, number / 10);
    let (year, month, day) = (1950 + day / 336, 1 + day % 336 / 28, 1 + day % 28);
    let eleven = format!("{year}{month:02}{day:02}{serial}");
    let mut numbers = (0..10).map(|check| format!("{eleven}{check}"));
    numbers.find(|number| number.parse::<PersonalNumber>().is_ok()).expect("one digit is the check digit")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_person_has_a_test_number_of_their_own() {
        let numbers: std::collections::HashSet<_> = (0..5_000).map(identity_number).collect();
        assert_eq!(numbers.len(), 5_000);
        assert!(numbers.iter().all(|number| number.parse::<PersonalNumber>().unwrap().is_test_number()));
    }
}
