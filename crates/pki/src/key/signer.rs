//! The port to private keys: whoever signs holds a [`KeyId`], never a key.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{PublicKey, SignatureAlgorithm};
use crate::Kind;

/// Label of a private key on its token. Cheap to clone.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct KeyId(Arc<str>);

impl KeyId {
    /// The key with this label.
    pub fn new(label: impl Into<Arc<str>>) -> Self {
        Self(label.into())
    }

    /// The label.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Private keys, wherever they are.
///
/// Calls block until the token answers or the implementation's deadline
/// passes: call from a worker thread. An implementation gives away no signature
/// that it has not verified, and never retries where the token may have signed.
pub trait Signer: Send + Sync {
    /// Signs `message` (not a digest of it).
    ///
    /// The signature has the form of X.509: an ECDSA signature is a DER
    /// SEQUENCE of two INTEGERs (RFC 5480 appendix A), others are bare octets.
    ///
    /// # Errors
    /// [`SignError`]; only [`Busy`](SignError::Busy) promises that nothing was signed.
    fn sign(&self, key: &KeyId, algorithm: SignatureAlgorithm, message: &[u8]) -> Result<Vec<u8>, SignError>;

    /// The public half of a key.
    ///
    /// # Errors
    /// [`SignError`] as for [`sign`](Self::sign).
    fn public_key(&self, key: &KeyId) -> Result<PublicKey, SignError>;
}

/// Why there is no signature.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SignError {
    /// The token holds no key with this label.
    #[error("there is no key {key}")]
    NoSuchKey {
        /// The label that was asked for.
        key: KeyId,
    },
    /// The token is away; its return value and function are in `detail`.
    #[error("the token is unavailable: {detail}")]
    Unavailable {
        /// What the token or its driver said.
        detail: String,
    },
    /// The queue before the token is full; nothing was signed.
    #[error("too many signatures are waiting")]
    Busy,
    /// The deadline passed; the signature may or may not exist.
    #[error("the token did not answer in time")]
    Timeout,
    /// The key may not sign this.
    #[error("refused: {detail}")]
    Refused {
        /// Which rule refused it.
        detail: String,
    },
    /// The token gave a signature that does not verify.
    #[error("the token is faulty: {detail}")]
    Faulty {
        /// What was wrong.
        detail: String,
    },
}

impl SignError {
    /// Coarse class for the edge and for metrics.
    pub const fn kind(&self) -> Kind {
        match self {
            Self::NoSuchKey { .. } => Kind::NotFound,
            Self::Unavailable { .. } | Self::Busy | Self::Timeout => Kind::Busy,
            Self::Refused { .. } => Kind::Refused,
            Self::Faulty { .. } => Kind::Internal,
        }
    }
}
