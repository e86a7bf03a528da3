//! Sessions end: with their card, at their holder's wish, or at a relying service's.

use super::records::{self, SessionBody};
use super::{LoginError, parts, secret};
use crate::app::App;
use crate::service::ServiceError;
use crate::service::commit::commit;
use crate::service::relying::client;
use domain::audit::{Actor, Event};
use domain::changes::{Changes, Write};
use domain::ports::StoreError;
use domain::session::{LoginWrite, SecretDigest, Session, SessionState};
use federation::oidc::jwt::Frame;

/// A word to a relying service that one of its sessions is over (OpenID Connect Back-Channel Logout section 2.5).
#[derive(Debug)]
pub struct Notice {
    /// Where it goes.
    pub uri: String,
    /// The signed logout token.
    pub token: String,
}

/// Ends the sessions whose card or certificate is revoked. They were worth nothing from the revocation on; this records
/// it. What relying services are to be told.
///
/// # Errors
/// [`ServiceError`] if the store fails; the next run goes on.
pub async fn end_bereft(app: &App) -> Result<Vec<Notice>, ServiceError> {
    let mut notices = Vec::new();
    loop {
        let found = app.store.bereft_sessions(app.clock.now(), PAGE).await?;
        let last = found.len() < PAGE as usize;
        for SessionState { session, .. } in found {
            if end(app, &session, Actor::System("revocation".to_owned())).await? {
                notices.extend(notice(app, &session).await);
            }
        }
        if last {
            return Ok(notices);
        }
    }
}

/// Ends the session of a browser, if it has one. Sessions are one relying service's each, and that one asked for it: nobody
/// else is to be told.
///
/// # Errors
/// [`ServiceError`] if the store fails.
pub async fn end_own(app: &App, session_secret: &str) -> Result<(), ServiceError> {
    let id = SecretDigest::of(session_secret);
    let Some(state) = app.store.session(&id).await?.filter(|state| state.ended_at.is_none()) else { return Ok(()) };
    let actor = Actor::Person(state.session.person.clone());
    end(app, &state.session, actor).await.map(drop)
}

/// Erases what ended long enough ago.
///
/// # Errors
/// [`ServiceError`] if the store fails.
pub async fn forget(app: &App) -> Result<(), ServiceError> {
    let before = app.clock.now().plus_seconds(-KEPT_SECONDS);
    Ok(app.store.keep_login(vec![LoginWrite::Forget { before }]).await?)
}

/// Ends a session; false if it had ended.
pub(crate) async fn end(app: &App, session: &Session, actor: Actor) -> Result<bool, ServiceError> {
    let at = app.clock.now();
    let event = Event::new("session.ended", actor, session.sid.as_str(), at)
        .in_tenant(&session.tenant)
        .with("client", &session.client_id);
    let end = LoginWrite::EndSession { id: session.id, at };
    match commit(app, Changes::recording(event).write(Write::Login(end))).await {
        Ok(_) => Ok(true),
        Err(StoreError::Stale { .. }) => Ok(false),
        Err(other) => Err(other.into()),
    }
}

/// A notice that cannot be made is logged: the session is over all the same.
async fn notice(app: &App, session: &Session) -> Option<Notice> {
    match try_notice(app, session).await {
        Ok(notice) => notice,
        Err(error) => {
            tracing::warn!(%error, client = session.client_id, "a relying service cannot be told of a logout");
            None
        }
    }
}

async fn try_notice(app: &App, session: &Session) -> Result<Option<Notice>, LoginError> {
    let client = client(app, &session.client_id).await?;
    let Some(uri) = client.backchannel_logout_uri.clone() else { return Ok(None) };
    let body: SessionBody = records::read(&session.body)?;
    let (issuer, now, id) = (parts(app)?.issuer.clone(), app.clock.now().unix(), secret(app));
    let algorithm = client.id_token_algorithm;
    let token = super::keys::sign(app, algorithm, |kid| {
        let frame = Frame { kid, algorithm, issuer: &issuer, audience: &client.id, now };
        frame.logout_token(&body.sub, &session.sid, &id)
    });
    Ok(Some(Notice { uri, token: token.await? }))
}

const PAGE: u32 = 256;
/// How long what is over is kept, so that its replay is still noticed, in seconds.
const KEPT_SECONDS: i64 = 3_600;
