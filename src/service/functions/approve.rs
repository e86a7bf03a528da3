//! Approves an order: load, decide, store, record.

use super::{load, wrong_stage};
use crate::app::App;
use crate::service::ServiceError;
use crate::service::commit::commit;
use crate::service::officers::Signatory;
use crate::service::permit::{ApproveFunction, Permit};
use domain::FunctionId;
use domain::access::Role;
use domain::approval::ApprovalSignature;
use domain::audit::Event;
use domain::changes::{Changes, Write};
use domain::evidence::{EvidenceError, verify_statement};
use domain::function::AnyFunction;
use domain::operation::Act;

/// Adds the caller's signature to the order's approval; the one that completes it approves the order.
///
/// # Errors
/// [`ServiceError`]; whoever ordered it or answers for it is refused whatever they sign.
pub async fn approve(
    app: &App,
    permit: &Permit<ApproveFunction>,
    id: &FunctionId,
    statement: String,
) -> Result<AnyFunction, ServiceError> {
    let now = app.clock.now();
    let row = load(app, permit.tenant(), id).await?;
    let AnyFunction::Ordered(function) = row.value else { return Err(wrong_stage("ordered", &row.value)) };
    let open = app.store.approval(permit.tenant(), &function.stage().approval).await?;
    let open = open.ok_or(ServiceError::Incomplete("the order's approval"))?;

    let signatory = Signatory::of(app, &statement).await?;
    let officer = verify_statement(&statement, Act::Approve, open.value.hash(), &signatory, now)?.officer;
    if officer.person != *permit.person() || officer.tenant != *permit.tenant() {
        return Err(EvidenceError::NotAnOfficer.into());
    }
    if !officer.roles.contains(&Role::Approver) {
        return Err(EvidenceError::WrongRole { role: Role::Approver }.into());
    }
    let signed = open.value.sign(ApprovalSignature { by: officer.person.clone(), at: now, statement, reason: None })?;
    let event = Event::new("function.approval-signed", permit.actor(), id.as_str(), now)
        .in_tenant(permit.tenant())
        .with("operation", signed.hash())
        .with("signatures", signed.signatures.len());
    let granted = signed.is_granted();
    let mut changes = Changes::recording(event).write(Write::Approval { new: signed, seen: open.version });
    if !granted {
        commit(app, changes).await?;
        return Ok(AnyFunction::Ordered(function));
    }
    let approved = AnyFunction::Approved(function.approve(officer.person, now)?);
    changes = changes
        .write(Write::Function { new: approved.clone(), seen: row.version })
        .also(Event::new("function.approved", permit.actor(), id.as_str(), now).in_tenant(permit.tenant()));
    commit(app, changes).await?;
    Ok(approved)
}
