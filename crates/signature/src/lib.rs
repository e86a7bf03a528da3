//! Validation of what others signed. Pure: bytes, trust and time come as arguments.

pub mod validate;
