//! A SAML service asks for a login.

use super::answer::{Agreed, failure, success};
use super::offered;
use crate::app::App;
use crate::service::commit::commit;
use crate::service::login::begin::{Begun, Browser, to_card};
use crate::service::login::flow::{Flow, Onward};
use crate::service::login::records::{self, SessionBody};
use crate::service::login::{Halt, LoginError, consent, parts};
use crate::service::relying::saml_service;
use domain::audit::{Actor, Event};
use domain::changes::{Changes, Write};
use domain::ports::{Conflict, StoreError};
use domain::session::{LoginWrite, SecretDigest, SessionState, Ticket, TicketKind};
use federation::oidc::level::{satisfy, supported};
use federation::saml::metadata::path;
use federation::saml::post::Message;
use federation::saml::request::{AuthnRequest, MAX_AGE_SECONDS, Refused, SKEW_SECONDS, issuer};
use federation::saml::response::Status;
use federation::saml::service::Service;
use federation::saml::xml::{Kind, Xml};
use federation::saml::{SamlError, attribute};
use std::net::IpAddr;

/// Begins a login.
///
/// # Errors
/// [`Halt`]: a page for what must not be sent anywhere, else a form for the service.
pub async fn begin(
    app: &App,
    message: &Message,
    (browser, address): (Browser<'_>, Option<IpAddr>),
) -> Result<Begun, Halt> {
    offered(app)?;
    let xml = Xml::read(&message.xml, Kind::Message).map_err(SamlError::from)?;
    let service = saml_service(app, &issuer(&xml)?).await?;
    let here = format!("{}{}", parts(app)?.issuer, path::LOGIN);
    let request = match AuthnRequest::read(message, &xml, &service, (&here, app.clock.now())) {
        Ok(request) => request,
        Err(Refused { why, answer: None }) => return Err(LoginError::from(why).into()),
        Err(Refused { why, answer: Some(answer) }) => {
            tracing::info!(service = service.id, %why, "a SAML request was refused");
            return Err(Halt::Answer(failure(app, &service, (&answer.0, answer.1)).await?));
        }
    };
    let once = remembered(app, &service, &request);
    let offered = supported(parts(app)?.provider().approval);
    let reachable = |level: &String| offered.iter().any(|(name, _)| name == level);
    let possible = request.levels.is_empty() || request.levels.iter().any(reachable);
    if possible && !request.passive {
        let language = browser.chosen.unwrap_or(browser.language);
        let asked = (service.id.as_str(), Flow::Saml(request));
        return to_card(app, asked, browser.secret, language, vec![once]).await.map_err(replayed);
    }
    let answered = if possible {
        silently(app, &service, &request, (browser, address)).await?
    } else {
        Err(Status::NoAuthnContext)
    };
    match answered {
        Ok((way, event)) => {
            let changes = Changes::recording(event).write(Write::Login(once));
            commit(app, changes).await.map_err(replayed)?;
            Ok(Begun::Answered(way))
        }
        Err(status) => {
            app.store.keep_login(vec![once]).await.map_err(replayed)?;
            Err(Halt::Answer(failure(app, &service, (&request.reply, status)).await?))
        }
    }
}

/// The request's ID, so that it does not come again (SAML Profiles section 4.1.4.5).
fn remembered(app: &App, service: &Service, request: &AuthnRequest) -> LoginWrite {
    let now = app.clock.now();
    LoginWrite::Ticket(Ticket {
        kind: TicketKind::Assertion,
        digest: SecretDigest::of(&format!("saml {} {}", service.id, request.reply.in_response_to)),
        client_id: service.id.clone(),
        session: None,
        body: String::new(),
        at: now,
        expires_at: now.plus_seconds(MAX_AGE_SECONDS + SKEW_SECONDS),
    })
}

fn replayed(error: StoreError) -> Halt {
    match error {
        StoreError::Conflict(Conflict::Exists("ticket")) => {
            LoginError::from(SamlError::Message("the request came before")).into()
        }
        other => LoginError::from(other).into(),
    }
}

/// Answers from the session, by the rules of OpenID Connect's `prompt=none`: of this service, recent, for what was agreed.
async fn silently(
    app: &App,
    service: &Service,
    request: &AuthnRequest,
    (browser, address): (Browser<'_>, Option<IpAddr>),
) -> Result<Result<(Onward, Event), Status>, LoginError> {
    let now = app.clock.now();
    let Some(secret) = browser.session.filter(|_| !request.force) else { return Ok(Err(Status::NoPassive)) };
    let found = app.store.session(&SecretDigest::of(secret)).await?;
    let found = found.filter(|found| found.is_alive(now) && found.session.client_id == service.id);
    let Some(SessionState { session, .. }) = found else { return Ok(Err(Status::NoPassive)) };
    let body: SessionBody = records::read(&session.body)?;
    let approval = parts(app)?.provider().approval;
    let (Some(level), Some(format)) = (satisfy(body.level, approval, &request.levels), body.name_id) else {
        return Ok(Err(Status::NoPassive));
    };
    let holder = consent::holder(app, (&session.tenant, &session.person), &body).await?;
    let release = match attribute::release(service, &holder) {
        Ok(release) => release,
        Err(status) => return Ok(Err(status)),
    };
    let agreed = release.iter().all(|name| body.release.id_token.contains(name));
    // The name that was given stays the name: a request for one of another kind needs the holder.
    if !agreed || format != request.name_id || !request.accepts(|name| attribute::value(&holder, name)) {
        return Ok(Err(Status::NoPassive));
    }
    let agreed = Agreed {
        session: &session,
        name_id: (format, &body.sub),
        level,
        at: session.at,
        release: &release,
        holder: &holder,
        address,
    };
    let way = success(app, service, request, agreed).await?;
    let event = Event::new("login.repeated", Actor::Person(session.person.clone()), &*service.id, now)
        .in_tenant(&session.tenant)
        .with("acr", level)
        .with("claims", release.iter().map(String::as_str).collect::<Vec<_>>().join(" "))
        .with("session", &session.sid);
    Ok(Ok((way, event)))
}
