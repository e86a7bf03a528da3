//! The task that owns the writing connection.

use super::group::{self, Lost};
use super::queue::{Job, Queue, queue};
use crate::engine::{Connection, Target};
use crate::fault::Faults;
use crate::seal::Keys;
use domain::ports::StoreError;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc::Receiver;
use tokio::time::timeout;

/// The writer. Only its task touches it.
pub(crate) struct Writer {
    target: Target,
    jobs: Receiver<Job>,
    faults: Faults,
    keys: Arc<Keys>,
}

impl Writer {
    /// Starts the task on the current runtime. It ends when every [`Queue`] is dropped.
    pub(crate) fn start(target: Target, connection: Connection, faults: Faults, keys: Arc<Keys>) -> Queue {
        let (queue, jobs) = queue();
        tokio::spawn(Self { target, jobs, faults, keys }.run(connection));
        queue
    }

    async fn run(mut self, mut connection: Connection) {
        while self.serve(&mut connection).await.is_err() {
            drop(connection); // with it go its locks
            let Some(again) = self.reconnect().await else { return };
            connection = again;
        }
        connection.close().await;
    }

    /// Takes what is queued, commits, again; until the queue is closed and empty.
    ///
    /// A transaction past its deadline is abandoned with its connection, whose end rolls it back;
    /// its callers hear that the writer did not answer.
    async fn serve(&mut self, connection: &mut Connection) -> Result<(), Lost> {
        loop {
            let mut jobs = Vec::with_capacity(GROUP_LIMIT);
            if self.jobs.recv_many(&mut jobs, GROUP_LIMIT).await == 0 {
                return Ok(());
            }
            timeout(TRANSACTION_TIMEOUT, group::commit(connection, jobs, (&self.faults, &self.keys)))
                .await
                .unwrap_or(Err(Lost))?;
        }
    }

    /// Tries to connect, waiting longer each time; none if nobody needs the store any more.
    async fn reconnect(&mut self) -> Option<Connection> {
        let mut pause = FIRST_PAUSE;
        loop {
            match timeout(CONNECT_TIMEOUT, self.target.connect()).await {
                Ok(Ok(connection)) => {
                    tracing::info!("the writer is connected again");
                    return Some(connection);
                }
                Ok(Err(error)) => tracing::warn!(%error, "the writer cannot connect"),
                Err(_) => tracing::warn!("the writer cannot connect in time"),
            }
            // Whoever comes meanwhile is told at once.
            if timeout(pause, self.refuse_all()).await.is_ok() {
                return None;
            }
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }

    /// Answers every caller that there is no database; ends when the queue is closed.
    async fn refuse_all(&mut self) {
        while let Some(job) = self.jobs.recv().await {
            job.answer(Err(StoreError::Unavailable("the database cannot be reached".into())));
        }
    }
}

/// Most units of work in one transaction.
const GROUP_LIMIT: usize = 64;
const TRANSACTION_TIMEOUT: Duration = Duration::from_secs(15);
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
const FIRST_PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_secs(2);
