//! Public status over plain HTTP: OCSP, CRLs, issuer certificates, health.
//!
//! Plain on purpose: a client that checks the status of a TLS certificate cannot use TLS for it, and everything served
//! is signed. No session, no cookie, no redirect, no write. [`site`] chooses the page, `ocsp` answers from the
//! board, [`behind`] is asked only for what the board cannot answer, [`listener`] holds the clients to their limits.

pub mod behind;
pub mod get_path;
mod headers;
mod health;
pub mod listener;
mod ocsp;
pub mod site;
mod tally;
#[cfg(test)]
mod tests;

pub use get_path::decode_get_path;
pub use listener::{serve, serve_site};
pub use site::Site;
