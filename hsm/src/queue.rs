//! The bounded queue between callers and workers, and the promise that every caller is answered by its deadline.
//!
//! A worker may hang inside a module for as long as the module likes. The sweeper never enters a module: it answers
//! for jobs whose time has passed, whether they wait or run.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::time::{Duration, Instant};

use crate::clock::{left, now};
use crate::lock::{lock, wait, wait_for};
use crate::token::Seat;
use crate::{HsmError, metric};

/// Work for a worker. It may be attempted twice, where the first attempt surely did nothing.
pub(crate) trait Task: Send {
    /// Does the work and keeps its result for [`finish`](Self::finish).
    fn attempt(&mut self, seat: &Seat) -> Result<(), HsmError>;

    /// Answers the caller: with the kept result, or with `Err`.
    fn finish(self: Box<Self>, outcome: Result<(), HsmError>);
}

/// The end of a caller that can be told that time is up.
pub(crate) trait Waiter: Send + Sync {
    /// Answers with [`HsmError::Timeout`] unless there was an answer.
    fn expire(&self);
}

/// One call in the queue.
pub(crate) struct Job {
    pub(crate) deadline: Instant,
    pub(crate) task: Box<dyn Task>,
    pub(crate) waiter: Arc<dyn Waiter>,
}

/// Where the answer goes; given away at most once.
pub(crate) struct Reply<T> {
    done: Mutex<Option<Done<T>>>,
}

type Done<T> = Box<dyn FnOnce(Result<T, HsmError>) + Send>;

impl<T> Reply<T> {
    pub(crate) fn new(done: impl FnOnce(Result<T, HsmError>) + Send + 'static) -> Arc<Self> {
        Arc::new(Self { done: Mutex::new(Some(Box::new(done))) })
    }

    pub(crate) fn answer(&self, outcome: Result<T, HsmError>) {
        let Some(done) = lock(&self.done).take() else {
            tracing::debug!(worked = outcome.is_ok(), "an answer came after its deadline");
            return;
        };
        if let Err(error) = &outcome {
            metric::failed(error);
        }
        if catch_unwind(AssertUnwindSafe(|| done(outcome))).is_err() {
            tracing::error!("a caller's callback panicked");
        }
    }
}

impl<T: Send> Waiter for Reply<T> {
    fn expire(&self) {
        if lock(&self.done).is_some() {
            self.answer(Err(HsmError::Timeout));
        }
    }
}

/// Where a blocked caller waits. It sleeps at once, and may be woken a moment before the answer is there: while a
/// signature is verified its caller wakes up, instead of after.
pub(crate) struct Answer<T> {
    inner: Mutex<Pending<T>>,
    arrived: Condvar,
    /// An outcome is there, for the caller that looks for it without the lock.
    there: AtomicBool,
}

struct Pending<T> {
    outcome: Option<Result<T, HsmError>>,
    soon: bool,
}

impl<T> Default for Answer<T> {
    fn default() -> Self {
        let inner = Mutex::new(Pending { outcome: None, soon: false });
        Self { inner, arrived: Condvar::new(), there: AtomicBool::new(false) }
    }
}

impl<T> Answer<T> {
    pub(crate) fn put(&self, outcome: Result<T, HsmError>) {
        lock(&self.inner).outcome = Some(outcome);
        self.there.store(true, Ordering::Release);
        self.arrived.notify_one();
    }

    /// The answer comes within microseconds: the caller may wake up.
    pub(crate) fn comes_soon(&self) {
        lock(&self.inner).soon = true;
        self.arrived.notify_one();
    }

    /// The answer, or `None` if there is none at `deadline`.
    pub(crate) fn wait(&self, deadline: Instant) -> Option<Result<T, HsmError>> {
        let mut inner = lock(&self.inner);
        while inner.outcome.is_none() && !left(deadline).is_zero() {
            if std::mem::take(&mut inner.soon) {
                drop(inner);
                look_for(LONGEST_SPIN, || self.there.load(Ordering::Acquire));
                inner = lock(&self.inner);
            } else {
                inner = wait_for(&self.arrived, inner, left(deadline));
            }
        }
        inner.outcome.take()
    }
}

/// A closure as a [`Task`].
pub(crate) struct Ask<T, F> {
    pub(crate) work: F,
    pub(crate) value: Option<T>,
    pub(crate) reply: Arc<Reply<T>>,
}

impl<T: Send, F: FnMut(&Seat) -> Result<T, HsmError> + Send> Task for Ask<T, F> {
    fn attempt(&mut self, seat: &Seat) -> Result<(), HsmError> {
        self.value = Some((self.work)(seat)?);
        Ok(())
    }

    fn finish(self: Box<Self>, outcome: Result<(), HsmError>) {
        let Self { value, reply, .. } = *self;
        reply.answer(outcome.and_then(|()| value.ok_or(HsmError::Timeout)));
    }
}

/// Jobs that wait, and what each worker is doing.
pub(crate) struct Queue {
    limit: usize,
    inner: Mutex<Inner>,
    arrived: Condvar,
    /// For the sweeper: there is something to watch.
    busy: Condvar,
    /// Length of `jobs`, for the spinner; written under the lock.
    waiting: AtomicUsize,
    /// How long a worker looks for its next job before it sleeps.
    spin: Duration,
}

struct Inner {
    jobs: VecDeque<Job>,
    running: Vec<Option<Running>>,
    /// A worker is looking for a job without sleeping; at most one does.
    spinning: bool,
    sweeper_idle: bool,
    closed: bool,
}

