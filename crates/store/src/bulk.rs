//! Many revocations as one act, and what became of each card.

use crate::engine::sql::{batch, insert};
use crate::engine::{Columns, Row, Sql, Value};
use crate::word::{from_word, word};
use crate::writer::{Idle, Refusal, Statement};
use crate::{Database, MAX_LIST};
use async_trait::async_trait;
use domain::bulk::{BulkRevocation, Item, Outcome};
use domain::card::Card;
use domain::changes::{Stored, Version};
use domain::ports::{BulkRevocations, Conflict, StoreError};
use domain::{BulkId, CardNumber, TenantId};

#[async_trait]
impl BulkRevocations for Database {
    async fn bulk(&self, tenant: &TenantId, id: &BulkId) -> Result<Option<Stored<BulkRevocation>>, StoreError> {
        let row = self.pool.fetch_optional(BULK, vec![Value::text(tenant), Value::text(id)]).await?;
        row.as_ref().map(bulk).transpose()
    }

    async fn running_bulk(&self) -> Result<Option<Stored<BulkRevocation>>, StoreError> {
        self.pool.fetch_optional(RUNNING, Vec::new()).await?.as_ref().map(bulk).transpose()
    }

    async fn bulk_items(
        &self,
        tenant: &TenantId,
        id: &BulkId,
        (open_only, after): (bool, Option<&CardNumber>),
        limit: u32,
    ) -> Result<Vec<Item>, StoreError> {
        let sql = if open_only { OPEN_ITEMS } else { ITEMS };
        let after = after.map_or("", CardNumber::as_str);
        let values = vec![Value::text(tenant), Value::text(id), after.into(), limit.min(MAX_LIST).into()];
        let rows = self.pool.fetch(sql, values).await?;
        let item = |row: &Row| {
            let mut columns = Columns::of(row, "item");
            Ok(Item { card: columns.parse()?, outcome: columns.parse_or_null()? })
        };
        rows.iter().map(item).collect()
    }

    async fn cards_among(&self, tenant: &TenantId, numbers: &[CardNumber]) -> Result<Vec<Stored<Card>>, StoreError> {
        Ok(self.cards(tenant, numbers).await?.into_values().collect())
    }

    async fn bulk_counts(&self, tenant: &TenantId, id: &BulkId) -> Result<Vec<(Outcome, u32)>, StoreError> {
        let rows = self.pool.fetch(COUNTS, vec![Value::text(tenant), Value::text(id)]).await?;
        let count = |row: &Row| {
            let mut columns = Columns::of(row, "item");
            Ok((columns.parse()?, columns.number()?))
        };
        rows.iter().map(count).collect()
    }
}

fn bulk(row: &Row) -> Result<Stored<BulkRevocation>, StoreError> {
    let mut columns = Columns::of(row, WHAT);
    let version = Version(columns.take()?);
    let value = BulkRevocation {
        tenant: columns.parse()?,
        id: columns.parse()?,
        reason: from_word(&mut columns)?,
        grounds: columns.take()?,
        total: columns.number()?,
        requested_by: columns.parse()?,
        requested_at: columns.time()?,
        state: columns.parse()?,
        cleared_by: match (columns.parse_or_null()?, columns.time_or_null()?) {
            (Some(by), Some(at)) => Some((by, at)),
            (None, None) => None,
            _ => return Err(columns.corrupt()),
        },
    };
    Ok(Stored { value, version })
}

/// The row of a new act.
pub(crate) fn new_row(bulk: &BulkRevocation) -> Vec<Value> {
    vec![
        Value::text(&bulk.tenant),
        Value::text(&bulk.id),
        word(&bulk.reason),
        bulk.grounds.as_str().into(),
        bulk.total.into(),
        Value::text(&bulk.requested_by),
        bulk.requested_at.into(),
        bulk.state.as_str().into(),
    ]
}

/// The row of an act's new state.
pub(crate) fn moved_row(bulk: &BulkRevocation, seen: Version) -> Vec<Value> {
    let cleared = bulk.cleared_by.as_ref();
    vec![
        Value::text(&bulk.tenant),
        Value::text(&bulk.id),
        seen.0.into(),
        bulk.state.as_str().into(),
        Value::text_or_null(cleared.map(|(by, _)| by)),
        Value::time_or_null(cleared.map(|(_, at)| *at)),
    ]
}

