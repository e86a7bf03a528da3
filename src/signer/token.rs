//! The token with the CA keys, as far as this process needs it.

use hsm::{HsmError, Pool, TokenConfig, TokenState};
use pki::key::{KeyId, PublicKey, SignError, SignatureAlgorithm, Signer};
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

/// The token of the configuration.
pub struct CaPool {
    pool: Pool,
    /// Fingerprints of the CA keys that verified transcripts name.
    transcribed: BTreeSet<[u8; 32]>,
}

impl CaPool {
    /// Opens a token. `transcribed` are the SHA-256 fingerprints of the keys that verified transcripts name: a key that
    /// may leave its token wrapped signs only if it is among them.
    ///
    /// # Errors
    /// As [`Pool::open`].
    pub fn open(config: TokenConfig, transcribed: BTreeSet<[u8; 32]>) -> Result<Self, HsmError> {
        Ok(Self { pool: Pool::open(config)?, transcribed })
    }
}

impl Signer for CaPool {
    fn sign(&self, key: &KeyId, algorithm: SignatureAlgorithm, message: &[u8]) -> Result<Vec<u8>, SignError> {
        Signer::sign(&self.pool, key, algorithm, message)
    }

    fn public_key(&self, key: &KeyId) -> Result<PublicKey, SignError> {
        Signer::public_key(&self.pool, key)
    }
}

impl CaToken for CaPool {
    fn problem(&self) -> Option<String> {
        match self.pool.state() {
            TokenState::Usable => None,
            TokenState::Unprobed => Some("it was not reached yet".to_owned()),
            TokenState::Unusable { why } => Some(why),
        }
    }

    fn check_key(&self, key: &KeyId, expected: &PublicKey) -> Result<(), HsmError> {
        self.pool.check_ca_key(key, expected, &self.transcribed)
    }

    fn destroy_key(&self, key: &KeyId, expected: &PublicKey) -> Result<(), HsmError> {
        self.pool.destroy(key, expected)
    }
}

/// No token: for acts that need the signer's journal and its officers, and none of its keys.
pub struct NoToken;

impl Signer for NoToken {
    fn sign(&self, _: &KeyId, _: SignatureAlgorithm, _: &[u8]) -> Result<Vec<u8>, SignError> {
        Err(SignError::Unavailable { detail: NO_TOKEN.to_owned() })
    }

    fn public_key(&self, _: &KeyId) -> Result<PublicKey, SignError> {
        Err(SignError::Unavailable { detail: NO_TOKEN.to_owned() })
    }
}

impl CaToken for NoToken {
    fn problem(&self) -> Option<String> {
        Some(NO_TOKEN.to_owned())
    }

    fn check_key(&self, _: &KeyId, _: &PublicKey) -> Result<(), HsmError> {
        Err(HsmError::Unavailable { why: NO_TOKEN.to_owned() })
    }

    fn destroy_key(&self, _: &KeyId, _: &PublicKey) -> Result<(), HsmError> {
        Err(HsmError::Unavailable { why: NO_TOKEN.to_owned() })
    }
}

const NO_TOKEN: &str = "this process uses no token";

/// Whether this failure certainly left no signature behind.
pub(super) const fn nothing_signed(error: &SignError) -> bool {
    matches!(error, SignError::Busy | SignError::NoSuchKey { .. } | SignError::Refused { .. })
}
