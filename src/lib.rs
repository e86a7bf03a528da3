//! Sigill: e-identity and certificate service for the public sector.
//!
//! `http`, `jobs` and `cli` call [`service`], one verb a file, which decides with `domain` and
//! `pki` and acts through the ports that [`app`] binds. [`signer`] is another process.

pub mod app;
pub mod board;
pub mod ceremony;
pub mod cli;
pub mod clock;
pub mod config;
pub mod crash;
pub mod custody;
pub mod http;
pub mod jobs;
mod lock;
pub mod pace;
pub mod policies;
pub mod register;
pub mod server_identity;
pub mod service;
pub mod shutdown;
pub mod signer;
pub mod telemetry;
pub mod timekeeping;
