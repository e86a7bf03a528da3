//! A database for one test.

use crate::custody;
use domain::ports::Store;
use sqlx::Connection as _;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

/// An empty, migrated database and a store on it.
pub(crate) struct Database {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) url: String,
    place: Place,
}

enum Place {
    Folder(PathBuf),
    Server { admin: String, name: String },
}

impl Database {
    /// A file in a folder that goes with the test.
    pub(crate) async fn sqlite() -> Self {
        let folder = std::env::temp_dir().join(unique_name());
        std::fs::create_dir(&folder).unwrap();
        let url = format!("sqlite://{}", folder.join("store.db").display());
        Self { store: store::open(&url, custody::local()).await.unwrap(), url, place: Place::Folder(folder) }
    }

    /// A database on the server that `SIGILL_TEST_POSTGRES` names.
    pub(crate) async fn postgres() -> Self {
        let admin = std::env::var("SIGILL_TEST_POSTGRES").expect(
            "SIGILL_TEST_POSTGRES must name a PostgreSQL server (postgres://user@host:port/postgres); \
             `cargo xtask test` starts one and sets it",
        );
        let name = unique_name();
        administer(&admin, format!("CREATE DATABASE {name}")).await;
        let (server, _) = admin.rsplit_once('/').unwrap();
        let url = format!("{server}/{name}");
        Self { store: store::open(&url, custody::local()).await.unwrap(), url, place: Place::Server { admin, name } }
    }

    /// Another store on the same database, as another process would have.
    pub(crate) async fn open_again(&self) -> Arc<dyn Store> {
        store::open(&self.url, custody::local()).await.unwrap()
    }

    /// As [`open_again`](Self::open_again), with this custodian.
    pub(crate) async fn open_under(&self, custody: Arc<custody::Local>) -> Arc<dyn Store> {
        store::open(&self.url, custody).await.unwrap()
    }

    /// All that somebody has who copies the database.
    pub(crate) fn dump(&self) -> Vec<u8> {
        match &self.place {
            Place::Folder(folder) => {
                let files = std::fs::read_dir(folder).unwrap();
                files.flat_map(|file| std::fs::read(file.unwrap().path()).unwrap()).collect()
            }
            Place::Server { .. } => {
                let dumped = std::process::Command::new("pg_dump").arg(&self.url).output().unwrap();
                assert!(dumped.status.success(), "{}", String::from_utf8_lossy(&dumped.stderr));
                dumped.stdout
            }
        }
    }

    /// A store that breaks as `faults` says.
    pub(crate) async fn open_with(&self, faults: store::fault::Faults) -> Arc<dyn Store> {
        store::Options::default().faults(faults).open(&self.url, custody::local()).await.unwrap()
    }

    /// Runs SQL behind the store's back; the database's answer.
    pub(crate) async fn run(&self, sql: &str) -> Result<(), String> {
        let sql = sqlx::AssertSqlSafe(sql.to_owned());
        let done = match self.place {
            Place::Folder(_) => {
                let mut connection = sqlx::SqliteConnection::connect(&self.url).await.unwrap();
                sqlx::raw_sql(sql).execute(&mut connection).await.map(|_| ())
            }
            Place::Server { .. } => {
                let mut connection = sqlx::PgConnection::connect(&self.url).await.unwrap();
                sqlx::raw_sql(sql).execute(&mut connection).await.map(|_| ())
            }
        };
        done.map_err(|error| error.to_string())
    }

    /// Removes a database from its server.
    pub(crate) async fn drop(self) {
        if let Place::Server { admin, name } = &self.place {
            administer(admin, format!("DROP DATABASE {name} WITH (FORCE)")).await;
        }
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        if let Place::Folder(folder) = &self.place {
            // A test that failed leaves its file for whoever looks into it.
            if !std::thread::panicking() {
                std::fs::remove_dir_all(folder).unwrap();
            }
        }
    }
}

async fn administer(admin: &str, sql: String) {
    let mut connection = sqlx::PgConnection::connect(admin).await.unwrap();
    sqlx::raw_sql(sqlx::AssertSqlSafe(sql)).execute(&mut connection).await.unwrap();
}

fn unique_name() -> String {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    format!("sigill_store_{}_{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed))
}
