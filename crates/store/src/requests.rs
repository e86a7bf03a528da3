//! Keys under which requests were done, and their answers.

use crate::Database;
use crate::engine::sql::{batch, insert};
use crate::engine::{Columns, Sql, Value};
use crate::writer::{Refusal, Statement};
use async_trait::async_trait;
use domain::ports::{Conflict, Requests, StoreError};
use domain::request::{Done, KeyRef, RequestKey};

#[async_trait]
impl Requests for Database {
    async fn done(&self, key: KeyRef<'_>) -> Result<Option<Done>, StoreError> {
        let row = self.pool.fetch_optional(ONE, key_row(key)).await?;
        row.as_ref()
            .map(|row| {
                let mut columns = Columns::of(row, "request key");
                Ok(Done { request: columns.bytes()?, answer: columns.take()? })
            })
            .transpose()
    }
}

fn key_row(key: KeyRef<'_>) -> Vec<Value> {
    vec![Value::text(key.tenant), Value::text(key.person), key.id.as_slice().into()]
}

/// The row of a claimed key.
pub(crate) fn new_row(key: &RequestKey) -> Vec<Value> {
    let mut row = key_row(KeyRef { tenant: &key.tenant, person: &key.person, id: &key.id });
    row.extend([key.request.as_slice().into(), key.at.into()]);
    row
}

/// The row of an answer.
pub(crate) fn answer_row(key: &RequestKey, answer: &[u8]) -> Vec<Value> {
    let mut row = key_row(KeyRef { tenant: &key.tenant, person: &key.person, id: &key.id });
    row.push(answer.into());
    row
}

pub(crate) static NEW: Statement = Statement {
    point: "request-key",
    batch: insert!("request_key", (1 tenant text, 2 person text, 3 id bytea, 4 request bytea, 5 at bigint)),
    exists: Refusal::Conflict(Conflict::RequestTaken),
    refers_to: "employment",
    idle: None,
};

/// Idle if the key was never claimed after all, which only a failed commit can leave.
pub(crate) static ANSWER: Statement = Statement {
    point: "request-answer",
    batch: batch!(
        (1 tenant text, 2 person text, 3 id bytea, 4 answer bytea),
        "UPDATE request_key SET answer = r.answer FROM r WHERE request_key.tenant = r.tenant \
         AND request_key.person = r.person AND request_key.id = r.id AND request_key.answer IS NULL"
    ),
    exists: Refusal::Conflict(Conflict::RequestTaken),
    refers_to: "request key",
    idle: None,
};

pub(crate) static FORGET: Statement = Statement {
    point: "requests-forgotten",
    batch: batch!((1 before bigint), "DELETE FROM request_key WHERE at < (SELECT max(before) FROM r)"),
    exists: Refusal::Conflict(Conflict::RequestTaken),
    refers_to: "request key",
    idle: None,
};

const ONE: Sql = Sql::both("SELECT request, answer FROM request_key WHERE tenant = $1 AND person = $2 AND id = $3");
