//! A relying party who asks for status all the time and takes no excuse.

use crate::support::judge::{Judge, Reference, Status};
use crate::support::{Installation, Stopwatch, wait};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::task::JoinHandle;

/// Asks until it is told to end.
pub(super) struct Prober {
    stop: Arc<AtomicBool>,
    task: JoinHandle<Answers>,
}

/// How it went.
#[derive(Debug, Default)]
pub(super) struct Answers {
    pub(super) count: usize,
    pub(super) slowest: Duration,
}

impl Prober {
    /// Asks for a certificate that is good, one that is revoked, and the CRL that lists it.
    pub(super) fn begin(installation: &Installation, good: Reference, revoked: Reference) -> Self {
        let (judge, stop) = (Judge::new(installation), Arc::<AtomicBool>::default());
        let ended = Arc::clone(&stop);
        let task = tokio::spawn(async move {
            let mut answers = Answers::default();
            while !ended.load(Ordering::Relaxed) {
                let begun = Stopwatch::start();
                assert_eq!(judge.ocsp(&good).await.unwrap(), Status::Good);
                assert_eq!(judge.ocsp(&revoked).await.unwrap(), Status::Revoked);
                let crl = judge.crl(&revoked.0).await.unwrap().expect("there is a CRL");
                assert!(crl.serials.contains(&revoked.1));
                answers.count += 3;
                answers.slowest = begun.elapsed().max(answers.slowest);
                wait(Duration::from_millis(50)).await;
            }
            answers
        });
        Self { stop, task }
    }

    /// How it went.
    pub(super) async fn end(self) -> Answers {
        self.stop.store(true, Ordering::Relaxed);
        self.task.await.expect("status answered all the time, and the truth")
    }
}
