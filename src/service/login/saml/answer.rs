//! Answers to SAML services.

use super::{key, message_id, named, offered, signed};
use crate::app::App;
use crate::service::login::flow::{Onward, Problem};
use crate::service::login::{LoginError, parts};
use domain::session::Session;
use federation::oidc::claims::Holder;
use federation::saml::encryption::Secrets;
use federation::saml::post::Form;
use federation::saml::request::{AuthnRequest, NameIdFormat};
use federation::saml::response::{self, Frame, Login, Reply, Status};
use federation::saml::service::Service;
use pki::time::UtcTime;
use std::collections::BTreeSet;
use std::net::IpAddr;

/// What a holder said yes to.
#[derive(Debug, Clone, Copy)]
pub(in crate::service::login) struct Agreed<'a> {
    /// The session that it makes, or goes on with.
    pub(in crate::service::login) session: &'a Session,
    /// The name towards the service.
    pub(in crate::service::login) name_id: (NameIdFormat, &'a str),
    /// The level.
    pub(in crate::service::login) level: &'a str,
    /// When the card was shown.
    pub(in crate::service::login) at: UtcTime,
    /// What is told …
    pub(in crate::service::login) release: &'a BTreeSet<String>,
    /// … of whom.
    pub(in crate::service::login) holder: &'a Holder,
    /// Where the browser is.
    pub(in crate::service::login) address: Option<IpAddr>,
}

/// An answer without assertion. What the holder should read first is read first.
///
/// # Errors
/// If it cannot be signed.
pub(in crate::service::login) async fn failure(
    app: &App,
    service: &Service,
    (reply, status): (&Reply, Status),
) -> Result<Onward, LoginError> {
    offered(app)?;
    let key = key(app, &service.signature_methods)?;
    let (issuer, id) = (parts(app)?.entity_id(), message_id(app));
    let frame = Frame { issuer: &issuer, id: &id, now: app.clock.now() };
    let draft = response::failure(frame, reply, status, named(&key))?;
    let xml = signed(app, draft, &key.0).await?;
    metrics::counter!("sigill_saml_answers_total", "outcome" => "refused").increment(1);
    let problem = match status {
        Status::NoAuthnContext => Some(Problem::Level),
        Status::UnknownPrincipal => Some(Problem::Person),
        Status::InvalidNameIdPolicy | Status::RequestUnsupported | Status::RequestDenied => Some(Problem::Request),
        _ => None,
    };
    Ok(Onward::Form { form: form(reply, &xml), problem })
}

/// An answer with an assertion: signed if the service wants that, encrypted, in a signed response.
///
/// # Errors
/// If it cannot be signed or encrypted.
pub(in crate::service::login) async fn success(
    app: &App,
    service: &Service,
    request: &AuthnRequest,
    agreed: Agreed<'_>,
) -> Result<Onward, LoginError> {
    offered(app)?;
    let key = key(app, &service.signature_methods)?;
    let (issuer, now) = (parts(app)?.entity_id(), app.clock.now());
    let (format, name_id) = agreed.name_id;
    let login = Login {
        format,
        name_id,
        level: agreed.level,
        at: agreed.at,
        session: &agreed.session.sid,
        until: agreed.session.expires_at,
        address: agreed.address,
        release: agreed.release,
        holder: agreed.holder,
    };
    let (id, outer) = (message_id(app), message_id(app));
    let frame = Frame { issuer: &issuer, id: &id, now };
    let assertion = if service.wants_signed_assertions {
        signed(app, response::signed_assertion(frame, &request.reply, &login, named(&key))?, &key.0).await?
    } else {
        response::assertion(frame, &request.reply, &login)
    };
    let encrypted = service.recipient.encrypt(&assertion, &secrets(app))?;
    let draft = response::success(Frame { id: &outer, ..frame }, &request.reply, &encrypted, named(&key))?;
    let xml = signed(app, draft, &key.0).await?;
    metrics::counter!("sigill_saml_answers_total", "outcome" => "completed").increment(1);
    Ok(Onward::Form { form: form(&request.reply, &xml), problem: None })
}

fn form(reply: &Reply, xml: &str) -> Form {
    Form::new(&reply.acs, ("SAMLResponse", xml), reply.relay_state.as_deref())
}

fn secrets(app: &App) -> Secrets {
    let mut key = [0; 32];
    let (one, other) = key.split_at_mut(16);
    one.copy_from_slice(&app.entropy.random16());
    other.copy_from_slice(&app.entropy.random16());
    Secrets { key, iv: app.entropy.random16() }
}
