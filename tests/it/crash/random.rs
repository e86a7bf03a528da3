//! SIGKILL at random moments.

use crate::support::installation::signal;
use crate::support::load::Load;
use crate::support::oracle::Oracle;
use crate::support::random::{Random, rounds};
use crate::support::watch::Watch;
use crate::support::{Installation, invariants, report, wait};
use std::sync::Arc;
use std::time::Duration;

/// Kills service, signer, or both, under load; after every restart all listeners answer soon, and
/// at the end nothing that was ever answered is lost, and nothing came twice.
#[tokio::test(flavor = "multi_thread")]
async fn crash_at_random_moments_loses_nothing() {
    killed_at_random(Installation::start("crash")).await;
}

/// The same on PostgreSQL.
#[tokio::test(flavor = "multi_thread")]
async fn crash_at_random_moments_loses_nothing_on_postgresql() {
    let database = crate::support::postgres::Database::new();
    killed_at_random(Installation::start_on("crash-pg", database.url())).await;
}

async fn killed_at_random(mut installation: Installation) {
    let oracle = Arc::new(Oracle::new(&installation));
    let (load, watch) = (Load::begin(&installation, &oracle, CLERKS), Watch::begin(&installation));
    let mut random = Random::from_environment();
    let mut starts = Vec::new();
    for _ in 0..rounds(ROUNDS) {
        wait(Duration::from_millis(random.below(LONGEST_LIFE_MS))).await;
        let victim = random.below(10);
        let signer = installation.signer_id().filter(|_| victim < 4);
        if let Some(signer) = signer {
            signal(signer, "KILL");
            tokio::task::block_in_place(|| installation.repair_tokens());
        }
        if signer.is_none() || victim < 2 {
            starts.push(tokio::task::block_in_place(|| {
                installation.kill();
                installation.run()
            }));
        }
    }
    let memory = load.end().await;
    let seen = watch.end().await;
    memory.assert_no_internal_errors();
    invariants::check(&installation, &memory, Some(&seen)).await;
    starts.sort_unstable();
    let median = starts[starts.len() / 2];
    report(&format!("{} restarts, median {median:?}, longest {:?}", starts.len(), starts.last()));
    report(&format!("{}; {} CRLs", memory.summary(), seen.crl_count.lock().unwrap()));
    assert!(median < LONGEST_MEDIAN_START, "restarts took {starts:?}");
}

const CLERKS: usize = 3;
const ROUNDS: u32 = 30;
const LONGEST_LIFE_MS: u64 = 1_200;
/// A restart, until every listener answers. A quiet machine needs a fifth of a second; tests run several at a time.
const LONGEST_MEDIAN_START: Duration = Duration::from_secs(2);
