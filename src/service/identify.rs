//! Records how an applicant was identified.

use crate::app::App;
use crate::service::ServiceError;
use crate::service::commit::commit;
use crate::service::officers::Signatory;
use crate::service::permit::{IdentifyApplicant, Permit};
use crate::service::protection;
use crate::service::text::one_line;
use domain::access::Role;
use domain::approval::{Approval, ApprovalRule};
use domain::assurance::Identification;
use domain::audit::Event;
use domain::changes::{Changes, Stored, Write};
use domain::enrolment::{AnyEnrolment, Enrolment, Submitted};
use domain::evidence::{EvidenceError, verify_statement};
use domain::operation::{Act, IdentityProof, Operation, OperationHash};
use domain::reserve::ADMINISTRATOR;
use domain::subject::SERIAL_NUMBER;
use domain::{ApprovalId, EnrolmentId};

/// The exact operation that the officer must sign to say that they identified the applicant so.
///
/// # Errors
/// [`ServiceError`] if there is no such application, or it is past this stage.
pub async fn prepare(
    app: &App,
    permit: &Permit<IdentifyApplicant>,
    id: &EnrolmentId,
    proof: &IdentityProof,
) -> Result<Operation, ServiceError> {
    let row = load(app, permit, id).await?;
    protection::guard(app, permit, &row.value.applicant).await?;
    check_proof(app, &row.value, proof).await?;
    Ok(row.value.identification(permit.person(), proof))
}

/// Records the identification and opens the approval.
///
/// # Errors
/// [`ServiceError`]; the statement must be the caller's own, over exactly this identification.
pub async fn identify(
    app: &App,
    permit: &Permit<IdentifyApplicant>,
    id: &EnrolmentId,
    proof: IdentityProof,
    statement: String,
) -> Result<AnyEnrolment, ServiceError> {
    let now = app.clock.now();
    let Stored { value: enrolment, version } = load(app, permit, id).await?;
    protection::guard(app, permit, &enrolment.applicant).await?;
    check_proof(app, &enrolment, &proof).await?;
    let operation = enrolment.identification(permit.person(), &proof);
    signed_by_caller(app, permit, (Act::Identify, Role::RegistrationOfficer), operation.hash(), &statement).await?;

    let event = identified_event(app, permit, ("enrolment.identified", id), &operation, &proof);
    let approval_id = ApprovalId::from_random(app.entropy.random16());
    let identified = enrolment.identify(permit.person().clone(), now, proof, statement, approval_id.clone())?;
    let approval = open_approval(app, &identified, approval_id);
    let identified = AnyEnrolment::Identified(identified);
    let changes = Changes::recording(event)
        .write(Write::NewApproval(approval))
        .write(Write::Enrolment { new: identified.clone(), seen: version });
    commit(app, changes).await?;
    Ok(identified)
}

/// Insists that whoever calls made this statement on this operation, in this role at the agency.
///
/// # Errors
/// [`EvidenceError`]: whose statement it is not, or what it does not say.
pub(super) async fn signed_by_caller<A>(
    app: &App,
    permit: &Permit<A>,
    (act, role): (Act, Role),
    operation: OperationHash,
    statement: &str,
) -> Result<(), ServiceError> {
    let signatory = Signatory::of(app, statement).await?;
    let officer = verify_statement(statement, act, operation, &signatory, app.clock.now())?.officer;
    if officer.person != *permit.person() || officer.tenant != *permit.tenant() {
        return Err(EvidenceError::NotAnOfficer.into());
    }
    if officer.roles.contains(&role) { Ok(()) } else { Err(EvidenceError::WrongRole { role }.into()) }
}

