//! Signed deliveries: one row for a tray of cards.

use crate::engine::Value;
use crate::engine::sql::insert;
use crate::seal::Place;
use crate::writer::{Refusal, Statement};
use domain::TenantId;
use domain::evidence::Signed;
use domain::ports::Conflict;

/// The row of a delivery.
pub(crate) fn row(tenant: &TenantId, delivery: &Signed) -> Vec<Value> {
    let (id, statement) = (delivery.id(), delivery.statements.join("\n"));
    vec![
        Value::text(tenant),
        id.as_str().into(),
        delivery.operation.as_str().into(),
        Value::sealed(self::statement(tenant, &id), &statement),
    ]
}

/// Where a delivery's statement stands.
pub(crate) fn statement<'a>(tenant: &'a TenantId, id: &'a str) -> Place<'a> {
    Place::within("delivery.statement", tenant.as_str(), id)
}

/// A delivery that is there already stays as it is: its id is its hash.
pub(crate) static NEW: Statement = Statement {
    point: "delivery",
    batch: insert!(
        "delivery",
        (1 tenant text, 2 id text, 3 operation text, 4 statement text),
        "ON CONFLICT (tenant, id) DO NOTHING"
    ),
    exists: Refusal::Conflict(Conflict::Exists("delivery")),
    refers_to: "tenant",
    idle: None,
};
