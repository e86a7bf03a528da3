//! Identifiers as types, so that one cannot stand where another is meant.

use serde::{Deserialize, Serialize};

/// An identifier that was not in the accepted form.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a valid {what}")]
pub struct InvalidId {
    /// Which identifier was meant.
    pub what: &'static str,
}

macro_rules! id {
    ($(#[$doc:meta])* $name:ident, $what:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// The identifier of 16 random bytes: 32 lower-case hexadecimal digits.
            pub fn from_random(bytes: [u8; 16]) -> Self {
                Self(hex(&bytes))
            }

            /// The identifier as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl TryFrom<String> for $name {
            type Error = InvalidId;

            /// Accepts 1–64 characters of `A–Z a–z 0–9 -`.
            fn try_from(text: String) -> Result<Self, InvalidId> {
                let fits = (1..=MAX_LENGTH).contains(&text.len())
                    && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
                if fits { Ok(Self(text)) } else { Err(InvalidId { what: $what }) }
            }
        }

        impl std::str::FromStr for $name {
            type Err = InvalidId;

            fn from_str(text: &str) -> Result<Self, InvalidId> {
                Self::try_from(text.to_owned())
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> Self {
                id.0
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

id!(/** An agency. */ TenantId, "tenant id");
id!(/** A natural person; one person has one id in all agencies. */ PersonId, "person id");
id!(/** An application for a card. */ EnrolmentId, "enrolment id");
id!(/** A dual-control act. */ ApprovalId, "approval id");
id!(/** A package given to a person. */ AssignmentId, "assignment id");
id!(/** Many revocations as one act. */ BulkId, "bulk revocation id");
id!(/** An order of a certificate for a system or an organisation. */ FunctionId, "function id");
id!(/** Something that is told. */ NoticeId, "notice id");
id!(/** An agency's step into a phase. */ MoveId, "move id");
id!(/** Something that waits for a person. */ WorkId, "work id");
id!(/** The number printed on a card and carried in its certificates (1.2.752.34.2.1). */ CardNumber, "card number");

/// Lower-case hexadecimal text of `bytes`.
pub fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, b| {
        let _ = write!(text, "{b:02x}"); // writing to a String cannot fail
        text
    })
}

/// Longest identifier, in characters.
const MAX_LENGTH: usize = 64;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_hex_or_slugs() {
        assert_eq!(TenantId::from_random([0xab; 16]).as_str(), "ab".repeat(16));
        assert!("agency-a".parse::<TenantId>().is_ok());
        for bad in ["", "a b", "å", "a/b", &"x".repeat(65)] {
            assert!(bad.parse::<TenantId>().is_err(), "{bad}");
        }
    }
}
