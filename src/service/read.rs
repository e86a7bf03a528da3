//! Reads: applications, cards, oneself, agencies.

use crate::app::App;
use crate::service::ServiceError;
use crate::service::permit::{Permit, ReadCard, ReadEnrolment, ReadSelf, ReadTenants};
use crate::service::protection;
use domain::card::Card;
use domain::certificate::{CertificateRecord, CertificateRef};
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
) -> Result<Stored<AnyEnrolment>, ServiceError> {
    let row = app.store.enrolment(permit.tenant(), id).await?.ok_or(ServiceError::NotFound)?;
    let shown = protection::enrolments(app, permit, vec![row.value]).await?.pop();
    Ok(Stored { value: shown.ok_or(ServiceError::NotFound)?, version: row.version })
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
) -> Result<(Stored<Card>, Vec<CertificateRecord>), ServiceError> {
    let card = app.store.card(permit.tenant(), number).await?.ok_or(ServiceError::NotFound)?;
    let certificates = app.store.certificates_of_card(permit.tenant(), number).await?;
    Ok((card, protection::certificates(app, permit, certificates).await?))
}

/// The agency's cards in order of number.
///
/// # Errors
/// [`ServiceError`] if the store fails.
pub async fn cards(
    app: &App,
    permit: &Permit<ReadCard>,
    after: Option<&CardNumber>,
    limit: u32,
) -> Result<Vec<Stored<Card>>, ServiceError> {
    Ok(app.store.cards_of_tenant(permit.tenant(), after, limit.clamp(1, MAX_PAGE)).await?)
}

/// The certificates of the agency's people, in order of issuer and serial.
///
/// # Errors
/// [`ServiceError`] if the store fails.
pub async fn certificates(
    app: &App,
    permit: &Permit<ReadCard>,
    after: Option<&CertificateRef>,
    limit: u32,
) -> Result<Vec<CertificateRecord>, ServiceError> {
    let rows = app.store.certificates_of_tenant(permit.tenant(), after, limit.clamp(1, MAX_PAGE)).await?;
    protection::certificates(app, permit, rows).await
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

/// Most rows that are read at once: a page of the API, and the row that says that there is another.
pub const MAX_PAGE: u32 = 201;
