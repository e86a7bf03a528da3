//! The public pages as a client sees them. Names follow the mistakes that OCSP responders are known for.

use super::behind::{Behind, Condition, LiveError, Parts};
use super::{Site, serve_site};
use crate::board::Board;
use crate::clock::{Clock, System};
use crate::config::status::{CrlConfig, OcspConfig, StatusConfig, UnknownSerial};
use async_trait::async_trait;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use domain::certificate::CertificateRef;
use domain::changes::{PublishedCrl, PublishedOcsp};
use openssl::hash::MessageDigest;
use openssl::ocsp::{OcspCertId, OcspRequest};
use openssl::x509::X509;
use pki::ocsp::{
    CertId, IssuerHashes, MALFORMED_REQUEST, Single, Status, TRY_LATER, UNAUTHORIZED, lint_ocsp, parse_response,
    prepare_ocsp,
};
use pki::serial::SerialNumber;
use pki::time::UtcTime;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use testkit::SoftPki;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

const LIVE: &[u8] = b"signed live";

/// Stands behind the board: writes down what it is asked, and answers so.
#[derive(Default)]
struct Fake {
    asked: Arc<Mutex<Vec<Vec<CertId>>>>,
    refuses: Option<LiveError>,
    is_down: bool,
}

#[async_trait]
impl Behind for Fake {
    async fn answer(&self, asked: &[CertId]) -> Result<Bytes, LiveError> {
        self.asked.lock().unwrap().push(asked.to_vec());
        self.refuses.map_or(Ok(Bytes::from_static(LIVE)), Err)
    }

    async fn parts(&self) -> Parts {
        let condition = if self.is_down { Condition::Down } else { Condition::Up };
        Parts { database: condition, hsm: condition, signer: condition, policies: "0".repeat(64), emergency: None }
    }
}

/// A served board with a PKI behind it.
struct Served {
    pki: SoftPki,
    board: Arc<Board>,
    address: SocketAddr,
    asked: Arc<Mutex<Vec<Vec<CertId>>>>,
    now: UtcTime,
    _stop: watch::Sender<bool>,
}

struct Got {
    status: u16,
    head: String,
    body: Vec<u8>,
}

impl Got {
    fn header(&self, name: &str) -> Option<&str> {
        let line = self.head.lines().find(|line| line.to_ascii_lowercase().starts_with(&format!("{name}: ")))?;
        Some(line[name.len() + 2..].trim())
    }
}

impl Served {
    async fn start() -> Self {
        Self::with(Fake::default(), OcspConfig::default(), StatusConfig::default()).await
    }

    async fn with(behind: Fake, ocsp: OcspConfig, status: StatusConfig) -> Self {
        let now = System.now();
        let pki = SoftPki::found(now.plus_days(-1));
        let board = Arc::new(Board::new([(pki.issuer.name.as_str(), &pki.issuer.certificate)]));
        let asked = Arc::clone(&behind.asked);
        let config = (status, ocsp, CrlConfig::default());
        let site = Site::new(Arc::clone(&board), Box::new(behind), Arc::new(System), config);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, stopped) = watch::channel(false);
        tokio::spawn(serve_site(Arc::new(site), listener, stopped));
        Self { pki, board, address, asked, now, _stop: stop }
    }

    fn reference(&self, n: u8) -> CertificateRef {
        CertificateRef { issuer: self.pki.issuer.name.clone(), serial: serial(n) }
    }

    fn publish(&self, n: u8, status: Status, hours: (i64, i64)) -> Vec<u8> {
        let (this_update, next_update) = (self.now.plus_seconds(hours.0 * 3600), self.now.plus_seconds(hours.1 * 3600));
        let hashes = IssuerHashes::of(&self.pki.issuer.certificate);
        let singles = Single::both(&hashes, &serial(n), status, this_update, next_update);
        let tbs = prepare_ocsp(&self.pki.responder, &singles, this_update, None);
        let der = lint_ocsp(tbs, &self.pki.responder).ok().unwrap().sign(&self.pki.keys).unwrap().into_bytes();
        let (certificate, revoked) = (self.reference(n), status != Status::Good);
        assert!(self.board.put_ocsp(PublishedOcsp {
            certificate,
            revoked,
            der: der.clone(),
            this_update,
            next_update
        }));
        der
    }

    fn crl(&self, hours: (i64, i64)) {
        self.board.put_crl(PublishedCrl {
            issuer: self.pki.issuer.name.clone(),
            number: 7,
            der: b"a crl".to_vec(),
            this_update: self.now.plus_seconds(hours.0 * 3600),
            next_update: self.now.plus_seconds(hours.1 * 3600),
        });
    }

    /// DER of a request that OpenSSL makes.
    fn request(&self, hash: MessageDigest, serials: &[u8]) -> Vec<u8> {
        let issuer = X509::from_der(self.pki.issuer.certificate.der().as_bytes()).unwrap();
        let mut request = OcspRequest::new().unwrap();
        for n in serials {
            let person = X509::from_der(self.pki.person(serial(*n), self.now.plus_days(-1)).as_bytes()).unwrap();
            request.add_id(OcspCertId::from_cert(hash, &person, &issuer).unwrap()).unwrap();
        }
        request.to_der().unwrap()
    }

    async fn send(&self, head: String, body: &[u8]) -> Got {
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        stream.write_all(head.as_bytes()).await.unwrap();
        stream.write_all(body).await.unwrap();
        let mut raw = Vec::new();
        stream.read_to_end(&mut raw).await.unwrap();
        let end = raw.windows(4).position(|four| four == b"\r\n\r\n").unwrap() + 4;
        let head = String::from_utf8(raw[..end].to_vec()).unwrap();
        Got { status: head[9..12].parse().unwrap(), body: raw[end..].to_vec(), head }
    }

    async fn ask(&self, method: &str, path: &str, more: &str) -> Got {
        self.send(format!("{method} {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{more}\r\n"), b"").await
    }

    async fn post(&self, body: &[u8]) -> Got {
        let head = "POST /ocsp HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: application/ocsp-request";
        self.send(format!("{head}\r\nContent-Length: {}\r\n\r\n", body.len()), body).await
    }
}

fn serial(n: u8) -> SerialNumber {
    SerialNumber::from_random([n; 16])
}

fn is_ocsp_error(got: &Got, error: &[u8]) -> bool {
    got.status == 200 && got.header("content-type") == Some("application/ocsp-response") && got.body == error
}

mod files;
mod limits;
mod requests;
