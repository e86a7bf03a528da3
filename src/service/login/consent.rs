//! The holder sees what would be told and to whom, and says yes or no.

use super::card::{Holds, check};
use super::flow::{Onward, Party};
use super::records::{self, LoginBody, ProofBody, SessionBody};
use super::saml::answer::{Agreed, failure, success};
use super::{LoginError, parts, secret};
use crate::app::App;
use crate::service::ServiceError;
use crate::service::commit::commit;
use crate::service::relying::{agency, registered};
use domain::audit::{Actor, Event};
use domain::certificate::CertificateRef;
use domain::changes::{Changes, Write};
use domain::ports::StoreError;
use domain::session::decision::CardRefused;
use domain::session::{LoginWrite, SecretDigest, Session, Ticket, TicketKind};
use domain::{PersonId, TenantId};
use federation::oidc::authorization::AuthorizationRequest;
use federation::oidc::claims::{Holder, NAMES, Number, Release};
use federation::oidc::level::satisfy;
use federation::oidc::token::Grant;
use federation::oidc::{Code, OidcError};
use federation::saml::attribute;
use federation::saml::request::NameIdFormat;
use federation::saml::response::Status;
use pki::identifier::PersonalNumberKind;
use pki::time::UtcTime;
use serde_json::Value;
use std::net::IpAddr;

/// Path of the page.
pub const PATH: &str = "/oidc/consent";

/// What the holder decides about.
#[derive(Debug)]
pub struct Question {
    /// Who asks, and what for.
    pub party: Party,
    /// Legal name of the agency that is behind it.
    pub agency: String,
    /// The holder, as the card names them.
    pub holder: String,
    /// What would be told: name of the claim or attribute and its value.
    pub claims: Vec<(String, Value)>,
    /// `sv` or `en`.
    pub language: String,
}

/// What became of a decision.
#[derive(Debug)]
pub struct Decided {
    /// How the browser goes on.
    pub way: Onward,
    /// The secret of the new session, if there is one, and how long it lasts, in seconds.
    pub session: Option<(String, i64)>,
}

/// The browser that decides.
#[derive(Debug, Clone, Copy)]
pub struct Decider<'a> {
    /// Its secret.
    pub secret: &'a str,
    /// Where it is.
    pub address: Option<IpAddr>,
}

/// Why there is nothing to decide.
#[derive(Debug)]
pub enum Closed {
    /// The login is over, decided already, or another browser's.
    NoLogin,
    /// The card was refused meanwhile.
    Refused(CardRefused, String),
    /// The protocol ends it; the browser goes back with the error.
    Answer(Onward),
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
    let claims = match &pending.party {
        Party::Oidc { .. } => NAMES
            .iter()
            .filter(|name| told.contains(**name))
            .filter_map(|name| Some(((*name).to_owned(), holder.value(name)?)))
            .collect(),
        Party::Saml { .. } => attribute::ALL
            .iter()
            .filter(|known| told.contains(known.name))
            .filter_map(|known| Some((known.name.to_owned(), attribute::value(&holder, known.name)?.into())))
            .collect(),
    };
    Ok(Question {
        claims,
        agency: agency(app, pending.party.id()).await?,
        holder: pending.holds.certificate.common_name().unwrap_or_default().to_owned(),
        party: pending.party,
        language: pending.language,
    })
}

