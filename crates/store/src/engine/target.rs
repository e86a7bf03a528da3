//! Which database: reading the URL, connecting, migrating.

use super::connection::Connection;
use super::pool::{Pool, READERS};
use crate::OpenError;
use sqlx::migrate::{Migration, MigrationType, Migrator};
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{ConnectOptions, Connection as _, SqlSafeStr};
use std::fs::{OpenOptions, Permissions};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::Path;
use std::str::FromStr;
use std::time::Duration;

/// A database that can be connected to, again and again.
#[derive(Debug, Clone)]
pub(crate) enum Target {
    Sqlite(SqliteConnectOptions),
    Postgres(PgConnectOptions),
}

impl Target {
    /// Reads `sqlite:///path/file.db` or `postgres://…`.
    pub(crate) fn from_url(url: &str) -> Result<Self, OpenError> {
        match url.split_once(':').map(|(scheme, _)| scheme) {
            Some("sqlite") if url.contains(":memory:") || url.contains("mode=memory") => Err(OpenError::NotAFile),
            Some("sqlite") => Ok(Self::Sqlite(sqlite_options(url)?)),
            Some("postgres" | "postgresql") => Ok(Self::Postgres(postgres_options(url)?)),
            _ => Err(OpenError::Scheme),
        }
    }

    /// Connects the writer.
    pub(crate) async fn connect(&self) -> Result<Connection, sqlx::Error> {
        match self {
            Self::Sqlite(options) => {
                let options =
                    options.clone().pragma("cache_size", WRITER_CACHE).pragma("wal_autocheckpoint", CHECKPOINT);
                Ok(Connection::Sqlite(options.connect().await?))
            }
            Self::Postgres(options) => {
                Ok(Connection::Postgres(options.clone().options(BY_KEY).options(WRITER_SETTINGS).connect().await?))
            }
        }
    }

    /// Makes the readers' pool; connections come when they are needed.
    pub(crate) fn pool(&self) -> Pool {
        match self {
            Self::Sqlite(options) => Pool::Sqlite(
                SqlitePoolOptions::new()
                    .max_connections(READERS)
                    .acquire_timeout(ACQUIRE_TIMEOUT)
                    .test_before_acquire(false)
                    .connect_lazy_with(options.clone().pragma("query_only", "ON")),
            ),
            Self::Postgres(options) => Pool::Postgres(
                PgPoolOptions::new()
                    .max_connections(READERS)
                    .acquire_timeout(ACQUIRE_TIMEOUT)
                    .test_before_acquire(false)
                    .connect_lazy_with(options.clone().options(BY_KEY).options(READER_SETTINGS)),
            ),
        }
    }

    /// Makes a SQLite file that only its owner can read, before SQLite makes one that others can.
    pub(crate) fn prepare_file(&self) -> Result<(), OpenError> {
        let Self::Sqlite(options) = self else { return Ok(()) };
        let path = options.get_filename();
        private_file(path).map_err(|source| OpenError::File { path: path.to_owned(), source })
    }

    /// Brings the tables to this program's version. Forward only; several processes take turns.
    pub(crate) async fn migrate(&self) -> Result<(), OpenError> {
        match self {
            Self::Sqlite(options) => {
                let mut connection = options.connect().await.map_err(OpenError::Connect)?;
                migrator(SQLITE_MIGRATIONS).run(&mut connection).await?;
                connection.close().await
            }
            Self::Postgres(options) => {
                let mut connection = options.connect().await.map_err(OpenError::Connect)?;
                migrator(POSTGRES_MIGRATIONS).run(&mut connection).await?;
                connection.close().await
            }
        }
        .map_err(OpenError::Connect)
    }
}

