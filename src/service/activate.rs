//! Hands out a card.

use crate::app::App;
use crate::service::ServiceError;
use crate::service::commit::commit;
use crate::service::permit::{ActivateCard, Permit};
use domain::EnrolmentId;
use domain::audit::Event;
use domain::changes::{Changes, Write};
use domain::enrolment::AnyEnrolment;

/// Activates the card of an issued application.
///
/// # Errors
/// [`ServiceError`]; the applicant and the approver are refused, and so is a revoked card.
pub async fn activate(
    app: &App,
    permit: &Permit<ActivateCard>,
    id: &EnrolmentId,
) -> Result<AnyEnrolment, ServiceError> {
    let now = app.clock.now();
    let row = app.store.enrolment(permit.tenant(), id).await?.ok_or(ServiceError::NotFound)?;
    let AnyEnrolment::Issued(enrolment) = row.value else {
        return Err(ServiceError::WrongStage { wanted: "issued", found: row.value.stage_name() });
    };
    let card = app.store.card(permit.tenant(), &enrolment.card).await?;
    let card = card.ok_or(ServiceError::Incomplete("the enrolment's card"))?;
    let active = card
        .value
        .activate()
        .map_err(|why| ServiceError::WrongStage { wanted: why.wanted.as_str(), found: why.found.as_str() })?;
    let event = Event::new("card.activated", permit.actor(), enrolment.card.as_str(), now)
        .in_tenant(permit.tenant())
        .with("enrolment", id);
    let activated = enrolment.activate(permit.person().clone(), now)?;
    let activated = AnyEnrolment::Activated(activated);
    let changes = Changes::recording(event)
        .write(Write::Card { new: active, seen: card.version })
        .write(Write::Enrolment { new: activated.clone(), seen: row.version });
    commit(app, changes).await?;
    Ok(activated)
}