struct Running {
    deadline: Instant,
    waiter: Arc<dyn Waiter>,
}

impl Queue {
    /// A queue for `workers` workers where at most `limit` jobs wait.
    pub(crate) fn new(workers: usize, limit: usize) -> Self {
        let running = (0..workers).map(|_| None).collect();
        let inner = Inner { jobs: VecDeque::new(), running, spinning: false, sweeper_idle: false, closed: false };
        // With one processor, spinning would only keep the caller from running.
        let alone = std::thread::available_parallelism().is_ok_and(|processors| processors.get() == 1);
        Self {
            limit,
            inner: Mutex::new(inner),
            arrived: Condvar::new(),
            busy: Condvar::new(),
            waiting: AtomicUsize::new(0),
            spin: if alone { Duration::ZERO } else { LONGEST_SPIN },
        }
    }

    /// Adds a job.
    ///
    /// # Errors
    /// [`HsmError::Busy`] if the queue is full, [`HsmError::Unavailable`] if the pool is being closed.
    pub(crate) fn push(&self, job: Job) -> Result<(), HsmError> {
        let mut inner = lock(&self.inner);
        if inner.closed {
            return Err(HsmError::Unavailable { why: "the pool is closed".to_owned() });
        }
        if inner.jobs.len() >= self.limit {
            return Err(HsmError::Busy);
        }
        inner.jobs.push_back(job);
        self.waiting.store(inner.jobs.len(), Ordering::Release);
        let wake_sweeper = std::mem::take(&mut inner.sweeper_idle);
        // The spinner looks once more, under the lock, before it sleeps: it takes the first job without being woken.
        let wake_worker = !inner.spinning || inner.jobs.len() > 1;
        drop(inner);
        if wake_worker {
            self.arrived.notify_one();
        }
        if wake_sweeper {
            self.busy.notify_one();
        }
        Ok(())
    }

    /// The next job for worker `index`, whose last one is done. `None` when the queue is closed and empty.
    pub(crate) fn next(&self, index: usize) -> Option<Job> {
        let mut inner = lock(&self.inner);
        inner.running[index] = None;
        let mut may_spin = !self.spin.is_zero();
        loop {
            if let Some(job) = inner.jobs.pop_front() {
                self.waiting.store(inner.jobs.len(), Ordering::Release);
                inner.running[index] = Some(Running { deadline: job.deadline, waiter: Arc::clone(&job.waiter) });
                return Some(job);
            }
            if inner.closed {
                return None;
            }
            if may_spin && !inner.spinning {
                may_spin = false;
                inner.spinning = true;
                drop(inner);
                look_for(self.spin, || self.waiting.load(Ordering::Acquire) > 0);
                inner = lock(&self.inner);
                inner.spinning = false;
                continue;
            }
            inner = wait(&self.arrived, inner);
        }
    }

    /// Whether one worker is at work and nothing waits: then a processor is free for the caller to wake up on.
    pub(crate) fn is_calm(&self) -> bool {
        let inner = lock(&self.inner);
        !self.spin.is_zero() && inner.jobs.is_empty() && inner.running.iter().flatten().count() == 1
    }

    /// Whether every worker is past the deadline of its job: the module hangs.
    pub(crate) fn hangs(&self) -> bool {
        let now = now();
        lock(&self.inner).running.iter().all(|running| running.as_ref().is_some_and(|r| r.deadline < now))
    }

    /// No more jobs; workers end when those that wait are answered.
    pub(crate) fn close(&self) {
        lock(&self.inner).closed = true;
        self.arrived.notify_all();
        self.busy.notify_all();
    }

    /// Answers for jobs that are past their deadline, until the queue is closed.
    pub(crate) fn sweep(&self, tick: Duration) {
        let mut inner = lock(&self.inner);
        while !inner.closed {
            if inner.jobs.is_empty() && inner.running.iter().all(Option::is_none) {
                inner.sweeper_idle = true;
                inner = wait(&self.busy, inner);
                continue;
            }
            inner = wait_for(&self.busy, inner, tick);
            let expired = inner.take_expired();
            self.waiting.store(inner.jobs.len(), Ordering::Release);
            if !expired.is_empty() {
                drop(inner);
                for waiter in expired {
                    waiter.expire();
                }
                inner = lock(&self.inner);
            }
        }
    }
}

impl Inner {
    fn take_expired(&mut self) -> Vec<Arc<dyn Waiter>> {
        let over = |deadline: Instant| left(deadline).is_zero();
        let running = self.running.iter().flatten().filter(|r| over(r.deadline)).map(|r| Arc::clone(&r.waiter));
        let mut expired: Vec<_> = running.collect();
        self.jobs.retain(|job| {
            let keep = !over(job.deadline);
            if !keep {
                expired.push(Arc::clone(&job.waiter));
            }
            keep
        });
        expired
    }
}

/// Waits without sleeping, at most for `limit`, until `there`.
fn look_for(limit: Duration, there: impl Fn() -> bool) {
    let until = now() + limit;
    while !there() && now() < until {
        std::hint::spin_loop();
    }
}

/// A caller that comes right back finds the worker awake; one that does not has cost this much. To be woken and to call
/// again takes a thread 30 to 60 µs on a virtual machine.
const LONGEST_SPIN: Duration = Duration::from_micros(80);
