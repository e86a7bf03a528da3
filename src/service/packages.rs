//! Orders permission packages, decides the orders, and records trainings: each by somebody else than the holder.

use super::rights::OnRecord;
use super::text::{MAX_REASON, one_line};
use crate::app::App;
use crate::service::ServiceError;
use crate::service::commit::commit;
use crate::service::permit::{DecidePackage, EndPackage, OrderPackage, Permit, ReadAssignments, RecordTraining};
use crate::service::read::MAX_PAGE;
use domain::assignment::{AnyAssignment, Assignment, Order, Ordered, Training};
use domain::audit::Event;
use domain::changes::{Changes, Stored, Write};
use domain::function::AnyFunction;
use domain::packages::Package;
use domain::{AssignmentId, FunctionId, PersonId, TenantId};
use pki::time::UtcTime;

/// Who answers for a system with a certificate that stands at the agency: under them it holds its packages.
///
/// # Errors
/// [`ServiceError::NotFound`] also for one of another agency.
pub async fn keeper(app: &App, permit: &Permit<OrderPackage>, function: &FunctionId) -> Result<PersonId, ServiceError> {
    let row = app.store.function(permit.tenant(), function).await?.ok_or(ServiceError::NotFound)?;
    match row.value {
        AnyFunction::Issued(function) => Ok(function.keeper.responsible),
        other => Err(ServiceError::WrongStage { wanted: "issued", found: other.stage_name() }),
    }
}

/// Orders a package for an employee of the agency, or for a system that one answers for.
///
/// # Errors
/// [`ServiceError`]; not for oneself, not beside a package that excludes it, not without the training.
pub async fn order(app: &App, permit: &Permit<OrderPackage>, order: Order) -> Result<AnyAssignment, ServiceError> {
    let now = app.clock.now();
    one_line("reason", &order.reason, MAX_REASON)?;
    employed(app, permit.tenant(), &order.person).await?;
    let on_record = OnRecord::of(app, permit.tenant(), &order.person).await?;
    let ids = (AssignmentId::from_random(app.entropy.random16()), permit.tenant().clone());
    let policy = app.policies.get();
    let by = permit.manager(now);
    let ordered = Assignment::order(ids, order, (&by, now), &on_record.held(), &policy.packages)?;
    let event = about("package.ordered", permit, &ordered, now);
    let ordered = AnyAssignment::Ordered(ordered);
    commit(app, Changes::recording(event).write(Write::NewAssignment(ordered.clone()))).await?;
    Ok(ordered)
}

/// Decides an order of somebody else.
///
/// # Errors
/// [`ServiceError`]; whoever ordered and whoever would get the package are refused.
pub async fn decide(
    app: &App,
    permit: &Permit<DecidePackage>,
    id: &AssignmentId,
    (approve, reason): (bool, String),
) -> Result<AnyAssignment, ServiceError> {
    let now = app.clock.now();
    one_line("reason", &reason, MAX_REASON)?;
    let Stored { value: ordered, version } = open(app, permit.tenant(), id).await?;
    let on_record = OnRecord::of(app, permit.tenant(), &ordered.person).await?;
    let by = permit.manager(now);
    let (new, event) = if approve {
        let policy = app.policies.get();
        let active = ordered.approve((&by, now), reason, &on_record.held(), &policy.packages)?;
        let event = about("package.approved", permit, &active, now);
        (AnyAssignment::Active(active), event)
    } else {
        let refused = ordered.refuse((&by, now), reason)?;
        let event = about("package.refused", permit, &refused, now);
        (AnyAssignment::Refused(refused), event)
    };
    commit(app, Changes::recording(event).write(Write::Assignment { new: new.clone(), seen: version })).await?;
    Ok(new)
}

/// Takes a package back before its time. The right ends with the answer.
///
/// # Errors
/// [`ServiceError`]; nobody takes back their own.
pub async fn end(
    app: &App,
    permit: &Permit<EndPackage>,
    id: &AssignmentId,
    reason: String,
) -> Result<AnyAssignment, ServiceError> {
    let now = app.clock.now();
    one_line("reason", &reason, MAX_REASON)?;
    let row = find(app, permit.tenant(), id).await?;
    let AnyAssignment::Active(active) = row.value else {
        return Err(ServiceError::WrongStage { wanted: "active", found: row.value.stage_name() });
    };
    let ended = active.end(permit.person().clone(), now, reason)?;
    let event = about("package.ended", permit, &ended, now);
    let new = AnyAssignment::Ended(ended);
    commit(app, Changes::recording(event).write(Write::Assignment { new: new.clone(), seen: row.version })).await?;
    Ok(new)
}

/// Records that an employee passed a training.
///
/// # Errors
/// [`ServiceError`]; not one's own, not one that is to come.
pub async fn train(app: &App, permit: &Permit<RecordTraining>, training: Training) -> Result<Training, ServiceError> {
    employed(app, permit.tenant(), &training.person).await?;
    let training = training.record(&app.policies.get().packages)?;
    let event = Event::new("training.recorded", permit.actor(), training.person.as_str(), training.recorded_at)
        .in_tenant(permit.tenant())
        .with("training", &training.training)
        .with("passed_at", training.passed_at);
    commit(app, Changes::recording(event).write(Write::Training(training.clone()))).await?;
    Ok(training)
}

/// The packages that can be ordered, at their highest versions, and those that are still held.
pub fn list(app: &App, _permit: &Permit<ReadAssignments>) -> Vec<Package> {
    app.policies.get().packages.iter().cloned().collect()
}

/// Assignments of the agency in order of id.
///
/// # Errors
/// [`ServiceError`] if the store fails.
pub async fn assignments(
    app: &App,
    permit: &Permit<ReadAssignments>,
    after: Option<&AssignmentId>,
    limit: u32,
) -> Result<Vec<Stored<AnyAssignment>>, ServiceError> {
    Ok(app.store.assignments(permit.tenant(), after, limit.clamp(1, MAX_PAGE)).await?)
}

async fn employed(app: &App, tenant: &TenantId, person: &PersonId) -> Result<(), ServiceError> {
    app.store.employment(tenant, person).await?.map(drop).ok_or(ServiceError::NotFound)
}

async fn find(app: &App, tenant: &TenantId, id: &AssignmentId) -> Result<Stored<AnyAssignment>, ServiceError> {
    app.store.assignment(tenant, id).await?.ok_or(ServiceError::NotFound)
}

async fn open(app: &App, tenant: &TenantId, id: &AssignmentId) -> Result<Stored<Assignment<Ordered>>, ServiceError> {
    let row = find(app, tenant, id).await?;
    match row.value {
        AnyAssignment::Ordered(value) => Ok(Stored { value, version: row.version }),
        other => Err(ServiceError::WrongStage { wanted: "ordered", found: other.stage_name() }),
    }
}

fn about<A, S>(kind: &'static str, permit: &Permit<A>, assignment: &Assignment<S>, at: UtcTime) -> Event {
    let event = Event::new(kind, permit.actor(), assignment.id.as_str(), at)
        .in_tenant(permit.tenant())
        .with("person", &assignment.person)
        .with("package", &assignment.package)
        .with("until", assignment.until);
    match &assignment.function {
        Some(function) => event.with("function", function),
        None => event,
    }
}
