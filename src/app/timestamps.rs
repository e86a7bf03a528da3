//! The time-stamping authority's parts.

use crate::config::timestamps::TimestampsConfig;
use crate::pace::Gate;
use crate::timekeeping::Timekeeper;
use signature::stamp::Unit;
use std::sync::{Arc, PoisonError, RwLock};

/// Clock, unit, and the gate before them.
#[derive(Debug)]
pub struct Timestamps {
    /// The clock and how good it is.
    pub keeper: Timekeeper,
    /// Holds up whoever asks for too much.
    pub gate: Gate,
    unit: RwLock<Option<Arc<Unit>>>,
}

impl Timestamps {
    /// An authority that has no unit yet.
    pub fn new(config: &TimestampsConfig) -> Self {
        Self { keeper: Timekeeper::new(config.clock.clone()), gate: Gate::default(), unit: RwLock::default() }
    }

    /// The unit that stamps.
    pub fn unit(&self) -> Option<Arc<Unit>> {
        self.unit.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Puts another unit in its place: one stamps, and no other (EN 319 421 clause 7.6.2).
    pub fn replace(&self, unit: Option<Unit>) {
        *self.unit.write().unwrap_or_else(PoisonError::into_inner) = unit.map(Arc::new);
    }
}
