//! The ports of `domain` over SQLite and PostgreSQL.
//!
//! Writing: `writer` is one task with one connection. It takes what is queued, makes one `plan` of
//! it and commits once for all; each module named after a port holds the statements and rows of
//! its tables. Reading: the same modules, over a pool. `engine` alone knows which database runs.
//! Personal data is sealed on its way in and opened on its way out (`seal`), under keys that [`Custody`] keeps.
//! [`fault`] lets tests break any write.

mod approvals;
mod assignments;
mod audit;
mod bulk;
mod cards;
mod certificates;
mod custody;
mod deliveries;
mod engine;
mod enrolments;
pub mod fault;
mod functions;
mod hand_outs;
mod keys;
mod notices;
mod onboarding;
mod people;
mod policies;
mod registry;
mod relying;
mod requests;
mod reserves;
mod revocation_codes;
mod revocations;
mod seal;
mod sessions;
mod status;
mod whereabouts;
mod word;
mod writer;

pub use crate::custody::{Custody, CustodyError, DataKey};

use crate::engine::{Pool, Target};
use crate::fault::Faults;
use crate::seal::Keys;
use crate::writer::{Queue, Writer};
use async_trait::async_trait;
use domain::audit::Head;
use domain::certificate::CertificateRef;
use domain::changes::{Changes, PublishedOcsp, Write};
use domain::ports::{Ledger, Store, StoreError};
use domain::request::RequestKey;
use domain::session::LoginWrite;
use pki::time::UtcTime;
use std::path::PathBuf;
use std::sync::Arc;

/// Opens the database at `url`, migrates it, and starts its writer on the current Tokio runtime.
///
/// `sqlite:///absolute/path.db` (made with mode 0600 if it does not exist) or `postgres://…`. The
/// writer ends when the last handle is dropped, after what is queued. While `custody` does not give the data keys out,
/// nothing personal is read or written, and everything else goes on.
///
/// # Errors
/// [`OpenError`] if the URL is not understood, the database cannot be reached, or its tables are
/// not those of this program or an older one.
pub async fn open(url: &str, custody: Arc<dyn Custody>) -> Result<Arc<dyn Store>, OpenError> {
    Options::default().open(url, custody).await
}

/// How to open a database.
#[derive(Debug, Clone, Default)]
pub struct Options {
    faults: Faults,
}

impl Options {
    /// Breaks writes on purpose. Only for tests and for a service outside production.
    #[must_use]
    pub fn faults(mut self, faults: Faults) -> Self {
        self.faults = faults;
        self
    }

    /// Opens the database at `url`; see [`open`].
    ///
    /// # Errors
    /// As [`open`].
    pub async fn open(self, url: &str, custody: Arc<dyn Custody>) -> Result<Arc<dyn Store>, OpenError> {
        let target = Target::from_url(url)?;
        target.prepare_file()?;
        target.migrate().await?;
        let connection = target.connect().await.map_err(OpenError::Connect)?;
        let keys = seal::unlock(&target, custody).await.map_err(OpenError::Keys)?;
        let pool = target.pool();
        let queue = Writer::start(target, connection, self.faults, Arc::clone(&keys));
        Ok(Arc::new(Database { pool, queue, keys }))
    }
}

/// Why a database was not opened.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// Neither engine's scheme.
    #[error("the database URL must begin with sqlite:// or postgres://")]
    Scheme,
    /// A database in memory, which ends with its first connection.
    #[error("a database in memory keeps nothing: name a file")]
    NotAFile,
    /// The rest of the URL.
    #[error("the database URL is not understood")]
    Url(#[source] sqlx::Error),
    /// The file cannot be made or kept private.
    #[error("database file {path}")]
    File {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// No connection.
    #[error("the database cannot be reached")]
    Connect(#[source] sqlx::Error),
    /// Tables of a newer program, or an edited migration.
    #[error("the tables cannot be brought to this version")]
    Migrate(#[from] sqlx::migrate::MigrateError),
    /// The data keys are not what they should be, or what an older program left cannot be sealed.
    #[error("the data keys cannot be made ready")]
    Keys(#[source] StoreError),
}

/// A database: readers, and the queue to its writer.
struct Database {
    pool: Pool,
    queue: Queue,
    keys: Arc<Keys>,
}

#[async_trait]
impl Ledger for Database {
    async fn commit(&self, changes: Changes) -> Result<Head, StoreError> {
        self.queue.commit(changes).await
    }

    async fn publish_ocsp(&self, answers: Vec<PublishedOcsp>) -> Result<Vec<CertificateRef>, StoreError> {
        self.queue.publish(answers).await
    }

    async fn keep_login(&self, writes: Vec<LoginWrite>) -> Result<(), StoreError> {
        self.queue.keep(writes.into_iter().map(Write::Login).collect()).await
    }

    async fn keep_answer(&self, key: RequestKey, answer: Vec<u8>) -> Result<(), StoreError> {
        self.queue.keep(vec![Write::RequestAnswer { key, answer }]).await
    }

    async fn forget_requests(&self, before: UtcTime) -> Result<(), StoreError> {
        self.queue.keep(vec![Write::ForgetRequests(before)]).await
    }
}

/// Most rows that one list gives, whatever limit the caller asked for.
pub const MAX_LIST: u32 = 10_000;
