//! `policies/timestamps.toml`: what is stamped, and how exactly.

use super::hash::HashAlgorithm;
use pki::asn1::ObjectIdentifier;
use serde::Deserialize;
use std::num::NonZeroU32;

/// The policy of the time-stamping authority.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StampPolicy {
    /// Stands in each token, and is the only one that requesters may ask for.
    pub policy: ObjectIdentifier,
    /// How far the time in a token may be from UTC, in milliseconds: 1 to 1000 (EN 319 421 clause 7.7.1).
    pub accuracy_ms: u16,
    /// Hash algorithms that are accepted.
    pub hashes: Vec<HashAlgorithm>,
    /// How often the clock's quality is measured, in seconds.
    pub clock_check_seconds: u16,
    /// How old a measurement may be, in seconds.
    pub clock_age_seconds: u16,
    /// A unit's successor is made so many days before its key's end.
    pub renew_days: u16,
    /// How long ago the clock's source may have been heard, in seconds.
    pub source_age_seconds: u32,
    /// How many stamps may be asked for in one go.
    pub at_once: NonZeroU32,
    /// How many stamps may be asked for in a second, on and on.
    pub a_second: NonZeroU32,
    /// How many requests may come from one address in one go.
    pub address_at_once: NonZeroU32,
    /// How many requests may come from one address in a second, on and on.
    pub address_a_second: NonZeroU32,
}

/// A policy that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum StampPolicyError {
    /// Not TOML of the expected form.
    #[error("policy of time stamps: {0}")]
    Syntax(String),
    /// A value out of its range.
    #[error("policy of time stamps: {what}: {why}")]
    Value {
        /// Which.
        what: &'static str,
        /// What it must be.
        why: &'static str,
    },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    policy: String,
    accuracy_ms: u16,
    hashes: Vec<HashAlgorithm>,
    clock_check_seconds: u16,
    clock_age_seconds: u16,
    renew_days: u16,
    source_age_seconds: u32,
    at_once: NonZeroU32,
    a_second: NonZeroU32,
    address_at_once: NonZeroU32,
    address_a_second: NonZeroU32,
}

impl StampPolicy {
    /// Reads a policy.
    ///
    /// # Errors
    /// [`StampPolicyError`].
    pub fn from_toml(text: &str) -> Result<Self, StampPolicyError> {
        let file: File = toml::from_str(text).map_err(|e| StampPolicyError::Syntax(e.to_string()))?;
        let fits = |what, fits: bool, why| if fits { Ok(()) } else { Err(StampPolicyError::Value { what, why }) };
        fits("accuracy_ms", (1..=1000).contains(&file.accuracy_ms), "1 to 1000")?;
        fits("hashes", !file.hashes.is_empty(), "at least one")?;
        fits("clock_check_seconds", (1..=3600).contains(&file.clock_check_seconds), "1 to 3600")?;
        fits("clock_age_seconds", file.clock_age_seconds > file.clock_check_seconds, "more than clock_check_seconds")?;
        fits("renew_days", (1..=180).contains(&file.renew_days), "1 to 180")?;
        let policy = ObjectIdentifier::new(&file.policy)
            .map_err(|_| StampPolicyError::Value { what: "policy", why: "an object identifier" })?;
        fits("source_age_seconds", (60..=86_400).contains(&file.source_age_seconds), "60 to 86400")?;
        Ok(Self {
            policy,
            accuracy_ms: file.accuracy_ms,
            hashes: file.hashes,
            clock_check_seconds: file.clock_check_seconds,
            clock_age_seconds: file.clock_age_seconds,
            renew_days: file.renew_days,
            source_age_seconds: file.source_age_seconds,
            at_once: file.at_once,
            a_second: file.a_second,
            address_at_once: file.address_at_once,
            address_a_second: file.address_a_second,
        })
    }
}
