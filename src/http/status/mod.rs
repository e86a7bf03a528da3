//! Public status over plain HTTP: OCSP, CRLs, issuer certificates, health.
//!
//! Plain on purpose: a client that checks the status of a TLS certificate cannot use TLS for it, and everything served
//! is signed. No session, no cookie, no redirect, no write. [`site`] chooses the page, `ocsp` answers from the
//! board, [`behind`] is asked only for what the board cannot answer.

pub mod behind;
pub mod get_path;
mod headers;
mod health;
mod ocsp;
pub mod site;
mod tally;
#[cfg(test)]
mod tests;

pub use get_path::decode_get_path;
pub use site::Site;

use super::plain;
use crate::app::App;
use std::sync::Arc;
use tokio::net::TcpListener;
use tokio::sync::watch;

/// Serves the public pages of `app` until `shutdown` becomes true or its sender is gone.
///
/// Load the board before: until then every certificate is unknown.
pub async fn serve(app: App, listener: TcpListener, shutdown: watch::Receiver<bool>) {
    let config = (app.config.status.clone(), app.config.ocsp.clone(), app.config.crl.clone());
    let behind = Box::new(behind::Service(Arc::clone(&app)));
    let site = Site::new(Arc::clone(&app.board), behind, Arc::clone(&app.clock), config);
    serve_site(Arc::new(site), listener, shutdown).await;
}

/// Serves `site` until `shutdown` becomes true or its sender is gone.
pub async fn serve_site(site: Arc<Site>, listener: TcpListener, shutdown: watch::Receiver<bool>) {
    let limits = site.status.clone();
    plain::serve(site, limits, listener, shutdown).await;
}
