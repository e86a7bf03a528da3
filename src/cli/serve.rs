//! `sigill serve`: the service in the foreground until SIGTERM.

use crate::app::{self, App, KeyUsage, signer_child};
use crate::config::Config;
use crate::config::login::LoginConfig;
use crate::http::tls::{Clients, server_config, tls12_config};
use crate::http::{self, status};
use crate::service::{login, policies, publish, reconcile, stamp, tls};
use crate::shutdown::{Shutdown, ShutdownHandle, shutdown};
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
    let signals = tokio::spawn(stop_on_signal(handle.clone())?);
    let mut tasks = JoinSet::new();
    let app = app::start(config).await?;
    if let Some(signer) = &app.config.signer.spawn {
        tasks.spawn(signer_child::supervise(signer.clone(), app.config.hsm.module.clone(), stop.clone()));
    }
    tasks.spawn(reload_on_signal(App::clone(&app), stop.clone())?);
    let outcome = serve(&app, metrics, &mut tasks, &stop, ready).await;
    signals.abort();
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
    if app.login.is_some() {
        login::keys::load(app).await.context("cannot load the keys of tokens")?;
    }
    if let (Some(timestamps), Some(config)) = (&app.timestamps, &app.config.timestamps) {
        stamp::load(app, timestamps, &config.key).await.context("cannot load the time-stamping unit")?;
    }
    let abandoned = reconcile::at_start(app).await?;
    if abandoned > 0 {
        tracing::warn!(abandoned, "serials without a certificate were revoked");
    }
    let listen = &app.config.listen;
    let room = http::handles::connections(app.config.status.max_connections);
    let status_listener = bind(listen.status).await?;
    tasks.spawn(status::serve(App::clone(app), status_listener, stop.watch()));

    if app.config.signer.spawn.is_some() {
        signer_started(app, stop).await;
    }
    tls::resume(app).await;
    tasks.spawn(jobs::run(App::clone(app), stop.watch()));
    first_identity(app, stop).await?;
    let api = server_config(app.identity.clone(), Clients::Anonymous)?;
    let officers = server_config(app.identity.clone(), Clients::Asked(hints(app)))?;
    let (api_listener, officers_listener) = (bind(listen.api).await?, bind(listen.officers).await?);
    let (api_router, officers_router) = (http::api(App::clone(app), metrics), http::officers(App::clone(app)));
    tasks.spawn(http::tls::serve(api_listener, api, api_router, room, stop.clone()));
    tasks.spawn(http::tls::serve(officers_listener, officers, officers_router, room, stop.clone()));
    if let Some(config) = &app.config.timestamps {
        let listener = bind(config.listen).await?;
        tasks.spawn(http::stamp::serve(App::clone(app), listener, stop.watch()));
        tracing::info!(listen = %config.listen, "serving time stamps");
    }
    if let Some(config) = &app.config.login {
        serve_logins(app, config, tasks, (room, stop)).await?;
    }
    ready(app)?;
    tracing::info!(status = %listen.status, api = %listen.api, officers = %listen.officers, "serving");
    stop.requested().await;
    Ok(())
}

/// The origins of card logins besides the API's.
async fn serve_logins(
    app: &App,
    config: &LoginConfig,
    tasks: &mut JoinSet<()>,
    (room, stop): (usize, &Shutdown),
) -> anyhow::Result<()> {
    let asked = || Clients::Asked(hints(app));
    let card = server_config(app.identity.clone(), asked())?;
    let mut origins = vec![(&config.card, card, http::relying::cards(App::clone(app)))];
    if let Some(older) = &config.card_tls12 {
        let card = tls12_config(app.identity.clone(), asked())?;
        origins.push((older, card, http::relying::cards(App::clone(app))));
    }
    if let Some(clients) = &config.clients {
        // No hint: relying services know which certificate they registered.
        let tls = server_config(app.identity.clone(), Clients::Asked(Vec::new()))?;
        origins.push((clients, tls, http::relying::clients(App::clone(app))));
    }
    for (origin, tls, router) in origins {
        let listener = bind(origin.listen).await?;
        tasks.spawn(http::tls::serve(listener, tls, router, room, stop.clone()));
        tracing::info!(listen = %origin.listen, url = origin.url, "serving card logins");
    }
    Ok(())
}

/// Gives a signer that was started with the service a moment, so that neither jobs nor callers meet one that is
/// not there yet. Without it the service starts all the same.
async fn signer_started(app: &App, stop: &Shutdown) {
    let answered = async {
        while app.signer.hello().await.is_err() {
            pause(SIGNER_PAUSE).await;
        }
    };
    tokio::select! {
        // Whether it came or not, the start goes on.
        _came = tokio::time::timeout(SIGNER_START, answered) => {}
        () = stop.requested() => return,
    }
    match publish::signer_is_behind(app).await {
        Ok(None) => {}
        Ok(Some(issuer)) => tracing::error!(
            issuer,
            "THE SIGNER'S JOURNAL IS OLDER THAN THE DATABASE: it does not know the newest CRL; nothing is issued"
        ),
        Err(error) => tracing::warn!(%error, "the signer's journal was not compared with the database"),
    }
}

/// Waits until there is a TLS certificate: the one kept from before, or the first that the renewal
/// job gets from the signer; and a key of tokens. Status is served meanwhile, however long it takes.
///
/// # Errors
/// If the service is told to stop before.
async fn first_identity(app: &App, stop: &Shutdown) -> anyhow::Result<()> {
    let unready = || {
        app.identity.leaf().is_none()
            || app.login.as_ref().is_some_and(|login| login.keys(KeyUsage::Signature).is_empty())
    };
    while unready() {
        tokio::select! {
            () = pause(IDENTITY_PAUSE) => {}
            () = stop.requested() => anyhow::bail!("stopped before there were a TLS certificate and a key of tokens: see the log"),
        }
    }
    Ok(())
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

/// Asks for the stop at SIGTERM or SIGINT. The signals are caught from the call on.
fn stop_on_signal(handle: ShutdownHandle) -> anyhow::Result<impl Future<Output = ()>> {
    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        tracing::info!("stopping");
        handle.request();
    })
}

/// Has the policies read again at SIGHUP. What is refused changes nothing and is said in the log.
fn reload_on_signal(app: App, stop: Shutdown) -> anyhow::Result<impl Future<Output = ()>> {
    let mut hangups = signal(SignalKind::hangup())?;
    Ok(async move {
        loop {
            tokio::select! {
                hangup = hangups.recv() => if hangup.is_none() { return },
                () = stop.requested() => return,
            }
            match policies::reload(&app).await {
                Ok(bundle) => tracing::info!(bundle, "policies in force"),
                Err(error) => {
                    let error = anyhow::Error::from(error);
                    tracing::error!(error = format!("{error:#}"), "the policies stay as they were");
                }
            }
        }
    })
}

#[expect(clippy::disallowed_methods, reason = "waiting at start, outside any decision")]
async fn pause(time: Duration) {
    tokio::time::sleep(time).await;
}

const SIGNER_PAUSE: Duration = Duration::from_millis(20);
/// Longest that the start waits for its signer.
const SIGNER_START: Duration = Duration::from_secs(3);
const IDENTITY_PAUSE: Duration = Duration::from_millis(10);
const LONGEST_STOP: Duration = Duration::from_secs(5);