fn sqlite_options(url: &str) -> Result<SqliteConnectOptions, OpenError> {
    Ok(SqliteConnectOptions::from_str(url)
        .map_err(OpenError::Url)?
        .create_if_missing(false)
        .foreign_keys(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .busy_timeout(LOCK_TIMEOUT)
        .statement_cache_capacity(STATEMENT_CACHE)
        .pragma("trusted_schema", "OFF")
        .disable_statement_logging())
}

fn postgres_options(url: &str) -> Result<PgConnectOptions, OpenError> {
    Ok(PgConnectOptions::from_str(url)
        .map_err(OpenError::Url)?
        .application_name("sigill")
        .statement_cache_capacity(STATEMENT_CACHE)
        .disable_statement_logging())
}

fn private_file(path: &Path) -> std::io::Result<()> {
    OpenOptions::new().write(true).create(true).truncate(false).mode(FILE_MODE).open(path)?;
    std::fs::set_permissions(path, Permissions::from_mode(FILE_MODE))
}

fn migrator(migrations: &[(i64, &'static str, &'static str)]) -> Migrator {
    let made = migrations.iter().map(|(version, name, text)| {
        Migration::new(*version, (*name).into(), MigrationType::Simple, text.into_sql_str(), false)
    });
    Migrator::with_migrations(made.collect())
}

/// Number, name and text of each migration. A published one is never edited: its checksum is stored.
const SQLITE_MIGRATIONS: &[(i64, &str, &str)] = &[
    (1, "spine", include_str!("../../migrations/sqlite/0001_spine.sql")),
    (2, "policies", include_str!("../../migrations/sqlite/0002_policies.sql")),
    (3, "ca key", include_str!("../../migrations/sqlite/0003_ca_key.sql")),
    (5, "names", include_str!("../../migrations/sqlite/0005_names.sql")),
    (6, "relying", include_str!("../../migrations/sqlite/0006_relying.sql")),
    (7, "agencies", include_str!("../../migrations/sqlite/0007_agencies.sql")),
    (8, "sealed", include_str!("../../migrations/sqlite/0008_sealed.sql")),
    (9, "register", include_str!("../../migrations/sqlite/0009_register.sql")),
    (10, "cards", include_str!("../../migrations/sqlite/0010_cards.sql")),
    (12, "functions", include_str!("../../migrations/sqlite/0012_functions.sql")),
    (13, "notices", include_str!("../../migrations/sqlite/0013_notices.sql")),
    (14, "requests", include_str!("../../migrations/sqlite/0014_requests.sql")),
    (15, "systems", include_str!("../../migrations/sqlite/0015_systems.sql")),
    (16, "erasure", include_str!("../../migrations/sqlite/0016_erasure.sql")),
    (17, "saml", include_str!("../../migrations/sqlite/0017_saml.sql")),
];
const POSTGRES_MIGRATIONS: &[(i64, &str, &str)] = &[
    (1, "spine", include_str!("../../migrations/postgres/0001_spine.sql")),
    (2, "policies", include_str!("../../migrations/postgres/0002_policies.sql")),
    (3, "ca key", include_str!("../../migrations/postgres/0003_ca_key.sql")),
    (5, "names", include_str!("../../migrations/postgres/0005_names.sql")),
    (6, "relying", include_str!("../../migrations/postgres/0006_relying.sql")),
    (7, "agencies", include_str!("../../migrations/postgres/0007_agencies.sql")),
    (8, "sealed", include_str!("../../migrations/postgres/0008_sealed.sql")),
    (9, "register", include_str!("../../migrations/postgres/0009_register.sql")),
    (10, "cards", include_str!("../../migrations/postgres/0010_cards.sql")),
    (12, "functions", include_str!("../../migrations/postgres/0012_functions.sql")),
    (13, "notices", include_str!("../../migrations/postgres/0013_notices.sql")),
    (14, "requests", include_str!("../../migrations/postgres/0014_requests.sql")),
    (15, "systems", include_str!("../../migrations/postgres/0015_systems.sql")),
    (16, "erasure", include_str!("../../migrations/postgres/0016_erasure.sql")),
    (17, "saml", include_str!("../../migrations/postgres/0017_saml.sql")),
];

/// Every statement goes by a key or along an index. Plans are made once, when the tables may still
/// be empty and unmeasured; without these settings PostgreSQL then keeps reading whole tables.
const BY_KEY: [(&str, &str); 6] = [
    ("plan_cache_mode", "force_generic_plan"),
    ("enable_seqscan", "off"),
    ("enable_bitmapscan", "off"),
    ("enable_hashjoin", "off"),
    ("enable_mergejoin", "off"),
    ("jit", "off"),
];
/// A commit that was answered is on disk, whatever the server's default is.
const WRITER_SETTINGS: [(&str, &str); 4] = [
    ("synchronous_commit", "on"),
    ("lock_timeout", "5s"),
    ("statement_timeout", "10s"),
    ("idle_in_transaction_session_timeout", "20s"),
];
const READER_SETTINGS: [(&str, &str); 2] = [("default_transaction_read_only", "on"), ("statement_timeout", "30s")];

/// SQLite's writer: 16 MiB of pages (negative numbers count KiB), and a log of up to 16 MiB before
/// pages go to the file. Serial numbers are random, so each commit touches pages all over the
/// indexes; the longer the log, the more often a page is written to the file once for many commits.
const WRITER_CACHE: &str = "-16384";
const CHECKPOINT: &str = "4096";
const FILE_MODE: u32 = 0o600;
const STATEMENT_CACHE: usize = 512;
const LOCK_TIMEOUT: Duration = Duration::from_secs(5);
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(5);
