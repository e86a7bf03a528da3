//! The person register's adapters: a file for demos, and an HTTPS service.

mod file;
mod http;

use crate::config::register::{RegisterAddress, RegisterConfig};
use domain::register::PersonRegister;
use std::path::PathBuf;
use std::sync::Arc;

/// Why a register cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum NoRegister {
    /// A file that the configuration names.
    #[error("cannot read {}", .path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// Certificates, a key or a token that cannot be used.
    #[error("{} cannot be used", .path.display())]
    Unusable {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The HTTP client.
    #[error("the client of the register")]
    Client(#[from] reqwest::Error),
}

/// The register of a configuration; asks it nothing yet.
///
/// # Errors
/// [`NoRegister`], which names the file.
pub fn open(config: &RegisterConfig) -> Result<Arc<dyn PersonRegister>, NoRegister> {
    Ok(match &config.at {
        RegisterAddress::File(path) => Arc::new(file::FileRegister::new(&config.name, path)),
        RegisterAddress::Http(service) => Arc::new(http::HttpRegister::new(&config.name, service)?),
    })
}

fn read(path: &std::path::Path) -> Result<Vec<u8>, NoRegister> {
    std::fs::read(path).map_err(|source| NoRegister::File { path: path.to_owned(), source })
}
