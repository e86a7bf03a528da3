//! The demo's tokens.

use super::layout::Layout;
use hsm::Module;
use std::path::PathBuf;

pub(crate) use crate::ceremony::tokens::{create, open, open_card, service};

/// A card without keys, for card clients to play with.
pub(crate) const SPARE: &str = "sigill-spare";
/// What every token of a demo is called by; production mode refuses such labels.
pub(crate) const PREFIX: &str = "sigill-";

/// The module's shared library and the file that its configuration is in.
///
/// # Errors
/// If the module is not installed.
pub(crate) fn locate(module: &Module, layout: &Layout) -> anyhow::Result<(PathBuf, PathBuf)> {
    Ok((module.locate()?, layout.softhsm()))
}
