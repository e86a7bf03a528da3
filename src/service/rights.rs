//! What a person may do, from the packages and trainings on record and the policy in force.

use crate::app::App;
use crate::service::ServiceError;
use domain::assignment::{AnyAssignment, Training};
use domain::rights::{Held, Rights};
use domain::{FunctionId, PersonId, TenantId};

/// What is on record of one person.
pub(super) struct OnRecord {
    assignments: Vec<AnyAssignment>,
    trainings: Vec<Training>,
}

impl OnRecord {
    /// Looks it up.
    pub(super) async fn of(app: &App, tenant: &TenantId, person: &PersonId) -> Result<Self, ServiceError> {
        let assignments = app.store.assignments_of(person).await?.into_iter().map(|row| row.value).collect();
        Ok(Self { assignments, trainings: app.store.trainings_of(tenant, person).await? })
    }

    /// As the rules see it.
    pub(super) fn held(&self) -> Held<'_> {
        Held { assignments: &self.assignments, trainings: &self.trainings }
    }
}

/// The rights of a person at an agency.
///
/// # Errors
/// [`ServiceError`] if the store fails.
pub async fn of(app: &App, tenant: &TenantId, person: &PersonId) -> Result<Rights, ServiceError> {
    let on_record = OnRecord::of(app, tenant, person).await?;
    Ok(Rights::of(&app.policies.get().packages, tenant, &on_record.held(), app.clock.now()))
}

/// The rights of a system at an agency, under the person who answers for it.
///
/// # Errors
/// [`ServiceError`] if the store fails.
pub(super) async fn of_system(
    app: &App,
    tenant: &TenantId,
    (system, person): (&FunctionId, &PersonId),
) -> Result<Rights, ServiceError> {
    let on_record = OnRecord::of(app, tenant, person).await?;
    let held = on_record.held();
    Ok(Rights::of_system(system, &app.policies.get().packages, tenant, &held, app.clock.now()))
}
