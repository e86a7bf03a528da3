//! What relying services ask behind the browser's back: tokens, who logged in, what a token is worth.

use crate::app::{App, IssuerKind};
use crate::service::commit::commit;
use crate::service::login::{LoginError, consent, keys, parts, secret, session};
use domain::audit::{Actor, Event};
use domain::changes::Changes;
use domain::ports::{Conflict, StoreError};
use domain::session::{LoginWrite, SecretDigest, SessionState, Ticket, TicketKind, TicketState};
use federation::oidc::authentication::{Clock, Presented, Remember, certificate_thumbprint, claimed, prove};
use federation::oidc::client::Client;
use federation::oidc::dpop::{Proof, Request, verify};
use federation::oidc::jwt::Frame;
use federation::oidc::token::{Binding, CodeExchange, Grant, Held, answer, introspection};
use federation::oidc::{Code, OidcError, Parameters};
use pki::certificate::Certificate;
use serde_json::Value;
use std::sync::Arc;

/// A relying service that proved who it is.
pub struct Caller {
    /// Its registration.
    pub client: Arc<Client>,
    /// The proof that it sent along.
    pub proof: Option<Proof>,
    /// SHA-256 of the certificate of its connection.
    certificate: Option<String>,
    /// What is to be kept so that nothing is used again.
    remember: Vec<Remember>,
}

/// What came with a request beside its parameters.
#[derive(Debug, Clone, Copy)]
pub struct Shown<'a> {
    /// The certificate of the connection.
    pub certificate: Option<&'a [u8]>,
    /// The DPoP header.
    pub proof: Option<&'a str>,
    /// The HTTP method.
    pub method: &'a str,
    /// Path of the endpoint.
    pub path: &'a str,
}

/// Who sent `parameters` to the endpoint at `path`.
///
/// # Errors
/// `invalid_client`.
pub async fn caller(app: &App, parameters: &Parameters, shown: Shown<'_>) -> Result<Caller, LoginError> {
    let client = super::client(app, &claimed(parameters)?).await?;
    let certificate = shown.certificate.and_then(|der| Certificate::parse(der).ok());
    let trusted = match &certificate {
        Some(certificate) => is_trusted(app, certificate).await?,
        None => false,
    };
    let presented = certificate.as_ref().map(|certificate| Presented { certificate, trusted });
    let provider = parts(app)?.provider();
    let address = provider.endpoint(shown.path);
    let proven = prove(&client, parameters, presented.as_ref(), (&provider, &address), Clock(app.clock.now()))?;
    let proof = proof(app, &shown, None)?;
    let remember = proven.remember.into_iter().chain(proof.iter().map(|proof| proof.remember.clone())).collect();
    let certificate = certificate.as_ref().map(certificate_thumbprint);
    Ok(Caller { client, proof, certificate, remember })
}

/// Remembers the proof alone, for requests that write nothing else.
///
/// # Errors
/// `invalid_client` if it was used before.
pub async fn remember(app: &App, caller: &Caller) -> Result<(), LoginError> {
    let writes: Vec<LoginWrite> = remembered(app, &caller.client.id, &caller.remember).collect();
    if writes.is_empty() {
        return Ok(());
    }
    app.store.keep_login(writes).await.map_err(replayed)
}

/// Exchanges a code. The answer of the token endpoint.
///
/// # Errors
/// The protocol's. A code that comes twice ends the session that it came from, with all its tokens.
pub async fn exchange(app: &App, caller: &Caller, parameters: &Parameters) -> Result<Value, LoginError> {
    let begun = match redeem(app, caller, parameters).await {
        Ok(begun) => begun,
        Err(error) => {
            remember(app, caller).await?;
            return Err(error);
        }
    };
    let (exchange, grant, state) = begun;
    let (now, access_token) = (app.clock.now(), secret(app));
    let seconds = app.config.login.as_ref().map_or(0, |config| i64::from(config.access_token_seconds));
    let expires_at = now.plus_seconds(seconds).min(state.session.expires_at);
    // Signed before anything is written: a token that cannot be made uses up no code.
    let id_token = id_token(app, &caller.client, &grant, &state, &access_token).await?;
    let digest = SecretDigest::of(&exchange.code);
    let access = Ticket {
        kind: TicketKind::Access,
        digest: SecretDigest::of(&access_token),
        client_id: caller.client.id.clone(),
        session: Some(state.session.id),
        body: serde_json::to_string(&grant).map_err(|_| StoreError::Corrupt { what: "grant" })?,
        at: now,
        expires_at,
    };
    let spend = LoginWrite::Spend { kind: TicketKind::Code, digest, at: now };
    let writes =
        remembered(app, &caller.client.id, &caller.remember).chain([spend, LoginWrite::Ticket(access)]).collect();
    match app.store.keep_login(writes).await {
        Err(StoreError::Stale { .. }) => Err(code_replayed(app, &state).await?),
        other => {
            other.map_err(replayed)?;
            Ok(answer(&access_token, expires_at.unix() - now.unix(), &id_token, &grant))
        }
    }
}

