//! The demo relying service: somewhere to log in with a demo card, and to see what a relying service gets.
//!
//! It stands on a port of its own and knows the provider as any relying service does: by its addresses. Only quickstart
//! starts it, and quickstart does not run in production mode.

mod client;
mod pages;

use super::layout::Layout;
use super::manifest::Manifest;
use super::ports::Ports;
use crate::app::App;
use crate::cli::demo::{Demo, rp};
use crate::http::tls::{Clients, serve, server_config};
use crate::service::relying;
use crate::shutdown::shutdown;
use anyhow::Context;
use client::{ClientKey, RelyingParty};
use federation::oidc::client::Client;
use pages::Service;
use serde_json::{Value, json};
use std::sync::Arc;
use tokio::net::TcpListener;
use tokio::sync::OnceCell;

/// Its address.
pub(super) fn url(ports: Ports) -> String {
    format!("https://localhost:{}", ports.service().port())
}

/// Serves it until the runtime ends. What keeps it from that is logged: the installation works without it.
pub(super) async fn run(app: App, layout: Layout, manifest: Manifest, ports: Ports) {
    if let Err(error) = start(&app, layout, manifest, ports).await {
        tracing::error!(error = format!("{error:#}"), "the demo relying service is not there");
    }
}

async fn start(app: &App, layout: Layout, manifest: Manifest, ports: Ports) -> anyhow::Result<()> {
    let login = app.config.login.as_ref().context("there are no card logins")?;
    let (issuer, root) = (login.issuer.clone(), manifest.tls_ca.clone());
    let demo = Demo { layout, manifest };
    let key = ClientKey::keep(&rp::folder(&demo, CLIENT_ID))?;
    let registration = registration(&url(ports), &key.public()?);
    let entry = Entry { app: App::clone(app), demo, registration, made: OnceCell::new() };
    let party = RelyingParty::new(CLIENT_ID, (issuer, url(ports)), key, &root, app)?;
    let tls = server_config(app.identity.clone(), Clients::Anonymous)?;
    let listener = TcpListener::bind(ports.service()).await.context("the demo relying service cannot listen")?;
    // Kept as long as the service runs: it ends with the runtime.
    let (_handle, stop) = shutdown();
    let router = pages::router(Arc::new(Service::new(party, entry)));
    serve(listener, tls, router, MOST_CONNECTIONS, stop).await;
    Ok(())
}

/// Its registration at the provider, made by the demo's officers when somebody first wants to log in: until then nothing
/// happens in an installation that nobody asked for.
struct Entry {
    app: App,
    demo: Demo,
    registration: Value,
    made: OnceCell<()>,
}

impl Entry {
    async fn ensure(&self) -> anyhow::Result<()> {
        self.made.get_or_try_init(|| self.make()).await.copied()
    }

    async fn make(&self) -> anyhow::Result<()> {
        // The same once more would be one revision more at every start.
        let wanted = Client::from_json(&self.registration.to_string())?;
        let known = relying::client(&self.app, CLIENT_ID).await;
        let same = |known: &Client| {
            let key = |client: &Client| client.keys.first().map(|key| key.public.fingerprint());
            known.redirect_uris == wanted.redirect_uris && key(known) == key(&wanted)
        };
        if !known.is_ok_and(|known| same(&known)) {
            rp::add(&self.demo, &self.registration).await.context("registering the demo relying service")?;
        }
        Ok(())
    }
}

fn registration(url: &str, jwk: &Value) -> Value {
    json!({
        "client_id": CLIENT_ID,
        "client_name#sv": "Demotjänsten",
        "client_name#en": "The demo service",
        "redirect_uris": [format!("{url}{}", pages::CALLBACK)],
        "post_logout_redirect_uris": [format!("{url}/")],
        "backchannel_logout_uri": format!("{url}{}", pages::NOTICE),
        "token_endpoint_auth_method": "private_key_jwt",
        "jwks": {"keys": [jwk]},
        "scope": client::SCOPE,
        "accepts_coordination_number": true,
        "security_profile": "sweden",
    })
}

const CLIENT_ID: &str = "demo-service";
const MOST_CONNECTIONS: usize = 64;
