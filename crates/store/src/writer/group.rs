//! One transaction for everything that was queued.

use super::plan::{Plan, are_independent};
use super::queue::{Done, Job, Work};
use super::statement::Stop;
use crate::audit::{APPEND, APPEND_PERSONAL, BEGIN, head, personal_rows, record_row};
use crate::engine::{Connection, Sql, connection_is_lost};
use crate::fault::Faults;
use crate::seal::Keys;
use crate::status::{PUBLISH, answer_row, published};
use domain::audit::{Head, link};
use domain::certificate::CertificateRef;
use domain::changes::{Changes, PublishedOcsp};
use domain::ports::StoreError;
use std::fmt;
use std::sync::Arc;

/// The connection is of no more use; everybody was answered.
pub(super) struct Lost;

/// Commits `jobs` in one transaction and answers each, after the commit.
///
/// First all together, as one plan. If the tables refuse that and there are several, once more from
/// the start with a savepoint around each, so that only whoever asked for it is refused.
pub(super) async fn commit(
    connection: &mut Connection,
    jobs: Vec<Job>,
    (faults, keys): (&Faults, &Keys),
) -> Result<(), Lost> {
    let mut unit = Unit { connection, faults, keys };
    let mut outcome = None;
    if jobs.len() == 1 || are_independent(jobs.iter().filter_map(Job::changes)) {
        outcome = unit.all_or_nothing(&jobs).await;
    }
    let outcome = match outcome {
        Some(outcome) => outcome,
        None => unit.one_by_one(&jobs).await,
    };
    match outcome {
        Ok(results) => {
            jobs.into_iter().zip(results).for_each(|(job, result)| job.answer(result));
            Ok(())
        }
        Err(broken) => {
            tracing::warn!(error = %broken.cause.0, callers = jobs.len(), "a write transaction failed");
            for job in jobs {
                job.answer(Err(StoreError::Unavailable(Box::new(broken.cause.clone()))));
            }
            if broken.connection_is_lost { Err(Lost) } else { Ok(()) }
        }
    }
}

/// An answer for each job, in order.
type Results = Vec<Result<Done, StoreError>>;

/// A transaction that came to nothing, through no fault of those who asked for it.
struct Broken {
    cause: Cause,
    connection_is_lost: bool,
}

/// A transaction in the making.
struct Unit<'a> {
    connection: &'a mut Connection,
    faults: &'a Faults,
    keys: &'a Keys,
}

