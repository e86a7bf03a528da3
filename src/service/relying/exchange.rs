//! Tokens for a code, and new ones for a refresh token.

use super::caller::{Caller, keep_once, remember};
use crate::app::App;
use crate::service::ServiceError;
use crate::service::commit::commit;
use crate::service::login::{LoginError, consent, keys, parts, secret, session};
use domain::audit::{Actor, Event};
use domain::changes::Changes;
use domain::ports::StoreError;
use domain::session::{LoginWrite, SecretDigest, SessionState, Ticket, TicketKind, TicketState};
use federation::oidc::client::Client;
use federation::oidc::jwt::Frame;
use federation::oidc::token::{Binding, CodeExchange, Exchange, Grant, Tokens, answer};
use federation::oidc::{Code, OidcError, Parameters};
use serde_json::Value;
use std::collections::BTreeSet;

/// A code or refresh token that is good, and what it stands for.
struct Redeemed {
    /// Of the two.
    kind: TicketKind,
    digest: SecretDigest,
    grant: Grant,
    state: SessionState,
}

/// Exchanges a code or a refresh token. The answer of the token endpoint.
///
/// # Errors
/// The protocol's. What comes twice ends the session that it came from, with all its tokens.
pub async fn exchange(app: &App, caller: &Caller, parameters: &Parameters) -> Result<Value, LoginError> {
    match redeem(app, caller, parameters).await {
        Ok(redeemed) => give(app, caller, redeemed).await,
        Err(error) => {
            remember(app, caller).await?;
            Err(error)
        }
    }
}

/// Makes the tokens, and uses up what they are for in the same step.
async fn give(app: &App, caller: &Caller, redeemed: Redeemed) -> Result<Value, LoginError> {
    let Redeemed { kind, digest, grant, state } = redeemed;
    let (now, access_token) = (app.clock.now(), secret(app));
    let seconds = app.config.login.as_ref().map_or(0, |config| i64::from(config.access_token_seconds));
    let expires_at = now.plus_seconds(seconds).min(state.session.expires_at);
    // Signed before anything is written: a token that cannot be made uses up no code.
    let id_token = id_token(app, &caller.client, &grant, &state, &access_token).await?;
    let body = serde_json::to_string(&grant).map_err(|_| StoreError::Corrupt { what: "grant" })?;
    let ticket = |kind, secret: &str, expires_at| Ticket {
        kind,
        digest: SecretDigest::of(secret),
        client_id: caller.client.id.clone(),
        session: Some(state.session.id),
        body: body.clone(),
        at: now,
        expires_at,
    };
    let mut writes = vec![
        LoginWrite::Spend { kind, digest, at: now },
        LoginWrite::Ticket(ticket(TicketKind::Access, &access_token, expires_at)),
    ];
    let refreshes = caller.client.refreshes && parts(app)?.provider().refreshes;
    let refresh_token = refreshes.then(|| secret(app));
    if let Some(token) = &refresh_token {
        writes.push(LoginWrite::Ticket(ticket(TicketKind::Refresh, token, state.session.expires_at)));
    }
    match keep_once(app, caller, writes).await {
        Err(LoginError::Service(ServiceError::Store(StoreError::Stale { .. }))) => Err(replayed(app, &state).await?),
        Err(other) => Err(other),
        Ok(()) => {
            let lifetime = expires_at.unix() - now.unix();
            let refresh_token = refresh_token.as_deref();
            Ok(answer(&Tokens { access_token: &access_token, lifetime, id_token: &id_token, refresh_token }, &grant))
        }
    }
}

async fn redeem(app: &App, caller: &Caller, parameters: &Parameters) -> Result<Redeemed, LoginError> {
    match Exchange::read(parameters)? {
        Exchange::Code(exchange) => redeem_code(app, caller, &exchange).await,
        Exchange::Refresh { token, scopes } => redeem_refresh(app, caller, &token, scopes).await,
    }
}

async fn redeem_code(app: &App, caller: &Caller, exchange: &CodeExchange) -> Result<Redeemed, LoginError> {
    let found = find(app, TicketKind::Code, &exchange.code).await?.ok_or(NO_CODE)?;
    let Found { mut grant, state, .. } =
        found.checked(app, caller, |grant| exchange.check(grant, &caller.client.id)).await?;
    grant.binding = Binding::decide(&caller.client, &grant.request, &caller.held())?;
    Ok(Redeemed { kind: TicketKind::Code, digest: SecretDigest::of(&exchange.code), grant, state })
}

async fn redeem_refresh(
    app: &App,
    caller: &Caller,
    token: &str,
    scopes: Option<BTreeSet<String>>,
) -> Result<Redeemed, LoginError> {
    let found = find(app, TicketKind::Refresh, token).await?.ok_or(NO_CODE)?;
    let theirs = |_: &Grant| if caller.client.refreshes { Ok(()) } else { Err(NO_CODE) };
    let Found { grant, state, .. } = found.checked(app, caller, theirs).await?;
    let grant = grant.refreshed(scopes, &caller.held())?;
    Ok(Redeemed { kind: TicketKind::Refresh, digest: SecretDigest::of(token), grant, state })
}

/// What was kept under a secret.
struct Found {
    ticket: TicketState,
    grant: Grant,
    state: SessionState,
}

async fn find(app: &App, kind: TicketKind, secret: &str) -> Result<Option<Found>, LoginError> {
    let Some(ticket) = app.store.ticket(kind, &SecretDigest::of(secret)).await? else { return Ok(None) };
    let Some(id) = ticket.ticket.session else { return Ok(None) };
    let Some(state) = app.store.session(&id).await? else { return Ok(None) };
    let grant = serde_json::from_str(&ticket.ticket.body).map_err(|_| StoreError::Corrupt { what: "grant" })?;
    Ok(Some(Found { ticket, grant, state }))
}

impl Found {
    /// The same if the caller may use it now. Its own client that brings it a second time ends the session.
    async fn checked(
        self,
        app: &App,
        caller: &Caller,
        fits: impl FnOnce(&Grant) -> Result<(), OidcError>,
    ) -> Result<Self, LoginError> {
        let (now, TicketState { ticket, spent_at }) = (app.clock.now(), &self.ticket);
        let theirs = ticket.client_id == caller.client.id;
        if spent_at.is_some() && theirs {
            return Err(replayed(app, &self.state).await?);
        }
        fits(&self.grant)?;
        if !theirs || spent_at.is_some() || now >= ticket.expires_at || !self.state.is_alive(now) {
            return Err(NO_CODE.into());
        }
        Ok(self)
    }
}

/// RFC 6749 section 4.1.2 and RFC 9700 section 4.14.2: tokens that came of what is used twice are worth nothing.
async fn replayed(app: &App, state: &SessionState) -> Result<LoginError, LoginError> {
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
    let signed = keys::sign(app, algorithm, |kid| {
        let frame = Frame { kid, algorithm, issuer: &issuer, audience: &client.id, now };
        frame.id_token(grant, access_token, holder.values(&grant.release.id_token))
    });
    keys::encrypt(app, client.id_token_encryption.as_ref(), signed.await?)
}

const NO_CODE: OidcError = OidcError::new(Code::InvalidGrant, "the code or token is unknown, used or over");
