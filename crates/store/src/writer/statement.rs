//! A writing statement and the meaning of its refusals.

use crate::engine::{Batch, Connection, Sql, Value, Violation, violation};
use crate::fault::{Faults, Injected};
use domain::ports::{Conflict, StoreError};

/// One statement over all rows of a kind, with what it means when the tables say no.
#[derive(Debug)]
pub(crate) struct Statement {
    /// Its name among the [fault points](crate::fault::POINTS).
    pub(crate) point: &'static str,
    /// The text.
    pub(crate) batch: Batch,
    /// A key exists already.
    pub(crate) exists: Refusal,
    /// What a row refers to, if that does not exist.
    pub(crate) refers_to: &'static str,
    /// A row took no effect; none where that is as it should be.
    pub(crate) idle: Option<Idle>,
}

/// What it means that a row took no effect. Probes look for the row's first two values.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Idle {
    /// Always the same.
    Always(Refusal),
    /// The row was written meanwhile, or does not exist.
    Versioned {
        /// Which kind of row.
        what: &'static str,
        /// Finds the row, whatever its version.
        probe: Sql,
    },
    /// One thing if the probe finds something for any row, another if for none.
    Either {
        /// The look-up.
        probe: Sql,
        /// If it finds something.
        found: Refusal,
        /// If not.
        absent: Refusal,
    },
}

/// An answer to the caller, known when the program is built.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Refusal {
    /// A rule of the tables.
    Conflict(Conflict),
    /// Someone else wrote a row of this kind meanwhile.
    Stale(&'static str),
}

/// Why a unit of work stopped.
#[derive(Debug)]
pub(crate) enum Stop {
    /// The caller asked for what the tables forbid. The next unit may go on.
    Refused(StoreError),
    /// The database failed.
    Failed(sqlx::Error),
    /// The commit itself failed: nobody knows what is on disk.
    Uncertain(sqlx::Error),
    /// A test wanted it so.
    Injected(Injected),
}

impl From<sqlx::Error> for Stop {
    fn from(error: sqlx::Error) -> Self {
        Self::Failed(error)
    }
}

impl From<Injected> for Stop {
    fn from(injected: Injected) -> Self {
        Self::Injected(injected)
    }
}

impl From<Refusal> for Stop {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(match refusal {
            Refusal::Conflict(conflict) => StoreError::Conflict(conflict),
            Refusal::Stale(what) => StoreError::Stale { what },
        })
    }
}

impl Statement {
    /// Writes `rows`; each must take effect unless [`idle`](Self::idle) is none.
    pub(crate) async fn run(
        &self,
        connection: &mut Connection,
        faults: &Faults,
        rows: Vec<Vec<Value>>,
    ) -> Result<(), Stop> {
        faults.reach(self.point)?;
        let wanted = rows.len();
        let probes = self.idle.map_or_else(Vec::new, |idle| idle.probes(&rows));
        let touched = connection.batch(&self.batch, rows).await.map_err(|error| self.meaning(error))?;
        match self.idle {
            Some(idle) if touched != wanted as u64 => Err(idle.meaning(connection, probes).await?.into()),
            _ => Ok(()),
        }
    }

    fn meaning(&self, error: sqlx::Error) -> Stop {
        match violation(&error) {
            Some(Violation::Unique) => self.exists.into(),
            Some(Violation::Reference) => Refusal::Conflict(Conflict::Missing(self.refers_to)).into(),
            Some(Violation::FourEyes) => Refusal::Conflict(Conflict::FourEyes).into(),
            None => Stop::Failed(error),
        }
    }
}

impl Idle {
    /// What [`meaning`](Self::meaning) will have to look up, kept before the rows are handed over.
    fn probes(self, rows: &[Vec<Value>]) -> Vec<Vec<Value>> {
        match self {
            Self::Always(_) => Vec::new(),
            _ => rows.iter().map(|row| row.iter().take(2).cloned().collect()).collect(),
        }
    }

    async fn meaning(self, connection: &mut Connection, probes: Vec<Vec<Value>>) -> Result<Refusal, sqlx::Error> {
        let probe = match self {
            Self::Always(refusal) => return Ok(refusal),
            Self::Versioned { probe, .. } | Self::Either { probe, .. } => probe,
        };
        let wanted = probes.len();
        let mut there = 0;
        for values in probes {
            there += usize::from(!connection.fetch(probe, values).await?.is_empty());
        }
        Ok(match self {
            Self::Always(refusal) => refusal,
            Self::Versioned { what, .. } if there == wanted => Refusal::Stale(what),
            Self::Versioned { what, .. } => Refusal::Conflict(Conflict::Missing(what)),
            Self::Either { found, .. } if there > 0 => found,
            Self::Either { absent, .. } => absent,
        })
    }
}
