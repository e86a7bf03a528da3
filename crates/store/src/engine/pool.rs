//! The readers' connections.

use super::connection::{postgres, sqlite, wrap};
use super::failure::connection_is_lost;
use super::sql::Sql;
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
        for _ in 0..READERS {
            match self.fetch_once(sql, values.clone()).await {
                Err(error) if connection_is_lost(&error) => {
                    tracing::debug!(%error, "a reading connection was lost");
                }
                other => return other.map_err(unavailable),
            }
        }
        self.fetch_once(sql, values).await.map_err(unavailable)
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
}

/// The error for callers; the cause stays inside.
fn unavailable(error: sqlx::Error) -> StoreError {
    StoreError::Unavailable(Box::new(error))
}

/// How many reading connections there are.
pub(crate) const READERS: u32 = 4;
