//! A client with one kept connection.

use anyhow::{Context, Result, ensure};
use bytes::Bytes;
use reqwest::{Certificate, Client, Identity};
use serde_json::Value;
use std::path::Path;
use std::time::Duration;

/// Somebody who calls a server over TLS.
#[derive(Clone)]
pub(crate) struct Caller {
    client: Client,
    base: String,
    token: Option<String>,
}

/// A request whose bytes are ready.
#[derive(Clone)]
pub(crate) struct Prepared {
    /// Path of a POST.
    pub(crate) path: String,
    /// JSON.
    pub(crate) body: Bytes,
}

impl Caller {
    /// Someone whom the server knows by a client certificate: `person` is an entry of `quickstart.json`.
    pub(crate) fn with_certificate(base: &str, root: &Path, person: &Value) -> Result<Self> {
        let mut pem = Vec::new();
        for file in ["certificate", "key"] {
            pem.extend(std::fs::read(person[file].as_str().context("a file of the person")?)?);
        }
        let builder = builder(root)?.identity(Identity::from_pem(&pem)?);
        Ok(Self { client: builder.build()?, base: base.to_owned(), token: None })
    }

    /// Someone whom the server knows by a token, or not at all.
    pub(crate) fn with_token(base: &str, root: &Path, token: Option<String>) -> Result<Self> {
        Ok(Self { client: builder(root)?.build()?, base: base.to_owned(), token })
    }

    /// Sends a prepared request and gives the body of the answer, which must be a success.
    pub(crate) async fn send(&self, request: &Prepared) -> Result<Bytes> {
        let mut post = self.client.post(format!("{}{}", self.base, request.path));
        if let Some(token) = &self.token {
            post = post.header("X-Vault-Token", token);
        }
        let answer = post.header("content-type", "application/json").body(request.body.clone()).send().await?;
        let (status, body) = (answer.status(), answer.bytes().await?);
        ensure!(status.is_success(), "POST {}: {status}: {}", request.path, String::from_utf8_lossy(&body));
        Ok(body)
    }

    /// `POST` with a JSON body; an answer without a body is null.
    pub(crate) async fn post(&self, path: &str, body: &Value) -> Result<Value> {
        let request = Prepared { path: path.to_owned(), body: serde_json::to_vec(body)?.into() };
        let answer = self.send(&request).await?;
        if answer.is_empty() { Ok(Value::Null) } else { Ok(serde_json::from_slice(&answer)?) }
    }

    /// `GET`.
    pub(crate) async fn get(&self, path: &str) -> Result<Value> {
        let answer = self.client.get(format!("{}{path}", self.base)).send().await?;
        let (status, body) = (answer.status(), answer.bytes().await?);
        ensure!(status.is_success(), "GET {path}: {status}: {}", String::from_utf8_lossy(&body));
        Ok(serde_json::from_slice(&body)?)
    }
}

fn builder(root: &Path) -> Result<reqwest::ClientBuilder> {
    let root = std::fs::read(root).with_context(|| format!("cannot read {}", root.display()))?;
    let roots = [Certificate::from_pem(&root)?];
    Ok(Client::builder().tls_certs_only(roots).no_proxy().http1_only().pool_max_idle_per_host(1).timeout(DEADLINE))
}

/// Longest wait for an answer; a later one voids the run.
const DEADLINE: Duration = Duration::from_secs(30);
