//! Time stamps over plain HTTP (RFC 3161 section 3.4): `POST /tsa`. What goes out is signed; a refusal is told in its words.

use super::plain::{self, Page, Pages, read_body};
use crate::app::{App, Timestamps};
use crate::config::timestamps::PATH;
use crate::service::stamp;
use bytes::Bytes;
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::header::{ALLOW, CACHE_CONTROL, CONTENT_TYPE, HeaderValue, RETRY_AFTER};
use hyper::{Method, Request, Response, StatusCode};
use signature::stamp::{Failure, MAX_REQUEST_OCTETS, rejected};
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::watch;

/// Serves `app`'s time stamps until `shutdown` becomes true or its sender is gone. Without an authority nothing is there.
pub async fn serve(app: App, listener: TcpListener, shutdown: watch::Receiver<bool>) {
    let limits = app.config.status.clone();
    plain::serve(Arc::new(Authority(app)), limits, listener, shutdown).await;
}

struct Authority(App);

impl Pages for Authority {
    async fn respond(&self, request: Request<Incoming>, from: IpAddr) -> Page {
        let Some(timestamps) = &self.0.timestamps else { return empty(StatusCode::NOT_FOUND) };
        if request.uri().path() != PATH {
            return empty(StatusCode::NOT_FOUND);
        }
        if request.method() != Method::POST {
            let mut page = empty(StatusCode::METHOD_NOT_ALLOWED);
            page.headers_mut().insert(ALLOW, HeaderValue::from_static("POST"));
            return page;
        }
        if !is_query(request.headers().get(CONTENT_TYPE)) {
            return empty(StatusCode::UNSUPPORTED_MEDIA_TYPE);
        }
        self.stamp(timestamps, from, request.into_body()).await
    }
}

impl Authority {
    async fn stamp(&self, timestamps: &Timestamps, from: IpAddr, body: Incoming) -> Page {
        let within = Duration::from_millis(self.0.config.status.body_timeout_ms);
        let Some(request) = read_body(body, MAX_REQUEST_OCTETS, within).await else {
            return reply(rejected(Failure::BadRequest));
        };
        match stamp::answer(&self.0, timestamps, (from, &request)).await {
            Ok(answer) => reply(answer),
            Err(wait) => {
                let mut page = empty(StatusCode::SERVICE_UNAVAILABLE);
                let seconds = wait.0.as_secs().saturating_add(1);
                page.headers_mut().insert(RETRY_AFTER, HeaderValue::from(seconds));
                page
            }
        }
    }
}

/// Type and subtype, whatever their case and parameters (RFC 9110 section 8.3.1).
fn is_query(found: Option<&HeaderValue>) -> bool {
    let essence = found.and_then(|value| value.to_str().ok()).and_then(|value| value.split(';').next());
    essence.is_some_and(|essence| essence.trim().eq_ignore_ascii_case(QUERY))
}

fn reply(answer: Vec<u8>) -> Page {
    let mut page = Response::new(Full::new(Bytes::from(answer)));
    page.headers_mut().insert(CONTENT_TYPE, REPLY);
    page.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    page
}

fn empty(status: StatusCode) -> Page {
    let mut page = Response::new(Full::default());
    *page.status_mut() = status;
    page
}

const QUERY: &str = "application/timestamp-query";
const REPLY: HeaderValue = HeaderValue::from_static("application/timestamp-reply");
