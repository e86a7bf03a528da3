//! An outside client of the officers' listener.

use super::Installation;
use reqwest::header::HeaderMap;
use reqwest::{Certificate, Client, Identity, Method};
use serde_json::Value;

/// Somebody with a browser: a software key and certificate, or none.
#[derive(Clone)]
pub struct Caller {
    client: Client,
    base: String,
}

/// What came back.
#[derive(Debug, Clone)]
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// Content type.
    pub content_type: String,
    /// JSON body, or null.
    pub body: Value,
    /// All headers.
    pub headers: HeaderMap,
}

impl Caller {
    /// The person, as the manifest has them.
    pub fn person(installation: &Installation, person: &Value) -> Self {
        let mut pem = std::fs::read(person["certificate"].as_str().unwrap()).unwrap();
        pem.extend(std::fs::read(person["key"].as_str().unwrap()).unwrap());
        Self::new(installation, Some(Identity::from_pem(&pem).unwrap()))
    }

    /// A system, with its certificate and key.
    pub fn system(installation: &Installation, certificate: &str, key: &str) -> Self {
        Self::new(installation, Some(Identity::from_pem(format!("{certificate}{key}").as_bytes()).unwrap()))
    }

    /// Nobody.
    pub fn nobody(installation: &Installation) -> Self {
        Self::new(installation, None)
    }

    fn new(installation: &Installation, identity: Option<Identity>) -> Self {
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default(); // by another test already
        let root = std::fs::read(installation.manifest()["tls_ca"].as_str().unwrap()).unwrap();
        let mut builder =
            Client::builder().tls_certs_only([Certificate::from_pem(&root).unwrap()]).no_proxy().timeout(PATIENCE);
        if let Some(identity) = identity {
            builder = builder.identity(identity);
        }
        Self { client: builder.build().unwrap(), base: installation.url("officer_url") }
    }

    /// The same somebody at another address.
    pub fn at(mut self, base: &str) -> Self {
        base.clone_into(&mut self.base);
        self
    }

    /// `GET`.
    pub async fn get(&self, path: &str) -> Answer {
        self.try_call(Method::GET, path, None).await.unwrap()
    }

    /// `GET` of something that is no JSON: its octets.
    pub async fn download(&self, path: &str) -> Vec<u8> {
        let response = self.client.get(format!("{}{path}", self.base)).send().await.unwrap();
        response.bytes().await.unwrap().to_vec()
    }

    /// `POST` with a JSON body.
    pub async fn post(&self, path: &str, body: Value) -> Answer {
        self.try_call(Method::POST, path, Some(body)).await.unwrap()
    }

    /// `POST` with a JSON body and more headers.
    pub async fn post_with(&self, headers: &[(&str, &str)], path: &str, body: Value) -> Answer {
        self.try_call_with(Method::POST, path, Some(body), headers).await.unwrap()
    }

    /// Any method; an error is a broken connection.
    pub async fn try_call(&self, method: Method, path: &str, body: Option<Value>) -> Result<Answer, reqwest::Error> {
        self.try_call_with(method, path, body, &[]).await
    }

    /// The same with more headers.
    pub async fn try_call_with(
        &self,
        method: Method,
        path: &str,
        body: Option<Value>,
        headers: &[(&str, &str)],
    ) -> Result<Answer, reqwest::Error> {
        let mut request = self.client.request(method, format!("{}{path}", self.base));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if let Some(body) = body {
            request = request.json(&body);
        }
        let response = request.send().await?;
        let status = response.status().as_u16();
        let headers = response.headers().clone();
        let content_type = headers.get("content-type").and_then(|v| v.to_str().ok()).unwrap_or("").to_owned();
        let text = response.text().await?;
        Ok(Answer { status, content_type, body: serde_json::from_str(&text).unwrap_or(Value::Null), headers })
    }
}

impl Answer {
    /// The body of an answer that must be a success.
    #[track_caller]
    pub fn ok(self) -> Value {
        assert!((200..300).contains(&self.status), "HTTP {}: {}", self.status, self.body);
        self.body
    }

    /// A header; empty if there is none.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// The code of an answer that must be a problem.
    #[track_caller]
    pub fn problem(&self) -> (u16, String) {
        assert_eq!(self.content_type, "application/problem+json", "{self:?}");
        (self.status, self.body["code"].as_str().unwrap().to_owned())
    }
}

/// Longer than any answer may take, deadlines of signer and token included.
const PATIENCE: std::time::Duration = std::time::Duration::from_secs(30);
