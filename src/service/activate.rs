//! Hands out a card.

use crate::app::App;
use crate::service::ServiceError;
use crate::service::commit::commit;
use crate::service::permit::{ActivateCard, Permit};
use crate::service::{publish, standing};
use domain::audit::Event;
use domain::changes::{Changes, Write};
use domain::enrolment::AnyEnrolment;
use domain::onboarding::Scope;
use domain::{CardNumber, EnrolmentId, TenantId};
use std::time::Duration;

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
    standing::serves_agency(app, permit.tenant(), Scope::Certificates).await?;
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
    answer_now(app, permit.tenant(), activated.card()).await;
    Ok(activated)
}

/// The holder uses the card at once: its OCSP answers do not wait for those of others. What cannot be
/// signed now follows when the job can.
async fn answer_now(app: &App, tenant: &TenantId, card: &CardNumber) {
    let published = async {
        let (mut records, now) = (app.store.certificates_of_card(tenant, card).await?, app.clock.now());
        records.retain(|record| !app.board.is_answered(&record.intent.certificate, now));
        publish::presign(app, records).await
    };
    match tokio::time::timeout(ANSWER_TIME, published).await {
        Ok(Ok(_)) => {}
        Ok(Err(error)) => tracing::warn!(%error, "the status of a card that was handed out follows later"),
        Err(_) => tracing::warn!("the status of a card that was handed out follows later: the token is slow"),
    }
}

/// Longest that an activation waits for its OCSP answers.
const ANSWER_TIME: Duration = Duration::from_secs(1);
