//! `sigill serve`: the service in the foreground until SIGTERM.

use crate::app::{self, App, signer_child};
use crate::config::Config;
use crate::http::tls::{Clients, server_config};
use crate::http::{self, status};
use crate::service::{publish, reconcile, tls};
use crate::shutdown::{Shutdown, shutdown};
use crate::telemetry::MetricsText;
use crate::{jobs, telemetry};
use anyhow::Context;
use rustls::DistinguishedName;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio::task::JoinSet;

/// Runs the service. `ready` is called once every listener answers.
///
/// # Errors
/// What keeps the service from starting; the text says what to do.
pub async fn run(config: Config, ready: impl FnOnce(&App) -> anyhow::Result<()>) -> anyhow::Result<()> {
    telemetry::logs(&config.log)?;
    let metrics = telemetry::metrics()?;
    let (handle, stop) = shutdown();
    let mut tasks = JoinSet::new();
    let app = app::start(config).await?;
    if let Some(signer) = &app.config.signer.spawn {
        tasks.spawn(signer_child::supervise(signer.clone(), app.config.hsm.module.clone(), stop.clone()));
    }
    let outcome = serve(&app, metrics, &mut tasks, &stop, ready).await;
    handle.request();
    let finished = async { while tasks.join_next().await.is_some() {} };
    if tokio::time::timeout(LONGEST_STOP, finished).await.is_err() {
        tracing::warn!("some work did not end in time");
    }
    outcome
}

async fn serve(
    app: &App,
    metrics: MetricsText,
    tasks: &mut JoinSet<()>,
    stop: &Shutdown,
    ready: impl FnOnce(&App) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    publish::load(app).await.context("cannot load what is published")?;
    let abandoned = reconcile::at_start(app).await?;
    if abandoned > 0 {
        tracing::warn!(abandoned, "serials without a certificate were revoked");
    }
    let listen = &app.config.listen;
    let status_listener = bind(listen.status).await?;
    tasks.spawn(status::serve(App::clone(app), status_listener, stop.watch()));

    let stopping = handle_signals(handle);
    first_identity(app, stop).await?;
    tasks.spawn(jobs::run(App::clone(app), stop.watch()));
    let api = server_config(app.identity.clone(), Clients::Anonymous)?;
    let officers = server_config(app.identity.clone(), Clients::Asked(hints(app)))?;
    let (api_listener, officers_listener) = (bind(listen.api).await?, bind(listen.officers).await?);
    tasks.spawn(http::tls::serve(api_listener, api, http::api(App::clone(app), metrics), stop.clone()));
    tasks.spawn(http::tls::serve(officers_listener, officers, http::officers(App::clone(app)), stop.clone()));
    ready(app)?;
    tracing::info!(status = %listen.status, api = %listen.api, officers = %listen.officers, "serving");
    asked_to_stop().await
}

/// Waits for a TLS certificate: the one kept from before, or a new one as soon as the signer
/// answers. Status is served meanwhile, however long it takes.
///
/// # Errors
/// If the service is told to stop before there is one.
async fn first_identity(app: &App, stop: &Shutdown) -> anyhow::Result<()> {
    if tls::resume(app).await {
        return Ok(());
    }
    let mut asked = 0_u32;
    loop {
        let outcome = match app.signer.hello().await {
            Ok(_) => tls::renew(app).await,
            Err(away) => Err(away.into()),
        };
        let Err(error) = outcome else { return Ok(()) };
        asked += 1;
        if asked.is_multiple_of(COMPLAIN_EVERY) {
            tracing::error!(%error, "no TLS certificate yet, so no API; is the signer process running?");
        }
        tokio::select! {
            () = pause(SIGNER_PAUSE) => {}
            () = stop.requested() => anyhow::bail!("stopped before there was a TLS certificate: {error}"),
        }
    }
}

async fn bind(address: std::net::SocketAddr) -> anyhow::Result<TcpListener> {
    TcpListener::bind(address).await.with_context(|| format!("cannot listen on {address}; is it in use?"))
}

/// The CAs of people, so that browsers offer the right certificates.
fn hints(app: &App) -> Vec<DistinguishedName> {
    app.issuers
        .iter()
        .filter(|ca| ca.kind == app::IssuerKind::Person)
        .map(|ca| DistinguishedName::from(ca.issuer.certificate.subject_der().to_vec()))
        .collect()
}

async fn asked_to_stop() -> anyhow::Result<()> {
    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    tracing::info!("stopping");
    Ok(())
}

#[expect(clippy::disallowed_methods, reason = "waiting for the signer process at start, outside any decision")]
async fn pause(time: Duration) {
    tokio::time::sleep(time).await;
}

/// How many times the signer may be away before that is said again.
const COMPLAIN_EVERY: u32 = 250;
const SIGNER_PAUSE: Duration = Duration::from_millis(20);
const LONGEST_STOP: Duration = Duration::from_secs(5);
