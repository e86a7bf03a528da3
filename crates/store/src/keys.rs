//! The lives of CA keys and roots.

use crate::Database;
use crate::engine::sql::batch;
use crate::engine::{Columns, Sql, Value};
use crate::word::{from_word, word};
use crate::writer::{Idle, Refusal, Statement};
use async_trait::async_trait;
use domain::changes::KeyStage;
use domain::key::{KeyLife, Stage};
use domain::ports::{Conflict, Keys, StoreError};
use std::collections::BTreeMap;

#[async_trait]
impl Keys for Database {
    async fn key_lives(&self) -> Result<BTreeMap<String, KeyLife>, StoreError> {
        let mut lives: BTreeMap<String, KeyLife> = BTreeMap::new();
        for row in self.pool.fetch(STAGES, Vec::new()).await? {
            let mut columns = Columns::of(&row, "CA key");
            let issuer: String = columns.take()?;
            let stage = Stage { state: from_word(&mut columns)?, since: { columns.time()? } };
            let compromised = columns.number::<u8>()? == 1;
            let corrupt = columns.corrupt();
            let life = match lives.remove(&issuer) {
                None => KeyLife::begin(stage.state, stage.since),
                Some(mut life) => {
                    life.advance(stage.state, stage.since).map_err(|_| corrupt)?;
                    life
                }
            };
            lives.insert(issuer, if compromised { life.compromised_at(stage.since) } else { life });
        }
        Ok(lives)
    }
}

/// The row of a stage; the table numbers them. `follows` is the state before it, empty for the first.
pub(crate) fn row(stage: &KeyStage) -> Vec<Value> {
    let statements = stage.approval.as_ref().map(|approval| approval.statements.join("\n"));
    vec![
        stage.issuer.as_str().into(),
        word(&stage.state),
        i64::from(stage.compromised).into(),
        Value::text_or_null(stage.approval.as_ref().map(|approval| approval.operation.as_str())),
        Value::text_or_null(statements.as_deref()),
        stage.at.into(),
        stage.follows.map_or("", |state| state.as_str()).into(),
    ]
}

/// The writer holds the table alone, so the greatest position is the last.
pub(crate) static NEW: Statement = Statement {
    point: "ca-key",
    batch: batch!(
        (
            1 issuer text, 2 state text, 3 compromised bigint, 4 operation text, 5 statement text, 6 at bigint,
            7 follows text
        ),
        "INSERT INTO ca_key_stage (issuer, position, state, compromised, operation, statement, at) \
         SELECT r.issuer, (SELECT coalesce(max(k.position), 0) FROM ca_key_stage k WHERE k.issuer = r.issuer) + 1, \
         r.state, r.compromised, r.operation, r.statement, r.at FROM r WHERE r.follows = coalesce(\
         (SELECT k.state FROM ca_key_stage k WHERE k.issuer = r.issuer ORDER BY k.position DESC LIMIT 1), '')"
    ),
    exists: Refusal::Conflict(Conflict::Exists("CA key's state")),
    refers_to: "CA key",
    idle: Some(Idle::Always(Refusal::Stale("CA key"))),
};

const STAGES: Sql = Sql::both("SELECT issuer, state, at, compromised FROM ca_key_stage ORDER BY issuer, position");
