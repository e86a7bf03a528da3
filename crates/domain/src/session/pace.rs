//! How often the same caller may come back: `policies/logins.toml`.

use serde::Deserialize;
use std::num::NonZeroU32;

/// The paces of logins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LoginPolicy {
    /// Everything from one address.
    pub address: Pace,
    /// Logins with one certificate.
    pub card: Pace,
    /// Calls of one relying service.
    pub client: Pace,
}

/// How fast something may happen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pace {
    /// How many may come in one go.
    pub at_once: NonZeroU32,
    /// How many may come in a minute, on and on.
    pub a_minute: NonZeroU32,
}

/// A policy that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum LoginPolicyError {
    /// Not TOML of the expected form; a pace of nought is none.
    #[error("policy of logins: {0}")]
    Syntax(String),
    /// A pace at which nobody would ever be held up.
    #[error("policy of logins: {what} is {found}, and at most {MOST}")]
    Unbounded {
        /// Which.
        what: &'static str,
        /// What the file says.
        found: NonZeroU32,
    },
}

impl LoginPolicy {
    /// Reads a policy.
    ///
    /// # Errors
    /// [`LoginPolicyError`].
    pub fn from_toml(text: &str) -> Result<Self, LoginPolicyError> {
        let policy: Self = toml::from_str(text).map_err(|e| LoginPolicyError::Syntax(e.to_string()))?;
        for (what, pace) in [("address", policy.address), ("card", policy.card), ("client", policy.client)] {
            for found in [pace.at_once, pace.a_minute] {
                if found.get() > MOST {
                    return Err(LoginPolicyError::Unbounded { what, found });
                }
            }
        }
        Ok(policy)
    }
}

const MOST: u32 = 1_000_000;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pace_has_bounds() {
        let text = |number: &str| {
            let pace = |name: &str| format!("[{name}]\nat_once = {number}\na_minute = 1\n");
            ["address", "card", "client"].map(pace).concat()
        };
        assert!(LoginPolicy::from_toml(&text("1")).is_ok());
        for number in ["0", "-1", "1000001", "\"1\""] {
            assert!(LoginPolicy::from_toml(&text(number)).is_err(), "{number}");
        }
        assert!(LoginPolicy::from_toml(&format!("{}also = 1\n", text("1"))).is_err());
        assert!(LoginPolicy::from_toml("").is_err());
    }
}
