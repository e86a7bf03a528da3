//! A reserve card fetches its certificates itself.

use crate::app::App;
use crate::service::commit::commit;
use crate::service::issue::{self, CardRequests, IssuedCertificate, Tray};
use crate::service::{ServiceError, activate, revocation_code};
use domain::audit::{Actor, Event};
use domain::changes::Changes;
use domain::evidence::{Signed, stocked_keys};
use domain::id::hex;
use domain::revocation_code::RevocationCode;
use domain::{CardNumber, TenantId};
use pki::profile::Purpose;
use std::collections::BTreeMap;

/// What a reserve card is answered.
pub struct Fetched {
    /// Its certificates.
    pub certificates: Vec<IssuedCertificate>,
    /// What its holder revokes it with when it is lost; none if the token was away, and then the card asks for one.
    pub code: Option<RevocationCode>,
}

/// The card itself fetches the certificates of its approved order: nobody else can sign these requests. From then on it
/// is active, for it is in its holder's hands.
///
/// # Errors
/// [`ServiceError::NotFound`] for whoever does not show the keys of a stocked card, whether there is one or not;
/// [`ServiceError`] if the order is not approved. What is refused to somebody at the number of a stocked card is in the log.
pub async fn fetch(
    app: &App,
    number: &CardNumber,
    requests: BTreeMap<Purpose, Vec<u8>>,
) -> Result<Fetched, ServiceError> {
    let (tenant, delivery) = app.store.stocked(number).await?.ok_or(ServiceError::NotFound)?;
    if !shown(&delivery, number, &requests) {
        refused(app, (&tenant, Actor::Nobody), number, "other-keys").await?;
        return Err(ServiceError::NotFound);
    }
    let order = app.store.reserve_orders(&tenant, number).await?.pop().map(|row| row.value);
    let Some(order) = order else {
        refused(app, (&tenant, Actor::Nobody), number, "not-ordered").await?;
        return Err(ServiceError::NotFound);
    };
    let holder = Actor::Person(order.bare().applicant);
    let cards = vec![CardRequests { enrolment: order.id().clone(), requests }];
    let outcome = issue::for_reserve(app, (tenant.clone(), holder.clone()), Tray { delivery, cards }).await;
    let outcome =
        outcome.and_then(|mut cards| cards.pop().ok_or(ServiceError::Incomplete("an answer for the card"))?);
    let certificates = match outcome {
        Ok(issued) => issued,
        Err(error) => {
            refused(app, (&tenant, holder), number, error.code()).await?;
            return Err(error);
        }
    };
    activate::answer_now(app, &tenant, number).await;
    let code = revocation_code::give(app, (&tenant, holder), number).await;
    let code = code.inspect_err(|error| tracing::warn!(%error, "a reserve card got no revocation code")).ok();
    Ok(Fetched { certificates, code })
}

/// Whether whoever asks has the keys that were stocked. Each request is signed with its key.
fn shown(delivery: &Signed, number: &CardNumber, requests: &BTreeMap<Purpose, Vec<u8>>) -> bool {
    let fingerprint = |request: &Vec<u8>| pki::csr::read_csr(request).map(|read| hex(&read.key.fingerprint()));
    let keys = requests.iter().map(|(purpose, request)| Some((*purpose, fingerprint(request).ok()?)));
    let keys: Option<BTreeMap<_, _>> = keys.collect();
    let stocked = stocked_keys(delivery, number);
    keys.is_some() && keys == stocked
}

/// Anybody can ask, so what is logged for one card in an hour has a limit.
async fn refused(
    app: &App,
    (tenant, actor): (&TenantId, Actor),
    number: &CardNumber,
    code: &'static str,
) -> Result<(), ServiceError> {
    metrics::counter!("sigill_reserve_cards_refused_total").increment(1);
    if !app.fetch_attempts.admit(number.as_str(), MOST_LOGGED, app.clock.now()) {
        return Ok(());
    }
    let event = Event::new("reserve-card.refused", actor, number.as_str(), app.clock.now());
    commit(app, Changes::recording(event.in_tenant(tenant).with("code", code))).await?;
    Ok(())
}

/// Refusals in the log in an hour: for one card, and for all.
const MOST_LOGGED: (u32, u32) = (20, 1000);
