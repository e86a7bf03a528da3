//! Signatures: time stamps of ours, and validation of what others signed. Pure: bytes, keys, trust and time come as arguments.

pub mod stamp;
pub mod validate;
