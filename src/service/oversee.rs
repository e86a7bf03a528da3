//! Reads at every agency: for auditors, who change nothing and hold nothing else. The one place where a request names the
//! agency; each reading is itself recorded.

use crate::app::App;
use crate::service::ServiceError;
use crate::service::commit::commit;
use crate::service::permit::{Permit, ReadAnyAgency};
use crate::service::protection;
use crate::service::read::MAX_PAGE;
use domain::assignment::AnyAssignment;
use domain::audit::Event;
use domain::card::Card;
use domain::certificate::CertificateRecord;
use domain::changes::{Changes, Stored};
use domain::enrolment::AnyEnrolment;
use domain::{AssignmentId, CardNumber, EnrolmentId, TenantId};

/// Applications of an agency in order of id.
///
/// # Errors
/// [`ServiceError::NotFound`] if there is no such agency; if the reading cannot be recorded, nothing is read.
pub async fn enrolments(
    app: &App,
    permit: &Permit<ReadAnyAgency>,
    tenant: &TenantId,
    (stage, after, limit): (Option<&str>, Option<&EnrolmentId>, u32),
) -> Result<Vec<AnyEnrolment>, ServiceError> {
    record(app, permit, tenant, "enrolments").await?;
    let rows = app.store.enrolments(tenant, stage, after, limit.clamp(1, MAX_PAGE)).await?;
    protection::enrolments(app, permit, rows.into_iter().map(|row| row.value).collect()).await
}

/// Who at an agency was given or ordered which package, in order of id.
///
/// # Errors
/// As [`enrolments`].
pub async fn assignments(
    app: &App,
    permit: &Permit<ReadAnyAgency>,
    tenant: &TenantId,
    (after, limit): (Option<&AssignmentId>, u32),
) -> Result<Vec<Stored<AnyAssignment>>, ServiceError> {
    record(app, permit, tenant, "assignments").await?;
    Ok(app.store.assignments(tenant, after, limit.clamp(1, MAX_PAGE)).await?)
}

/// A card of an agency with its certificates.
///
/// # Errors
/// As [`enrolments`]; also if the agency has no such card.
pub async fn card(
    app: &App,
    permit: &Permit<ReadAnyAgency>,
    tenant: &TenantId,
    number: &CardNumber,
) -> Result<(Card, Vec<CertificateRecord>), ServiceError> {
    record(app, permit, tenant, number.as_str()).await?;
    let card = app.store.card(tenant, number).await?.ok_or(ServiceError::NotFound)?;
    let certificates = app.store.certificates_of_card(tenant, number).await?;
    Ok((card.value, protection::certificates(app, permit, certificates).await?))
}

async fn record(app: &App, permit: &Permit<ReadAnyAgency>, tenant: &TenantId, what: &str) -> Result<(), ServiceError> {
    app.store.tenant(tenant).await?.ok_or(ServiceError::NotFound)?;
    let event = Event::new("agency.read", permit.actor(), what, app.clock.now()).in_tenant(tenant);
    commit(app, Changes::recording(event)).await?;
    Ok(())
}
