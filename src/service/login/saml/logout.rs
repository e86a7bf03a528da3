//! Sessions of SAML services end: the service asks, or is told (SAML Profiles section 4.4).

use super::{key, message_id, named, offered, signed};
use crate::app::{App, LogoutNotice};
use crate::service::login::flow::Onward;
use crate::service::login::records::{self, SessionBody};
use crate::service::login::{LoginError, keys, parts, session};
use crate::service::relying::saml_service;
use domain::audit::Actor;
use domain::session::{SecretDigest, Session, SessionState};
use federation::saml::SamlError;
use federation::saml::logout::{LogoutRequest, in_soap, request, response, unsigned_response};
use federation::saml::metadata::path;
use federation::saml::post::{Form, Message};
use federation::saml::redirect;
use federation::saml::request::issuer;
use federation::saml::response::{Frame, Reply, Status};
use federation::saml::service::{LogoutBinding, Service};
use federation::saml::xml::{Kind, Xml};

/// A service asks, by the browser, to end a session of its own. How the browser goes back. Other services' sessions are
/// their own, as by OpenID Connect.
///
/// # Errors
/// [`SamlError`] for a request that must not be answered; what the store says.
pub async fn end(app: &App, message: &Message, browser_session: Option<&str>) -> Result<Onward, LoginError> {
    offered(app)?;
    let xml = Xml::read(&message.xml, Kind::Message).map_err(SamlError::from)?;
    let service = saml_service(app, &issuer(&xml)?).await?;
    let here = format!("{}{}", parts(app)?.issuer, path::LOGOUT);
    let asked = LogoutRequest::read(message, &xml, &service, (&here, app.clock.now()))?;
    let back = service.logout.iter().find(|back| back.binding != LogoutBinding::Soap);
    let back = back.ok_or(SamlError::Message("the service has registered no address for the answer"))?;
    for state in meant(app, &asked, browser_session).await? {
        let body: SessionBody = records::read(&state.session.body)?;
        if state.session.client_id == service.id && asked.means(&body.sub, &state.session.sid) {
            session::end(app, &state.session, Actor::Person(state.session.person.clone())).await?;
        }
    }
    // A session that is over, or never was, is as dead as one that was ended now.
    let reply = Reply {
        service: service.id.clone(),
        acs: back.response_location.clone(),
        in_response_to: asked.id,
        relay_state: message.relay_state.clone(),
    };
    answer(app, &service, (&reply, back.binding)).await
}

/// The sessions that a request may mean: those that it names, or the browser's.
async fn meant(
    app: &App,
    asked: &LogoutRequest,
    browser_session: Option<&str>,
) -> Result<Vec<SessionState>, LoginError> {
    let mut found = Vec::new();
    for sid in &asked.sessions {
        found.extend(app.store.session_named(sid).await?);
    }
    if let Some(secret) = browser_session.filter(|_| asked.sessions.is_empty()) {
        found.extend(app.store.session(&SecretDigest::of(secret)).await?);
    }
    Ok(found)
}

async fn answer(app: &App, service: &Service, (reply, binding): (&Reply, LogoutBinding)) -> Result<Onward, LoginError> {
    let key = key(app, &service.signature_methods)?;
    let (issuer, id) = (parts(app)?.entity_id(), message_id(app));
    let frame = Frame { issuer: &issuer, id: &id, now: app.clock.now() };
    if binding == LogoutBinding::Redirect {
        let xml = unsigned_response(frame, reply, Status::Success);
        let kind = (key.0.public.kind(), key.1);
        let draft = redirect::Draft::new(&reply.acs, ("SAMLResponse", &xml), reply.relay_state.as_deref(), kind)?;
        let signature = keys::sign_octets(app, &key.0, draft.algorithm(), draft.message().to_vec()).await?;
        return Ok(Onward::Redirect(draft.finish(signature)?));
    }
    let xml = signed(app, response(frame, reply, Status::Success, named(&key))?, &key.0).await?;
    let form = Form::new(&reply.acs, ("SAMLResponse", &xml), reply.relay_state.as_deref());
    Ok(Onward::Form { form, problem: None })
}

/// What a service is told of a session that ended without it: a `LogoutRequest` by SOAP. None for a service that can only be
/// told by the browser, which is elsewhere.
///
/// # Errors
/// If it cannot be signed.
pub(in crate::service::login) async fn notice(
    app: &App,
    service: &Service,
    session: &Session,
) -> Result<Option<LogoutNotice>, LoginError> {
    let body: SessionBody = records::read(&session.body)?;
    let told = service.logout.iter().find(|told| told.binding == LogoutBinding::Soap);
    let (Some(told), Some(format)) = (told, body.name_id) else { return Ok(None) };
    let key = key(app, &service.signature_methods)?;
    let (issuer, id) = (parts(app)?.entity_id(), message_id(app));
    let frame = Frame { issuer: &issuer, id: &id, now: app.clock.now() };
    let whose = (format, body.sub.as_str(), session.sid.as_str());
    let draft = request(frame, (&service.id, &told.location), whose, named(&key))?;
    let body = in_soap(&signed(app, draft, &key.0).await?);
    Ok(Some(LogoutNotice { uri: told.location.clone(), content_type: "text/xml; charset=utf-8", body }))
}
