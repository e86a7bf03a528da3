//! Public keys, the algorithms that fit them, and the port to private keys.

mod algorithm;
mod public;
mod rsa;
mod signer;

pub use algorithm::{KeyKind, SignatureAlgorithm};
pub use public::{BadSignature, KeyError, PublicKey};
pub(crate) use public::{EC_P256, EC_P384, ED25519, RSA};
pub use signer::{KeyId, SignError, Signer};