/// What the log says of an identification.
pub(super) fn identified_event(
    app: &App,
    permit: &Permit<IdentifyApplicant>,
    (kind, id): (&'static str, &EnrolmentId),
    operation: &Operation,
    proof: &IdentityProof,
) -> Event {
    Event::new(kind, permit.actor(), id.as_str(), app.clock.now())
        .in_tenant(permit.tenant())
        .with("operation", operation.hash())
        .with("document", serde_word(&proof.document))
        .with("method", serde_word(&proof.method))
        .personal("document_number", &proof.number, app.entropy.random16())
}

fn open_approval(app: &App, enrolment: &Enrolment<domain::enrolment::Identified>, id: ApprovalId) -> Approval {
    let (operation, reserve) = (enrolment.operation().to_bytes(), enrolment.reserve.is_some());
    Approval {
        id,
        tenant: enrolment.tenant.clone(),
        operation: String::from_utf8(operation).expect("operations are JSON text"),
        rule: ApprovalRule {
            role: if reserve { ADMINISTRATOR } else { Role::Approver },
            // Whoever approves a reserve card is the second of two administrators; there is no third.
            needed: if reserve { 1 } else { app.config.enrolment.approvals_needed },
            excluded: enrolment.officers().into_iter().collect(),
        },
        expires_at: app.clock.now().plus_days(app.config.enrolment.approval_days),
        signatures: Vec::new(),
        used_at: None,
    }
}

async fn load(
    app: &App,
    permit: &Permit<IdentifyApplicant>,
    id: &EnrolmentId,
) -> Result<Stored<Enrolment<Submitted>>, ServiceError> {
    let row = app.store.enrolment(permit.tenant(), id).await?.ok_or(ServiceError::NotFound)?;
    match row.value {
        AnyEnrolment::Submitted(value) => Ok(Stored { value, version: row.version }),
        other => Err(ServiceError::WrongStage { wanted: "submitted", found: other.stage_name() }),
    }
}

/// The document must be described, and the identification be enough for the level of every certificate.
///
/// # Errors
/// [`ServiceError::Invalid`], naming the field.
pub(super) async fn check_proof<S>(
    app: &App,
    enrolment: &Enrolment<S>,
    proof: &IdentityProof,
) -> Result<(), ServiceError> {
    one_line("proof.place", &proof.place, MAX_TEXT)?;
    check_document(app, ("proof.number", &proof.number), ("proof.expires", &proof.expires))?;
    // The certificate of a protected person does not say the number; the register does, and with it the age.
    let number = match enrolment.subject.get(SERIAL_NUMBER).and_then(|text| text.parse().ok()) {
        Some(number) => Some(number),
        None => app.store.person(&enrolment.tenant, &enrolment.applicant).await?.map(|person| person.identity_number),
    };
    let found = Identification { proof, number: number.as_ref(), at: app.clock.now() };
    let policies = app.policies.get();
    enrolment.certificates.values().try_for_each(|planned| {
        let accepted = policies.assurance.accept(&planned.profile, &found);
        accepted.map_err(|fault| ServiceError::Invalid { field: fault.field(), problem: fault.to_string() })
    })
}

/// The document must be described, and valid today.
pub(super) fn check_document(
    app: &App,
    (number_field, number): (&'static str, &str),
    (expires_field, expires): (&'static str, &str),
) -> Result<(), ServiceError> {
    let invalid = |problem: &str| Err(ServiceError::Invalid { field: expires_field, problem: problem.to_owned() });
    one_line(number_field, number, MAX_TEXT)?;
    let Ok(last_day) = expires.parse::<jiff::civil::Date>() else {
        return invalid("a date, YYYY-MM-DD");
    };
    let today = jiff::Timestamp::from_second(app.clock.now().unix())
        .map_err(|_| ServiceError::Incomplete("a clock in range"))?
        .to_zoned(jiff::tz::TimeZone::UTC)
        .date();
    if last_day < today {
        return invalid("the document has expired");
    }
    Ok(())
}

/// The serialised word of a unit variant.
pub(super) fn serde_word(value: &impl serde::Serialize) -> String {
    serde_json::to_value(value).ok().and_then(|v| v.as_str().map(str::to_owned)).unwrap_or_default()
}

const MAX_TEXT: usize = 64;
