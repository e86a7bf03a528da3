//! Sessions end: with their card, at their holder's wish, or at a relying service's.

use super::records::{self, SessionBody};
use super::{LoginError, parts, secret};
use crate::app::{App, LogoutNotice, Registered};
use crate::service::ServiceError;
use crate::service::commit::commit;
use crate::service::permit::{EndOwnSession, Permit, ReadSelf};
use crate::service::relying::registered;
use domain::audit::{Actor, Event};
use domain::changes::{Changes, Write};
use domain::ports::StoreError;
use domain::session::{LoginWrite, SecretDigest, Session, SessionState};
use federation::oidc::client::Client;
use federation::oidc::jwt::Frame;

/// Ends the sessions whose card or certificate is revoked. They were worth nothing from the revocation on; this records
/// it, and queues what relying services are to be told. How many were ended.
///
/// # Errors
/// [`ServiceError`] if the store fails; the next run goes on.
pub async fn end_bereft(app: &App) -> Result<usize, ServiceError> {
    let mut ended = 0;
    loop {
        let found = app.store.bereft_sessions(app.clock.now(), PAGE).await?;
        let last = found.len() < PAGE as usize;
        for SessionState { session, .. } in found {
            ended += usize::from(end_and_tell(app, &session, Actor::System("revocation".to_owned())).await?);
        }
        if last {
            return Ok(ended);
        }
    }
}

/// The caller's own sessions that are alive, newest first.
///
/// # Errors
/// [`ServiceError`] if the store fails.
pub async fn own(app: &App, permit: &Permit<ReadSelf>) -> Result<Vec<Session>, ServiceError> {
    let now = app.clock.now();
    let found = app.store.sessions_of(permit.tenant(), permit.person(), now, PAGE).await?;
    Ok(found.into_iter().filter(|state| state.is_alive(now)).map(|state| state.session).collect())
}

/// Ends one of the caller's own sessions, whichever browser it is in.
///
/// # Errors
/// [`ServiceError::NotFound`] for somebody else's session, or one that is over.
pub async fn end_one(app: &App, permit: &Permit<EndOwnSession>, sid: &str) -> Result<(), ServiceError> {
    let found = app.store.sessions_of(permit.tenant(), permit.person(), app.clock.now(), PAGE).await?;
    let state = found.into_iter().find(|state| state.session.sid == sid).ok_or(ServiceError::NotFound)?;
    end_and_tell(app, &state.session, permit.actor()).await?;
    app.wake.sessions.notify_one();
    Ok(())
}

/// Ends the session of a browser, if it has one, and tells its relying service: it need not be the one that asked.
///
/// # Errors
/// [`ServiceError`] if the store fails.
pub async fn end_own(app: &App, session_secret: &str) -> Result<(), ServiceError> {
    let id = SecretDigest::of(session_secret);
    let Some(state) = app.store.session(&id).await?.filter(|state| state.ended_at.is_none()) else { return Ok(()) };
    let actor = Actor::Person(state.session.person.clone());
    end_and_tell(app, &state.session, actor).await?;
    app.wake.sessions.notify_one();
    Ok(())
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

/// Ends a session and queues a notice for its relying service; false if it had ended. A notice that cannot be made is
/// logged: the session is over all the same.
async fn end_and_tell(app: &App, session: &Session, actor: Actor) -> Result<bool, ServiceError> {
    if !end(app, session, actor).await? {
        return Ok(false);
    }
    match notice(app, session).await {
        Ok(Some(notice)) => parts(app)?.tell(notice),
        Ok(None) => {}
        Err(error) => {
            tracing::warn!(%error, client = session.client_id, "a relying service cannot be told of a logout");
        }
    }
    Ok(true)
}

/// What the relying service is told, by its protocol; nothing if it has not said where.
async fn notice(app: &App, session: &Session) -> Result<Option<LogoutNotice>, LoginError> {
    match registered(app, &session.client_id).await? {
        Some(Registered::Oidc(client)) => oidc_notice(app, &client, session).await,
        Some(Registered::Saml(service)) => super::saml::logout::notice(app, &service, session).await,
        None => Ok(None),
    }
}

async fn oidc_notice(app: &App, client: &Client, session: &Session) -> Result<Option<LogoutNotice>, LoginError> {
    let Some(uri) = client.backchannel_logout_uri.clone() else { return Ok(None) };
    let body: SessionBody = records::read(&session.body)?;
    let (issuer, now, id) = (parts(app)?.issuer.clone(), app.clock.now().unix(), secret(app));
    let algorithm = client.id_token_algorithm;
    let token = super::keys::sign(app, algorithm, |kid| {
        let frame = Frame { kid, algorithm, issuer: &issuer, audience: &client.id, now };
        frame.logout_token(&body.sub, &session.sid, &id)
    });
    let token = token.await?;
    let form = url::form_urlencoded::Serializer::new(String::new()).append_pair("logout_token", &token).finish();
    Ok(Some(LogoutNotice { uri, content_type: "application/x-www-form-urlencoded", body: form }))
}

const PAGE: u32 = 256;
/// How long what is over is kept, so that its replay is still noticed, in seconds.
const KEPT_SECONDS: i64 = 3_600;
