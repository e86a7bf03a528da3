//! `[status]`, `[ocsp]` and `[crl]`: what the public is served.

use serde::{Deserialize, Serialize};
use std::time::Duration;

/// The public listener. Limits only: the address stands in `[listen]`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct StatusConfig {
    /// Most connections at once; further ones wait in the system's backlog.
    pub max_connections: usize,
    /// How long a client may take to send a request's head, or to stay silent between two, in milliseconds.
    pub head_timeout_ms: u64,
    /// How long a client may take to send a request's body, in milliseconds.
    pub body_timeout_ms: u64,
    /// How long one connection may live, in seconds: a reader that takes a CRL byte by byte ends here.
    pub connection_seconds: u64,
    /// Most requests at once that need a signature before they can be answered; further ones get `tryLater`.
    pub max_live: usize,
}

/// OCSP answers.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct OcspConfig {
    /// From thisUpdate to nextUpdate, in hours. Answers are renewed at half.
    pub valid_hours: u32,
    /// How long HTTP caches may keep an answer, in seconds. A cache hides a revocation for as long.
    pub cache_seconds: u32,
    /// What is said of a serial that was never issued.
    pub unknown: UnknownSerial,
    /// A signer gets a new key and certificate when fewer days of the old are left.
    pub renew_signer_days: u32,
}

/// What is said of a serial that was never issued; never `good` (EN 319 411-1 clause 6.3.10).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum UnknownSerial {
    /// The unsigned `unauthorized` (RFC 9919): nobody can make the service sign.
    Unauthorized,
    /// A live-signed `unknown`.
    SignedUnknown,
}

/// CRLs.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct CrlConfig {
    /// From thisUpdate to nextUpdate, in hours. A CRL is renewed at half, and after every revocation.
    pub valid_hours: u32,
    /// How long HTTP caches may keep a CRL, in seconds.
    pub cache_seconds: u32,
    /// Least time between two CRLs of one issuer, in milliseconds: revocations meanwhile share the next.
    pub coalesce_ms: u64,
}

impl OcspConfig {
    /// [`valid_hours`](Self::valid_hours) in seconds; at least an hour.
    pub fn valid_seconds(&self) -> i64 {
        hours(self.valid_hours)
    }
}

impl CrlConfig {
    /// [`valid_hours`](Self::valid_hours) in seconds; at least an hour.
    pub fn valid_seconds(&self) -> i64 {
        hours(self.valid_hours)
    }

    /// [`coalesce_ms`](Self::coalesce_ms).
    pub fn coalesce(&self) -> Duration {
        Duration::from_millis(self.coalesce_ms)
    }
}

/// Shorter than an hour, renewing at half would be a race with the clock.
fn hours(hours: u32) -> i64 {
    i64::from(hours.max(1)) * 3600
}

impl Default for StatusConfig {
    fn default() -> Self {
        Self {
            max_connections: 4096,
            head_timeout_ms: 15_000,
            body_timeout_ms: 5_000,
            connection_seconds: 600,
            max_live: 16,
        }
    }
}

impl Default for OcspConfig {
    fn default() -> Self {
        Self { valid_hours: 24, cache_seconds: 60, unknown: UnknownSerial::Unauthorized, renew_signer_days: 7 }
    }
}

impl Default for CrlConfig {
    fn default() -> Self {
        Self { valid_hours: 24, cache_seconds: 300, coalesce_ms: 3_000 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_section_has_the_documented_defaults() {
        let ocsp: OcspConfig = toml::from_str("").unwrap();
        assert_eq!((ocsp.valid_hours, ocsp.unknown), (24, UnknownSerial::Unauthorized));
        let crl: CrlConfig = toml::from_str("valid_hours = 48").unwrap();
        assert_eq!(crl.valid_seconds(), 48 * 3600);
    }

    #[test]
    fn unknown_keys_are_refused() {
        assert!(toml::from_str::<OcspConfig>("valid_hour = 1").is_err());
        assert!(toml::from_str::<StatusConfig>("port = 80").is_err());
        assert!(toml::from_str::<OcspConfig>("unknown = \"good\"").is_err());
        assert!(toml::from_str::<OcspConfig>("unknown = \"signed-unknown\"").is_ok());
    }
}
