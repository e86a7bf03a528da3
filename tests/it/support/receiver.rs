//! An agency's system that takes notices over TLS.

use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use std::collections::VecDeque;
use std::path::Path;
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

/// What was posted: the head and the body.
pub type Posted = (String, String);

/// Takes whatever is posted, and answers as it was told.
pub struct Receiver {
    /// Where it listens.
    pub port: u16,
    posted: Arc<Mutex<Vec<Posted>>>,
}

impl Receiver {
    /// Begins to listen; its certificate goes to `root`. `answers` are given one after the other, then 204 for ever.
    pub async fn start(root: &Path, answers: &[&'static str]) -> Self {
        let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        std::fs::write(root, made.cert.pem()).unwrap();
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(made.signing_key.serialize_der()));
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let tls = rustls::ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![made.cert.der().clone()], key)
            .unwrap();
        let listener = TcpListener::bind("localhost:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let posted = Arc::<Mutex<Vec<Posted>>>::default();
        let answers = Arc::new(Mutex::new(VecDeque::from(answers.to_vec())));
        let (acceptor, kept) = (TlsAcceptor::from(Arc::new(tls)), Arc::clone(&posted));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                if let Some(taken) = take(&acceptor, stream, &answers).await {
                    kept.lock().unwrap().push(taken);
                }
            }
        });
        Self { port, posted }
    }

    /// Everything so far.
    pub fn posted(&self) -> Vec<Posted> {
        self.posted.lock().unwrap().clone()
    }
}

/// One request; none if the other side went away.
async fn take(
    acceptor: &TlsAcceptor,
    stream: tokio::net::TcpStream,
    answers: &Mutex<VecDeque<&'static str>>,
) -> Option<Posted> {
    let mut stream = acceptor.accept(stream).await.ok()?;
    let mut octets = Vec::new();
    loop {
        let text = String::from_utf8_lossy(&octets).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length =
                head.lines().find_map(|line| line.to_ascii_lowercase().strip_prefix("content-length: ")?.parse().ok());
            if length.is_none_or(|length: usize| body.len() >= length) {
                let answer = answers.lock().unwrap().pop_front().unwrap_or("204 No Content");
                let answer = format!("HTTP/1.1 {answer}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
                stream.write_all(answer.as_bytes()).await.ok()?;
                let _ = stream.shutdown().await; // the other side may be gone already
                return Some((head.to_owned(), body.to_owned()));
            }
        }
        if stream.read_buf(&mut octets).await.ok()? == 0 {
            return None;
        }
    }
}
