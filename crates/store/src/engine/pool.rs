//! The readers' connections.

use super::connection::{arrays, chunked, postgres, sqlite, wrap};
use super::failure::connection_is_lost;
use super::sql::{Batch, Sql};
use super::value::{Row, Value};
use domain::ports::StoreError;
use sqlx::postgres::PgPool;
use sqlx::sqlite::SqlitePool;

/// A pool of either engine.
#[derive(Debug, Clone)]
pub(crate) enum Pool {
    Sqlite(SqlitePool),
    Postgres(PgPool),
}

impl Pool {
    /// Runs a reading statement.
    ///
    /// A connection that died while idle is replaced: reading twice does no harm.
    pub(crate) async fn fetch(&self, sql: Sql, values: Vec<Value>) -> Result<Vec<Row>, StoreError> {
        again(|| self.fetch_once(sql, values.clone())).await
    }

    /// Runs a reading statement over `rows`; as [`fetch`](Self::fetch).
    pub(crate) async fn fetch_batch(&self, batch: &Batch, rows: &[Vec<Value>]) -> Result<Vec<Row>, StoreError> {
        if rows.is_empty() {
            return Ok(Vec::new());
        }
        again(|| self.fetch_batch_once(batch, rows.to_vec())).await
    }

    /// Runs a reading statement that gives one row at most.
    pub(crate) async fn fetch_optional(&self, sql: Sql, values: Vec<Value>) -> Result<Option<Row>, StoreError> {
        Ok(self.fetch(sql, values).await?.into_iter().next())
    }

    async fn fetch_once(&self, sql: Sql, values: Vec<Value>) -> Result<Vec<Row>, sqlx::Error> {
        match self {
            Self::Sqlite(p) => Ok(wrap(sqlite(sql.sqlite, values)?.fetch_all(p).await?, Row::Sqlite)),
            Self::Postgres(p) => Ok(wrap(postgres(sql.postgres, values)?.fetch_all(p).await?, Row::Postgres)),
        }
    }

    async fn fetch_batch_once(&self, batch: &Batch, rows: Vec<Vec<Value>>) -> Result<Vec<Row>, sqlx::Error> {
        match self {
            Self::Sqlite(p) => {
                let mut found = Vec::with_capacity(rows.len());
                for (text, values) in chunked(batch, rows) {
                    found.extend(wrap(sqlite(text, values)?.fetch_all(p).await?, Row::Sqlite));
                }
                Ok(found)
            }
            Self::Postgres(p) => Ok(wrap(arrays(batch.postgres, rows)?.fetch_all(p).await?, Row::Postgres)),
        }
    }
}

/// Reads until a connection lives; after as many as there are, the error stands.
async fn again<F: Future<Output = Result<Vec<Row>, sqlx::Error>>>(
    mut read: impl FnMut() -> F,
) -> Result<Vec<Row>, StoreError> {
    for _ in 0..READERS {
        match read().await {
            Err(error) if connection_is_lost(&error) => tracing::debug!(%error, "a reading connection was lost"),
            other => return other.map_err(unavailable),
        }
    }
    read().await.map_err(unavailable)
}

/// The error for callers; the cause stays inside.
fn unavailable(error: sqlx::Error) -> StoreError {
    StoreError::Unavailable(Box::new(error))
}

/// How many reading connections there are.
pub(crate) const READERS: u32 = 4;
