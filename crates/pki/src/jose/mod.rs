//! Compact JSON web signatures (RFC 7515) with keys on tokens, and public keys as JWK (RFC 7517).

mod algorithm;
mod compact;
mod jwk;

pub use self::algorithm::JoseAlgorithm;
pub use self::compact::{Draft, JoseError, Jws, MAX_JWS_OCTETS, read_compact, sign_compact};
pub use self::jwk::{JwkError, read_jwk, thumbprint, write_jwk};
