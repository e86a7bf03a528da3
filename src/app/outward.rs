//! The way out to other people's systems: no redirects, no proxy, the named roots alone, and no inside of a network
//! that was not meant.

use crate::config::notices::is_public;
use crate::server_identity::provider;
use reqwest::Client;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use rustls::{ClientConfig, RootCertStore};
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

/// Where a client may go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// Only where the whole network goes, whatever a name resolves to.
    Public,
    /// Wherever the name leads: the configuration says that it is meant.
    Anywhere,
}

/// A client that trusts `roots`, PEM files, and follows nothing.
///
/// # Errors
/// If a file cannot be read or holds no certificate.
pub async fn client(roots: &[&Path], reach: Reach) -> anyhow::Result<Client> {
    let mut store = RootCertStore::empty();
    for path in roots {
        let pem = tokio::fs::read(path).await?;
        for root in CertificateDer::pem_slice_iter(&pem) {
            store.add(root?)?;
        }
    }
    let tls = ClientConfig::builder_with_provider(provider()).with_safe_default_protocol_versions()?;
    let tls = tls.with_root_certificates(store).with_no_client_auth();
    let builder = Client::builder().tls_backend_preconfigured(tls).no_proxy().timeout(DEADLINE);
    let builder = builder.redirect(reqwest::redirect::Policy::none());
    let builder = match reach {
        Reach::Public => builder.dns_resolver(Arc::new(PublicOnly)),
        Reach::Anywhere => builder,
    };
    Ok(builder.build()?)
}

/// Resolves a name to addresses of the open network, and to nothing if it has none.
struct PublicOnly;

impl Resolve for PublicOnly {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let public: Vec<SocketAddr> = found.filter(|address| is_public(address.ip())).collect();
            if public.is_empty() {
                return Err(Box::from("the name leads to no public address"));
            }
            Ok(Box::new(public.into_iter()) as Addrs)
        })
    }
}

/// Longest that another system may take.
const DEADLINE: Duration = Duration::from_secs(3);
