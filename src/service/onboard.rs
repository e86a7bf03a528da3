//! Leads agencies and their services through the phases: one proposes, another decides.

use super::standing::{self, Connection};
use super::text::{MAX_REASON, one_line};
use crate::app::App;
use crate::config::Mode;
use crate::service::ServiceError;
use crate::service::commit::commit;
use crate::service::permit::{DecidePhase, FileAgreement, Permit, ProposePhase, ReadTenants, RegisterTenant};
use domain::audit::Event;
use domain::changes::{Changes, Write};
use domain::onboarding::{
    Agreement, AnyMove, Criterion, Move, OnboardingError, Phase, Proposed, Scope, Standing, Verdict,
};
use domain::people::Tenant;
use domain::{MoveId, TenantId};
use std::collections::BTreeMap;

/// Registers an organisation that wants to be connected. An interest only: nothing is given to it before a phase.
///
/// # Errors
/// [`ServiceError`]; an organisation that may not be connected is refused, one that is known is a conflict.
pub async fn register(app: &App, permit: &Permit<RegisterTenant>, tenant: Tenant) -> Result<Connection, ServiceError> {
    let now = app.clock.now();
    one_line("name", &tenant.name, MAX_NAME)?;
    let production = app.config.mode == Mode::Production;
    let eligibility = &app.policies.get().eligibility;
    eligibility.admits(tenant.kind, &tenant.organisation_number, production).map_err(OnboardingError::from)?;
    let event = Event::new("tenant.registered", permit.actor(), tenant.id.as_str(), now)
        .in_tenant(&tenant.id)
        .with("kind", tenant.kind)
        .with("organisation_number", &tenant.organisation_number);
    commit(app, Changes::recording(event).write(Write::Tenant(tenant.clone()))).await?;
    standing::of(app, tenant).await
}

/// Puts an agreement on file.
///
/// # Errors
/// [`ServiceError`]; an agreement on file is never changed.
pub async fn file(app: &App, permit: &Permit<FileAgreement>, agreement: Agreement) -> Result<Connection, ServiceError> {
    let tenant = known(app, &agreement.tenant).await?;
    one_line("reference", &agreement.reference, MAX_REASON)?;
    one_line("signatory", &agreement.signatory, MAX_REASON)?;
    let digest = |octet: u8| octet.is_ascii_digit() || (b'a'..=b'f').contains(&octet);
    if agreement.sha256.len() != 64 || !agreement.sha256.bytes().all(digest) {
        let problem = "SHA-256 of the signed document: 64 hexadecimal digits in lower case".to_owned();
        return Err(ServiceError::Invalid { field: "sha256", problem });
    }
    if agreement.until.is_some_and(|until| until < agreement.from) {
        return Err(ServiceError::Invalid { field: "until", problem: "before it begins".to_owned() });
    }
    let event = Event::new("agreement.filed", permit.actor(), tenant.id.as_str(), agreement.filed_at)
        .in_tenant(&tenant.id)
        .with("reference", &agreement.reference)
        .with("sha256", &agreement.sha256);
    commit(app, Changes::recording(event).write(Write::Agreement(agreement))).await?;
    standing::of(app, tenant).await
}

/// A step that somebody proposes.
#[derive(Debug, Clone)]
pub struct Step {
    /// What of the agency.
    pub scope: Scope,
    /// Into which phase.
    pub to: Phase,
    /// What is shown for it, with a reference to where that is kept.
    pub shown: BTreeMap<Criterion, String>,
}

/// Proposes a step.
///
/// # Errors
/// [`ServiceError`] if it could not be taken now, or another one is open.
pub async fn propose(
    app: &App,
    permit: &Permit<ProposePhase>,
    tenant: &TenantId,
    step: Step,
) -> Result<Connection, ServiceError> {
    let tenant = known(app, tenant).await?;
    for reference in step.shown.values() {
        one_line("shown", reference, MAX_REASON)?;
    }
    let proposed = Proposed { by: Some(permit.person().clone()), at: app.clock.now() };
    let id = MoveId::from_random(app.entropy.random16());
    let event = about("phase.proposed", permit, &id, &tenant.id, &(step.scope, step.to), proposed.at);
    let standing = standing::of(app, tenant.clone()).await?.standing;
    let eligibility = &app.policies.get().eligibility;
    let step = Move::propose(id, &standing, (step.scope, step.to), step.shown, proposed, eligibility)?;
    commit(app, Changes::recording(event).write(Write::NewMove(AnyMove::Proposed(step)))).await?;
    standing::of(app, tenant).await
}

/// Decides a step that somebody else proposed, as things stand now.
///
/// # Errors
/// [`ServiceError`]; whoever proposed it is refused.
pub async fn decide(
    app: &App,
    permit: &Permit<DecidePhase>,
    (tenant, id): (&TenantId, &MoveId),
    (verdict, reason): (Verdict, String),
) -> Result<Connection, ServiceError> {
    let (tenant, now) = (known(app, tenant).await?, app.clock.now());
    one_line("reason", &reason, MAX_REASON)?;
    let Connection { standing, moves, .. } = standing::of(app, tenant.clone()).await?;
    let row = moves.into_iter().find(|row| row.value.id() == id).ok_or(ServiceError::NotFound)?;
    let AnyMove::Proposed(step) = row.value else {
        return Err(ServiceError::WrongStage { wanted: "proposed", found: "decided" });
    };
    let kind = match verdict {
        Verdict::Accepted => "phase.accepted",
        Verdict::Refused => "phase.refused",
    };
    let event = about(kind, permit, id, &tenant.id, &(step.scope, step.to), now);
    let eligibility = &app.policies.get().eligibility;
    let decided = step.decide(&standing, permit.person().clone(), now, (verdict, reason), eligibility)?;
    let write = Write::Move { new: AnyMove::Decided(decided), seen: row.version };
    commit(app, Changes::recording(event).write(write)).await?;
    standing::of(app, tenant).await
}

/// Where an agency and its services stand, and how they came there.
///
/// # Errors
/// [`ServiceError::NotFound`] if there is no such agency.
pub async fn read(app: &App, _permit: &Permit<ReadTenants>, tenant: &TenantId) -> Result<Connection, ServiceError> {
    let tenant = known(app, tenant).await?;
    standing::of(app, tenant).await
}

/// The phases of an agency and its services; none where there is but an interest.
pub fn phases(standing: &Standing) -> impl Iterator<Item = (Scope, Option<Phase>)> + '_ {
    Scope::ALL.iter().map(|scope| (*scope, standing.phase(*scope)))
}

async fn known(app: &App, tenant: &TenantId) -> Result<Tenant, ServiceError> {
    app.store.tenant(tenant).await?.ok_or(ServiceError::NotFound)
}

fn about<A>(
    kind: &'static str,
    permit: &Permit<A>,
    id: &MoveId,
    tenant: &TenantId,
    (scope, to): &(Scope, Phase),
    at: pki::time::UtcTime,
) -> Event {
    Event::new(kind, permit.actor(), id.as_str(), at).in_tenant(tenant).with("scope", scope).with("phase", to)
}

/// Longest name of an agency: organizationName of certificates (X.520 ub-organization-name).
const MAX_NAME: usize = 64;
