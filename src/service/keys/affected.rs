//! Whom the end of a CA's key concerns: every certificate that it signed, for whoever must be told.

use crate::app::App;
use crate::service::ServiceError;
use crate::service::permit::{ActOnKeys, Permit};
use crate::service::read::MAX_PAGE;
use domain::certificate::{CertificateRecord, Holder};
use pki::serial::SerialNumber;
use pki::time::UtcTime;

/// A certificate, and whom it is for.
#[derive(Debug, Clone)]
pub struct Affected {
    /// Its serial.
    pub serial: SerialNumber,
    /// What it is for.
    pub purpose: &'static str,
    /// The agency; none for the service's own.
    pub tenant: Option<String>,
    /// The person, by internal id.
    pub person: Option<String>,
    /// The card.
    pub card: Option<String>,
    /// The part of the service, or the agency's function.
    pub service: Option<String>,
    /// Its last second.
    pub not_after: UtcTime,
    /// Since when it is revoked.
    pub revoked_at: Option<UtcTime>,
}

/// The certificates of a CA in order of serial, after `after`.
///
/// # Errors
/// [`ServiceError::NotFound`] if there is no such CA, else if the store fails.
pub async fn affected(
    app: &App,
    _permit: &Permit<ActOnKeys>,
    issuer: &str,
    after: Option<&SerialNumber>,
    limit: u32,
) -> Result<Vec<Affected>, ServiceError> {
    app.issuers.get(issuer).ok_or(ServiceError::NotFound)?;
    let records = app.store.certificates_of_issuer(issuer, after, limit.clamp(1, MAX_PAGE)).await?;
    Ok(records.into_iter().map(describe).collect())
}

fn describe(record: CertificateRecord) -> Affected {
    let (mut tenant, mut person, mut card, mut service) = (None, None, None, None);
    match record.intent.holder {
        Holder::Person { tenant: agency, person: holder, card: number, .. } => {
            tenant = Some(agency.to_string());
            person = Some(holder.to_string());
            card = number.map(|number| number.to_string());
        }
        Holder::Function { tenant: agency, function } => {
            tenant = Some(agency.to_string());
            service = Some(format!("function {function}"));
        }
        Holder::Service { key } => service = Some(key),
    }
    Affected {
        serial: record.intent.certificate.serial,
        purpose: record.intent.purpose.as_str(),
        tenant,
        person,
        card,
        service,
        not_after: record.intent.not_after,
        revoked_at: record.revocation.map(|revocation| revocation.at),
    }
}
