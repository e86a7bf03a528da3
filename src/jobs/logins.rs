//! Logins, unasked: keys of tokens in time, sessions that end with their card, and what is long over.

use super::rhythm::{Rhythm, never};
use crate::app::outward::{self, Reach};
use crate::app::{App, Login, LogoutNotice};
use crate::service::ServiceError;
use crate::service::login::{keys, session};
use futures::StreamExt;
use reqwest::Client;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tokio::sync::watch;

/// Makes the keys that are due, and erases what is over.
pub(super) async fn run_keys(app: App, mut shutdown: watch::Receiver<bool>) {
    if app.login.is_none() {
        return;
    }
    let mut rhythm = Rhythm::new("login keys", KEYS_PERIOD);
    loop {
        let outcome = keep_house(&app).await;
        if !rhythm.next(&outcome, never(), &mut shutdown).await {
            return;
        }
    }
}

/// Ends the sessions of revoked cards, and tells their relying services.
pub(super) async fn run_sessions(app: App, mut shutdown: watch::Receiver<bool>) {
    if app.login.is_none() {
        return;
    }
    let mut rhythm = Rhythm::new("sessions of revoked cards", SESSIONS_PERIOD);
    loop {
        let outcome = session::end_bereft(&app).await;
        let notices = app.login.as_ref().map(Login::take_notices).unwrap_or_default();
        if !notices.is_empty() {
            tell(&app, &notices).await;
        }
        if !rhythm.next(&outcome, app.wake.sessions.notified(), &mut shutdown).await {
            return;
        }
    }
}

async fn keep_house(app: &App) -> Result<(), ServiceError> {
    keys::renew(app).await?;
    session::forget(app).await
}

/// Sends the notices, some at a time. A relying service that does not take one is named in the log; its tokens are worth
/// nothing all the same.
async fn tell(app: &App, notices: &[LogoutNotice]) {
    let client = match client(app).await {
        Ok(client) => client,
        Err(error) => return tracing::error!(%error, "relying services cannot be told of logouts"),
    };
    let sent = futures::stream::iter(notices).for_each_concurrent(ABREAST, |notice| send(&client, notice));
    sent.await;
}

async fn send(client: &Client, notice: &LogoutNotice) {
    for _ in 0..ATTEMPTS {
        let request = client.post(&notice.uri).header("content-type", notice.content_type).body(notice.body.clone());
        match request.send().await {
            Ok(response) if response.status().is_success() => return,
            Ok(response) => {
                tracing::warn!(uri = notice.uri, status = %response.status(), "a logout notice was not taken");
            }
            Err(error) => tracing::warn!(uri = notice.uri, %error, "a logout notice did not arrive"),
        }
    }
}

/// Goes to registered addresses only, and trusts the configured roots alone.
async fn client(app: &App) -> anyhow::Result<Client> {
    let more = app.config.login.iter().flat_map(|config| &config.trusted_roots);
    let roots: Vec<&Path> = std::iter::once(&app.config.tls.root).chain(more).map(PathBuf::as_path).collect();
    outward::client(&roots, Reach::Anywhere).await
}

const KEYS_PERIOD: Duration = Duration::from_mins(10);
/// A revocation by another process is seen within it.
const SESSIONS_PERIOD: Duration = Duration::from_secs(1);
const ATTEMPTS: u32 = 3;
/// Notices sent at the same time.
const ABREAST: usize = 16;
