//! The card, on its own origin: possession was proved by TLS, the rest is decided here.

use super::flow::Party;
use super::records::{self, LoginBody, ProofBody};
use super::{LoginError, parts, secret};
use crate::app::{App, IssuerKind};
use crate::config::Mode;
use crate::service::commit::commit;
use crate::service::relying::registered;
use domain::audit::{Actor, Event};
use domain::card::CardState;
use domain::certificate::{CertificateRecord, Holder};
use domain::changes::Changes;
use domain::ports::StoreError;
use domain::session::decision::{CardRefused, Journal, Presented, judge};
use domain::session::{LoginWrite, SecretDigest, Ticket, TicketKind};
use domain::{CardNumber, PersonId, TenantId};
use federation::oidc::client::Name;
use federation::oidc::level::{Level, satisfy};
use pki::certificate::Certificate;
use std::sync::Arc;

/// Path of the card step on its origin.
pub const PATH: &str = "/card/login";

/// The holder of a card that logs in.
#[derive(Debug, Clone)]
pub struct Holds {
    /// Who.
    pub person: PersonId,
    /// At which agency.
    pub tenant: TenantId,
    /// Number of the card; none for a demo person's software key.
    pub card: Option<CardNumber>,
    /// Its level.
    pub level: Level,
    /// The certificate.
    pub certificate: Certificate,
    /// What is kept of it.
    pub record: CertificateRecord,
}

/// A login that stops at the card.
#[derive(Debug)]
pub enum Stopped {
    /// The login is over or was never begun here.
    NoLogin,
    /// The card is refused; who waits for it, and in which language to say so.
    Refused {
        /// Why.
        why: CardRefused,
        /// The relying service's name.
        service: Name,
        /// `sv` or `en`.
        language: String,
    },
    /// Something failed.
    Failed(LoginError),
}

impl<E: Into<LoginError>> From<E> for Stopped {
    fn from(error: E) -> Self {
        Self::Failed(error.into())
    }
}

/// Judges a card by itself.
///
/// # Errors
/// [`CardRefused`]; a store that does not answer refuses too.
pub async fn check(app: &App, der: Option<&[u8]>) -> Result<Holds, CardRefused> {
    let (certificate, known) = look_up(app, der).await;
    judged(app, certificate, known)
}

/// Judges the card for a login. Where the browser goes with the proof.
///
/// # Errors
/// [`Stopped`]; the refusal of a known card is in the audit log before it is told.
pub async fn present(app: &App, handle: &str, der: Option<&[u8]>) -> Result<String, Stopped> {
    let now = app.clock.now();
    let digest = SecretDigest::of(handle);
    let found = app.store.ticket(TicketKind::Login, &digest).await?;
    let found = found.filter(|found| found.is_good(now)).ok_or(Stopped::NoLogin)?;
    let login: LoginBody = records::read(&found.ticket.body)?;
    let registered = registered(app, &found.ticket.client_id).await?.ok_or(Stopped::NoLogin)?;
    let party = Party::new(registered, login.request)?;
    let (certificate, known) = look_up(app, der).await;
    let record = if let Known::Found { record, .. } = &known { Some((**record).clone()) } else { None };
    let approval = parts(app)?.provider().approval;
    let judged = judged(app, certificate, known).and_then(|holds| {
        let reached = satisfy(holds.level, approval, party.levels());
        reached.map(|_| holds).ok_or(CardRefused::LevelTooLow)
    });
    let holds = match judged {
        Ok(holds) => holds,
        Err(why) => {
            metrics::counter!("sigill_logins_total", "outcome" => why.as_str()).increment(1);
            note_refusal(app, record.as_ref(), party.id(), why).await?;
            let service = party.name().clone();
            return Err(Stopped::Refused { why, service, language: login.language });
        }
    };
    let proof = secret(app);
    let body = ProofBody {
        login: records::digest_text(digest),
        issuer: holds.record.intent.certificate.issuer.clone(),
        serial: holds.record.intent.certificate.serial.to_string(),
        at: now.unix(),
    };
    let ticket = Ticket {
        kind: TicketKind::Proof,
        digest: SecretDigest::of(&proof),
        client_id: party.id().to_owned(),
        session: None,
        body: records::write(&body),
        at: now,
        expires_at: now.plus_seconds(PROOF_SECONDS),
    };
    app.store.keep_login(vec![LoginWrite::Ticket(ticket)]).await?;
    Ok(format!("{}{}?proof={proof}", parts(app)?.issuer, super::consent::PATH))
}

