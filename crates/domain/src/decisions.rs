//! Decisions about people, as somebody whom they concern may read them, and how to appeal them.

use crate::access::words;
use pki::time::UtcTime;
use serde::Deserialize;

words! {
    /// What was decided.
    Verdict {
        /// A card was ordered.
        Ordered = "ordered",
        /// The person was identified.
        Identified = "identified",
        /// The card was approved.
        Approved = "approved",
        /// The card was handed out.
        HandedOut = "handed-out",
        /// A certificate was revoked.
        Revoked = "revoked",
    }
}

/// One decision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    /// What.
    pub verdict: Verdict,
    /// About which application or certificate.
    pub object: String,
    /// Who decided: a person's id, or a part of the service.
    pub by: String,
    /// When.
    pub at: UtcTime,
    /// On which grounds.
    pub grounds: Vec<String>,
    /// The decider's own words, where they are asked for.
    pub reason: Option<String>,
    /// Digest of the policies that were in force.
    pub rules: String,
}

/// How to appeal, in each language: `policies/decisions.toml`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AppealText {
    /// In Swedish.
    pub sv: String,
    /// In English.
    pub en: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    appeal: AppealText,
}

/// A `decisions.toml` that is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("decisions.toml: {0}")]
pub struct DecisionPolicyError(String);

impl AppealText {
    /// Reads a policy.
    ///
    /// # Errors
    /// [`DecisionPolicyError`] if it has another form, or says nothing in one of the languages.
    pub fn from_toml(text: &str) -> Result<Self, DecisionPolicyError> {
        let File { appeal } = toml::from_str(text).map_err(|error| DecisionPolicyError(error.to_string()))?;
        if appeal.sv.trim().is_empty() || appeal.en.trim().is_empty() {
            return Err(DecisionPolicyError("say how to appeal in both languages".to_owned()));
        }
        Ok(appeal)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const POLICY: &str = include_str!("../../../policies/decisions.toml");

    #[test]
    fn it_is_said_in_both_languages_how_to_appeal() {
        let shipped = AppealText::from_toml(POLICY).unwrap();
        assert!(POLICY.contains("sv = ") && shipped.sv.contains("överklaga") && shipped.en.contains("appeal"));
        assert!(AppealText::from_toml("[appeal]\nsv = 'x'\nen = ' '").is_err());
        assert!(AppealText::from_toml(&format!("{POLICY}\nmore = 1")).is_err());
    }
}
