//! The holder sees what would be told and to whom, and says yes or no.

use super::card::{Holds, check};
use super::records::{self, LoginBody, ProofBody, SessionBody};
use super::{LoginError, parts, secret};
use crate::app::App;
use crate::service::ServiceError;
use crate::service::commit::commit;
use crate::service::relying::{agency, client};
use domain::audit::{Actor, Event};
use domain::certificate::CertificateRef;
use domain::changes::{Changes, Write};
use domain::ports::StoreError;
use domain::session::decision::CardRefused;
use domain::session::{LoginWrite, SecretDigest, Session, Ticket, TicketKind};
use domain::{PersonId, TenantId};
use federation::oidc::authorization::AuthorizationRequest;
use federation::oidc::claims::{Holder, NAMES, Number, Release};
use federation::oidc::client::Client;
use federation::oidc::level::satisfy;
use federation::oidc::token::Grant;
use federation::oidc::{Code, OidcError};
use pki::identifier::PersonalNumberKind;
use serde_json::Value;
use std::sync::Arc;

/// Path of the page.
pub const PATH: &str = "/oidc/consent";

/// What the holder decides about.
#[derive(Debug)]
pub struct Question {
    /// Who asks.
    pub client: Arc<Client>,
    /// Legal name of the agency that is behind it.
    pub agency: String,
    /// The holder, as the card names them.
    pub holder: String,
    /// What would be told: name of the claim and its value.
    pub claims: Vec<(String, Value)>,
    /// What was asked for.
    pub request: AuthorizationRequest,
    /// `sv` or `en`.
    pub language: String,
}

/// What became of a decision.
#[derive(Debug)]
pub struct Decided {
    /// Where the browser goes.
    pub redirect: String,
    /// The secret of the new session, if there is one, and how long it lasts, in seconds.
    pub session: Option<(String, i64)>,
}

/// Why there is nothing to decide.
#[derive(Debug)]
pub enum Closed {
    /// The login is over, decided already, or another browser's.
    NoLogin,
    /// The card was refused meanwhile.
    Refused(CardRefused, String),
    /// The protocol ends it; the browser goes back with the error.
    Redirect(String),
    /// Something failed.
    Failed(LoginError),
}

impl<E: Into<LoginError>> From<E> for Closed {
    fn from(error: E) -> Self {
        Self::Failed(error.into())
    }
}

/// What the holder would decide about; decides nothing.
///
/// # Errors
/// [`Closed`].
pub async fn question(app: &App, proof: &str, browser: &str) -> Result<Question, Closed> {
    let pending = Pending::load(app, proof, browser).await?;
    let (release, holder) = pending.release(app).await?;
    let told = release.names();
    // People read the name before its parts: the order is not the alphabet's.
    let named = |name: &&str| told.contains(*name).then(|| Some(((*name).to_owned(), holder.value(name)?)));
    Ok(Question {
        claims: NAMES.iter().filter_map(named).flatten().collect(),
        agency: agency(app, &pending.client.id).await?,
        holder: pending.holds.certificate.common_name().unwrap_or_default().to_owned(),
        client: pending.client,
        request: pending.login.request,
        language: pending.login.language,
    })
}

