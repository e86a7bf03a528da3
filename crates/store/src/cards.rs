//! Cards.

use crate::Database;
use crate::engine::sql::{batch, insert};
use crate::engine::{Batch, Columns, Row, Sql, Value, keys};
use crate::writer::{Idle, Refusal, Statement};
use domain::card::Card;
use domain::changes::{Stored, Version};
use domain::ports::{Conflict, StoreError};
use domain::{CardNumber, TenantId};
use std::collections::BTreeMap;

impl Database {
    /// The cards among these that exist.
    pub(crate) async fn cards<'a>(
        &self,
        tenant: &TenantId,
        numbers: impl IntoIterator<Item = &'a CardNumber>,
    ) -> Result<BTreeMap<CardNumber, Stored<Card>>, StoreError> {
        let rows = self.pool.fetch_batch(&CARDS_AMONG, &keys(tenant, numbers)).await?;
        let cards = rows.iter().map(|row| card(row).map(|card| (card.value.number.clone(), card)));
        cards.collect()
    }
}

/// The columns in the order in which [`card`] reads them.
macro_rules! columns {
    () => {
        "tenant, number, holder, bound_at, state, version"
    };
}

/// Reads a row of [`CARD`], [`CARDS_OF`] or [`CARDS_AMONG`].
pub(crate) fn card(row: &Row) -> Result<Stored<Card>, StoreError> {
    let mut columns = Columns::of(row, "card");
    let value = Card {
        tenant: columns.parse()?,
        number: columns.parse()?,
        holder: columns.parse()?,
        bound_at: columns.time()?,
        state: columns.parse()?,
    };
    Ok(Stored { value, version: Version(columns.take()?) })
}

/// The row of a new card.
pub(crate) fn new_row(card: &Card) -> Vec<Value> {
    vec![
        Value::text(&card.tenant),
        Value::text(&card.number),
        Value::text(&card.holder),
        card.bound_at.into(),
        card.state.as_str().into(),
    ]
}

/// The row of a card's new state.
pub(crate) fn state_row(card: &Card, seen: Version) -> Vec<Value> {
    vec![Value::text(&card.tenant), Value::text(&card.number), seen.0.into(), card.state.as_str().into()]
}

pub(crate) static NEW: Statement = Statement {
    point: "card-new",
    batch: insert!("card", (1 tenant text, 2 number text, 3 holder text, 4 bound_at bigint, 5 state text)),
    exists: Refusal::Conflict(Conflict::Exists("card")),
    refers_to: "employment",
    idle: None,
};

pub(crate) static STATE: Statement = Statement {
    point: "card",
    batch: batch!(
        (1 tenant text, 2 number text, 3 seen bigint, 4 state text),
        "UPDATE card SET state = r.state, version = card.version + 1 FROM r \
         WHERE card.tenant = r.tenant AND card.number = r.number AND card.version = r.seen"
    ),
    exists: Refusal::Conflict(Conflict::Exists("card")),
    refers_to: "employment",
    idle: Some(Idle::Versioned {
        what: "card",
        probe: Sql::both("SELECT version FROM card WHERE tenant = $1 AND number = $2"),
    }),
};

pub(crate) const CARD: Sql = Sql::both(concat!("SELECT ", columns!(), " FROM card WHERE tenant = $1 AND number = $2"));
pub(crate) const CARDS_OF: Sql = Sql::both(concat!(
    "SELECT ",
    columns!(),
    " FROM card WHERE tenant = $1 AND holder = $2 ORDER BY bound_at, number LIMIT $3"
));
pub(crate) const CARDS_OF_TENANT: Sql =
    Sql::both(concat!("SELECT ", columns!(), " FROM card WHERE tenant = $1 AND number > $2 ORDER BY number LIMIT $3"));
static CARDS_AMONG: Batch = batch!(
    (1 tenant text, 2 number text),
    concat!("SELECT ", columns!(), " FROM card WHERE (tenant, number) IN (SELECT tenant, number FROM r)")
);
