//! The writer's one connection.

use super::sql::{Batch, CHUNKS, Sql};
use super::value::{Row, Value};
use sqlx::postgres::{PgArguments, PgConnection, Postgres};
use sqlx::query::Query;
use sqlx::sqlite::{Sqlite, SqliteArguments, SqliteConnection};
use sqlx::{Arguments, AssertSqlSafe, Connection as _, Error};

/// A connection to either engine, not in a pool.
pub(crate) enum Connection {
    Sqlite(SqliteConnection),
    Postgres(PgConnection),
}

impl Connection {
    /// Runs a statement; the number of rows it touched.
    pub(crate) async fn execute(&mut self, sql: Sql, values: Vec<Value>) -> Result<u64, Error> {
        match self {
            Self::Sqlite(c) => Ok(sqlite(sql.sqlite, values)?.execute(c).await?.rows_affected()),
            Self::Postgres(c) => Ok(postgres(sql.postgres, values)?.execute(c).await?.rows_affected()),
        }
    }

    /// Runs a statement and gives its rows.
    pub(crate) async fn fetch(&mut self, sql: Sql, values: Vec<Value>) -> Result<Vec<Row>, Error> {
        match self {
            Self::Sqlite(c) => Ok(wrap(sqlite(sql.sqlite, values)?.fetch_all(c).await?, Row::Sqlite)),
            Self::Postgres(c) => Ok(wrap(postgres(sql.postgres, values)?.fetch_all(c).await?, Row::Postgres)),
        }
    }

    /// Runs texts of several statements without parameters; the rows of all.
    pub(crate) async fn script(&mut self, sql: Sql) -> Result<Vec<Row>, Error> {
        match self {
            Self::Sqlite(c) => Ok(wrap(sqlx::query(sql.sqlite).fetch_all(c).await?, Row::Sqlite)),
            Self::Postgres(c) => Ok(wrap(sqlx::raw_sql(sql.postgres).fetch_all(c).await?, Row::Postgres)),
        }
    }

    /// Runs a statement over `rows`; the number of rows it touched.
    pub(crate) async fn batch(&mut self, batch: &Batch, rows: Vec<Vec<Value>>) -> Result<u64, Error> {
        match self {
            Self::Sqlite(c) => {
                let mut touched = 0;
                for (text, values) in chunked(batch, rows) {
                    touched += sqlite(text, values)?.execute(&mut *c).await?.rows_affected();
                }
                Ok(touched)
            }
            Self::Postgres(c) => Ok(arrays(batch.postgres, rows)?.execute(c).await?.rows_affected()),
        }
    }

    /// Runs a statement over `rows` and gives the rows it returns.
    pub(crate) async fn fetch_batch(&mut self, batch: &Batch, rows: Vec<Vec<Value>>) -> Result<Vec<Row>, Error> {
        match self {
            Self::Sqlite(c) => {
                let mut found = Vec::with_capacity(rows.len());
                for (text, values) in chunked(batch, rows) {
                    found.extend(wrap(sqlite(text, values)?.fetch_all(&mut *c).await?, Row::Sqlite));
                }
                Ok(found)
            }
            Self::Postgres(c) => Ok(wrap(arrays(batch.postgres, rows)?.fetch_all(c).await?, Row::Postgres)),
        }
    }

    /// Lets the triggers of a table sleep until the end of the transaction, and says how to wake them.
    pub(crate) async fn suspend_triggers(&mut self, table: &'static str) -> Result<Vec<String>, Error> {
        match self {
            Self::Sqlite(c) => {
                let triggers: Vec<(String, String)> =
                    sqlx::query_as(SQLITE_TRIGGERS).bind(table).fetch_all(&mut *c).await?;
                let mut texts = Vec::with_capacity(triggers.len());
                for (name, text) in triggers {
                    // Names and texts are those of our own migrations, as the database kept them.
                    sqlx::raw_sql(AssertSqlSafe(format!("DROP TRIGGER {name}"))).execute(&mut *c).await?;
                    texts.push(text);
                }
                Ok(texts)
            }
            Self::Postgres(c) => {
                let sleep = format!("ALTER TABLE {table} DISABLE TRIGGER USER");
                sqlx::raw_sql(AssertSqlSafe(sleep)).execute(c).await?;
                Ok(vec![format!("ALTER TABLE {table} ENABLE TRIGGER USER")])
            }
        }
    }

