//! The key ceremony: everything that must exist before the first officer can act, made under dual control.
//!
//! The tour: [`script`] is the one reviewed file; [`participant`] are the people it names, whose confirmations are
//! signatures; `step` says who confirms what; [`desk`] asks them, in person or by an answers file; [`run`] makes
//! tokens, keys and certificates, each step once, however often it was interrupted; [`transcript`] is the proof, and
//! [`transcript::verify`] judges it offline; `approvers` are the officers who approve what a later ceremony certifies;
//! `exchange` carries requests and results to the root's host and back; [`register`] writes the outcome into the service's
//! database, `service_file` a configuration that fits it.
//!
//! The root's host needs no database and no network. Nobody could approve what a first ceremony makes, so the signed
//! confirmations in the sealed transcript are the approvals, and the signer's door closes behind the ceremony.

pub(crate) mod approvers;
pub mod desk;
pub mod error;
pub(crate) mod exchange;
pub(crate) mod files;
mod founding;
pub(crate) mod layout;
mod origin;
pub mod participant;
pub mod register;
pub mod run;
pub mod script;
pub(crate) mod service_file;
pub(crate) mod signer_files;
pub(crate) mod software;
pub mod step;
pub(crate) mod tokens;
pub mod transcript;

pub use error::Error;
