//! HTTPS as one person, or as nobody.

use crate::cli::quickstart::manifest::PersonEntry;
use anyhow::{Context, bail};
use reqwest::{Client, Method, Response, StatusCode};
use rustls::{ClientConfig, RootCertStore};
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use serde::Deserialize;
use serde_json::Value;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

/// The officers' listener, called with a person's software certificate.
pub(crate) struct Api {
    client: Client,
    base: String,
}

/// A refusal, as the service words it (RFC 9457).
#[derive(Debug, Deserialize)]
pub(crate) struct Refusal {
    /// HTTP status.
    pub(crate) status: u16,
    /// The service's own word for it.
    pub(crate) code: String,
    /// For people.
    #[serde(default)]
    pub(crate) detail: String,
}

impl Api {
    /// Calls `base` as `person`, trusting `root` alone.
    ///
    /// # Errors
    /// If the person's key or certificate, or the root, cannot be read.
    pub(crate) fn new(base: &str, root: &Path, person: &PersonEntry) -> anyhow::Result<Self> {
        Self::open(base, root, (&person.certificate, &person.key))
    }

    /// Calls `base` with this certificate and its key, trusting `root` alone.
    ///
    /// # Errors
    /// If key, certificate or root cannot be read.
    pub(crate) fn open(base: &str, root: &Path, (certificate, key): (&Path, &Path)) -> anyhow::Result<Self> {
        let chain = CertificateDer::pem_file_iter(certificate)?.collect::<Result<Vec<_>, _>>()?;
        let key = PrivateKeyDer::from_pem_file(key)?;
        let config = builder()?.with_root_certificates(roots(root)?).with_client_auth_cert(chain, key)?;
        let client = Client::builder().tls_backend_preconfigured(config).timeout(DEADLINE).build()?;
        Ok(Self { client, base: base.to_owned() })
    }

    /// Reads.
    ///
    /// # Errors
    /// If the service refuses or does not answer.
    pub(crate) async fn get(&self, path: &str) -> anyhow::Result<Value> {
        granted(self.send(Method::GET, path, None).await?).await
    }

    /// Does something.
    ///
    /// # Errors
    /// If the service refuses or does not answer.
    pub(crate) async fn post(&self, path: &str, body: &Value) -> anyhow::Result<Value> {
        granted(self.send(Method::POST, path, Some(body)).await?).await
    }

    /// Tries something that must be refused.
    ///
    /// # Errors
    /// If the service grants it or does not answer.
    pub(crate) async fn refused(&self, path: &str, body: &Value) -> anyhow::Result<Refusal> {
        let response = self.send(Method::POST, path, Some(body)).await?;
        if response.status().is_success() {
            bail!("POST {path} was granted and should have been refused");
        }
        response.json().await.context("a refusal is application/problem+json")
    }

    async fn send(&self, method: Method, path: &str, body: Option<&Value>) -> anyhow::Result<Response> {
        let url = format!("{}{path}", self.base);
        let request = self.client.request(method, &url);
        let request = match body {
            Some(body) => request.json(body),
            None => request,
        };
        request.send().await.with_context(|| url)
    }
}

/// A plain HTTP client, for what is public.
///
/// # Errors
/// If it cannot be made.
pub(crate) fn public() -> anyhow::Result<Client> {
    let config = builder()?.with_root_certificates(RootCertStore::empty()).with_no_client_auth();
    Ok(Client::builder().tls_backend_preconfigured(config).timeout(DEADLINE).build()?)
}

/// A client of what is public over TLS, trusting `root` alone.
///
/// # Errors
/// If the root cannot be read.
pub(crate) fn trusting(root: &Path) -> anyhow::Result<Client> {
    let config = builder()?.with_root_certificates(roots(root)?).with_no_client_auth();
    let builder = Client::builder().tls_backend_preconfigured(config).timeout(DEADLINE).no_proxy();
    Ok(builder.redirect(reqwest::redirect::Policy::none()).build()?)
}

async fn granted(response: Response) -> anyhow::Result<Value> {
    let (status, url) = (response.status(), response.url().clone());
    let text = response.text().await?;
    if !status.is_success() {
        bail!("{url}: {}", explain(status, &text));
    }
    serde_json::from_str(&text).with_context(|| format!("{url} did not answer with JSON"))
}

fn explain(status: StatusCode, text: &str) -> String {
    serde_json::from_str::<Refusal>(text)
        .map_or_else(|_| status.to_string(), |refusal| format!("{status}: {} ({})", refusal.detail, refusal.code))
}

fn builder() -> anyhow::Result<rustls::ConfigBuilder<ClientConfig, rustls::WantsVerifier>> {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    Ok(ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions()?)
}

fn roots(path: &Path) -> anyhow::Result<RootCertStore> {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(path)?)?;
    Ok(roots)
}

/// How long one answer may take.
const DEADLINE: Duration = Duration::from_secs(20);
