//! Reads: orders of the agency, and those that somebody must look after.

use super::load;
use crate::app::App;
use crate::service::ServiceError;
use crate::service::permit::{Permit, ReadFunction};
use crate::service::read::MAX_PAGE;
use domain::FunctionId;
use domain::certificate::{CertificateRecord, CertificateRef};
use domain::function::AnyFunction;

/// One order, with its certificate if there is one.
///
/// # Errors
/// [`ServiceError::NotFound`] also for one of another agency.
pub async fn function(
    app: &App,
    permit: &Permit<ReadFunction>,
    id: &FunctionId,
) -> Result<(AnyFunction, Option<CertificateRecord>), ServiceError> {
    let function = load(app, permit.tenant(), id).await?.value;
    let record = match function.issued() {
        Some(issued) => {
            let certificate = CertificateRef { issuer: issued.issuer.clone(), serial: issued.serial };
            app.store.certificate(&certificate).await?
        }
        None => None,
    };
    Ok((function, record))
}

/// Orders of the agency in order of id.
///
/// # Errors
/// [`ServiceError`] if the store fails.
pub async fn functions(
    app: &App,
    permit: &Permit<ReadFunction>,
    (stage, after, limit): (Option<&str>, Option<&FunctionId>, u32),
) -> Result<Vec<AnyFunction>, ServiceError> {
    let rows = app.store.functions(permit.tenant(), stage, after, limit.clamp(1, MAX_PAGE)).await?;
    Ok(rows.into_iter().map(|row| row.value).collect())
}

/// Functions of the agency that somebody must look after: the certificate ends soon, or whoever answers for it has left.
///
/// # Errors
/// [`ServiceError`] if the store fails.
pub async fn work_list(app: &App, permit: &Permit<ReadFunction>, limit: u32) -> Result<Vec<AnyFunction>, ServiceError> {
    let now = app.clock.now();
    let days = app.policies.get().functions.first_reminder().unwrap_or_default();
    let times = (now, now.plus_days(days.into()));
    let rows = app.store.functions_in_want(permit.tenant(), times, limit.clamp(1, MAX_PAGE)).await?;
    Ok(rows.into_iter().map(|row| row.value).collect())
}
