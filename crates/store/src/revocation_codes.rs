//! What is kept of revocation codes.

use crate::Database;
use crate::engine::sql::insert;
use crate::engine::{Columns, Row, Sql, Value};
use crate::writer::{Refusal, Statement};
use domain::CardNumber;
use domain::ports::{Conflict, StoreError};
use domain::revocation_code::KeptCode;

impl Database {
    /// The latest code of a card.
    pub(crate) async fn find_code(&self, card: &CardNumber) -> Result<Option<KeptCode>, StoreError> {
        let row = self.pool.fetch_optional(LATEST, vec![Value::text(card)]).await?;
        row.as_ref().map(kept).transpose()
    }
}

fn kept(row: &Row) -> Result<KeptCode, StoreError> {
    let mut columns = Columns::of(row, WHAT);
    Ok(KeptCode {
        tenant: columns.parse()?,
        card: columns.parse()?,
        at: columns.time()?,
        salt: columns.bytes()?,
        rounds: columns.number()?,
        hash: columns.bytes()?,
    })
}

/// The row of a code.
pub(crate) fn row(code: &KeptCode) -> Vec<Value> {
    vec![
        Value::text(&code.tenant),
        Value::text(&code.card),
        code.at.into(),
        code.salt.as_slice().into(),
        code.rounds.into(),
        code.hash.as_slice().into(),
    ]
}

pub(crate) static NEW: Statement = Statement {
    point: "revocation-code",
    batch: insert!(
        "revocation_code",
        (1 tenant text, 2 card text, 3 at bigint, 4 salt bytea, 5 rounds bigint, 6 hash bytea)
    ),
    exists: Refusal::Conflict(Conflict::Exists(WHAT)),
    refers_to: "card",
    idle: None,
};

const LATEST: Sql = Sql::both(
    "SELECT tenant, card, at, salt, rounds, hash FROM revocation_code WHERE card = $1 ORDER BY number DESC LIMIT 1",
);
const WHAT: &str = "revocation code";