/// Who logged in: the signed answer of the UserInfo endpoint.
///
/// # Errors
/// `invalid_token`.
pub async fn userinfo(app: &App, access_token: &str, shown: Shown<'_>) -> Result<String, LoginError> {
    let (_, grant, state) = access(app, access_token).await?.ok_or(NO_TOKEN)?;
    let proof = proof(app, &shown, Some(access_token))?;
    let certificate = shown.certificate.and_then(|der| Certificate::parse(der).ok());
    let held = Held {
        jkt: proof.as_ref().map(|proof| proof.jkt.clone()),
        certificate: certificate.as_ref().map(certificate_thumbprint),
    };
    if !Binding::is_met(grant.binding.as_ref(), &held) {
        return Err(NO_TOKEN.into());
    }
    if let Some(proof) = proof {
        let once = remembered(app, &grant.request.client_id, &[proof.remember]).collect();
        app.store.keep_login(once).await.map_err(replayed)?;
    }
    let client = super::client(app, &grant.request.client_id).await?;
    let body = serde_json::from_str(&state.session.body).map_err(|_| StoreError::Corrupt { what: "session" })?;
    let holder = consent::holder(app, (&state.session.tenant, &state.session.person), &body).await?;
    let (issuer, now, algorithm) = (parts(app)?.issuer.clone(), app.clock.now().unix(), client.userinfo_algorithm);
    keys::sign(app, algorithm, |kid| {
        let frame = Frame { kid, algorithm, issuer: &issuer, audience: &client.id, now };
        frame.userinfo(&grant.sub, holder.values(&grant.release.userinfo))
    })
    .await
}

/// What a token is worth to its own relying service (RFC 7662).
///
/// # Errors
/// If the store fails.
pub async fn introspect(app: &App, caller: &Caller, token: &str) -> Result<Value, LoginError> {
    let found = access(app, token).await?.filter(|(ticket, ..)| ticket.client_id == caller.client.id);
    let issuer = &parts(app)?.issuer;
    let facts = found.as_ref().map(|(ticket, grant, _)| (grant, ticket.at.unix(), ticket.expires_at.unix()));
    Ok(introspection(facts, issuer))
}

/// Ends a token of its own relying service (RFC 7009); of any other it says nothing.
///
/// # Errors
/// If the store fails.
pub async fn revoke(app: &App, caller: &Caller, token: &str) -> Result<(), LoginError> {
    let Some((ticket, ..)) = access(app, token).await? else { return Ok(()) };
    if ticket.client_id != caller.client.id {
        return Ok(());
    }
    let spend = LoginWrite::Spend { kind: TicketKind::Access, digest: ticket.digest, at: app.clock.now() };
    match app.store.keep_login(vec![spend]).await {
        Ok(()) | Err(StoreError::Stale { .. }) => Ok(()),
        Err(other) => Err(other.into()),
    }
}

async fn redeem(
    app: &App,
    caller: &Caller,
    parameters: &Parameters,
) -> Result<(CodeExchange, Grant, SessionState), LoginError> {
    let exchange = CodeExchange::read(parameters)?;
    let now = app.clock.now();
    let found = app.store.ticket(TicketKind::Code, &SecretDigest::of(&exchange.code)).await?.ok_or(NO_CODE)?;
    let TicketState { ticket, spent_at } = found;
    let mut grant: Grant = serde_json::from_str(&ticket.body).map_err(|_| StoreError::Corrupt { what: "grant" })?;
    let state = app.store.session(&ticket.session.ok_or(NO_CODE)?).await?.ok_or(NO_CODE)?;
    if spent_at.is_some() && ticket.client_id == caller.client.id {
        return Err(code_replayed(app, &state).await?);
    }
    exchange.check(&grant, &caller.client.id)?;
    if spent_at.is_some() || now >= ticket.expires_at || !state.is_alive(now) {
        return Err(NO_CODE.into());
    }
    let held =
        Held { jkt: caller.proof.as_ref().map(|proof| proof.jkt.clone()), certificate: caller.certificate.clone() };
    grant.binding = Binding::decide(&caller.client, &grant.request, &held)?;
    Ok((exchange, grant, state))
}

