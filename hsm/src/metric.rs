//! Names and labels of this crate's metrics.

use metrics::{counter, gauge};

use crate::HsmError;
use crate::token::TokenState;

/// A verified signature left the pool.
pub(crate) fn signed(token: &str) {
    counter!(SIGNATURES, "token" => token.to_owned()).increment(1);
}

/// A call failed; a faulty signature also raises the alarm counter.
pub(crate) fn failed(error: &HsmError) {
    counter!(FAILURES, "rv" => error.label()).increment(1);
    if let HsmError::Faulty { key, detail } = error {
        counter!(FAULTY, "key" => key.as_str().to_owned()).increment(1);
        tracing::error!(%key, detail, "the token gave a wrong answer");
    }
}

/// The state of a token changed: 0 unprobed, 1 usable, 2 unusable.
pub(crate) fn state(token: &str, state: &TokenState) {
    let value = match state {
        TokenState::Unprobed => 0.0,
        TokenState::Usable => 1.0,
        TokenState::Unusable { .. } => 2.0,
    };
    gauge!(STATE, "token" => token.to_owned()).set(value);
}

const SIGNATURES: &str = "sigill_hsm_signatures_total";
const FAILURES: &str = "sigill_hsm_failures_total";
const FAULTY: &str = "sigill_hsm_faulty_signatures_total";
const STATE: &str = "sigill_hsm_state";
