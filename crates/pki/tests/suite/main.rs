//! The crate from outside: whole chains, judged by OpenSSL, webpki and approved texts.

mod csr;
mod encoding;
mod hostile;
mod issuing;
mod jose;
mod judges;
mod keys;
mod ocsp;
mod profiles;
mod render;
mod revocation;
mod samples;
mod speed;
mod world;