/// RFC 6749 section 4.1.2: tokens that came of a code that is used twice are worth nothing.
async fn code_replayed(app: &App, state: &SessionState) -> Result<LoginError, LoginError> {
    let event = Event::new("login.code-replayed", Actor::Nobody, state.session.sid.as_str(), app.clock.now())
        .in_tenant(&state.session.tenant)
        .with("client", &state.session.client_id);
    commit(app, Changes::recording(event)).await?;
    session::end(app, &state.session, Actor::System("code-replay".to_owned())).await?;
    Ok(NO_CODE.into())
}

async fn id_token(
    app: &App,
    client: &Client,
    grant: &Grant,
    state: &SessionState,
    access_token: &str,
) -> Result<String, LoginError> {
    let body = serde_json::from_str(&state.session.body).map_err(|_| StoreError::Corrupt { what: "session" })?;
    let holder = consent::holder(app, (&state.session.tenant, &state.session.person), &body).await?;
    let (issuer, now, algorithm) = (parts(app)?.issuer.clone(), app.clock.now().unix(), client.id_token_algorithm);
    keys::sign(app, algorithm, |kid| {
        let frame = Frame { kid, algorithm, issuer: &issuer, audience: &client.id, now };
        frame.id_token(grant, access_token, holder.values(&grant.release.id_token))
    })
    .await
}

/// A token that is good now, with what it stands for.
async fn access(app: &App, token: &str) -> Result<Option<(Ticket, Grant, SessionState)>, LoginError> {
    let now = app.clock.now();
    let found = app.store.ticket(TicketKind::Access, &SecretDigest::of(token)).await?;
    let Some(TicketState { ticket, .. }) = found.filter(|found| found.is_good(now)) else { return Ok(None) };
    let Some(id) = ticket.session else { return Ok(None) };
    let Some(state) = app.store.session(&id).await?.filter(|state| state.is_alive(now)) else { return Ok(None) };
    let grant = serde_json::from_str(&ticket.body).map_err(|_| StoreError::Corrupt { what: "grant" })?;
    Ok(Some((ticket, grant, state)))
}

/// Whether a CA of ours issued it to somebody, and it is good now.
async fn is_trusted(app: &App, certificate: &Certificate) -> Result<bool, LoginError> {
    let issued = app.issuers.iter().filter(|ca| ca.kind != IssuerKind::Root);
    let signed = issued.into_iter().any(|ca| certificate.verify_issued_by(&ca.issuer.certificate).is_ok());
    if !signed || !certificate.valid_at(app.clock.now()) {
        return Ok(false);
    }
    let record = app.store.certificate_by_fingerprint(&certificate.fingerprint()).await?;
    Ok(record.is_some_and(|record| record.revocation.is_none()))
}

/// The proof in the header of a request, at whichever of our origins it came to.
fn proof(app: &App, shown: &Shown<'_>, access_token: Option<&str>) -> Result<Option<Proof>, LoginError> {
    let Some(header) = shown.proof else { return Ok(None) };
    let provider = parts(app)?.provider();
    let at = |origin: &str| {
        let address = format!("{origin}{}", shown.path);
        let request = Request { method: shown.method, address: &address, access_token };
        verify(header, request, Clock(app.clock.now()))
    };
    let proof = match (at(&provider.issuer), &provider.mtls) {
        (Err(_), Some(origin)) => at(origin)?,
        (other, _) => other?,
    };
    Ok(Some(proof))
}

fn remembered<'a>(app: &App, client_id: &'a str, all: &'a [Remember]) -> impl Iterator<Item = LoginWrite> + use<'a> {
    let now = app.clock.now();
    let ticket = move |Remember { id, until }: &Remember| Ticket {
        kind: TicketKind::Assertion,
        digest: SecretDigest::of(id),
        client_id: client_id.to_owned(),
        session: None,
        body: String::new(),
        at: now,
        expires_at: *until,
    };
    all.iter().map(move |one| LoginWrite::Ticket(ticket(one)))
}

/// An assertion that is known was used before.
fn replayed(error: StoreError) -> LoginError {
    match error {
        StoreError::Conflict(Conflict::Exists("ticket")) => {
            OidcError::new(Code::InvalidClient, "the client assertion or proof was used before").into()
        }
        other => other.into(),
    }
}

const NO_CODE: OidcError = OidcError::new(Code::InvalidGrant, "the code is unknown, used or over");
const NO_TOKEN: OidcError = OidcError::new(Code::InvalidToken, "the access token is unknown, revoked or over");
