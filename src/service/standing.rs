//! Where an agency stands, and whether it may be given a service now.

use crate::app::App;
use crate::config::Mode;
use crate::service::ServiceError;
use domain::TenantId;
use domain::changes::Stored;
use domain::onboarding::{Agreement, AnyMove, Scope, Standing};
use domain::people::Tenant;

/// An agency with its steps and agreements.
#[derive(Debug, Clone)]
pub struct Connection {
    /// Where it stands now.
    pub standing: Standing,
    /// Every step, in the order of proposals.
    pub moves: Vec<Stored<AnyMove>>,
    /// Every agreement on file.
    pub agreements: Vec<Agreement>,
}

/// Looks up where an agency stands.
///
/// # Errors
/// [`ServiceError`] if the store fails.
pub async fn of(app: &App, tenant: Tenant) -> Result<Connection, ServiceError> {
    let moves = app.store.moves(&tenant.id).await?;
    let agreements = app.store.agreements(&tenant.id).await?;
    let moment = (app.clock.now(), app.config.mode == Mode::Production);
    let standing = Standing::of(tenant, moves.iter().map(|row| &row.value), &agreements, moment);
    Ok(Connection { standing, moves, agreements })
}

/// Insists that an agency may be given a service now.
///
/// # Errors
/// [`ServiceError::NotRunning`] before its phase, after its end, or without an agreement.
pub async fn serves(app: &App, tenant: &Tenant, scope: Scope) -> Result<(), ServiceError> {
    let connection = of(app, tenant.clone()).await?;
    Ok(connection.standing.serves(scope, &app.policies.get().eligibility)?)
}

/// As [`serves`], for an agency by its key.
///
/// # Errors
/// As [`serves`].
pub async fn serves_agency(app: &App, tenant: &TenantId, scope: Scope) -> Result<(), ServiceError> {
    let tenant = app.store.tenant(tenant).await?.ok_or(ServiceError::Incomplete("the caller's agency"))?;
    serves(app, &tenant, scope).await
}