/// The holder says yes.
///
/// # Errors
/// [`Closed`]; nobody is logged in.
pub async fn accept(app: &App, proof: &str, browser: &str) -> Result<Decided, Closed> {
    let pending = Pending::load(app, proof, browser).await?;
    let (release, _) = pending.release(app).await?;
    let (login, config) = (parts(app)?, app.config.login.as_ref().ok_or(ServiceError::NotFound)?);
    let (now, request) = (app.clock.now(), &pending.login.request);
    let sub = login.subjects.subject(pending.client.sector.as_deref(), pending.holds.person.as_str());
    if request.claims.demanded_subject().is_some_and(|demanded| demanded != sub) {
        return Err(pending.back(app, Code::LoginRequired, "another person than asked for")?);
    }
    let acr = satisfy(pending.holds.level, login.provider().approval, &request.acr_values);
    let acr = acr.ok_or_else(|| Closed::Refused(CardRefused::LevelTooLow, pending.login.language.clone()))?;
    let (session_secret, code, sid) = (secret(app), secret(app), secret(app));
    let amr = pending.amr();
    let body = SessionBody {
        level: pending.holds.level,
        amr: amr.clone(),
        sub: sub.clone(),
        release: release.clone(),
        valid_from: pending.holds.certificate.not_before().unix(),
        valid_to: pending.holds.certificate.not_after().unix(),
    };
    let lifetime = i64::from(config.session_minutes) * 60;
    let session = Session {
        id: SecretDigest::of(&session_secret),
        sid: sid.clone(),
        tenant: pending.holds.tenant.clone(),
        person: pending.holds.person.clone(),
        card: pending.holds.card.clone(),
        certificate: pending.holds.record.intent.certificate.clone(),
        client_id: pending.client.id.clone(),
        body: records::write(&body),
        at: now,
        expires_at: now.plus_seconds(lifetime),
    };
    let auth_time = pending.at;
    let (request, acr) = (request.clone(), acr.to_owned());
    let grant = Grant { request, sub, acr, amr, auth_time, sid, release, binding: None };
    let ticket = code_ticket(app, &code, session.id, &grant);
    let event = pending
        .event(app, "login.completed")
        .with("acr", &grant.acr)
        .with("claims", grant.release.names().into_iter().collect::<Vec<_>>().join(" "))
        .with("session", &session.sid);
    let changes = pending
        .used(Changes::recording(event), now)
        .write(Write::Login(LoginWrite::Session(session)))
        .write(Write::Login(LoginWrite::Ticket(ticket)));
    once(commit(app, changes).await)?;
    metrics::counter!("sigill_logins_total", "outcome" => "completed").increment(1);
    let redirect = grant.request.redirect().with(&login.issuer, &[("code", &code)]);
    Ok(Decided { redirect, session: Some((session_secret, lifetime)) })
}

/// The holder says no.
///
/// # Errors
/// [`Closed`].
pub async fn refuse(app: &App, proof: &str, browser: &str) -> Result<Decided, Closed> {
    let pending = Pending::load(app, proof, browser).await?;
    let changes = Changes::recording(pending.event(app, "login.declined"));
    once(commit(app, pending.used(changes, app.clock.now())).await)?;
    metrics::counter!("sigill_logins_total", "outcome" => "declined").increment(1);
    match pending.back(app, Code::AccessDenied, "the holder said no")? {
        Closed::Redirect(redirect) => Ok(Decided { redirect, session: None }),
        other => Err(other),
    }
}

/// The holder gives up before a card was accepted. Where the browser goes.
///
/// # Errors
/// [`Closed`].
pub async fn cancel(app: &App, handle: &str, browser: &str) -> Result<String, Closed> {
    let now = app.clock.now();
    let digest = SecretDigest::of(handle);
    let found = app.store.ticket(TicketKind::Login, &digest).await?;
    let found = found.filter(|found| found.is_good(now)).ok_or(Closed::NoLogin)?;
    let login: LoginBody = records::read(&found.ticket.body)?;
    if login.browser != records::digest_text(SecretDigest::of(browser)) {
        return Err(Closed::NoLogin);
    }
    let spend = LoginWrite::Spend { kind: TicketKind::Login, digest, at: now };
    once(app.store.keep_login(vec![spend]).await)?;
    let error = OidcError::new(Code::AccessDenied, "the holder gave up");
    Ok(login.request.redirect().refusal(&parts(app)?.issuer, &error))
}

/// What is known of a holder, read now.
///
/// # Errors
/// If the store fails, or the person has left.
pub(crate) async fn holder(
    app: &App,
    (tenant, person): (&TenantId, &PersonId),
    body: &SessionBody,
) -> Result<Holder, ServiceError> {
    facts(app, (tenant, person), (body.valid_from, body.valid_to)).await
}

/// The ticket of a code.
pub(super) fn code_ticket(app: &App, code: &str, session: SecretDigest, grant: &Grant) -> Ticket {
    let now = app.clock.now();
    Ticket {
        kind: TicketKind::Code,
        digest: SecretDigest::of(code),
        client_id: grant.request.client_id.clone(),
        session: Some(session),
        body: records::write(grant),
        at: now,
        expires_at: now.plus_seconds(CODE_SECONDS),
    }
}

async fn facts(
    app: &App,
    (tenant, person): (&TenantId, &PersonId),
    (valid_from, valid_to): (i64, i64),
) -> Result<Holder, ServiceError> {
    let agency = app.store.tenant(tenant).await?.ok_or(ServiceError::NotFound)?;
    let human = app.store.person(tenant, person).await?.ok_or(ServiceError::NotFound)?;
    let number = human.identity_number.as_str().to_owned();
    let number = match human.identity_number.kind() {
        PersonalNumberKind::Personal => Number::Personal(number),
        PersonalNumberKind::Coordination => Number::Coordination(number),
    };
    Ok(Holder {
        given_name: human.given_name,
        family_name: human.surname,
        number,
        organisation: agency.name,
        organisation_number: agency.organisation_number.as_str().to_owned(),
        affiliation: person.as_str().to_owned(),
        valid_from,
        valid_to,
    })
}

