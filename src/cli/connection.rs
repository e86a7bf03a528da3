//! How a command reaches the officers' listener of a running service.

use super::demo::api::Api;
use std::path::PathBuf;

/// How to reach the officers' listener, and as whom. A certificate whose key is on a card serves in a browser or with
/// curl; here key and certificate are files.
#[derive(Debug, clap::Args)]
pub(crate) struct Connection {
    /// Address of the officers' listener
    #[arg(long)]
    url: String,
    /// Root that the listener's certificate chains to, PEM
    #[arg(long)]
    root: PathBuf,
    /// Authentication certificate, PEM
    #[arg(long)]
    cert: PathBuf,
    /// Its key, PEM
    #[arg(long)]
    key: PathBuf,
}

impl Connection {
    /// Opens it.
    ///
    /// # Errors
    /// If certificate, key or root cannot be read.
    pub(crate) fn open(&self) -> anyhow::Result<Api> {
        Api::open(self.url.trim_end_matches('/'), &self.root, (&self.cert, &self.key))
    }
}

/// Waits for what is asked.
///
/// # Errors
/// Those of `work`, and if the process may not have a runtime.
pub(crate) fn wait<T>(work: impl Future<Output = anyhow::Result<T>>) -> anyhow::Result<T> {
    tokio::runtime::Runtime::new()?.block_on(work)
}
