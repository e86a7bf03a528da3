//! Compact JSON web signatures (RFC 7515) with keys on tokens.

mod algorithm;
mod compact;

pub use self::algorithm::JoseAlgorithm;
pub use self::compact::{JoseError, Jws, MAX_JWS_OCTETS, read_compact, sign_compact};
