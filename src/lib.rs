//! Sigill: e-identity and certificate service for the public sector.
//!
//! `http`, `jobs` and `cli` call [`service`], one verb a file, which decides with `domain` and
//! `pki` and acts through the ports that [`app`] binds. [`signer`] is another process.

pub mod clock;
pub mod signer;
