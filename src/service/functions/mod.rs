//! Certificates of agencies' systems and of the agencies themselves, from the request to the last day.
//!
//! An officer asks for one ([`request`]), shows that its names are the agency's and orders it ([`order`]); another
//! approves exactly that ([`approve`]); then it is issued ([`issue`]), by the signer's own judgement of both signatures.
//! Somebody answers for it as long as it stands ([`keep`]).

pub mod approve;
pub mod issue;
pub mod keep;
pub mod order;
pub mod read;
pub mod request;

use crate::app::App;
use crate::service::ServiceError;
use domain::changes::Stored;
use domain::function::AnyFunction;
use domain::{FunctionId, PersonId, TenantId};

async fn load(app: &App, tenant: &TenantId, id: &FunctionId) -> Result<Stored<AnyFunction>, ServiceError> {
    app.store.function(tenant, id).await?.ok_or(ServiceError::NotFound)
}

/// Whoever answers for a function must work at the agency, now and as far as is known.
async fn accept_responsible(app: &App, tenant: &TenantId, person: &PersonId) -> Result<(), ServiceError> {
    let employment = app.store.employment(tenant, person).await?;
    if employment.is_some_and(|employment| !employment.is_over(app.clock.now())) {
        return Ok(());
    }
    Err(ServiceError::Invalid { field: "responsible", problem: "an employee of the agency".to_owned() })
}

/// The refusal of an order that is at another stage.
const fn wrong_stage(wanted: &'static str, function: &AnyFunction) -> ServiceError {
    ServiceError::WrongStage { wanted, found: function.stage_name() }
}