    /// Wakes the triggers that [`suspend_triggers`](Self::suspend_triggers) let sleep.
    pub(crate) async fn restore_triggers(&mut self, texts: Vec<String>) -> Result<(), Error> {
        for text in texts {
            match self {
                Self::Sqlite(c) => sqlx::raw_sql(AssertSqlSafe(text)).execute(c).await.map(drop)?,
                Self::Postgres(c) => sqlx::raw_sql(AssertSqlSafe(text)).execute(c).await.map(drop)?,
            }
        }
        Ok(())
    }

    /// Says goodbye; an error on the way out is of no use to anybody.
    pub(crate) async fn close(self) {
        let closed = match self {
            Self::Sqlite(c) => c.close().await,
            Self::Postgres(c) => c.close().await,
        };
        if let Err(error) = closed {
            tracing::debug!(%error, "closing the writer's connection");
        }
    }
}

/// A query of SQLite with its parameters.
pub(super) fn sqlite(
    text: &'static str,
    values: impl IntoIterator<Item = Value>,
) -> Result<Query<'static, Sqlite, SqliteArguments>, Error> {
    let mut arguments = SqliteArguments::default();
    for value in values {
        match value {
            Value::Text(v) => arguments.add(v),
            Value::Int(v) => arguments.add(v),
            Value::Blob(v) => arguments.add(v),
            Value::Sealed { .. } | Value::Digest(_) | Value::DigestKey => return Err(unsealed()),
        }
        .map_err(Error::Encode)?;
    }
    Ok(sqlx::query_with(text, arguments))
}

/// A query of PostgreSQL with its parameters.
pub(super) fn postgres(
    text: &'static str,
    values: impl IntoIterator<Item = Value>,
) -> Result<Query<'static, Postgres, PgArguments>, Error> {
    let mut arguments = PgArguments::default();
    for value in values {
        match value {
            Value::Text(v) => arguments.add(v),
            Value::Int(v) => arguments.add(v),
            Value::Blob(v) => arguments.add(v),
            Value::Sealed { .. } | Value::Digest(_) | Value::DigestKey => return Err(unsealed()),
        }
        .map_err(Error::Encode)?;
    }
    Ok(sqlx::query_with(text, arguments))
}

/// The rows of either engine as ours.
pub(super) fn wrap<T>(rows: Vec<T>, variant: fn(T) -> Row) -> Vec<Row> {
    rows.into_iter().map(variant).collect()
}

/// `rows` cut into the sizes that there are texts for.
pub(super) fn chunked(batch: &Batch, rows: Vec<Vec<Value>>) -> impl Iterator<Item = (&'static str, Vec<Value>)> {
    let texts = batch.sqlite;
    let mut rows = rows.into_iter();
    std::iter::from_fn(move || {
        let left = rows.len();
        let index = CHUNKS.iter().position(|size| *size <= left)?;
        Some((texts[index], rows.by_ref().take(CHUNKS[index]).flatten().collect()))
    })
}

/// A query of PostgreSQL whose parameters are the columns of `rows`.
pub(super) fn arrays(
    text: &'static str,
    rows: Vec<Vec<Value>>,
) -> Result<Query<'static, Postgres, PgArguments>, Error> {
    let mut arguments = PgArguments::default();
    let width = rows.first().map_or(0, Vec::len);
    let mut cells: Vec<_> = rows.into_iter().map(Vec::into_iter).collect();
    for _ in 0..width {
        let column = cells.iter_mut().filter_map(Iterator::next);
        add_array(&mut arguments, column.collect())?;
    }
    Ok(sqlx::query_with(text, arguments))
}

/// Adds one column. All its values have the type of the first: rows of one batch are made by one function.
fn add_array(arguments: &mut PgArguments, column: Vec<Value>) -> Result<(), Error> {
    macro_rules! array {
        ($variant:ident) => {
            arguments.add(
                column
                    .into_iter()
                    .map(|v| match v {
                        Value::$variant(v) => Ok(v),
                        _ => Err(mixed()),
                    })
                    .collect::<Result<Vec<_>, Error>>()?,
            )
        };
    }
    match column.first() {
        Some(Value::Text(_)) => array!(Text),
        Some(Value::Int(_)) => array!(Int),
        Some(Value::Blob(_)) => array!(Blob),
        Some(Value::Sealed { .. } | Value::Digest(_) | Value::DigestKey) => return Err(unsealed()),
        None => return Ok(()),
    }
    .map_err(Error::Encode)
}

/// Every row was sealed where that was asked for: what arrives here unsealed must not be written.
fn unsealed() -> Error {
    Error::Encode("a personal value reached the database unsealed".into())
}

const SQLITE_TRIGGERS: &str = "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name = $1";

fn mixed() -> Error {
    Error::Encode("a column of a batch holds values of two types".into())
}