/// What the store says of a certificate.
enum Known {
    Away,
    Nothing,
    Found { record: Box<CertificateRecord>, card: Option<CardState>, employed: bool },
}

/// A certificate that cannot even be read is none of ours.
async fn look_up(app: &App, der: Option<&[u8]>) -> (Result<Certificate, CardRefused>, Known) {
    let Some(der) = der else { return (Err(CardRefused::NoCertificate), Known::Nothing) };
    let certificate = Certificate::parse(der).map_err(|_| CardRefused::OtherIssuer);
    let known = match record(app, der).await {
        Ok(Some((record, card, employed))) => Known::Found { record: Box::new(record), card, employed },
        Ok(None) => Known::Nothing,
        Err(error) => {
            tracing::error!(%error, "the status of a card is unknown");
            Known::Away
        }
    };
    (certificate, known)
}

async fn record(app: &App, der: &[u8]) -> Result<Option<(CertificateRecord, Option<CardState>, bool)>, StoreError> {
    let fingerprint = domain::certificate::fingerprint(der);
    let Some(record) = app.store.certificate_by_fingerprint(&fingerprint).await? else { return Ok(None) };
    let Holder::Person { tenant, person, card, .. } = &record.intent.holder else {
        return Ok(Some((record, None, false)));
    };
    let card = match card {
        Some(number) => app.store.card(tenant, number).await?.map(|card| card.value.state),
        None => None,
    };
    let employment = app.store.employment(tenant, person).await?;
    let employed = employment.is_some_and(|employment| !employment.is_over(app.clock.now()));
    Ok(Some((record, card, employed)))
}

fn judged(app: &App, certificate: Result<Certificate, CardRefused>, known: Known) -> Result<Holds, CardRefused> {
    let login = app.config.login.as_ref().ok_or(CardRefused::StatusUnknown)?;
    let certificate = certificate?;
    let is_its = |ca: &&Arc<crate::app::CertificateAuthority>| {
        ca.kind == IssuerKind::Person && ca.issuer.certificate.subject_der() == certificate.issuer_der()
    };
    let level = login.level(certificate.policies());
    let journal = match &known {
        Known::Away => Journal::Away,
        Known::Nothing => Journal::Unknown,
        Known::Found { record, card, employed } => {
            let compromised = app.key_lives.compromised(&record.intent.certificate.issuer).is_some();
            let (card, employed, software) = (*card, *employed, app.config.mode == Mode::Demo);
            Journal::Known { record, card, compromised, employed, software }
        }
    };
    let presented = Presented {
        certificate: Some(&certificate),
        issuer: app.issuers.iter().find(is_its).map(|ca| &ca.issuer.certificate),
        has_level: level.is_some(),
        journal,
    };
    judge(&presented, app.clock.now())?;
    let (Some(level), Known::Found { record, .. }) = (level, known) else { return Err(CardRefused::StatusUnknown) };
    let Holder::Person { tenant, person, card, .. } = record.intent.holder.clone() else {
        return Err(CardRefused::NoLevel);
    };
    Ok(Holds { person, tenant, card, level, certificate, record: *record })
}

async fn note_refusal(
    app: &App,
    record: Option<&CertificateRecord>,
    service: &str,
    why: CardRefused,
) -> Result<(), LoginError> {
    let Some(Holder::Person { tenant, person, card, .. }) = record.map(|record| &record.intent.holder) else {
        return Ok(());
    };
    let card = card.as_ref().map_or("none", CardNumber::as_str);
    let event = Event::new("login.refused", Actor::Person(person.clone()), service, app.clock.now())
        .in_tenant(tenant)
        .with("card", card)
        .with("why", why.as_str());
    commit(app, Changes::recording(event)).await?;
    Ok(())
}

/// How long the holder may look at the page before deciding, in seconds.
const PROOF_SECONDS: i64 = 300;
