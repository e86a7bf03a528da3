//! The provider's decisions, with good messages and hostile ones.

#![expect(clippy::unwrap_used, reason = "in a test an unwrap is an assertion")]

mod assertions;
mod claims;
mod exchange;
mod hostile;
mod proofs;
mod requests;
mod saml;
mod world;
