//! One contestant, one round, and rounds in pairs.

use crate::caller::{Caller, Prepared};
use crate::judge::Judge;
use crate::process::Part;
use crate::sigill::Installation;
use anyhow::{Context, Result, ensure};
use bytes::Bytes;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// A server under load.
pub(crate) struct Contestant {
    /// One connection each.
    pub(crate) callers: Vec<Caller>,
    /// Whose processor time counts.
    pub(crate) parts: Vec<Part>,
    /// Reads and verifies its answers.
    pub(crate) judge: Judge,
    /// If work follows the answers: who knows when it is done.
    pub(crate) followed: Option<Arc<Installation>>,
}

/// What one round showed. Processor time is in microseconds for a certificate.
#[derive(Debug, Clone)]
pub(crate) struct Round {
    /// Certificates a second.
    pub(crate) rate: f64,
    /// Of each part, from the first request to the last answer.
    pub(crate) parts: Vec<f64>,
    /// Of all parts, until what follows the answers was done too.
    pub(crate) followed: f64,
}

impl Round {
    /// Of all parts, from the first request to the last answer.
    pub(crate) fn total(&self) -> f64 {
        self.parts.iter().sum()
    }
}

impl Contestant {
    /// Sends `requests`, each `certificates` to issue, over all connections as fast as they are answered.
    ///
    /// # Errors
    /// If one request fails, or one answer is not what was asked for.
    pub(crate) async fn round(&mut self, requests: Vec<Prepared>, certificates: usize) -> Result<Round> {
        let count = number(requests.len() * certificates);
        let before = self.seconds()?;
        let (answers, elapsed) = self.drive(requests).await?;
        let after = self.seconds()?;
        if let Some(installation) = &self.followed {
            installation.settle().await?;
        }
        let settled = self.seconds()?;
        self.judge.all(&answers, certificates)?;
        let micros = |until: &[f64]| -> Vec<f64> {
            until.iter().zip(&before).map(|(after, before)| (after - before) * 1e6 / count).collect()
        };
        let (parts, followed) = (micros(&after), micros(&settled).iter().sum());
        Ok(Round { rate: count / elapsed.as_secs_f64(), parts, followed })
    }

    /// Sends the requests; gives the answers and how long it took.
    ///
    /// # Errors
    /// If one request fails.
    pub(crate) async fn drive(&self, requests: Vec<Prepared>) -> Result<(Vec<Bytes>, Duration)> {
        let (requests, next) = (Arc::new(requests), Arc::new(AtomicUsize::new(0)));
        let begun = Instant::now();
        let mut clients = tokio::task::JoinSet::new();
        for caller in &self.callers {
            let (caller, requests, next) = (caller.clone(), Arc::clone(&requests), Arc::clone(&next));
            clients.spawn(async move {
                let mut answers = Vec::new();
                while let Some(request) = requests.get(next.fetch_add(1, Ordering::Relaxed)) {
                    answers.push(caller.send(request).await?);
                }
                Ok(answers)
            });
        }
        let answers = clients.join_all().await.into_iter().collect::<Result<Vec<Vec<_>>>>()?;
        let elapsed = begun.elapsed();
        Ok((answers.into_iter().flatten().collect(), elapsed))
    }

    fn seconds(&self) -> Result<Vec<f64>> {
        self.parts.iter().map(Part::seconds).collect()
    }
}

/// Requests that were made beforehand, taken round by round.
pub(crate) struct Supply {
    requests: Vec<Prepared>,
    /// Whether a request can be sent again.
    endless: bool,
}

impl Supply {
    /// Requests of which each is good once.
    pub(crate) fn once(requests: Vec<Prepared>) -> Self {
        Self { requests, endless: false }
    }

    /// Requests that may be repeated.
    pub(crate) fn endless(requests: Vec<Prepared>) -> Self {
        Self { requests, endless: true }
    }

    /// The next `count`.
    ///
    /// # Errors
    /// If there are not so many.
    pub(crate) fn take(&mut self, count: usize) -> Result<Vec<Prepared>> {
        let rest = self.requests.len().checked_sub(count).context("the supply of requests is used up")?;
        if self.endless {
            self.requests.rotate_left(count);
            return Ok(self.requests[rest..].to_vec());
        }
        Ok(self.requests.split_off(rest))
    }
}

/// Rounds of both in alternation: A B, B A, A B, …
///
/// # Errors
/// If any request fails: the run is void.
pub(crate) async fn pairs(
    count: usize,
    requests: usize,
    certificates: usize,
    (ours, our_supply): (&mut Contestant, &mut Supply),
    (peer, peer_supply): (&mut Contestant, &mut Supply),
) -> Result<Vec<(Round, Round)>> {
    ensure!(count % 2 == 1, "an odd number of pairs has a median");
    let mut rounds = Vec::with_capacity(count);
    for pair in 0..count {
        let (our_requests, peer_requests) = (our_supply.take(requests)?, peer_supply.take(requests * certificates)?);
        let round = if pair % 2 == 0 {
            let first = ours.round(our_requests, certificates).await?;
            (first, peer.round(peer_requests, 1).await?)
        } else {
            let first = peer.round(peer_requests, 1).await?;
            (ours.round(our_requests, certificates).await?, first)
        };
        rounds.push(round);
    }
    Ok(rounds)
}

/// A count as a number to divide by.
#[expect(clippy::cast_precision_loss, reason = "counts are far below 2^52")]
pub(crate) fn number(count: usize) -> f64 {
    count as f64
}
