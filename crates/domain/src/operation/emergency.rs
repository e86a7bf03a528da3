//! The act that stops an emergency.

use pki::time::UtcTime;
use serde::{Deserialize, Serialize};

/// Officers whom custodians appointed because too few were left are not to take office.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CancelEmergency {
    /// SHA-256 of the list of officers that was announced, hexadecimal.
    pub officers: String,
    /// When it was announced.
    pub announced_at: UtcTime,
}
