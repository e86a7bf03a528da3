//! The crate from outside: whole chains, judged by OpenSSL, webpki and approved texts.

#![expect(clippy::unwrap_used, reason = "a test may end in a panic; clippy's exemption misses its helper functions")]

mod claims;
mod classics;
mod contents;
mod csr;
mod encoding;
mod hostile;
mod issuing;
mod jose;
mod judges;
mod keys;
mod lints;
mod ocsp;
mod oids;
mod orders;
mod pkilint;
mod profiles;
mod reading;
mod reading_extensions;
mod render;
mod revocation;

mod world;
