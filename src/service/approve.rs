//! Approves an application: load, decide, store, record.

use crate::app::App;
use crate::config::Mode;
use crate::service::ServiceError;
use crate::service::commit::commit;
use crate::service::identify::signed_by_caller;
use crate::service::permit::{ApproveEnrolment, Permit};
use crate::service::protection;
use crate::service::text::{MAX_REASON, one_line};
use domain::EnrolmentId;
use domain::access::Role;
use domain::approval::ApprovalSignature;
use domain::audit::Event;
use domain::changes::{Changes, Write};
use domain::enrolment::AnyEnrolment;
use domain::operation::Act;
use domain::reserve::ReserveError;

/// Adds the caller's signature to the application's approval; the one that completes it approves
/// the application. Production demands the approver's own reason.
///
/// # Errors
/// [`ServiceError`]; whoever submitted, identified or is the applicant is refused whatever they sign.
pub async fn approve(
    app: &App,
    permit: &Permit<ApproveEnrolment>,
    id: &EnrolmentId,
    (statement, reason): (String, Option<String>),
) -> Result<AnyEnrolment, ServiceError> {
    let now = app.clock.now();
    let row = app.store.enrolment(permit.tenant(), id).await?.ok_or(ServiceError::NotFound)?;
    let AnyEnrolment::Identified(enrolment) = row.value else {
        return Err(ServiceError::WrongStage { wanted: "identified", found: row.value.stage_name() });
    };
    if enrolment.reserve.is_some() {
        return Err(ReserveError::OtherWay.into());
    }
    protection::guard(app, permit, &enrolment.applicant).await?;
    check_reason(app, reason.as_deref())?;
    let open = app.store.approval(permit.tenant(), &enrolment.stage().approval).await?;
    let open = open.ok_or(ServiceError::Incomplete("the enrolment's approval"))?;

    signed_by_caller(app, permit, (Act::Approve, Role::Approver), open.value.hash(), &statement).await?;
    let signature = ApprovalSignature { by: permit.person().clone(), at: now, statement, reason };
    let signed = open.value.sign(signature)?;

    let event = Event::new("enrolment.approval-signed", permit.actor(), id.as_str(), now)
        .in_tenant(permit.tenant())
        .with("operation", signed.hash())
        .with("signatures", signed.signatures.len());
    let granted = signed.is_granted();
    let mut changes = Changes::recording(event).write(Write::Approval { new: signed, seen: open.version });
    if !granted {
        commit(app, changes).await?;
        return Ok(AnyEnrolment::Identified(enrolment));
    }
    let approved = enrolment.approve(permit.person().clone(), now)?;
    let approved = AnyEnrolment::Approved(approved);
    changes = changes
        .write(Write::Enrolment { new: approved.clone(), seen: row.version })
        .also(Event::new("enrolment.approved", permit.actor(), id.as_str(), now).in_tenant(permit.tenant()));
    commit(app, changes).await?;
    Ok(approved)
}

/// An approver's own reason, which production demands.
///
/// # Errors
/// [`ServiceError::Invalid`].
pub(super) fn check_reason(app: &App, reason: Option<&str>) -> Result<(), ServiceError> {
    match reason {
        Some(reason) => one_line("reason", reason, MAX_REASON),
        None if app.config.mode == Mode::Production => {
            let problem = "the approver's own reason".to_owned();
            Err(ServiceError::Invalid { field: "reason", problem })
        }
        None => Ok(()),
    }
}
