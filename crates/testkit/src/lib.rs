//! Fixed clock, seeded randomness, throw-away tokens, people who do not exist, and golden text for tests.

mod folder;
mod golden;
mod people;
mod soft_pki;
mod soft_signer;
pub mod token;

pub use folder::{TestFolder, copy_folder};
pub use golden::{golden, golden_files};
pub use people::identity_number;
pub use soft_pki::SoftPki;
pub use soft_signer::SoftSigner;
