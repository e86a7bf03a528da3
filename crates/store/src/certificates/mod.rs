//! Certificates: [`mod@write`] reserves serials and adds what was signed, [`mod@read`] gives records.
//!
//! `certificate` holds the intents and never changes; `issued` holds what was signed;
//! `certificate_status` has a small row for each that says how far it came.

pub(crate) mod read;
pub(crate) mod write;
