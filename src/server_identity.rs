//! The TLS certificate in use.

use rustls::crypto::CryptoProvider;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use std::sync::{Arc, RwLock};

/// The server certificate and key; replaced when renewed, without a restart.
#[derive(Debug, Default)]
pub struct ServerIdentity {
    /// Written by the renewal, read by every handshake; never held across anything that waits.
    current: RwLock<Option<Arc<CertifiedKey>>>,
}

impl ServerIdentity {
    /// Uses this chain (leaf first) and key from the next handshake on.
    ///
    /// # Errors
    /// If the key is of a kind that TLS cannot use, or is not the leaf's.
    pub fn replace(
        &self,
        chain: Vec<CertificateDer<'static>>,
        key: PrivateKeyDer<'static>,
    ) -> Result<(), rustls::Error> {
        let certified = CertifiedKey::from_der(chain, key, &provider())?;
        *self.current.write().expect("no one panics while holding this lock") = Some(Arc::new(certified));
        Ok(())
    }

    /// The leaf certificate in use.
    pub fn leaf(&self) -> Option<Vec<u8>> {
        let current = self.current.read().expect("no one panics while holding this lock");
        current.as_ref().and_then(|certified| certified.cert.first().map(|leaf| leaf.to_vec()))
    }
}

impl ResolvesServerCert for ServerIdentity {
    fn resolve(&self, _hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        self.current.read().expect("no one panics while holding this lock").clone()
    }
}

/// The one crypto provider of the service.
pub fn provider() -> Arc<CryptoProvider> {
    Arc::new(rustls::crypto::aws_lc_rs::default_provider())
}