/// The row of a card of an act.
pub(crate) fn item_row((tenant, id): (&TenantId, &BulkId), card: &CardNumber) -> Vec<Value> {
    vec![Value::text(tenant), Value::text(id), Value::text(card)]
}

/// The row of what became of a card.
pub(crate) fn outcome_row(key: (&TenantId, &BulkId), card: &CardNumber, outcome: Outcome) -> Vec<Value> {
    let mut row = item_row(key, card);
    row.push(outcome.as_str().into());
    row
}

pub(crate) static NEW: Statement = Statement {
    point: "bulk-new",
    batch: insert!(
        "bulk_revocation",
        (
            1 tenant text, 2 id text, 3 reason text, 4 grounds text, 5 total bigint, 6 requested_by text,
            7 requested_at bigint, 8 state text
        )
    ),
    exists: Refusal::Conflict(Conflict::Exists(WHAT)),
    refers_to: "tenant or person",
    idle: None,
};

pub(crate) static ITEM: Statement = Statement {
    point: "bulk-item",
    batch: insert!("bulk_item", (1 tenant text, 2 bulk text, 3 card text)),
    exists: Refusal::Conflict(Conflict::Exists("item")),
    refers_to: WHAT,
    idle: None,
};

pub(crate) static MOVE: Statement = Statement {
    point: "bulk",
    batch: batch!(
        (1 tenant text, 2 id text, 3 seen bigint, 4 state text, 5 cleared_by text, 6 cleared_at bigint),
        "UPDATE bulk_revocation SET state = r.state, cleared_by = r.cleared_by, cleared_at = r.cleared_at, \
         version = bulk_revocation.version + 1 \
         FROM r WHERE bulk_revocation.tenant = r.tenant AND bulk_revocation.id = r.id AND bulk_revocation.version = r.seen"
    ),
    exists: Refusal::Conflict(Conflict::Exists(WHAT)),
    refers_to: "person",
    idle: Some(Idle::Versioned {
        what: WHAT,
        probe: Sql::both("SELECT version FROM bulk_revocation WHERE tenant = $1 AND id = $2"),
    }),
};

/// An outcome is written once.
pub(crate) static OUTCOME: Statement = Statement {
    point: "bulk-outcome",
    batch: batch!(
        (1 tenant text, 2 bulk text, 3 card text, 4 outcome text),
        "UPDATE bulk_item SET outcome = r.outcome FROM r WHERE bulk_item.tenant = r.tenant \
         AND bulk_item.bulk = r.bulk AND bulk_item.card = r.card AND bulk_item.outcome IS NULL"
    ),
    exists: Refusal::Conflict(Conflict::Exists("item")),
    refers_to: WHAT,
    idle: Some(Idle::Always(Refusal::Stale("item"))),
};

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT version, tenant, id, reason, grounds, total, requested_by, requested_at, state, cleared_by, cleared_at \
             FROM bulk_revocation WHERE ",
            $rest
        )
    };
}

const BULK: Sql = Sql::both(select!("tenant = $1 AND id = $2"));
const RUNNING: Sql = Sql::both(select!("state = 'running' ORDER BY requested_at, tenant, id LIMIT 1"));
const ITEMS: Sql = Sql::both(
    "SELECT card, outcome FROM bulk_item WHERE tenant = $1 AND bulk = $2 AND card > $3 ORDER BY card LIMIT $4",
);
const OPEN_ITEMS: Sql = Sql::both(
    "SELECT card, outcome FROM bulk_item WHERE tenant = $1 AND bulk = $2 AND card > $3 AND outcome IS NULL \
     ORDER BY card LIMIT $4",
);
const COUNTS: Sql = Sql::both(
    "SELECT outcome, count(*) FROM bulk_item WHERE tenant = $1 AND bulk = $2 AND outcome IS NOT NULL \
     GROUP BY outcome ORDER BY outcome",
);
const WHAT: &str = "bulk revocation";
