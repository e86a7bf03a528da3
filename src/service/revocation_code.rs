//! Revocation codes: given to the holder once, and taken from whoever has no card any more.

use crate::app::App;
use crate::service::commit::commit;
use crate::service::custody;
use crate::service::permit::{Permit, RevokeOwnCard};
use crate::service::{ServiceError, revoke};
use domain::audit::{Actor, Event};
use domain::card::CardState;
use domain::changes::{Changes, Write};
use domain::ports::{Conflict, StoreError};
use domain::revocation_code::{KeptCode, RevocationCode};
use domain::{CardNumber, TenantId};
use pki::crl::Reason;

/// A new code for a card, and what is kept of it.
///
/// # Errors
/// [`ServiceError`] if the token cannot be reached.
pub(super) async fn draw(
    app: &App,
    tenant: &TenantId,
    card: &CardNumber,
) -> Result<(RevocationCode, KeptCode), ServiceError> {
    let pepper = custody::pepper(app).await?;
    let code = RevocationCode::from_random(app.entropy.random16());
    let (whose, when) = ((tenant.clone(), card.clone()), (app.entropy.random16(), app.clock.now()));
    let shown = code.clone();
    let work = tokio::task::spawn_blocking(move || KeptCode::of(&code, whose, when, &pepper));
    let kept = work.await.map_err(|_| ServiceError::Incomplete("a finished hash"))?;
    Ok((shown, kept))
}

/// Gives the caller a new code for a card of theirs, in the place of the one before.
///
/// # Errors
/// [`ServiceError::NotFound`] for somebody else's card; the card must be active.
pub async fn renew(
    app: &App,
    permit: &Permit<RevokeOwnCard>,
    number: &CardNumber,
) -> Result<RevocationCode, ServiceError> {
    let card = app.store.card(permit.tenant(), number).await?.ok_or(ServiceError::NotFound)?.value;
    if card.holder != *permit.person() {
        return Err(ServiceError::NotFound);
    }
    if card.state != CardState::Active {
        let (wanted, found) = (CardState::Active.as_str(), card.state.as_str());
        return Err(ServiceError::WrongStage { wanted, found });
    }
    give(app, (permit.tenant(), permit.actor()), number).await
}

/// Records a new code for a card, and shows it.
///
/// # Errors
/// [`ServiceError`] if token or store cannot be reached.
pub(super) async fn give(
    app: &App,
    (tenant, actor): (&TenantId, Actor),
    card: &CardNumber,
) -> Result<RevocationCode, ServiceError> {
    let (code, kept) = draw(app, tenant, card).await?;
    let event = Event::new("revocation-code.renewed", actor, card.as_str(), kept.at).in_tenant(tenant);
    commit(app, Changes::recording(event).write(Write::RevocationCode(kept))).await?;
    Ok(code)
}

/// Revokes the card with this number if this is its code. Whoever asks is told that the request was received, and
/// nothing else: not whether there is such a card, nor whether the code was right. A code that is right revokes before
/// the answer.
///
/// # Errors
/// [`ServiceError::TooMany`] if too much was tried at this number or altogether; [`ServiceError`] if nothing could be
/// done, whatever the code.
pub async fn revoke(app: &App, number: CardNumber, typed: &str, reason: Reason) -> Result<(), ServiceError> {
    let most = app.policies.get().revocation.code_tries();
    if !app.code_attempts.admit(number.as_str(), most, app.clock.now()) {
        metrics::counter!("sigill_revocation_codes_limited_total").increment(1);
        return Err(ServiceError::TooMany);
    }
    let (app, typed) = (App::clone(app), RevocationCode::typed(typed));
    // A caller who goes away has asked all the same.
    let work = tokio::spawn(async move { judge(&app, &number, typed, reason).await });
    work.await.unwrap_or(Err(ServiceError::Incomplete("a finished revocation")))
}

async fn judge(
    app: &App,
    number: &CardNumber,
    typed: Option<RevocationCode>,
    reason: Reason,
) -> Result<(), ServiceError> {
    let kept = app.store.revocation_code(number).await?.unwrap_or_else(|| KeptCode::of_nobody(number.clone()));
    // What is no code takes as long as a wrong one.
    let (tenant, pepper) = (kept.tenant.clone(), custody::pepper(app).await?);
    let (code, known) = (typed.clone().unwrap_or_else(|| RevocationCode::from_random([0; 16])), typed.is_some());
    let compared = tokio::task::spawn_blocking(move || kept.is(&code, &pepper)).await;
    let right = compared.map_err(|_| ServiceError::Incomplete("a finished hash"))? && known;
    if !right {
        return refused(app, number, "wrong-code").await;
    }
    let card = app.store.card(&tenant, number).await?.ok_or(ServiceError::Incomplete("the card of a code"))?;
    match revoke::by_code(app, (&tenant, card.value.holder), number, reason).await {
        Ok(_) => Ok(()),
        Err(ServiceError::Store(StoreError::Conflict(Conflict::AlreadyRevoked))) => {
            refused(app, number, "already-revoked").await
        }
        Err(error) => Err(error),
    }
}

/// Nobody knows who asked, so it is in no agency's log but the service's own.
async fn refused(app: &App, number: &CardNumber, code: &'static str) -> Result<(), ServiceError> {
    let event = Event::new("revocation-code.refused", Actor::Nobody, number.as_str(), app.clock.now());
    commit(app, Changes::recording(event.with("code", code))).await?;
    Ok(())
}
