//! Accepts connections and holds each to its limits.

use super::behind::Service;
use super::site::Site;
use crate::app::App;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use std::convert::Infallible;
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

/// Serves the public pages of `app` until `shutdown` becomes true or its sender is gone.
///
/// Load the board before: until then every certificate is unknown.
pub async fn serve(app: App, listener: TcpListener, shutdown: watch::Receiver<bool>) {
    let config = (app.config.status.clone(), app.config.ocsp.clone(), app.config.crl.clone());
    let site = Site::new(Arc::clone(&app.board), Box::new(Service(Arc::clone(&app))), Arc::clone(&app.clock), config);
    serve_site(Arc::new(site), listener, shutdown).await;
}

/// Serves `site` until `shutdown` becomes true or its sender is gone.
pub async fn serve_site(site: Arc<Site>, listener: TcpListener, mut shutdown: watch::Receiver<bool>) {
    let places = Arc::new(Semaphore::new(site.status.max_connections));
    let protocol = protocol(&site);
    loop {
        let next = tokio::select! {
            next = accept(&listener, &places) => next,
            () = stopped(&mut shutdown) => break,
        };
        match next {
            Ok((stream, place)) => {
                tokio::spawn(connection(Arc::clone(&site), protocol.clone(), stream, place, shutdown.clone()));
            }
            Err(error) => {
                tracing::warn!(error = %error, "a connection to the status listener was not accepted");
                let stop = tokio::time::timeout(ACCEPT_PAUSE, stopped(&mut shutdown)).await;
                if stop.is_ok() {
                    break;
                }
            }
        }
    }
    drop(listener);
    let all = u32::try_from(site.status.max_connections).unwrap_or(u32::MAX);
    if tokio::time::timeout(STOP_GRACE, places.acquire_many(all)).await.is_err() {
        tracing::info!("status connections were cut at the stop");
    }
}

async fn accept(listener: &TcpListener, places: &Arc<Semaphore>) -> std::io::Result<(TcpStream, OwnedSemaphorePermit)> {
    let place = Arc::clone(places).acquire_owned().await.expect("the semaphore is never closed");
    let (stream, _) = listener.accept().await?;
    stream.set_nodelay(true)?;
    Ok((stream, place))
}

fn protocol(site: &Site) -> http1::Builder {
    let mut protocol = http1::Builder::new();
    protocol
        .timer(TokioTimer::new())
        .half_close(true)
        .header_read_timeout(Duration::from_millis(site.status.head_timeout_ms))
        .max_buf_size(MAX_HEAD_OCTETS)
        .max_headers(MAX_HEADERS)
        .pipeline_flush(true);
    protocol
}

async fn connection(
    site: Arc<Site>,
    protocol: http1::Builder,
    stream: TcpStream,
    _place: OwnedSemaphorePermit,
    mut shutdown: watch::Receiver<bool>,
) {
    let lifetime = Duration::from_secs(site.status.connection_seconds);
    let service = service_fn(move |request| {
        let site = Arc::clone(&site);
        async move { Ok::<_, Infallible>(site.respond(request).await) }
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
        Ok(Err(error)) => tracing::debug!(error = %error, "a status connection ended badly"),
        Err(_) => tracing::debug!("a status connection lived too long"),
    }
}

/// Waits until the service stops.
async fn stopped(shutdown: &mut watch::Receiver<bool>) {
    // An error means that the sender is gone, and with it whoever could say stop.
    let _gone = shutdown.wait_for(|stop| *stop).await;
}
