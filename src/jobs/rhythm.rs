//! When a job works, waits, and complains.

use crate::app::App;
use std::fmt::Display;
use std::pin::Pin;
use std::time::Duration;
use tokio::sync::watch;

/// First pause after a failure; doubled by each further one.
const FIRST_PAUSE: Duration = Duration::from_millis(500);
/// Longest pause after a failure: what was away is used again within it.
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// A job under way.
pub(super) type Work = Pin<Box<dyn Future<Output = ()> + Send>>;

/// Runs a job until the stop, again if it died: a fault in one must not end the others, nor itself for ever.
pub(super) async fn keep_alive(
    job: fn(App, watch::Receiver<bool>) -> Work,
    app: &App,
    shutdown: &watch::Receiver<bool>,
) {
    let mut stop = shutdown.clone();
    loop {
        let Err(died) = tokio::spawn(job(App::clone(app), shutdown.clone())).await else { return };
        tracing::error!(error = %died, "a job died and is started again");
        if tokio::time::timeout(LONGEST_PAUSE, stopped(&mut stop)).await.is_ok() {
            return;
        }
    }
}

/// Waits until the service stops.
pub(super) async fn stopped(shutdown: &mut watch::Receiver<bool>) {
    // An error means that the sender is gone, and with it whoever could say stop.
    let _gone = shutdown.wait_for(|stop| *stop).await;
}

/// The rhythm of one job.
pub(super) struct Rhythm {
    name: &'static str,
    period: Duration,
    pause: Duration,
    /// What was last complained about.
    trouble: Option<String>,
}

impl Rhythm {
    /// A job that works at least once in `period`.
    pub(super) fn new(name: &'static str, period: Duration) -> Self {
        Self { name, period, pause: FIRST_PAUSE, trouble: None }
    }

    /// Works at least once in another `period` from now on.
    pub(super) fn set_period(&mut self, period: Duration) {
        self.period = period;
    }

    /// Waits for the next time to work: after a success until `wake` or the period, after a failure a pause.
    ///
    /// False if the service stops.
    pub(super) async fn next<T, E: std::error::Error>(
        &mut self,
        last: &Result<T, E>,
        wake: impl Future<Output = ()>,
        shutdown: &mut watch::Receiver<bool>,
    ) -> bool {
        let calm = self.note(last.as_ref().err());
        let woken = async { if calm { wake.await } else { never().await } };
        let wait = if calm { self.period } else { self.pause };
        tokio::select! {
            _timed_out = tokio::time::timeout(wait, woken) => true,
            () = stopped(shutdown) => false,
        }
    }

    /// Logs a change for the worse or the better. True if nothing is wrong.
    fn note(&mut self, failure: Option<&impl std::error::Error>) -> bool {
        match (failure, &self.trouble) {
            (None, None) => {}
            (None, Some(_)) => {
                tracing::info!(job = self.name, "works again");
                (self.pause, self.trouble) = (FIRST_PAUSE, None);
            }
            (Some(failure), trouble) => {
                let text = chain(failure);
                if trouble.as_ref() != Some(&text) {
                    tracing::warn!(job = self.name, error = text, "failed; trying again");
                }
                self.pause = if trouble.is_some() { (self.pause * 2).min(LONGEST_PAUSE) } else { FIRST_PAUSE };
                self.trouble = Some(text);
            }
        }
        failure.is_none()
    }
}

/// For a job that nobody wakes.
pub(super) async fn never() {
    std::future::pending::<()>().await;
}

/// An error with its sources.
fn chain(error: &dyn std::error::Error) -> String {
    let first: &dyn Display = &error;
    let sources = std::iter::successors(error.source(), |e| e.source());
    sources.fold(first.to_string(), |text, source| format!("{text}: {source}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::sync::Notify;

    #[derive(Debug, thiserror::Error)]
    #[error("{0}")]
    struct Failure(&'static str);

    #[test]
    fn pauses_grow_while_it_fails_and_start_again_after_a_success() {
        let mut rhythm = Rhythm::new("test", Duration::from_mins(1));
        let pauses: Vec<_> = (0..6)
            .map(|_| {
                assert!(!rhythm.note(Some(&Failure("away"))));
                rhythm.pause.as_millis()
            })
            .collect();
        assert_eq!(pauses, [500, 1000, 2000, 4000, 5000, 5000]);
        assert!(rhythm.note(None::<&Failure>));
        assert!(!rhythm.note(Some(&Failure("away"))));
        assert_eq!(rhythm.pause, FIRST_PAUSE);
    }

    #[tokio::test]
    async fn a_wake_up_that_came_while_working_is_not_lost() {
        let (_sender, mut stop) = watch::channel(false);
        let wake = Notify::new();
        wake.notify_one();
        let mut rhythm = Rhythm::new("test", Duration::from_hours(1));
        assert!(rhythm.next(&Ok::<_, Failure>(()), wake.notified(), &mut stop).await);
    }

    #[tokio::test]
    async fn the_stop_ends_every_wait() {
        let (sender, mut stop) = watch::channel(false);
        sender.send(true).unwrap();
        let mut rhythm = Rhythm::new("test", Duration::from_hours(1));
        assert!(!rhythm.next(&Ok::<_, Failure>(()), never(), &mut stop).await);
        assert!(!rhythm.next(&Err::<(), _>(Failure("away")), never(), &mut stop).await);
    }
}
