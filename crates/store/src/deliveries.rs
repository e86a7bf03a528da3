//! Signed deliveries: one row for a tray of cards.

use crate::Database;
use crate::engine::sql::insert;
use crate::engine::{Columns, Sql, Value};
use crate::seal::Place;
use crate::writer::{Refusal, Statement};
use domain::TenantId;
use domain::evidence::Signed;
use domain::ports::{Conflict, StoreError};

impl Database {
    /// A delivery by its id.
    pub(crate) async fn find_delivery(&self, tenant: &TenantId, id: &str) -> Result<Option<Signed>, StoreError> {
        let row = self.pool.fetch_optional(DELIVERY, vec![Value::text(tenant), id.into()]).await?;
        row.map(|row| {
            let mut columns = Columns::opening(&row, "delivery", &self.keys);
            let (operation, statements) = (columns.take()?, columns.opened(place(tenant, id))?);
            Ok(Signed { operation, statements: statements.lines().map(str::to_owned).collect() })
        })
        .transpose()
    }
}

/// Where a delivery's statement is sealed.
fn place<'a>(tenant: &'a TenantId, id: &'a str) -> Place<'a> {
    Place::within("delivery.statement", tenant.as_str(), id)
}

/// The row of a delivery.
pub(crate) fn row(tenant: &TenantId, delivery: &Signed) -> Vec<Value> {
    let (id, statement) = (delivery.id(), delivery.statements.join("\n"));
    vec![
        Value::text(tenant),
        id.as_str().into(),
        delivery.operation.as_str().into(),
        Value::sealed(place(tenant, &id), &statement),
    ]
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

const DELIVERY: Sql = Sql::both("SELECT operation, statement FROM delivery WHERE tenant = $1 AND id = $2");
