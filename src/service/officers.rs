//! Officers by certificate, as the service knows them; the signer process has a registry of its own.

use crate::app::App;
use crate::config::Mode;
use crate::service::ServiceError;
use domain::card::CardState;
use domain::certificate::Holder;
use domain::evidence::{EvidenceError, MAX_STATEMENTS, Officer, Officers};
use pki::certificate::Certificate;
use pki::jose::read_compact;
use pki::profile::Purpose;
use pki::time::UtcTime;
use std::sync::Arc;

/// The one officer whose statement is about to be verified.
pub struct Signatory {
    fingerprint: [u8; 32],
    officer: Option<Arc<Officer>>,
}

impl Signatory {
    /// Looks up whoever a statement claims to be from. The signature is not verified here.
    ///
    /// # Errors
    /// If the statement has no certificate, or the store fails.
    pub async fn of(app: &App, statement: &str) -> Result<Self, ServiceError> {
        let malformed = |what| ServiceError::Evidence(EvidenceError::Malformed(what));
        let jws = read_compact(statement).map_err(|_| malformed("not a compact JWS"))?;
        let der = jws.x5c().ok_or_else(|| malformed("x5c is missing"))?;
        let fingerprint = domain::certificate::fingerprint(&der);
        let (now, begun) = (app.clock.now(), app.officers.generation());
        if let Some(officer) = app.officers.get(&fingerprint, now) {
            return Ok(Self { fingerprint, officer: Some(officer) });
        }
        let officer = match app.store.certificate_by_fingerprint(&fingerprint).await? {
            Some(record) if record.revocation.is_none() && record.intent.purpose == Purpose::PersonSignature => {
                officer(app, &record.intent.holder).await?.map(Arc::new)
            }
            _ => None,
        };
        if let Some(officer) = &officer {
            app.officers.put(fingerprint, Arc::clone(officer), now, begun);
        }
        Ok(Self { fingerprint, officer })
    }
}

/// The officers whose statements on one operation are about to be verified.
pub struct Signatories(Vec<Signatory>);

impl Signatories {
    /// Looks up whoever the statements claim to be from, of as many as are verified.
    ///
    /// # Errors
    /// As [`Signatory::of`].
    pub async fn of(app: &App, statements: &[String]) -> Result<Self, ServiceError> {
        let mut signatories = Vec::new();
        for statement in statements.iter().take(MAX_STATEMENTS) {
            signatories.push(Signatory::of(app, statement).await?);
        }
        Ok(Self(signatories))
    }
}

impl Officers for Signatories {
    fn officer(&self, certificate: &Certificate, at: UtcTime) -> Option<Officer> {
        self.0.iter().find_map(|signatory| signatory.officer(certificate, at))
    }
}

async fn officer(app: &App, holder: &Holder) -> Result<Option<Officer>, ServiceError> {
    let Holder::Person { tenant, person, card, .. } = holder else {
        return Ok(None);
    };
    // On its way to its holder a card is in other hands.
    let in_use = match card {
        Some(number) => app.store.card(tenant, number).await?.is_some_and(|card| card.value.state == CardState::Active),
        None => app.config.mode != Mode::Production,
    };
    if !in_use {
        return Ok(None);
    }
    let roles = super::rights::of(app, tenant, person).await?.roles(app.clock.now());
    Ok(Some(Officer { person: person.clone(), tenant: tenant.clone(), roles }))
}

impl Officers for Signatory {
    fn officer(&self, certificate: &Certificate, at: UtcTime) -> Option<Officer> {
        let same = certificate.fingerprint() == self.fingerprint && certificate.valid_at(at);
        if same { self.officer.as_deref().cloned() } else { None }
    }
}