/// A login whose card was accepted, and whose holder has not decided.
struct Pending {
    proof: SecretDigest,
    handle: SecretDigest,
    login: LoginBody,
    client: Arc<Client>,
    holds: Holds,
    /// When the card was accepted, Unix time.
    at: i64,
}

impl Pending {
    /// Finds it, for the browser that began it, and judges the card once more.
    async fn load(app: &App, proof: &str, browser: &str) -> Result<Self, Closed> {
        let now = app.clock.now();
        let proof = SecretDigest::of(proof);
        let found = app.store.ticket(TicketKind::Proof, &proof).await?;
        let found = found.filter(|found| found.is_good(now)).ok_or(Closed::NoLogin)?;
        let body: ProofBody = records::read(&found.ticket.body)?;
        let handle = records::digest(&body.login)?;
        let found = app.store.ticket(TicketKind::Login, &handle).await?;
        let found = found.filter(|found| found.is_good(now)).ok_or(Closed::NoLogin)?;
        let login: LoginBody = records::read(&found.ticket.body)?;
        // Whoever follows somebody else's address must not be logged in as that person, nor for them.
        if login.browser != records::digest_text(SecretDigest::of(browser)) {
            return Err(Closed::NoLogin);
        }
        let reference = CertificateRef { issuer: body.issuer.clone(), serial: body.serial()? };
        let record = app.store.certificate(&reference).await?.and_then(|record| record.issued);
        let der = record.ok_or(ServiceError::NotFound)?.der;
        let holds = check(app, Some(&der)).await;
        let holds = holds.map_err(|why| Closed::Refused(why, login.language.clone()))?;
        let client = client(app, &found.ticket.client_id).await?;
        Ok(Self { proof, handle, login, client, holds, at: body.at })
    }

    async fn release(&self, app: &App) -> Result<(Release, Holder), Closed> {
        let certificate = &self.holds.certificate;
        let valid = (certificate.not_before().unix(), certificate.not_after().unix());
        let holder = facts(app, (&self.holds.tenant, &self.holds.person), valid).await?;
        let request = &self.login.request;
        match Release::decide(&self.client, &request.scopes, &request.claims, &holder) {
            Ok(release) => Ok((release, holder)),
            Err(error) => Err(Closed::Redirect(request.redirect().refusal(&parts(app)?.issuer, &error))),
        }
    }

    /// How the login was proved (RFC 8176): a smart card and its PIN, or a key in software, in demos.
    fn amr(&self) -> Vec<String> {
        let means: &[&str] = if self.holds.card.is_some() { &["sc", "pin", "mfa"] } else { &["swk"] };
        means.iter().map(|word| (*word).to_owned()).collect()
    }

    fn event(&self, app: &App, kind: &'static str) -> Event {
        let card = self.holds.card.as_ref().map_or("none", |card| card.as_str());
        Event::new(kind, Actor::Person(self.holds.person.clone()), &*self.client.id, app.clock.now())
            .in_tenant(&self.holds.tenant)
            .with("card", card)
            .with("certificate", self.holds.record.intent.certificate.serial)
            .with("level", self.holds.level.as_str())
    }

    /// Uses up what led here, so that no decision is made twice.
    fn used(&self, changes: Changes, at: pki::time::UtcTime) -> Changes {
        changes
            .write(Write::Login(LoginWrite::Spend { kind: TicketKind::Proof, digest: self.proof, at }))
            .write(Write::Login(LoginWrite::Spend { kind: TicketKind::Login, digest: self.handle, at }))
    }

    fn back(&self, app: &App, code: Code, description: &'static str) -> Result<Closed, Closed> {
        let error = OidcError::new(code, description);
        Ok(Closed::Redirect(self.login.request.redirect().refusal(&parts(app)?.issuer, &error)))
    }
}

fn once<T>(committed: Result<T, StoreError>) -> Result<T, Closed> {
    committed.map_err(|error| match error {
        StoreError::Stale { .. } => Closed::NoLogin,
        other => Closed::from(other),
    })
}

/// How long a code lives, in seconds: at most 60 (FAPI 2.0 section 5.3.2.2).
const CODE_SECONDS: i64 = 60;
