//! `[listen]` and `[tls]`: addresses and names.

use serde::{Deserialize, Serialize};
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;

/// One address for each audience.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ListenConfig {
    /// Plain HTTP: OCSP, CRL, issuer certificates, health.
    pub status: SocketAddr,
    /// HTTPS for relying services.
    pub api: SocketAddr,
    /// HTTPS with client certificates: officers and holders.
    pub officers: SocketAddr,
}

/// The service's own TLS certificates: software keys, at most 7 days, renewed by the service.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TlsConfig {
    /// DNS names in the certificate.
    pub names: Vec<String>,
    /// IP addresses in the certificate.
    #[serde(default)]
    pub addresses: Vec<IpAddr>,
    /// Where key and certificate are kept between starts; mode 0700.
    pub directory: PathBuf,
    /// The root that clients trust, PEM.
    pub root: PathBuf,
}
