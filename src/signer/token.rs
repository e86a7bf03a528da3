//! The token with the CA keys, as far as this process needs it.

use hsm::{HsmError, Pool, TokenState};
use pki::key::{KeyId, PublicKey, SignError, Signer};
use std::collections::BTreeSet;

/// A token that holds CA keys.
pub trait CaToken: Signer {
    /// Why it cannot be used now; none if it can, as far as is known.
    fn problem(&self) -> Option<String>;

    /// Whether a key is fit to be a CA's: born there, never readable, and the certificate's.
    ///
    /// # Errors
    /// [`HsmError`]; of kind `Busy` if the token cannot tell now.
    fn check_key(&self, key: &KeyId, expected: &PublicKey) -> Result<(), HsmError>;

    /// Destroys the key of a CA that came to its end, and proves that it is gone.
    ///
    /// # Errors
    /// [`HsmError`]; the key may still be there then.
    fn destroy_key(&self, key: &KeyId, expected: &PublicKey) -> Result<(), HsmError>;
}

impl CaToken for Pool {
    fn problem(&self) -> Option<String> {
        match self.state() {
            TokenState::Usable => None,
            TokenState::Unprobed => Some("it was not reached yet".to_owned()),
            TokenState::Unusable { why } => Some(why),
        }
    }

    fn check_key(&self, key: &KeyId, expected: &PublicKey) -> Result<(), HsmError> {
        // No transcript is known here, so only keys that can never have left the token.
        self.check_ca_key(key, expected, &BTreeSet::new())
    }

    fn destroy_key(&self, key: &KeyId, expected: &PublicKey) -> Result<(), HsmError> {
        self.destroy(key, expected)
    }
}

/// Whether this failure certainly left no signature behind.
pub(super) const fn nothing_signed(error: &SignError) -> bool {
    matches!(error, SignError::Busy | SignError::NoSuchKey { .. } | SignError::Refused { .. })
}
