//! `policies/functions.toml`.

use serde::Deserialize;
use std::collections::BTreeSet;

/// Which certificates of functions can be ordered, and on what.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FunctionPolicy {
    /// Profiles that can be ordered.
    pub profiles: BTreeSet<String>,
    /// How old a proof of control may be when the certificate is signed, in days.
    pub control_days: u16,
    /// How long an order may wait for its approval, in days.
    pub approval_days: u16,
    /// So many days before the end of a certificate its keepers are reminded.
    pub reminder_days: BTreeSet<u16>,
}

/// A policy that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FunctionPolicyError {
    /// Not TOML of the expected form.
    #[error("functions.toml: {0}")]
    Syntax(String),
    /// A number past what may be left to a policy.
    #[error("functions.toml: {what} may be 1 to {most}, not {found}")]
    Range {
        /// Which value.
        what: &'static str,
        /// The ceiling.
        most: u16,
        /// What the file says.
        found: u16,
    },
}

impl FunctionPolicy {
    /// Reads a policy.
    ///
    /// # Errors
    /// [`FunctionPolicyError`] for another form, or a number past its ceiling.
    pub fn from_toml(text: &str) -> Result<Self, FunctionPolicyError> {
        let policy: Self = toml::from_str(text).map_err(|error| FunctionPolicyError::Syntax(error.to_string()))?;
        let range = |what, found, most| match found {
            0 => Err(FunctionPolicyError::Range { what, most, found }),
            found if found > most => Err(FunctionPolicyError::Range { what, most, found }),
            _ => Ok(()),
        };
        range("control_days", policy.control_days, MOST_CONTROL_DAYS)?;
        range("approval_days", policy.approval_days, MOST_APPROVAL_DAYS)?;
        policy.reminder_days.iter().try_for_each(|days| range("reminder_days", *days, MOST_REMINDER_DAYS))?;
        Ok(policy)
    }

    /// The earliest reminder, in days before the end; none if nobody is reminded.
    pub fn first_reminder(&self) -> Option<u16> {
        self.reminder_days.last().copied()
    }

    /// The reminder that is due when so many days are left: the smallest number of days not below it.
    pub fn due_reminder(&self, days_left: i64) -> Option<u16> {
        self.reminder_days.iter().copied().find(|days| i64::from(*days) >= days_left)
    }
}

/// Half a year: after that a name may be another's.
const MOST_CONTROL_DAYS: u16 = 182;
/// As long as an officer's signature counts.
const MOST_APPROVAL_DAYS: u16 = 90;
/// A year.
const MOST_REMINDER_DAYS: u16 = 366;
