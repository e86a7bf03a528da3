//! Registers relying services: one proposes, another approves.

use crate::app::App;
use crate::service::ServiceError;
use crate::service::commit::commit;
use crate::service::permit::{ApproveRelyingService, Permit, ProposeRelyingService};
use domain::audit::Event;
use domain::changes::{Changes, Write};
use domain::relying::{ApprovalRefused, Registration};

/// Proposes a registration, or the next revision of one. The one in force stays in force until it is approved.
///
/// # Errors
/// [`ServiceError::Invalid`] for what cannot be registered; `conflict` for an id of another agency.
pub async fn propose(
    app: &App,
    permit: &Permit<ProposeRelyingService>,
    body: String,
) -> Result<Registration, ServiceError> {
    let service = super::read(&body).map_err(|problem| ServiceError::Invalid { field: "registration", problem })?;
    let latest = app.store.latest_registration(service.id()).await?;
    let new = Registration {
        client_id: service.id().to_owned(),
        revision: latest.map_or(1, |latest| latest.revision + 1),
        tenant: permit.tenant().clone(),
        body,
        proposed_by: permit.person().clone(),
        proposed_at: app.clock.now(),
        approved_by: None,
        approved_at: None,
    };
    let event = Event::new("relying-service.proposed", permit.actor(), &*new.client_id, new.proposed_at)
        .in_tenant(permit.tenant())
        .with("revision", new.revision);
    commit(app, Changes::recording(event).write(Write::Registration(new.clone()))).await?;
    Ok(new)
}

/// Approves the last proposal for a client id of the caller's agency. It is in force at once.
///
/// # Errors
/// [`ServiceError::NotFound`]; `four-eyes` for whoever proposed it; `wrong-stage` if it is approved.
pub async fn approve(
    app: &App,
    permit: &Permit<ApproveRelyingService>,
    client_id: &str,
    revision: i64,
) -> Result<Registration, ServiceError> {
    let latest = app.store.latest_registration(client_id).await?;
    let latest = latest.filter(|latest| latest.tenant == *permit.tenant()).ok_or(ServiceError::NotFound)?;
    if latest.revision != revision {
        return Err(domain::ports::StoreError::Stale { what: "registration" }.into());
    }
    let now = app.clock.now();
    let approved = latest.approve(permit.person(), now).map_err(|why| match why {
        ApprovalRefused::FourEyes => domain::ports::StoreError::Conflict(domain::ports::Conflict::FourEyes).into(),
        ApprovalRefused::Approved => ServiceError::WrongStage { wanted: "proposed", found: "approved" },
    })?;
    let event = Event::new("relying-service.approved", permit.actor(), &*approved.client_id, now)
        .in_tenant(permit.tenant())
        .with("revision", approved.revision);
    commit(app, Changes::recording(event).write(Write::RegistrationApproval(approved.clone()))).await?;
    Ok(approved)
}
