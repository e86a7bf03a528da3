//! `[validation]`: what relying services may ask.

use serde::{Deserialize, Serialize};

/// Validation of certificates.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ValidationConfig {
    /// Whether a caller may name trust anchors of its own; else those of the installation hold.
    pub callers_anchors: bool,
}
