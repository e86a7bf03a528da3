//! Serial numbers of the certificates that Sigill issues.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::hex;

/// A positive serial number of exactly 16 octets with 126 random bits.
///
/// ETSI EN 319 411-1 GEN-6.3.3-02A wants randomness, RFC 5280 section 4.1.2.2
/// at most 20 octets. The fixed size keeps rows, CRL entries and URLs even.
/// Text and serde form: 32 lower-case hexadecimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct SerialNumber([u8; 16]);

impl SerialNumber {
    /// The serial number made of these random octets; the two highest bits become `01`.
    pub const fn from_random(mut octets: [u8; 16]) -> Self {
        octets[0] = octets[0] & 0x3f | 0x40;
        Self(octets)
    }

    /// The serial number with the content octets of this INTEGER, if it has our form.
    pub fn from_der_integer(content: &[u8]) -> Option<Self> {
        let octets: [u8; 16] = content.try_into().ok()?;
        (octets[0] & 0xc0 == 0x40).then_some(Self(octets))
    }

    /// Content octets of the INTEGER, big-endian.
    pub const fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }
}

impl fmt::Display for SerialNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(&self.0))
    }
}

impl From<SerialNumber> for String {
    fn from(serial: SerialNumber) -> Self {
        serial.to_string()
    }
}

/// A text is not a serial number of ours.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a serial number of 32 lower-case hexadecimal digits")]
pub struct SerialError;

impl FromStr for SerialNumber {
    type Err = SerialError;

    fn from_str(text: &str) -> Result<Self, SerialError> {
        hex::decode(text).and_then(|octets| Self::from_der_integer(&octets)).ok_or(SerialError)
    }
}

impl TryFrom<String> for SerialNumber {
    type Error = SerialError;

    fn try_from(text: String) -> Result<Self, SerialError> {
        text.parse()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_random_octets_make_sixteen_positive_octets() {
        for octets in [[0; 16], [0xff; 16], [0x80; 16]] {
            let serial = SerialNumber::from_random(octets);
            assert_eq!(SerialNumber::from_der_integer(serial.as_bytes()), Some(serial));
            assert_eq!(serial.to_string().parse(), Ok(serial));
        }
    }

    #[test]
    fn other_forms_are_refused() {
        for text in [
            "",
            "40",
            "4000000000000000000000000000000G",
            "80000000000000000000000000000000",
            "4A000000000000000000000000000000",
        ] {
            assert!(text.parse::<SerialNumber>().is_err(), "{text}");
        }
        assert_eq!(SerialNumber::from_der_integer(&[0x40; 17]), None);
    }
}
