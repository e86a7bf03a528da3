//! Which page a request gets.

use super::behind::Behind;
use super::get_path::decode_get_path;
use super::headers::{NO_STORE, add_caching, is_unchanged};
use super::health::HealthPage;
use super::ocsp::Reply;
use super::tally::Tally;
use crate::board::{Board, Published};
use crate::clock::Clock;
use crate::config::status::{CrlConfig, OcspConfig, StatusConfig};
use crate::http::plain::{Page, Pages, read_body};
use bytes::Bytes;
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::header::{CACHE_CONTROL, CONNECTION, CONTENT_TYPE, HeaderValue};
use hyper::{HeaderMap, Method, Request, Response, StatusCode};
use pki::ocsp::MAX_REQUEST_OCTETS;
use pki::time::UtcTime;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Semaphore;

const OCSP_RESPONSE: HeaderValue = HeaderValue::from_static("application/ocsp-response");
const PKIX_CRL: HeaderValue = HeaderValue::from_static("application/pkix-crl");
const PKIX_CERT: HeaderValue = HeaderValue::from_static("application/pkix-cert");
const JSON: HeaderValue = HeaderValue::from_static("application/json");

/// For how long caches may keep an issuer's certificate, in seconds: it never changes under its name.
const CERTIFICATE_CACHE_SECONDS: u32 = 86_400;

/// The public pages and what they are made from.
pub struct Site {
    pub(super) board: Arc<Board>,
    pub(super) behind: Box<dyn Behind>,
    pub(super) ocsp: OcspConfig,
    /// A permit for each answer that is being signed.
    pub(super) live: Semaphore,
    pub(super) tally: Tally,
    pub(super) status: StatusConfig,
    crl: CrlConfig,
    clock: Arc<dyn Clock>,
    health: HealthPage,
}

impl Site {
    /// Pages from `board`; what it cannot answer is asked `behind` it.
    pub fn new(
        board: Arc<Board>,
        behind: Box<dyn Behind>,
        clock: Arc<dyn Clock>,
        (status, ocsp, crl): (StatusConfig, OcspConfig, CrlConfig),
    ) -> Self {
        let live = Semaphore::new(status.max_live);
        Self { board, behind, ocsp, live, tally: Tally::default(), status, crl, clock, health: HealthPage::default() }
    }

    async fn get(&self, path: &str, headers: &HeaderMap, now: UtcTime) -> Page {
        if let Some(text) = path.strip_prefix("/ocsp").filter(|text| text.is_empty() || text.starts_with('/')) {
            let reply = match decode_get_path(text) {
                Ok(request) => self.ocsp(&request, now).await,
                Err(_) => self.malformed(),
            };
            return self.ocsp_page(reply, Some(headers), now);
        }
        if path == "/health" {
            return self.health_page(now).await;
        }
        match named(path) {
            Some(File::Crl(name)) => file(self.board.crl(name), &PKIX_CRL, self.crl.cache_seconds, headers, now),
            Some(File::Certificate(name)) => {
                file(self.board.aia(name), &PKIX_CERT, CERTIFICATE_CACHE_SECONDS, headers, now)
            }
            None => not_found(),
        }
    }

    async fn post(&self, body: Incoming, now: UtcTime) -> Page {
        let within = Duration::from_millis(self.status.body_timeout_ms);
        match read_body(body, MAX_REQUEST_OCTETS, within).await {
            Some(request) => self.ocsp_page(self.ocsp(&request, now).await, None, now),
            None => closing(self.ocsp_page(self.malformed(), None, now)),
        }
    }

    /// `conditions` are the headers of a GET; a POST is not cached.
    fn ocsp_page(&self, reply: Reply, conditions: Option<&HeaderMap>, now: UtcTime) -> Page {
        match (reply, conditions) {
            (Reply::Published(page), Some(headers)) => {
                cached(&page, &OCSP_RESPONSE, self.ocsp.cache_seconds, headers, now)
            }
            (Reply::Published(page), None) => typed(page.bytes, OCSP_RESPONSE),
            (Reply::Live(bytes), _) => uncached(typed(bytes, OCSP_RESPONSE)),
            (Reply::Error(bytes), _) => uncached(typed(Bytes::from_static(bytes), OCSP_RESPONSE)),
        }
    }

    async fn health_page(&self, now: UtcTime) -> Page {
        let (served, json) = self.health.get(&self.board, &*self.behind, now).await;
        let mut page = uncached(typed(json, JSON));
        if !served {
            *page.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
        }
        page
    }
}

impl Pages for Site {
    async fn respond(&self, request: Request<Incoming>, _from: IpAddr) -> Page {
        let now = self.clock.now();
        match *request.method() {
            Method::GET | Method::HEAD => self.get(request.uri().path(), request.headers(), now).await,
            Method::POST if matches!(request.uri().path(), "/ocsp" | "/ocsp/") => {
                self.post(request.into_body(), now).await
            }
            _ => not_found(),
        }
    }
}

/// A published file.
enum File<'a> {
    Crl(&'a str),
    Certificate(&'a str),
}

fn named(path: &str) -> Option<File<'_>> {
    if let Some(name) = path.strip_prefix("/crl/") {
        return name.strip_suffix(".crl").map(File::Crl);
    }
    path.strip_prefix("/aia/")?.strip_suffix(".crt").map(File::Certificate)
}

fn file(page: Option<Published>, kind: &HeaderValue, seconds: u32, headers: &HeaderMap, now: UtcTime) -> Page {
    page.map_or_else(not_found, |page| cached(&page, kind, seconds, headers, now))
}

fn cached(page: &Published, kind: &HeaderValue, seconds: u32, request: &HeaderMap, now: UtcTime) -> Page {
    let mut response = if is_unchanged(request, page) {
        let mut unchanged = Response::new(Full::default());
        *unchanged.status_mut() = StatusCode::NOT_MODIFIED;
        unchanged
    } else {
        typed(page.bytes.clone(), kind.clone())
    };
    add_caching(response.headers_mut(), page, seconds, now);
    response
}

fn typed(bytes: Bytes, kind: HeaderValue) -> Page {
    let mut response = Response::new(Full::new(bytes));
    response.headers_mut().reserve(8);
    response.headers_mut().insert(CONTENT_TYPE, kind);
    response
}

fn uncached(mut page: Page) -> Page {
    page.headers_mut().insert(CACHE_CONTROL, NO_STORE);
    page
}

/// The rest of a body that is not wanted is not read either.
fn closing(mut page: Page) -> Page {
    page.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    page
}

fn not_found() -> Page {
    let mut page = Response::new(Full::default());
    *page.status_mut() = StatusCode::NOT_FOUND;
    page
}
