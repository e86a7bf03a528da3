//! Reads: applications, cards, oneself, agencies.

use crate::app::App;
use crate::service::ServiceError;
use crate::service::permit::{Permit, ReadCard, ReadEnrolment, ReadSelf, ReadTenants};
use crate::service::protection;
use domain::card::Card;
use domain::certificate::CertificateRecord;
use domain::changes::Stored;
use domain::enrolment::AnyEnrolment;
use domain::people::{Person, Tenant};
use domain::{CardNumber, EnrolmentId, TenantId};

/// One application.
///
/// # Errors
/// [`ServiceError::NotFound`] also for one of another agency.
pub async fn enrolment(
    app: &App,
    permit: &Permit<ReadEnrolment>,
    id: &EnrolmentId,
) -> Result<AnyEnrolment, ServiceError> {
    let row = app.store.enrolment(permit.tenant(), id).await?.ok_or(ServiceError::NotFound)?;
    let shown = protection::enrolments(app, permit, vec![row.value]).await?.pop();
    shown.ok_or(ServiceError::NotFound)
}

/// Applications of the agency in order of id.
///
/// # Errors
/// [`ServiceError`] if the store fails.
pub async fn enrolments(
    app: &App,
    permit: &Permit<ReadEnrolment>,
    stage: Option<&str>,
    after: Option<&EnrolmentId>,
    limit: u32,
) -> Result<Vec<AnyEnrolment>, ServiceError> {
    let limit = limit.clamp(1, MAX_PAGE);
    let rows = app.store.enrolments(permit.tenant(), stage, after, limit).await?;
    protection::enrolments(app, permit, rows.into_iter().map(|row| row.value).collect()).await
}

/// A card with its certificates.
///
/// # Errors
/// [`ServiceError::NotFound`] also for one of another agency.
pub async fn card(
    app: &App,
    permit: &Permit<ReadCard>,
    number: &CardNumber,
) -> Result<(Card, Vec<CertificateRecord>), ServiceError> {
    let card = app.store.card(permit.tenant(), number).await?.ok_or(ServiceError::NotFound)?;
    let certificates = app.store.certificates_of_card(permit.tenant(), number).await?;
    Ok((card.value, protection::certificates(app, permit, certificates).await?))
}

/// The caller, their agency and their cards.
///
/// # Errors
/// [`ServiceError`] if the store fails.
pub async fn me(app: &App, permit: &Permit<ReadSelf>) -> Result<(Person, Tenant, Vec<Stored<Card>>), ServiceError> {
    let person = app.store.person(permit.tenant(), permit.person()).await?;
    let tenant = app.store.tenant(permit.tenant()).await?;
    let cards = app.store.cards_of(permit.tenant(), permit.person()).await?;
    let person = person.ok_or(ServiceError::Incomplete("the caller"))?;
    Ok((person, tenant.ok_or(ServiceError::Incomplete("the caller's agency"))?, cards))
}

/// The agencies.
///
/// # Errors
/// [`ServiceError`] if the store fails.
pub async fn tenants(
    app: &App,
    _permit: &Permit<ReadTenants>,
    after: Option<&TenantId>,
    limit: u32,
) -> Result<Vec<Tenant>, ServiceError> {
    Ok(app.store.tenants(after, limit.clamp(1, MAX_PAGE)).await?)
}

/// Most rows in one answer.
pub const MAX_PAGE: u32 = 200;
