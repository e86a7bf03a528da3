//! What an access token is worth: who logged in, and for how long that holds.

use super::caller::{Caller, Shown, remember_proof, shown_proof};
use crate::app::App;
use crate::service::login::{LoginError, consent, keys, parts};
use domain::ports::StoreError;
use domain::session::{LoginWrite, SecretDigest, SessionState, Ticket, TicketKind, TicketState};
use federation::oidc::authentication::certificate_thumbprint;
use federation::oidc::jwt::Frame;
use federation::oidc::token::{Binding, Grant, Held, introspection};
use federation::oidc::{Code, OidcError};
use pki::certificate::Certificate;
use serde_json::Value;

/// Who logged in: the signed answer of the UserInfo endpoint.
///
/// # Errors
/// `invalid_token`.
pub async fn userinfo(app: &App, access_token: &str, shown: Shown<'_>) -> Result<String, LoginError> {
    let (_, grant, state) = access(app, access_token).await?.ok_or(NO_TOKEN)?;
    let proof = shown_proof(app, &shown, Some(access_token))?;
    let certificate = shown.certificate.and_then(|der| Certificate::parse(der).ok());
    let held = Held {
        jkt: proof.as_ref().map(|proof| proof.jkt.clone()),
        certificate: certificate.as_ref().map(certificate_thumbprint),
    };
    if !Binding::is_met(grant.binding.as_ref(), &held) {
        return Err(NO_TOKEN.into());
    }
    if let Some(proof) = proof {
        remember_proof(app, &grant.request.client_id, proof).await?;
    }
    let client = super::client(app, &grant.request.client_id).await?;
    let body = serde_json::from_str(&state.session.body).map_err(|_| StoreError::Corrupt { what: "session" })?;
    let holder = consent::holder(app, (&state.session.tenant, &state.session.person), &body).await?;
    let (issuer, now, algorithm) = (parts(app)?.issuer.clone(), app.clock.now().unix(), client.userinfo_algorithm);
    let signed = keys::sign(app, algorithm, |kid| {
        let frame = Frame { kid, algorithm, issuer: &issuer, audience: &client.id, now };
        frame.userinfo(&grant.sub, holder.values(&grant.release.userinfo))
    });
    keys::encrypt(app, client.userinfo_encryption.as_ref(), signed.await?)
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
    let digest = SecretDigest::of(token);
    let theirs = |found: &TicketState| found.ticket.client_id == caller.client.id && found.spent_at.is_none();
    let mut known = None;
    for kind in [TicketKind::Access, TicketKind::Refresh] {
        known = known.or(app.store.ticket(kind, &digest).await?.filter(theirs));
    }
    let Some(TicketState { ticket, .. }) = known else { return Ok(()) };
    let spend = LoginWrite::Spend { kind: ticket.kind, digest, at: app.clock.now() };
    match app.store.keep_login(vec![spend]).await {
        Ok(()) | Err(StoreError::Stale { .. }) => Ok(()),
        Err(other) => Err(other.into()),
    }
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

const NO_TOKEN: OidcError = OidcError::new(Code::InvalidToken, "the access token is unknown, revoked or over");
