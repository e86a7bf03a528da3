//! The bounded queue between callers and the writer.

use domain::audit::Head;
use domain::certificate::CertificateRef;
use domain::changes::{Changes, PublishedOcsp, Write};
use domain::ports::StoreError;
use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::{mpsc, oneshot};

/// The callers' end.
#[derive(Debug, Clone)]
pub(crate) struct Queue(mpsc::Sender<Job>);

/// Something for the writer to do, with where to send the answer.
#[derive(Debug)]
pub(crate) struct Job {
    pub(crate) work: Work,
    reply: oneshot::Sender<Result<Done, StoreError>>,
}

/// A unit of work.
#[derive(Debug)]
pub(crate) enum Work {
    /// Apply all, or nothing.
    Commit(Changes),
    /// Keep those that agree with the journal.
    Publish(Vec<PublishedOcsp>),
    /// Apply all, or nothing; no events.
    Keep(Vec<Write>),
}

/// What a unit of work gave.
#[derive(Debug)]
pub(crate) enum Done {
    /// The log's head after the last event.
    Committed(Head),
    /// The answers that were kept.
    Published(Vec<CertificateRef>),
    /// Kept.
    Kept,
}

/// A queue, and its other end for the writer.
pub(crate) fn queue() -> (Queue, mpsc::Receiver<Job>) {
    let (sender, receiver) = mpsc::channel(QUEUE_LENGTH);
    (Queue(sender), receiver)
}

impl Queue {
    /// Hands over `changes` and waits until they are durable.
    pub(crate) async fn commit(&self, changes: Changes) -> Result<Head, StoreError> {
        match self.run(Work::Commit(changes)).await? {
            Done::Committed(head) => Ok(head),
            _ => Err(writer_is_gone()),
        }
    }

    /// Hands over OCSP answers; those that were kept.
    pub(crate) async fn publish(&self, answers: Vec<PublishedOcsp>) -> Result<Vec<CertificateRef>, StoreError> {
        match self.run(Work::Publish(answers)).await? {
            Done::Published(kept) => Ok(kept),
            _ => Err(writer_is_gone()),
        }
    }

    /// Hands over writes that are no events, and waits until they are durable.
    pub(crate) async fn keep(&self, writes: Vec<Write>) -> Result<(), StoreError> {
        self.run(Work::Keep(writes)).await.map(|_| ())
    }

    async fn run(&self, work: Work) -> Result<Done, StoreError> {
        let (reply, answer) = oneshot::channel();
        self.0.try_send(Job { work, reply }).map_err(|error| match error {
            TrySendError::Full(_) => StoreError::Busy,
            TrySendError::Closed(_) => writer_is_gone(),
        })?;
        answer.await.unwrap_or_else(|_| Err(writer_is_gone()))
    }
}

impl Job {
    /// The unit of work, if it is one that changes records.
    pub(crate) const fn changes(&self) -> Option<&Changes> {
        match &self.work {
            Work::Commit(changes) => Some(changes),
            Work::Publish(_) | Work::Keep(_) => None,
        }
    }

    /// Answers. A caller that no longer waits is not told.
    pub(crate) fn answer(self, answer: Result<Done, StoreError>) {
        if self.reply.send(answer).is_err() {
            tracing::debug!("the caller of a finished write is gone");
        }
    }
}

/// The answer when nobody is left to give one.
fn writer_is_gone() -> StoreError {
    StoreError::Unavailable("the writer stopped before it answered".into())
}

/// Most units of work that wait; more are refused as busy.
const QUEUE_LENGTH: usize = 1024;
