//! The audit log and the personal data beside it.

use crate::engine::sql::{batch, insert};
use crate::engine::{Columns, Row, Sql, Value};
use crate::seal::Place;
use crate::writer::{Refusal, Statement};
use crate::{Database, MAX_LIST};
use async_trait::async_trait;
use domain::TenantId;
use domain::audit::{Event, Head, Record};
use domain::ports::{AuditLog, Conflict, StoreError};
use std::collections::BTreeMap;

#[async_trait]
impl AuditLog for Database {
    async fn head(&self) -> Result<Head, StoreError> {
        head(&self.pool.fetch(HEAD, Vec::new()).await?)
    }

    async fn records(&self, from: u64, limit: u32) -> Result<Vec<Record>, StoreError> {
        let values = vec![number(from)?.into(), limit.min(MAX_LIST).into()];
        self.pool.fetch(RECORDS, values).await?.iter().map(record).collect()
    }

    async fn records_about(&self, object: &str, limit: u32) -> Result<Vec<Record>, StoreError> {
        // As the canonical text has it; an id holds no character that means something to LIKE.
        let values = vec![format!("%\"object\":\"{object}\",%").as_str().into(), limit.min(MAX_LIST).into()];
        self.pool.fetch(ABOUT, values).await?.iter().map(record).collect()
    }

    async fn records_of(&self, tenant: &TenantId, from: u64, limit: u32) -> Result<Vec<Record>, StoreError> {
        let pattern = format!("%\"tenant\":\"{tenant}\",%");
        let values = vec![number(from)?.into(), pattern.as_str().into(), limit.min(MAX_LIST).into()];
        self.pool.fetch(OF_TENANT, values).await?.iter().map(record).collect()
    }

    async fn personal(&self, sequence: u64) -> Result<Vec<(String, [u8; 16], String)>, StoreError> {
        let rows = self.pool.fetch(PERSONAL, vec![number(sequence)?.into(), MAX_LIST.into()]).await?;
        let record = sequence.to_string();
        let value = |row: &Row| {
            let mut columns = Columns::opening(row, "personal value", &self.keys);
            let (field, salt): (String, _) = (columns.take()?, columns.bytes()?);
            let value = columns.opened(Place::within(VALUE, &record, &field))?;
            Ok((field, salt, value))
        };
        rows.iter().map(value).collect()
    }

    async fn records_naming(
        &self,
        tenant: &TenantId,
        id: &str,
        from: u64,
        limit: u32,
    ) -> Result<Vec<Record>, StoreError> {
        let (tenant, id) = (format!("%\"tenant\":\"{tenant}\",%"), format!("%:\"{id}\"%"));
        let values = vec![number(from)?.into(), tenant.as_str().into(), id.as_str().into(), limit.min(MAX_LIST).into()];
        self.pool.fetch(NAMING, values).await?.iter().map(record).collect()
    }
}

/// Where the log ends, from the row of [`HEAD`] or [`BEGIN`].
pub(crate) fn head(rows: &[Row]) -> Result<Head, StoreError> {
    let Some(row) = rows.last() else { return Ok(Head::EMPTY) };
    let mut columns = Columns::of(row, RECORD);
    Ok(Head { size: columns.number()?, hash: columns.bytes()? })
}

fn record(row: &Row) -> Result<Record, StoreError> {
    let mut columns = Columns::of(row, RECORD);
    Ok(Record { sequence: columns.number()?, text: columns.take()?, hash: columns.bytes()? })
}

/// The row of a record.
pub(crate) fn record_row(record: &Record) -> Result<Vec<Value>, StoreError> {
    Ok(vec![number(record.sequence)?.into(), record.text.as_str().into(), record.hash.as_slice().into()])
}

/// The row of a record whose personal values are erased.
pub(crate) fn erased_row(sequence: u64) -> Result<Vec<Value>, StoreError> {
    Ok(vec![number(sequence)?.into()])
}

/// A row for each personal value. Of two with one name the last counts, as in the chain.
pub(crate) fn personal_rows(sequence: u64, event: &Event) -> Result<Vec<Vec<Value>>, StoreError> {
    let (sequence, record) = (number(sequence)?, sequence.to_string());
    let values: BTreeMap<_, _> = event.personal.iter().map(|value| (value.field, value)).collect();
    let rows = values.into_values().map(|value| {
        let sealed = Value::sealed(Place::within(VALUE, &record, value.field), &value.value);
        vec![sequence.into(), value.field.into(), value.salt.as_slice().into(), sealed]
    });
    Ok(rows.collect())
}

fn number(sequence: u64) -> Result<i64, StoreError> {
    i64::try_from(sequence).map_err(|_| StoreError::Corrupt { what: RECORD })
}

pub(crate) static APPEND: Statement = Statement {
    point: "audit",
    batch: insert!("audit_record", (1 sequence bigint, 2 text text, 3 hash bytea)),
    exists: Refusal::Conflict(Conflict::Exists(RECORD)),
    refers_to: RECORD,
    idle: None,
};

pub(crate) static APPEND_PERSONAL: Statement = Statement {
    point: "audit-personal",
    batch: insert!("audit_personal", (1 sequence bigint, 2 field text, 3 salt bytea, 4 value text)),
    exists: Refusal::Conflict(Conflict::Exists("personal value")),
    refers_to: RECORD,
    idle: None,
};

pub(crate) static ERASE: Statement = Statement {
    point: "erase",
    batch: batch!((1 sequence bigint), "DELETE FROM audit_personal WHERE sequence IN (SELECT sequence FROM r)"),
    exists: Refusal::Conflict(Conflict::Exists("personal value")),
    refers_to: RECORD,
    idle: None,
};

/// Opens a writing transaction and reads where the log ends.
///
/// Writers of other processes wait: for SQLite's write lock, or for the lock of a table that
/// exists only to be locked, so that one chain has one writer at a time.
pub(crate) const BEGIN: Sql = Sql::each(
    "BEGIN IMMEDIATE; SELECT sequence, hash FROM audit_record ORDER BY sequence DESC LIMIT 1",
    "BEGIN; LOCK TABLE writer IN EXCLUSIVE MODE; \
     SELECT sequence, hash FROM audit_record ORDER BY sequence DESC LIMIT 1",
);
const HEAD: Sql = Sql::both("SELECT sequence, hash FROM audit_record ORDER BY sequence DESC LIMIT 1");
const RECORDS: Sql =
    Sql::both("SELECT sequence, text, hash FROM audit_record WHERE sequence >= $1 ORDER BY sequence LIMIT $2");
const ABOUT: Sql =
    Sql::both("SELECT sequence, text, hash FROM audit_record WHERE text LIKE $1 ORDER BY sequence LIMIT $2");
const OF_TENANT: Sql = Sql::both(
    "SELECT sequence, text, hash FROM audit_record WHERE sequence >= $1 AND text LIKE $2 ORDER BY sequence LIMIT $3",
);
const NAMING: Sql = Sql::both(
    "SELECT r.sequence, r.text, r.hash FROM audit_record r WHERE r.sequence >= $1 AND r.text LIKE $2 AND r.text LIKE $3 \
     AND EXISTS (SELECT 1 FROM audit_personal p WHERE p.sequence = r.sequence) ORDER BY r.sequence LIMIT $4",
);
const PERSONAL: Sql =
    Sql::both("SELECT field, salt, value FROM audit_personal WHERE sequence = $1 ORDER BY field LIMIT $2");
const RECORD: &str = "audit record";
const VALUE: &str = "audit_personal.value";
