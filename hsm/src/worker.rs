//! One thread, one session: takes jobs, does them, and knows what to do when the session fails.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use crate::HsmError;
use crate::clock::left;
use crate::link::Link;
use crate::queue::{Job, Queue};
use crate::retry::{Trouble, surely_nothing_happened, trouble};
use crate::token::Seat;

/// The thread's belongings.
pub(crate) struct Worker {
    index: usize,
    queue: Arc<Queue>,
    link: Arc<Link>,
    seat: Option<Seat>,
    /// Failures in a row, each in a session of its own: at the second the trouble has outlived a new session.
    strikes: u32,
}

impl Worker {
    pub(crate) fn new(index: usize, queue: Arc<Queue>, link: Arc<Link>) -> Self {
        Self { index, queue, link, seat: None, strikes: 0 }
    }

    /// Runs until the queue is closed and empty.
    pub(crate) fn run(mut self) {
        while let Some(job) = self.queue.next(self.index) {
            self.serve(job);
        }
    }

    /// Does the job, or drops it undone if its caller has given up. Repeats it once, and only if the failed attempt
    /// surely did nothing.
    fn serve(&mut self, mut job: Job) {
        if left(job.deadline).is_zero() {
            return job.waiter.expire();
        }
        let mut outcome = self.attempt(&mut job);
        if let Err(error) = &outcome
            && self.react(error)
            && surely_nothing_happened(error)
            && !left(job.deadline).is_zero()
        {
            outcome = self.attempt(&mut job);
            if let Err(error) = &outcome {
                self.react(error);
            }
        }
        job.task.finish(outcome);
    }

    fn attempt(&mut self, job: &mut Job) -> Result<(), HsmError> {
        let anchor = self.link.anchor(job.deadline)?;
        if self.seat.as_ref().is_none_or(|seat| !Arc::ptr_eq(&seat.anchor, &anchor)) {
            self.seat = None;
            self.seat = Some(Seat::open(&anchor).inspect_err(|error| {
                if trouble(error) > Trouble::None {
                    self.link.report(&anchor, Trouble::Session, error);
                }
            })?);
        }
        let seat = self.seat.as_ref().expect("a seat was opened just above");
        job.task.attempt(seat)?;
        self.strikes = 0;
        if !anchor.proven.load(Ordering::Relaxed) {
            anchor.proven.store(true, Ordering::Relaxed);
        }
        Ok(())
    }

    /// Gives the session up if it is in trouble, and tells the keeper. True if another attempt may go better.
    fn react(&mut self, error: &HsmError) -> bool {
        let found = trouble(error);
        if found == Trouble::None {
            return false;
        }
        self.strikes += 1;
        let outlived = self.strikes > 1 || matches!(error, HsmError::KeyVanished { .. });
        let reported = match found {
            _ if outlived => Trouble::Device,
            Trouble::Handle => Trouble::Handle,
            _ => Trouble::Session,
        };
        if let Some(seat) = self.seat.take() {
            self.link.report(&seat.anchor, reported, error);
        }
        true
    }
}
