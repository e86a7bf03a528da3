//! `[hsm]`: the service's own token.

use hsm::{Module, PinSource, TokenConfig};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// The token of the OCSP signers and the audit seal.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HsmConfig {
    /// `"auto"` or the path of a PKCS#11 module.
    pub module: Module,
    /// The token's label.
    pub token_label: String,
    /// The token's serial, if labels are not unique.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token_serial: Option<String>,
    /// Where the PIN is.
    pub pin: PinSource,
    /// Worker threads, one session each.
    #[serde(default = "default_threads")]
    pub threads: usize,
    /// Most requests that wait.
    #[serde(default = "default_queue")]
    pub queue: usize,
    /// How long one request may take, in milliseconds.
    #[serde(default = "default_deadline_ms")]
    pub deadline_ms: u64,
}

impl HsmConfig {
    /// What `hsm` needs, with the PIN read.
    ///
    /// # Errors
    /// If the PIN cannot be read.
    pub fn token(&self) -> Result<TokenConfig, hsm::HsmError> {
        Ok(TokenConfig {
            module: self.module.clone(),
            token_label: self.token_label.clone(),
            token_serial: self.token_serial.clone(),
            pin: self.pin.read()?,
            threads: self.threads,
            queue: self.queue,
            deadline: Duration::from_millis(self.deadline_ms),
        })
    }
}

const fn default_threads() -> usize {
    2
}

const fn default_queue() -> usize {
    256
}

const fn default_deadline_ms() -> u64 {
    5_000
}
