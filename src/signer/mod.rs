//! The CA signer process.
