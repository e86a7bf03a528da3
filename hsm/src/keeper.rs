//! The keeper: one thread per pool that logs in, holds the token, notices its loss and brings it back.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use crate::HsmError;
use crate::config::TokenConfig;
use crate::link::Link;
use crate::module::LoadedModule;
use crate::retry::{Backoff, Trouble, trouble};
use crate::token::Anchor;

/// The thread's belongings.
pub(crate) struct Keeper {
    config: TokenConfig,
    module: Arc<LoadedModule>,
    link: Arc<Link>,
    /// Of the module, when this keeper last started it.
    generation: u64,
    /// How many times in a row the token was not in any slot.
    absences: u32,
}

impl Keeper {
    pub(crate) fn new(config: TokenConfig, module: Arc<LoadedModule>, link: Arc<Link>) -> Self {
        Self { config, module, link, generation: 0, absences: 0 }
    }

    /// Runs until the link is closed. After a refused PIN it only waits for that: there is no second attempt in this
    /// process.
    pub(crate) fn run(mut self) {
        let mut backoff = Backoff::default();
        let mut held = None;
        let mut trouble = Trouble::None;
        while !self.link.is_closing() {
            match self.recover(held.take(), trouble) {
                Ok(anchor) => {
                    self.absences = 0;
                    self.module.in_use.fetch_add(1, Ordering::Relaxed);
                    self.link.publish(Arc::clone(&anchor));
                    trouble = self.watch(&anchor);
                    self.module.in_use.fetch_sub(1, Ordering::Relaxed);
                    if anchor.proven.swap(false, Ordering::Relaxed) {
                        backoff.reset();
                    }
                    held = Some(anchor);
                }
                Err(error) => {
                    self.link.withdraw(error.to_string());
                    if matches!(error, HsmError::PinRefused { .. }) {
                        return self.link.wait_for_close();
                    }
                    trouble = self.next_step(&error);
                }
            }
            let wait = backoff.next();
            if !wait.is_zero() {
                self.link.hold_back();
                self.link.pause(wait);
            }
        }
    }

    /// Goes on with the anchor at hand if it is well after all, else attaches anew, restarting the module if that is
    /// what helps.
    fn recover(&mut self, held: Option<Arc<Anchor>>, trouble: Trouble) -> Result<Arc<Anchor>, HsmError> {
        if let Some(anchor) = held {
            if trouble == Trouble::Session && anchor.check().is_ok() {
                return Ok(anchor);
            }
            // Its session must not outlive the module's generation; workers drop theirs at their next job.
            drop(anchor);
        }
        self.generation =
            if trouble == Trouble::Device { self.module.restart(self.generation)? } else { self.module.start()? };
        Anchor::attach(&self.module, self.generation, &self.config).map(Arc::new)
    }

    /// Looks after a published anchor until there is trouble or the pool closes.
    fn watch(&self, anchor: &Arc<Anchor>) -> Trouble {
        loop {
            let reported = self.link.wait_for_trouble(HEARTBEAT);
            if reported != Trouble::None || self.link.is_closing() {
                return reported;
            }
            if let Err(error) = anchor.check() {
                self.link.report(anchor, Trouble::Session, &error);
            }
        }
    }

    fn next_step(&mut self, error: &HsmError) -> Trouble {
        match (error, trouble(error)) {
            (HsmError::TokenNotFound { .. }, _) => {
                // Some modules see a token that comes back only after a restart, which disturbs the others' tokens.
                self.absences += 1;
                let alone = self.module.in_use.load(Ordering::Relaxed) == 0;
                if alone || self.absences.is_multiple_of(ABSENCES_PER_RESTART) {
                    Trouble::Device
                } else {
                    Trouble::Session
                }
            }
            (HsmError::Unavailable { .. }, _) => Trouble::Device,
            (_, Trouble::None) => Trouble::Session,
            _ => Trouble::Device,
        }
    }
}

/// How often an idle token is asked whether it is still there.
const HEARTBEAT: Duration = Duration::from_secs(1);

/// While other tokens of the module work, every so many looks in vain for this one cost them a restart.
const ABSENCES_PER_RESTART: u32 = 15;