impl Unit<'_> {
    /// One plan for all. None if the tables refuse it and it is not known whose fault it is.
    async fn all_or_nothing(&mut self, jobs: &[Job]) -> Option<Result<Results, Broken>> {
        let stop = match self.together(jobs).await {
            Ok(done) => return Some(Ok(done.into_iter().map(Ok).collect())),
            Err(stop) => stop,
        };
        match (self.roll_back(stop).await, jobs.len()) {
            (Ok(refused), 1) => Some(Ok(vec![Err(refused)])),
            (Ok(_), _) => None,
            (Err(broken), _) => Some(Err(broken)),
        }
    }

    /// A savepoint around each.
    async fn one_by_one(&mut self, jobs: &[Job]) -> Result<Results, Broken> {
        match self.separately(jobs).await {
            Ok(results) => Ok(results),
            Err(stop) => Err(match self.roll_back(stop).await {
                Ok(error) => Broken { cause: Cause::new(error), connection_is_lost: false },
                Err(broken) => broken,
            }),
        }
    }

    async fn together(&mut self, jobs: &[Job]) -> Result<Vec<Done>, Stop> {
        let mut head = self.begin().await?;
        let mut plan = Plan::default();
        let mut trail = Trail::default();
        let mut done = Vec::with_capacity(jobs.len());
        for job in jobs {
            match &job.work {
                Work::Commit(changes) => plan.add(changes).map_err(Stop::Refused)?,
                Work::Keep(writes) => plan.add_writes(writes).map_err(Stop::Refused)?,
                Work::Publish(_) => {}
            }
        }
        plan.run(self.connection, self.faults, self.keys).await?;
        for job in jobs {
            done.push(match &job.work {
                Work::Commit(changes) => {
                    head = trail.append(head, changes).map_err(Stop::Refused)?;
                    Done::Committed(head)
                }
                Work::Publish(answers) => Done::Published(self.publish(answers).await?),
                Work::Keep(_) => Done::Kept,
            });
        }
        trail.write(self.connection, self.faults, self.keys).await?;
        self.commit().await?;
        Ok(done)
    }

    async fn separately(&mut self, jobs: &[Job]) -> Result<Results, Stop> {
        let mut head = self.begin().await?;
        let mut results = Vec::with_capacity(jobs.len());
        for job in jobs {
            self.connection.execute(SAVEPOINT, Vec::new()).await?;
            let result = match self.alone(job, head).await {
                Ok(done) => Ok(done),
                Err(Stop::Refused(error)) => Err(error),
                Err(Stop::Failed(error)) if !connection_is_lost(&error) => {
                    Err(StoreError::Unavailable(Box::new(error)))
                }
                Err(stop) => return Err(stop),
            };
            let end = if result.is_ok() { RELEASE } else { ROLL_BACK_TO };
            self.connection.execute(end, Vec::new()).await?;
            if let Ok(Done::Committed(after)) = &result {
                head = *after;
            }
            results.push(result);
        }
        self.commit().await?;
        Ok(results)
    }

    async fn alone(&mut self, job: &Job, head: Head) -> Result<Done, Stop> {
        let changes = match &job.work {
            Work::Commit(changes) => changes,
            Work::Publish(answers) => return self.publish(answers).await.map(Done::Published),
            Work::Keep(writes) => {
                let mut plan = Plan::default();
                plan.add_writes(writes).map_err(Stop::Refused)?;
                plan.run(self.connection, self.faults, self.keys).await?;
                return Ok(Done::Kept);
            }
        };
        let mut plan = Plan::default();
        plan.add(changes).map_err(Stop::Refused)?;
        plan.run(self.connection, self.faults, self.keys).await?;
        let mut trail = Trail::default();
        let head = trail.append(head, changes).map_err(Stop::Refused)?;
        trail.write(self.connection, self.faults, self.keys).await?;
        Ok(Done::Committed(head))
    }

    async fn begin(&mut self) -> Result<Head, Stop> {
        self.faults.reach("begin")?;
        let rows = self.connection.script(BEGIN).await?;
        head(&rows).map_err(Stop::Refused)
    }

    async fn commit(&mut self) -> Result<(), Stop> {
        self.faults.reach("commit")?;
        self.connection.execute(COMMIT, Vec::new()).await.map_err(Stop::Uncertain)?;
        Ok(self.faults.reach("committed")?)
    }

    async fn publish(&mut self, answers: &[PublishedOcsp]) -> Result<Vec<CertificateRef>, Stop> {
        if answers.is_empty() {
            return Ok(Vec::new());
        }
        self.faults.reach("ocsp")?;
        let rows = self.connection.fetch_batch(&PUBLISH, answers.iter().map(answer_row).collect()).await?;
        rows.iter().map(published).collect::<Result<_, _>>().map_err(Stop::Refused)
    }

    /// Ends the transaction. The refusal, if that is what stopped it.
    async fn roll_back(&mut self, stop: Stop) -> Result<StoreError, Broken> {
        let stopped = match stop {
            Stop::Refused(error) => Ok(error),
            // Some statement that several units share may fail where each alone does not.
            Stop::Failed(error) if !connection_is_lost(&error) => Ok(StoreError::Unavailable(Box::new(error))),
            Stop::Failed(error) | Stop::Uncertain(error) => {
                return Err(Broken { cause: Cause::new(error), connection_is_lost: true });
            }
            Stop::Injected(injected) => {
                let broken = Broken { cause: Cause::new(injected), connection_is_lost: false };
                if matches!(injected.point, "begin" | "committed") {
                    return Err(broken); // no transaction is open
                }
                Err(broken)
            }
        };
        match self.connection.execute(ROLL_BACK, Vec::new()).await {
            Ok(_) => stopped,
            Err(error) => Err(Broken { cause: Cause::new(error), connection_is_lost: true }),
        }
    }
}

/// The records of a transaction, chained.
#[derive(Default)]
struct Trail {
    records: Vec<Vec<crate::engine::Value>>,
    personal: Vec<Vec<crate::engine::Value>>,
}

impl Trail {
    fn append(&mut self, mut head: Head, changes: &Changes) -> Result<Head, StoreError> {
        for event in changes.events() {
            let (record, next) = link(head, event);
            self.personal.extend(personal_rows(record.sequence, event)?);
            self.records.push(record_row(&record)?);
            head = next;
        }
        Ok(head)
    }

    async fn write(self, connection: &mut Connection, faults: &Faults, keys: &Keys) -> Result<(), Stop> {
        if !self.records.is_empty() {
            APPEND.run(connection, faults, self.records).await?;
        }
        if !self.personal.is_empty() {
            let personal = keys.seal_rows(self.personal).map_err(Stop::Refused)?;
            APPEND_PERSONAL.run(connection, faults, personal).await?;
        }
        Ok(())
    }
}

/// Why a transaction failed, for each of its callers.
#[derive(Debug, Clone)]
struct Cause(Arc<dyn std::error::Error + Send + Sync>);

impl Cause {
    fn new(error: impl std::error::Error + Send + Sync + 'static) -> Self {
        Self(Arc::new(error))
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the transaction failed")
    }
}

impl std::error::Error for Cause {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&*self.0)
    }
}

const COMMIT: Sql = Sql::both("COMMIT");
const ROLL_BACK: Sql = Sql::both("ROLLBACK");
const SAVEPOINT: Sql = Sql::both("SAVEPOINT one");
const RELEASE: Sql = Sql::both("RELEASE SAVEPOINT one");
const ROLL_BACK_TO: Sql = Sql::each("ROLLBACK TO SAVEPOINT one; RELEASE SAVEPOINT one", "ROLLBACK TO SAVEPOINT one");
