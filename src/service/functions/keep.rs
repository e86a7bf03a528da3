//! Hands a function over to others, who answer for it from then on.

use super::{accept_responsible, load, wrong_stage};
use crate::app::App;
use crate::service::ServiceError;
use crate::service::commit::commit;
use crate::service::permit::{OrderFunction, Permit};
use crate::service::text::{MAX_REASON, one_line};
use domain::FunctionId;
use domain::audit::Event;
use domain::changes::{Changes, Write};
use domain::function::{AnyFunction, Keeper};

/// Says who answers for an issued function from now on. The certificate stays as it is.
///
/// # Errors
/// [`ServiceError`]; the new one must be an employee of the agency.
pub async fn hand_over(
    app: &App,
    permit: &Permit<OrderFunction>,
    id: &FunctionId,
    (keeper, reason): (Keeper, &str),
) -> Result<AnyFunction, ServiceError> {
    one_line("reason", reason, MAX_REASON)?;
    let row = load(app, permit.tenant(), id).await?;
    let AnyFunction::Issued(function) = row.value else { return Err(wrong_stage("issued", &row.value)) };
    accept_responsible(app, permit.tenant(), &keeper.responsible).await?;
    let wish = &function.wish;
    app.policies.get().functions.accept_wish(&wish.certificate.profile, &wish.subject, &keeper.contact)?;
    let event = Event::new("function.handed-over", permit.actor(), id.as_str(), app.clock.now())
        .in_tenant(permit.tenant())
        .with("from", &function.keeper.responsible)
        .with("to", &keeper.responsible)
        .with("reason", reason);
    let kept = AnyFunction::Issued(function.kept_by(keeper));
    let write = Write::Function { new: kept.clone(), seen: row.version };
    commit(app, Changes::recording(event).write(write)).await?;
    Ok(kept)
}
