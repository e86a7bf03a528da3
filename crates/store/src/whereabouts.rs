//! Where things are, whosever they are.

use crate::engine::{Columns, Row, Sql, Value};
use crate::{Database, MAX_LIST};
use async_trait::async_trait;
use domain::people::Employment;
use domain::ports::{StoreError, Thing, Whereabouts};
use domain::{CardNumber, TenantId};
use pki::time::UtcTime;

#[async_trait]
impl Whereabouts for Database {
    async fn exists(&self, thing: Thing<'_>) -> Result<bool, StoreError> {
        let (sql, id) = match thing {
            Thing::Enrolment(id) => (ENROLMENT, Value::text(id)),
            Thing::Card(number) => (CARD, Value::text(number)),
            Thing::Person(id) => (PERSON, Value::text(id)),
            Thing::Assignment(id) => (ASSIGNMENT, Value::text(id)),
            Thing::Function(id) => (FUNCTION, Value::text(id)),
        };
        Ok(self.pool.fetch_optional(sql, vec![id]).await?.is_some())
    }

    async fn uncollected(&self, before: UtcTime, limit: u32) -> Result<Vec<(TenantId, CardNumber)>, StoreError> {
        let rows = self.pool.fetch(UNCOLLECTED, vec![before.into(), limit.min(MAX_LIST).into()]).await?;
        let card = |row: &Row| {
            let mut columns = Columns::of(row, "card");
            Ok((columns.parse()?, columns.parse()?))
        };
        rows.iter().map(card).collect()
    }

    async fn ended_employments(&self, before: UtcTime, limit: u32) -> Result<Vec<Employment>, StoreError> {
        let rows = self.pool.fetch(ENDED, vec![before.into(), limit.min(MAX_LIST).into()]).await?;
        let employment = |row: &Row| {
            let mut columns = Columns::of(row, "employment");
            let (tenant, person) = (columns.parse()?, columns.parse()?);
            Ok(Employment { tenant, person, since: columns.time()?, until: columns.time_or_null()? })
        };
        rows.iter().map(employment).collect()
    }
}

// An agency's rows begin with its id: each agency is looked into by its key.
const ENROLMENT: Sql =
    Sql::both("SELECT e.id FROM tenant t CROSS JOIN enrolment e WHERE e.tenant = t.id AND e.id = $1 LIMIT 1");
const ASSIGNMENT: Sql =
    Sql::both("SELECT a.id FROM tenant t CROSS JOIN assignment a WHERE a.tenant = t.id AND a.id = $1 LIMIT 1");
const FUNCTION: Sql =
    Sql::both("SELECT f.id FROM tenant t CROSS JOIN function_order f WHERE f.tenant = t.id AND f.id = $1 LIMIT 1");
const CARD: Sql = Sql::both("SELECT number FROM card WHERE number = $1");
const PERSON: Sql = Sql::both("SELECT id FROM person WHERE id = $1");
const UNCOLLECTED: Sql = Sql::both(
    "SELECT e.tenant, e.card FROM enrolment e JOIN card c ON c.tenant = e.tenant AND c.number = e.card \
     WHERE e.stage = 'issued' AND e.issued_at < $1 AND c.state = 'bound' ORDER BY e.tenant, e.id LIMIT $2",
);
const ENDED: Sql = Sql::both(
    "SELECT tenant, person, since, until_at FROM employment \
     WHERE closed = 0 AND until_at IS NOT NULL AND until_at < $1 ORDER BY until_at, tenant, person LIMIT $2",
);
