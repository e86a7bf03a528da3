//! `[timestamps]`: the time-stamping authority. Without the section there is none.

use pki::key::KeyId;
use serde::{Deserialize, Serialize};
use std::net::SocketAddr;
use std::path::PathBuf;

/// The only path there.
pub const PATH: &str = "/tsa";

/// The time-stamping authority; what it stamps stands in `policies/timestamps.toml`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TimestampsConfig {
    /// Where it listens: plain HTTP, `POST /tsa`. What it answers is signed.
    pub listen: SocketAddr,
    /// Label of the first unit's key on the service's token; the following ones are that label with a number.
    pub key: KeyId,
    /// Common name of the unit, as the ceremony allowed it.
    pub common_name: String,
    /// Who says how good the clock is.
    pub clock: ClockSource,
}

impl TimestampsConfig {
    /// The first thing that is wrong, if anything is.
    pub(super) const fn problem(&self, production: bool) -> Option<(&'static str, &'static str)> {
        match self.clock {
            ClockSource::Assumed if production => {
                Some(("timestamps.clock", "in production somebody must say how good the clock is: use chrony"))
            }
            _ => None,
        }
    }
}

/// Who says how good the clock is.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum ClockSource {
    /// Nobody: it is taken to be right. Not in production.
    Assumed,
    /// chrony.
    Chrony {
        /// Its client, such as `/usr/bin/chronyc`.
        program: PathBuf,
        /// Address or socket of another `chronyd` than the host's.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        server: Option<String>,
    },
}