/// The holder says yes.
///
/// # Errors
/// [`Closed`]; nobody is logged in.
pub async fn accept(app: &App, proof: &str, browser: Decider<'_>) -> Result<Decided, Closed> {
    let pending = Pending::load(app, proof, browser.secret).await?;
    let (release, holder) = pending.release(app).await?;
    let now = app.clock.now();
    let config = app.config.login.as_ref().ok_or(ServiceError::NotFound)?;
    let acr = satisfy(pending.holds.level, parts(app)?.provider().approval, pending.party.levels());
    let acr = acr.ok_or_else(|| Closed::Refused(CardRefused::LevelTooLow, pending.language.clone()))?;
    let (sub, name_id) = pending.subject(app, &holder).await?;
    let body = SessionBody {
        level: pending.holds.level,
        amr: pending.amr(),
        sub,
        name_id,
        release,
        valid_from: pending.holds.certificate.not_before().unix(),
        valid_to: pending.holds.certificate.not_after().unix(),
    };
    let (session_secret, lifetime) = (secret(app), i64::from(config.session_minutes) * 60);
    let session = Session {
        id: SecretDigest::of(&session_secret),
        sid: secret(app),
        tenant: pending.holds.tenant.clone(),
        person: pending.holds.person.clone(),
        card: pending.holds.card.clone(),
        certificate: pending.holds.record.intent.certificate.clone(),
        client_id: pending.party.id().to_owned(),
        body: records::write(&body),
        at: now,
        expires_at: now.plus_seconds(lifetime),
    };
    // Signed before anything is written: nobody is logged in by an answer that cannot be made.
    let (way, ticket) = pending.answer(app, (&session, &body), acr, (&holder, browser.address)).await?;
    let event = pending
        .event(app, "login.completed")
        .with("acr", acr)
        .with("claims", body.release.names().into_iter().collect::<Vec<_>>().join(" "))
        .with("session", &session.sid);
    let mut changes = pending.used(Changes::recording(event), now).write(Write::Login(LoginWrite::Session(session)));
    if let Some(ticket) = ticket {
        changes = changes.write(Write::Login(LoginWrite::Ticket(ticket)));
    }
    once(commit(app, changes).await)?;
    metrics::counter!("sigill_logins_total", "outcome" => "completed").increment(1);
    Ok(Decided { way, session: Some((session_secret, lifetime)) })
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
    Ok(Decided { way: pending.party.declined(app).await?, session: None })
}

/// The holder gives up before a card was accepted. How the browser goes back.
///
/// # Errors
/// [`Closed`].
pub async fn cancel(app: &App, handle: &str, browser: &str) -> Result<Onward, Closed> {
    let now = app.clock.now();
    let digest = SecretDigest::of(handle);
    let found = app.store.ticket(TicketKind::Login, &digest).await?;
    let found = found.filter(|found| found.is_good(now)).ok_or(Closed::NoLogin)?;
    let login: LoginBody = records::read(&found.ticket.body)?;
    if login.browser != records::digest_text(SecretDigest::of(browser)) {
        return Err(Closed::NoLogin);
    }
    let registered = registered(app, &found.ticket.client_id).await?.ok_or(Closed::NoLogin)?;
    let party = Party::new(registered, login.request)?;
    let spend = LoginWrite::Spend { kind: TicketKind::Login, digest, at: now };
    once(app.store.keep_login(vec![spend]).await)?;
    Ok(party.declined(app).await?)
}

