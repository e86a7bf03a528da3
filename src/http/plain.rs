//! Plain HTTP for what is signed anyway: accepts connections and holds each to its limits.

use crate::config::status::StatusConfig;
use bytes::Bytes;
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::{Body as _, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::{TokioIo, TokioTimer};
use std::convert::Infallible;
use std::net::IpAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};

/// Most octets of a request's head: the longest GET and some headers.
const MAX_HEAD_OCTETS: usize = 24 * 1024;
/// Most headers of a request.
const MAX_HEADERS: usize = 64;
/// How long requests under way may take after a stop.
const STOP_GRACE: Duration = Duration::from_millis(500);
/// Pause after the system refused a connection: out of file handles, it would refuse the next at once.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// What a request gets.
pub type Page = Response<Full<Bytes>>;

/// Who answers requests.
pub trait Pages: Send + Sync + 'static {
    /// Answers one request from an address. Nothing fails: what goes wrong has a page of its own.
    fn respond(&self, request: Request<Incoming>, from: IpAddr) -> impl Future<Output = Page> + Send;
}

/// Serves `pages` until `shutdown` becomes true or its sender is gone.
pub async fn serve<P: Pages>(
    pages: Arc<P>,
    limits: StatusConfig,
    listener: TcpListener,
    mut shutdown: watch::Receiver<bool>,
) {
    let places = Arc::new(Semaphore::new(limits.max_connections));
    let protocol = protocol(&limits);
    let lifetime = Duration::from_secs(limits.connection_seconds);
    loop {
        let next = tokio::select! {
            next = accept(&listener, &places) => next,
            () = stopped(&mut shutdown) => break,
        };
        match next {
            Ok((accepted, place)) => {
                let (pages, protocol, stop) = (Arc::clone(&pages), protocol.clone(), shutdown.clone());
                tokio::spawn(connection(pages, (protocol, lifetime), accepted, place, stop));
            }
            Err(error) => {
                tracing::warn!(error = %error, "a connection was not accepted");
                let stop = tokio::time::timeout(ACCEPT_PAUSE, stopped(&mut shutdown)).await;
                if stop.is_ok() {
                    break;
                }
            }
        }
    }
    drop(listener);
    let all = u32::try_from(limits.max_connections).unwrap_or(u32::MAX);
    if tokio::time::timeout(STOP_GRACE, places.acquire_many(all)).await.is_err() {
        tracing::info!("connections were cut at the stop");
    }
}

/// A connection, and where it comes from.
type Accepted = (TcpStream, IpAddr);

async fn accept(listener: &TcpListener, places: &Arc<Semaphore>) -> std::io::Result<(Accepted, OwnedSemaphorePermit)> {
    let place = Arc::clone(places).acquire_owned().await.expect("the semaphore is never closed");
    let (stream, peer) = listener.accept().await?;
    stream.set_nodelay(true)?;
    Ok(((stream, peer.ip()), place))
}

fn protocol(limits: &StatusConfig) -> http1::Builder {
    let mut protocol = http1::Builder::new();
    protocol
        .timer(TokioTimer::new())
        .half_close(true)
        .header_read_timeout(Duration::from_millis(limits.head_timeout_ms))
        .max_buf_size(MAX_HEAD_OCTETS)
        .max_headers(MAX_HEADERS)
        .pipeline_flush(true);
    protocol
}

async fn connection<P: Pages>(
    pages: Arc<P>,
    (protocol, lifetime): (http1::Builder, Duration),
    (stream, from): Accepted,
    _place: OwnedSemaphorePermit,
    mut shutdown: watch::Receiver<bool>,
) {
    let service = service_fn(move |request| {
        let pages = Arc::clone(&pages);
        async move { Ok::<_, Infallible>(pages.respond(request, from).await) }
    });
    let mut connection = pin!(protocol.serve_connection(TokioIo::new(stream), service));
    let ended = tokio::select! {
        biased;
        ended = tokio::time::timeout(lifetime, connection.as_mut()) => ended,
        () = stopped(&mut shutdown) => {
            connection.as_mut().graceful_shutdown();
            tokio::time::timeout(STOP_GRACE, connection).await
        }
    };
    match ended {
        Ok(Ok(())) => {}
        // Clients that leave in the middle or speak no HTTP: their fault, and anybody can cause it.
        Ok(Err(error)) => tracing::debug!(error = %error, "a connection ended badly"),
        Err(_) => tracing::debug!("a connection lived too long"),
    }
}

/// Waits until the service stops.
async fn stopped(shutdown: &mut watch::Receiver<bool>) {
    // An error means that the sender is gone, and with it whoever could say stop.
    let _gone = shutdown.wait_for(|stop| *stop).await;
}

/// None if the body is too large, too slow or broken off.
pub async fn read_body(body: Incoming, most: usize, within: Duration) -> Option<Bytes> {
    if body.size_hint().lower() > u64::try_from(most).unwrap_or(u64::MAX) {
        return None;
    }
    let collected = tokio::time::timeout(within, Limited::new(body, most).collect()).await;
    Some(collected.ok()?.ok()?.to_bytes())
}
