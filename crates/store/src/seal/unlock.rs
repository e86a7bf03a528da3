//! Gets the data keys out of custody: when the store is opened, or as soon as the token is there.

use super::older;
use super::{Keyring, Keys, Purpose};
use crate::custody::{Custody, CustodyError, DataKey};
use crate::engine::{Columns, Connection, Sql, Target};
use domain::ports::StoreError;
use std::sync::{Arc, Weak};
use std::time::Duration;

/// Gets the keys now, or goes on trying in the background until the token gives them or the store is closed: what has
/// nothing personal in it is read and written without them.
///
/// # Errors
/// [`StoreError`] if the database fails or holds keys that are no keys.
pub(crate) async fn unlock(target: &Target, custody: Arc<dyn Custody>) -> Result<Arc<Keys>, StoreError> {
    let keys = Arc::new(Keys::default());
    match attempt(target, &custody).await {
        Ok(ring) => keys.put(ring),
        Err(Refused::Custody(error)) => {
            tracing::warn!(error = %cause(&error), "personal data stays closed until the token gives the data keys out");
            tokio::spawn(go_on(target.clone(), custody, Arc::downgrade(&keys)));
        }
        Err(Refused::Store(error)) => return Err(error),
    }
    Ok(keys)
}

impl Keys {
    fn put(&self, ring: Keyring) {
        // Whoever was first has the same keys.
        let _first = self.0.set(ring);
    }
}

/// Why there are no keys yet.
enum Refused {
    Custody(CustodyError),
    Store(StoreError),
}

impl From<CustodyError> for Refused {
    fn from(error: CustodyError) -> Self {
        Self::Custody(error)
    }
}

impl From<StoreError> for Refused {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl From<sqlx::Error> for Refused {
    fn from(error: sqlx::Error) -> Self {
        Self::Store(StoreError::Unavailable(Box::new(error)))
    }
}

impl From<older::Error> for Refused {
    fn from(error: older::Error) -> Self {
        match error {
            older::Error::Database(error) => error.into(),
            older::Error::Row(error) => error.into(),
        }
    }
}

async fn go_on(target: Target, custody: Arc<dyn Custody>, keys: Weak<Keys>) {
    let mut tick = tokio::time::interval(AGAIN);
    while keys.strong_count() > 0 {
        tick.tick().await;
        match attempt(&target, &custody).await {
            Ok(ring) => {
                if let Some(keys) = keys.upgrade() {
                    tracing::info!("the token gave the data keys out");
                    keys.put(ring);
                }
                return;
            }
            Err(Refused::Custody(error)) => tracing::debug!(error = %cause(&error), "still without data keys"),
            Err(Refused::Store(error)) => tracing::warn!(%error, "the data keys cannot be read"),
        }
    }
}

/// One try, in a transaction that others wait for: keys are made once.
async fn attempt(target: &Target, custody: &Arc<dyn Custody>) -> Result<Keyring, Refused> {
    let mut connection = target.connect().await?;
    let outcome = within(&mut connection, custody).await;
    let end = if outcome.is_ok() { COMMIT } else { ROLL_BACK };
    let ended = connection.execute(end, Vec::new()).await;
    connection.close().await;
    let ring = outcome?;
    ended?;
    Ok(ring)
}

async fn within(connection: &mut Connection, custody: &Arc<dyn Custody>) -> Result<Keyring, Refused> {
    connection.script(BEGIN).await?;
    let stored = read(connection).await?;
    if !stored.is_empty() {
        return ring(unwrap(custody, stored).await?);
    }
    let mut made = Vec::new();
    for (id, purpose) in (1_u32..).zip(Purpose::ALL) {
        let (key, wrapped) = make(custody).await?;
        connection.execute(NEW, vec![id.into(), purpose.as_str().into(), wrapped.as_slice().into()]).await?;
        made.push((id, purpose, key));
    }
    let ring = ring(made)?;
    older::seal(connection, &ring).await?;
    Ok(ring)
}

fn ring(keys: Vec<(u32, Purpose, DataKey)>) -> Result<Keyring, Refused> {
    Keyring::new(keys).ok_or(Refused::Store(StoreError::Corrupt { what: WHAT }))
}

/// Id, purpose and wrapped key of each.
async fn read(connection: &mut Connection) -> Result<Vec<(u32, Purpose, Vec<u8>)>, Refused> {
    let mut stored = Vec::new();
    for row in connection.fetch(ALL, Vec::new()).await? {
        let mut columns = Columns::of(&row, WHAT);
        let (id, word): (u32, String) = (columns.number()?, columns.take()?);
        let purpose = Purpose::ALL.into_iter().find(|purpose| purpose.as_str() == word).ok_or(columns.corrupt())?;
        stored.push((id, purpose, columns.take()?));
    }
    Ok(stored)
}

async fn unwrap(
    custody: &Arc<dyn Custody>,
    stored: Vec<(u32, Purpose, Vec<u8>)>,
) -> Result<Vec<(u32, Purpose, DataKey)>, Refused> {
    let custody = Arc::clone(custody);
    off_the_runtime(move || {
        stored.into_iter().map(|(id, purpose, wrapped)| Ok((id, purpose, custody.unwrap(&wrapped)?))).collect()
    })
    .await
}

async fn make(custody: &Arc<dyn Custody>) -> Result<(DataKey, Vec<u8>), Refused> {
    let custody = Arc::clone(custody);
    off_the_runtime(move || custody.make()).await
}

/// A token may take its time.
async fn off_the_runtime<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, CustodyError> + Send + 'static,
) -> Result<T, Refused> {
    let done = tokio::task::spawn_blocking(work).await;
    Ok(done.map_err(|died| CustodyError(Box::new(died)))??)
}

/// What the token said.
fn cause(error: &CustodyError) -> String {
    let sources = std::iter::successors(std::error::Error::source(error), |error| error.source());
    sources.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}

/// How often a token that is away is asked again.
const AGAIN: Duration = Duration::from_secs(2);
const WHAT: &str = "data key";
const BEGIN: Sql = Sql::each("BEGIN IMMEDIATE", "BEGIN; LOCK TABLE writer IN EXCLUSIVE MODE");
const COMMIT: Sql = Sql::both("COMMIT");
const ROLL_BACK: Sql = Sql::both("ROLLBACK");
const ALL: Sql = Sql::both("SELECT id, purpose, wrapped FROM data_key ORDER BY id");
const NEW: Sql = Sql::both("INSERT INTO data_key (id, purpose, wrapped) VALUES ($1, $2, $3)");
