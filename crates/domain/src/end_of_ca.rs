//! What stays when a CA comes to its end (EN 319 411-1 clause 6.3.9, EN 319 411-2 clause 6.3.10).

use pki::time::UtcTime;
use serde::Deserialize;

/// `policies/end-of-ca.toml`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EndOfCa {
    last_crl_until: UtcTime,
    final_ocsp: bool,
}

/// A policy that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EndOfCaError {
    /// Not TOML of the expected form.
    #[error("end of CAs: {0}")]
    Syntax(String),
    /// A last CRL that would end while somebody needs it.
    #[error("end of CAs: last_crl_until is {found}, and {EARLIEST} at the earliest")]
    TooEarly {
        /// What the file says.
        found: UtcTime,
    },
}

impl EndOfCa {
    /// Reads a policy.
    ///
    /// # Errors
    /// [`EndOfCaError`] if the last CRL could end before what was signed under the CA has lost its worth.
    pub fn from_toml(text: &str) -> Result<Self, EndOfCaError> {
        let policy: Self = toml::from_str(text).map_err(|error| EndOfCaError::Syntax(error.to_string()))?;
        match policy.last_crl_until {
            found if found < EARLIEST => Err(EndOfCaError::TooEarly { found }),
            _ => Ok(policy),
        }
    }

    /// nextUpdate of the last CRL.
    pub const fn last_crl_until(&self) -> UtcTime {
        self.last_crl_until
    }

    /// Whether each certificate gets a last OCSP answer besides, for as long.
    pub const fn final_ocsp(&self) -> bool {
        self.final_ocsp
    }
}

/// The first second of 2100: no CA of today lives so long.
const EARLIEST: UtcTime = UtcTime::from_unix(4_102_444_800);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_last_crl_stands_for_as_long_as_anybody_asks() {
        let read = |until: &str| EndOfCa::from_toml(&format!("last_crl_until = \"{until}\"\nfinal_ocsp = true\n"));
        assert_eq!(EARLIEST.to_string(), "2100-01-01T00:00:00Z");
        assert_eq!(read("9999-12-31T23:59:59Z").unwrap().last_crl_until(), UtcTime::MAX);
        assert!(read("2100-01-01T00:00:00Z").unwrap().final_ocsp());
        assert_eq!(read("2099-12-31T23:59:59Z"), Err(EndOfCaError::TooEarly { found: EARLIEST.plus_seconds(-1) }));
        for text in ["", "final_ocsp = true", "last_crl_until = \"9999-12-31T23:59:59Z\"\nfinal_ocsp = 1"] {
            assert!(matches!(EndOfCa::from_toml(text), Err(EndOfCaError::Syntax(_))), "{text}");
        }
    }
}
