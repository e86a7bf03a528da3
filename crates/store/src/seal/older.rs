//! Seals what a program before there were data keys left in clear: once, in the transaction that makes the keys.

use super::{Keyring, Place};
use crate::engine::{Columns, Connection, Row, Sql, Value};
use domain::ports::StoreError;

/// A column that was in clear.
struct Old {
    column: &'static str,
    table: &'static str,
    octets: bool,
    read: Sql,
    write: Sql,
}

/// Column, table, the two parts of its key with the type of the first, and which rows.
macro_rules! old {
    ($table:literal, $column:literal, ($first:literal $type:literal, $second:literal), $octets:literal, $rows:literal) => {
        Old {
            column: concat!($table, ".", $column),
            table: $table,
            octets: $octets,
            read: Sql::both(concat!(
                "SELECT CAST(",
                $first,
                " AS TEXT), ",
                $second,
                ", ",
                $column,
                " FROM ",
                $table,
                " WHERE ",
                $column,
                " IS NOT NULL AND ",
                $rows
            )),
            write: Sql::both(concat!(
                "UPDATE ",
                $table,
                " SET ",
                $column,
                " = $1 WHERE ",
                $first,
                " = CAST($2 AS ",
                $type,
                ") AND ",
                $second,
                " = $3"
            )),
        }
    };
}

/// Every column that held personal data when keys came.
#[rustfmt::skip]
static COLUMNS: [Old; 14] = [
    old!("person", "identity_number", ("id" "TEXT", "''"), false, "1 = 1"),
    old!("person", "given_name", ("id" "TEXT", "''"), false, "1 = 1"),
    old!("person", "surname", ("id" "TEXT", "''"), false, "1 = 1"),
    old!("enrolment", "subject", ("tenant" "TEXT", "id"), false, "1 = 1"),
    old!("enrolment", "proof_number", ("tenant" "TEXT", "id"), false, "1 = 1"),
    old!("enrolment", "statement", ("tenant" "TEXT", "id"), false, "1 = 1"),
    old!("approval", "operation", ("tenant" "TEXT", "id"), false, "1 = 1"),
    old!("approval_signature", "statement", ("approval" "TEXT", "person"), false, "1 = 1"),
    old!("delivery", "statement", ("tenant" "TEXT", "id"), false, "1 = 1"),
    old!("hand_out", "number", ("tenant" "TEXT", "enrolment"), false, "1 = 1"),
    old!("hand_out", "receipt", ("tenant" "TEXT", "enrolment"), false, "1 = 1"),
    old!("certificate", "tbs", ("issuer" "TEXT", "serial"), true, "person IS NOT NULL"),
    old!("issued", "der", ("issuer" "TEXT", "serial"), true,
        "EXISTS (SELECT 1 FROM certificate c WHERE c.issuer = issued.issuer AND c.serial = issued.serial \
         AND c.person IS NOT NULL)"),
    old!("audit_personal", "value", ("sequence" "BIGINT", "field"), false, "1 = 1"),
];

/// Seals every older row and gives every number its digest. One table at a time is held in memory.
///
/// # Errors
/// [`sqlx::Error`] as the database reported it; the caller rolls back.
pub(super) async fn seal(connection: &mut Connection, ring: &Keyring) -> Result<(), Error> {
    let people = connection.fetch(PEOPLE, Vec::new()).await?;
    if people.is_empty() {
        return Ok(()); // what has personal data in it is about somebody
    }
    tracing::info!(people = people.len(), "personal data of an older program is being sealed");
    connection.script(PATIENCE).await?;
    for row in people {
        let mut columns = Columns::of(&row, "person");
        let (id, number): (String, String) = (columns.take()?, columns.take()?);
        let sealed = ring.seal_text(Place::of(NUMBER, &id), &number);
        let digest = ring.digest(&number);
        let key = i64::from(ring.index.0);
        let values = vec![digest.as_slice().into(), key.into(), id.as_str().into(), sealed.as_str().into()];
        connection.execute(NEW_NUMBER, values).await?;
    }
    for old in &COLUMNS {
        let rows = connection.fetch(old.read, Vec::new()).await?;
        let suspended = connection.suspend_triggers(old.table).await?;
        for row in &rows {
            connection.execute(old.write, old.sealed(row, ring)?).await?;
        }
        connection.restore_triggers(suspended).await?;
    }
    Ok(())
}

impl Old {
    fn sealed(&self, row: &Row, ring: &Keyring) -> Result<Vec<Value>, StoreError> {
        let mut columns = Columns::of(row, self.table);
        let (first, second): (String, String) = (columns.take()?, columns.take()?);
        let place = Place::within(self.column, &first, &second);
        let sealed = if self.octets {
            Value::Blob(Some(ring.seal(place, columns.take()?)))
        } else {
            Value::Text(Some(ring.seal_text(place, &columns.take::<String>()?)))
        };
        Ok(vec![sealed, first.as_str().into(), second.as_str().into()])
    }
}

/// Why older rows were not sealed.
pub(super) enum Error {
    Database(sqlx::Error),
    Row(StoreError),
}

impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Self {
        Self::Database(error)
    }
}

impl From<StoreError> for Error {
    fn from(error: StoreError) -> Self {
        Self::Row(error)
    }
}

/// Column of the numbers that people have or had.
pub(crate) const NUMBER: &str = "person_number.number";
const PEOPLE: Sql = Sql::both("SELECT id, identity_number FROM person");
const NEW_NUMBER: Sql =
    Sql::both("INSERT INTO person_number (digest, digest_key, person, number) VALUES ($1, $2, $3, $4)");
/// A large database takes its time, once.
const PATIENCE: Sql = Sql::each("SELECT 1", "SET LOCAL statement_timeout = 0");