impl Party {
    /// The holder said no, or gave up.
    async fn declined(&self, app: &App) -> Result<Onward, LoginError> {
        match self {
            Self::Oidc { request, .. } => {
                let error = OidcError::new(Code::AccessDenied, "the holder said no");
                Ok(Onward::Redirect(request.redirect().refusal(&parts(app)?.issuer, &error)))
            }
            Self::Saml { service, request } => failure(app, service, (&request.reply, Status::Cancel)).await,
        }
    }
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
        _ if human.protection.is_some() => Number::Withheld,
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
    party: Party,
    language: String,
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
        let LoginBody { request, browser: began, language } = records::read(&found.ticket.body)?;
        // Whoever follows somebody else's address must not be logged in as that person, nor for them.
        if began != records::digest_text(SecretDigest::of(browser)) {
            return Err(Closed::NoLogin);
        }
        let reference = CertificateRef { issuer: body.issuer.clone(), serial: body.serial()? };
        let record = app.store.certificate(&reference).await?.and_then(|record| record.issued);
        let der = record.ok_or(ServiceError::NotFound)?.der;
        let holds = check(app, Some(&der)).await;
        let holds = holds.map_err(|why| Closed::Refused(why, language.clone()))?;
        let registered = registered(app, &found.ticket.client_id).await?.ok_or(Closed::NoLogin)?;
        let party = Party::new(registered, request)?;
        Ok(Self { proof, handle, party, language, holds, at: body.at })
    }

    /// What would be told, and of whom.
    async fn release(&self, app: &App) -> Result<(Release, Holder), Closed> {
        let certificate = &self.holds.certificate;
        let valid = (certificate.not_before().unix(), certificate.not_after().unix());
        let holder = facts(app, (&self.holds.tenant, &self.holds.person), valid).await?;
        match &self.party {
            Party::Oidc { client, request } => {
                match Release::decide(client, &request.scopes, &request.claims, &holder) {
                    Ok(release) => Ok((release, holder)),
                    Err(error) => Err(oidc_refusal(app, request, &error)?),
                }
            }
            Party::Saml { service, request } => match attribute::release(service, &holder) {
                Ok(names) => Ok((Release { id_token: names, ..Release::default() }, holder)),
                Err(status) => Err(Closed::Answer(failure(app, service, (&request.reply, status)).await?)),
            },
        }
    }

    /// The subject towards the relying service, if the holder is the one that it asks for.
    async fn subject(&self, app: &App, holder: &Holder) -> Result<(String, Option<NameIdFormat>), Closed> {
        let (subjects, person) = (&parts(app)?.subjects, self.holds.person.as_str());
        match &self.party {
            Party::Oidc { client, request } => {
                let sub = subjects.subject(client.sector.as_deref(), person);
                if !records::is_wanted(app, request, &sub)? {
                    let error = OidcError::new(Code::LoginRequired, "another person than asked for");
                    return Err(oidc_refusal(app, request, &error)?);
                }
                Ok((sub, None))
            }
            Party::Saml { service, request } => {
                if !request.accepts(|name| attribute::value(holder, name)) {
                    let answer = (&request.reply, Status::UnknownPrincipal);
                    return Err(Closed::Answer(failure(app, service, answer).await?));
                }
                let name = match request.name_id {
                    NameIdFormat::Transient => secret(app),
                    // Apart from the sectors of OpenID Connect, which are host names.
                    NameIdFormat::Persistent => subjects.subject(Some(&format!("saml {}", service.id)), person),
                };
                Ok((name, Some(request.name_id)))
            }
        }
    }

    /// How the browser goes back, and the ticket of a code if it takes one along.
    async fn answer(
        &self,
        app: &App,
        (session, body): (&Session, &SessionBody),
        acr: &str,
        (holder, address): (&Holder, Option<IpAddr>),
    ) -> Result<(Onward, Option<Ticket>), LoginError> {
        match &self.party {
            Party::Oidc { request, .. } => {
                let code = secret(app);
                let grant = Grant {
                    request: request.clone(),
                    sub: body.sub.clone(),
                    acr: acr.to_owned(),
                    amr: body.amr.clone(),
                    auth_time: self.at,
                    sid: session.sid.clone(),
                    release: body.release.clone(),
                    binding: None,
                };
                let ticket = code_ticket(app, &code, session.id, &grant);
                let way = Onward::Redirect(request.redirect().with(&parts(app)?.issuer, &[("code", &code)]));
                Ok((way, Some(ticket)))
            }
            Party::Saml { service, request } => {
                let agreed = Agreed {
                    session,
                    name_id: (request.name_id, &body.sub),
                    level: acr,
                    at: UtcTime::from_unix(self.at),
                    release: &body.release.id_token,
                    holder,
                    address,
                };
                Ok((success(app, service, request, agreed).await?, None))
            }
        }
    }

    /// How the login was proved (RFC 8176): a smart card and its PIN, or a key in software, in demos.
    fn amr(&self) -> Vec<String> {
        let means: &[&str] = if self.holds.card.is_some() { &["sc", "pin", "mfa"] } else { &["swk"] };
        means.iter().map(|word| (*word).to_owned()).collect()
    }

    fn event(&self, app: &App, kind: &'static str) -> Event {
        let card = self.holds.card.as_ref().map_or("none", |card| card.as_str());
        Event::new(kind, Actor::Person(self.holds.person.clone()), self.party.id(), app.clock.now())
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
}

fn oidc_refusal(app: &App, request: &AuthorizationRequest, error: &OidcError) -> Result<Closed, ServiceError> {
    Ok(Closed::Answer(Onward::Redirect(request.redirect().refusal(&parts(app)?.issuer, error))))
}

fn once<T>(committed: Result<T, StoreError>) -> Result<T, Closed> {
    committed.map_err(|error| match error {
        StoreError::Stale { .. } => Closed::NoLogin,
        other => Closed::from(other),
    })
}

/// How long a code lives, in seconds: at most 60 (FAPI 2.0 section 5.3.2.2).
const CODE_SECONDS: i64 = 60;
