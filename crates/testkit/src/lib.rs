//! Fixed clock, seeded randomness, throw-away tokens and golden text for tests.

mod golden;
mod soft_signer;
pub mod token;

pub use golden::{golden, golden_files};
pub use soft_signer::SoftSigner;
