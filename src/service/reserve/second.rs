//! The second administrator of a reserve card: identifies the holder anew, and with that approves.

use crate::app::App;
use crate::service::approve::check_reason;
use crate::service::commit::commit;
use crate::service::identify::{check_proof, identified_event, signed_by_caller};
use crate::service::permit::{IdentifyApplicant, Permit};
use crate::service::{ServiceError, protection};
use domain::EnrolmentId;
use domain::approval::ApprovalSignature;
use domain::audit::Event;
use domain::changes::{Changes, Stored, Write};
use domain::enrolment::{AnyEnrolment, Enrolment, Identified};
use domain::evidence::EvidenceError;
use domain::operation::{Act, IdentityProof, Operation};
use domain::reserve::{ADMINISTRATOR, ReserveError, SecondIdentification};

/// The second administrator's two signatures, and what they rest on.
pub struct Second {
    /// The evidence of the identification.
    pub proof: IdentityProof,
    /// Statement `identify`, a compact JWS.
    pub identification: String,
    /// Statement `approve`, a compact JWS.
    pub approval: String,
    /// Why, in the administrator's own words.
    pub reason: Option<String>,
}

/// What the second administrator signs: that they identified the holder so, and what they approve.
///
/// # Errors
/// [`ServiceError`] if the first has not done their part, or it is no reserve card.
pub async fn prepare_second(
    app: &App,
    permit: &Permit<IdentifyApplicant>,
    id: &EnrolmentId,
    proof: &IdentityProof,
) -> Result<(Operation, Operation), ServiceError> {
    let enrolment = load(app, permit, id).await?.value;
    protection::guard(app, permit, &enrolment.applicant).await?;
    check_proof(app, &enrolment, proof).await?;
    Ok((enrolment.second_identification(permit.person(), proof), enrolment.operation()))
}

/// The second administrator identifies the holder anew, and with that approves.
///
/// # Errors
/// [`ServiceError`]; the first administrator, whoever submitted and the holder are refused whatever they sign.
pub async fn second(
    app: &App,
    permit: &Permit<IdentifyApplicant>,
    id: &EnrolmentId,
    second: Second,
) -> Result<AnyEnrolment, ServiceError> {
    let (by, at) = (permit.person().clone(), app.clock.now());
    let Stored { value: enrolment, version } = load(app, permit, id).await?;
    protection::guard(app, permit, &enrolment.applicant).await?;
    if enrolment.officers().contains(&by) {
        return Err(ReserveError::Second.into());
    }
    check_proof(app, &enrolment, &second.proof).await?;
    check_reason(app, second.reason.as_deref())?;
    let (identification, order) = (enrolment.second_identification(&by, &second.proof), enrolment.operation());
    signed_by_caller(app, permit, (Act::Identify, ADMINISTRATOR), identification.hash(), &second.identification)
        .await?;
    signed_by_caller(app, permit, (Act::Approve, ADMINISTRATOR), order.hash(), &second.approval).await?;
    let open = app.store.approval(permit.tenant(), &enrolment.stage().approval).await?;
    let open = open.ok_or(ServiceError::Incomplete("the enrolment's approval"))?;
    if open.value.hash() != order.hash() {
        return Err(EvidenceError::OtherOperation.into());
    }
    let signed =
        open.value.sign(ApprovalSignature { by: by.clone(), at, statement: second.approval, reason: second.reason })?;
    let event = identified_event(app, permit, ("enrolment.identified-again", id), &identification, &second.proof);
    let kept = SecondIdentification { by, at, proof: second.proof, statement: second.identification };
    let approved = AnyEnrolment::Approved(enrolment.approve_reserve(kept)?);
    let changes = Changes::recording(event)
        .write(Write::Approval { new: signed, seen: open.version })
        .write(Write::Enrolment { new: approved.clone(), seen: version })
        .also(Event::new("enrolment.approved", permit.actor(), id.as_str(), at).in_tenant(permit.tenant()));
    commit(app, changes).await?;
    Ok(approved)
}

async fn load(
    app: &App,
    permit: &Permit<IdentifyApplicant>,
    id: &EnrolmentId,
) -> Result<Stored<Enrolment<Identified>>, ServiceError> {
    let row = app.store.enrolment(permit.tenant(), id).await?.ok_or(ServiceError::NotFound)?;
    match row.value {
        AnyEnrolment::Identified(value) if value.reserve.is_some() => Ok(Stored { value, version: row.version }),
        AnyEnrolment::Identified(_) => Err(ReserveError::OtherWay.into()),
        other => Err(ServiceError::WrongStage { wanted: "identified", found: other.stage_name() }),
    }
}
