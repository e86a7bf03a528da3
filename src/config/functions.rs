//! `[functions]`: how an agency's control over names is looked up.

use serde::{Deserialize, Serialize};
use std::net::SocketAddr;

/// Certificates of functions.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct FunctionsConfig {
    /// The DNS resolver that is asked for challenges, and nobody else. Without one, control over names is shown by
    /// registers only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resolver: Option<SocketAddr>,
}
