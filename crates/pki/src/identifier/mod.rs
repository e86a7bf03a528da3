//! Swedish identifiers of persons and organisations.

mod employee;
mod organisation;
mod person;

pub use employee::{HsaId, PersonIdentifier};
pub use organisation::OrganisationNumber;
pub use person::{PersonalNumber, PersonalNumberKind};

/// A text is not the identifier that it should be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum IdentifierError {
    /// Wrong length, or something other than digits and the separators of its written form.
    #[error("the number does not have the right form")]
    Form,
    /// The digits that stand for a date are none.
    #[error("the number does not hold a date")]
    Date,
    /// The last digit does not fit the others.
    #[error("the check digit is wrong")]
    CheckDigit,
}

/// Whether the last of ten digits is the Luhn check digit of the nine before.
fn luhn(digits: &[u8; 10]) -> bool {
    let sum: u32 = digits
        .iter()
        .enumerate()
        .map(|(at, digit)| {
            let product = u32::from(*digit) * if at % 2 == 0 { 2 } else { 1 };
            if product > 9 { product - 9 } else { product }
        })
        .sum();
    sum.is_multiple_of(10)
}

/// The values of `N` ASCII digits.
fn digits<const N: usize>(text: &str) -> Result<[u8; N], IdentifierError> {
    let ascii: [u8; N] = text.as_bytes().try_into().map_err(|_| IdentifierError::Form)?;
    if !ascii.iter().all(u8::is_ascii_digit) {
        return Err(IdentifierError::Form);
    }
    Ok(ascii.map(|b| b - b'0'))
}
