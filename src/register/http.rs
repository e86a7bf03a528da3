//! A register behind HTTPS. It knows who asks by a certificate or a token; what it answers is read with a limit.

use super::{NoRegister, read};
use crate::config::register::{ClientFiles, HttpRegister as Service};
use async_trait::async_trait;
use domain::register::{Entry, MAX_ANSWER, PersonRegister, RegisterError};
use pki::identifier::PersonalNumber;
use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderValue};
use reqwest::{Client, Response};
use rustls::{ClientConfig, RootCertStore};
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use serde_json::json;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

/// An HTTPS service.
pub(super) struct HttpRegister {
    name: String,
    url: String,
    client: Client,
}

impl HttpRegister {
    pub(super) fn new(name: &str, service: &Service) -> Result<Self, NoRegister> {
        let mut headers = HeaderMap::new();
        if let Some(path) = &service.bearer {
            headers.insert(AUTHORIZATION, bearer(path)?);
        }
        let client = Client::builder()
            .tls_backend_preconfigured(tls(service)?)
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .default_headers(headers)
            .timeout(Duration::from_millis(service.deadline_ms))
            .build()?;
        Ok(Self { name: name.to_owned(), url: service.url.clone(), client })
    }

    async fn ask(&self, number: &PersonalNumber) -> Result<Response, reqwest::Error> {
        let asked = self.client.post(&self.url).json(&json!({ "identity_number": number })).send().await;
        // Not even our own log is told the address with what was asked.
        asked.and_then(Response::error_for_status).map_err(reqwest::Error::without_url)
    }
}

#[async_trait]
impl PersonRegister for HttpRegister {
    async fn look_up(&self, number: &PersonalNumber) -> Result<Option<Entry>, RegisterError> {
        let away = |error: reqwest::Error| RegisterError::Away(Box::new(error));
        let mut response = self.ask(number).await.map_err(away)?;
        let mut octets = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|error| away(error.without_url()))? {
            if octets.len() + chunk.len() > MAX_ANSWER {
                return Err(RegisterError::Malformed("too long"));
            }
            octets.extend_from_slice(&chunk);
        }
        Entry::from_answer(&octets)
    }

    fn source(&self) -> &str {
        &self.name
    }
}

fn bearer(path: &Path) -> Result<HeaderValue, NoRegister> {
    let unusable =
        |source: Box<dyn std::error::Error + Send + Sync>| NoRegister::Unusable { path: path.to_owned(), source };
    let token = String::from_utf8(read(path)?).map_err(|_| unusable("not text".into()))?;
    let mut value =
        HeaderValue::from_str(&format!("Bearer {}", token.trim())).map_err(|error| unusable(error.into()))?;
    value.set_sensitive(true);
    Ok(value)
}

/// Trusts the named roots alone.
fn tls(service: &Service) -> Result<ClientConfig, NoRegister> {
    let unusable = |path: &Path| {
        let path = path.to_owned();
        move |source: Box<dyn std::error::Error + Send + Sync>| NoRegister::Unusable { path, source }
    };
    let mut roots = RootCertStore::empty();
    for root in certificates(&service.root)? {
        roots.add(root).map_err(|error| unusable(&service.root)(error.into()))?;
    }
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let tls = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| unusable(&service.root)(error.into()))?
        .with_root_certificates(roots);
    let Some(ClientFiles { certificate, key }) = &service.client else { return Ok(tls.with_no_client_auth()) };
    let private = PrivateKeyDer::from_pem_slice(&read(key)?).map_err(|error| unusable(key)(error.into()))?;
    tls.with_client_auth_cert(certificates(certificate)?, private).map_err(|error| unusable(certificate)(error.into()))
}

fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, NoRegister> {
    let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&read(path)?).collect();
    let unusable = |source| NoRegister::Unusable { path: path.to_owned(), source };
    let found = found.map_err(|error| unusable(error.into()))?;
    if found.is_empty() { Err(unusable("no certificate in it".into())) } else { Ok(found) }
}
