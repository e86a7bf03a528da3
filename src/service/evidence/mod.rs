//! The evidence of one card as one signed package, for somebody who has only the root's certificate.
//!
//! [`collect`] gathers what is on file; [`package`] is the form: a tar with a manifest of digests under the service's seal;
//! [`verify`] judges a package offline.

pub mod collect;
pub mod package;
pub mod verify;

pub use collect::{of_any_agency, of_card};
