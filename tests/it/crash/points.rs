//! A crash at every named write of the store and at every named step of the signer.

use crate::support::load::{Clerk, Memory};
use crate::support::oracle::Oracle;
use crate::support::watch::Watch;
use crate::support::{Installation, Stopwatch, invariants, report, wait};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

/// Points that neither issuing nor revoking one card passes: agencies and their steps, people's packages and employments,
/// receipts, reserve cards, functions, notices, bulk revocations, new policies (which have a test of their own), acts on CA keys,
/// logins, keys of requests, and erasure.
const ELSEWHERE: &[&str] = &[
    "tenant",
    "employment-end",
    "person-changed",
    "person-number-replaced",
    "agreement",
    "move-new",
    "move",
    "assignment-new",
    "assignment",
    "training",
    "reserve-stock",
    "reserve-order",
    "hand-out",
    "function-new",
    "function",
    "address",
    "notice-new",
    "notice",
    "bulk-new",
    "bulk-item",
    "bulk",
    "bulk-outcome",
    "policies",
    "ca-key",
    "registration",
    "registration-approval",
    "token-key",
    "session",
    "ticket",
    "ticket-spent",
    "session-ended",
    "tickets-forgotten",
    "sessions-forgotten",
    "register-answer",
    "person-checked",
    "work",
    "work-done",
    "request-key",
    "request-answer",
    "requests-forgotten",
    "erase",
];
/// Points that every transaction passes: many times in the life of one card.
const EVERYWHERE: &[&str] = &["begin", "audit", "commit", "committed"];
/// Fewer than the transactions from an application to the published revocation, jobs included: some share one.
const TRANSACTIONS: usize = 8;

/// A card goes from application to revocation again and again, each time with a crash in another
/// place; the officers try again after the restart.
#[tokio::test(flavor = "multi_thread")]
async fn crash_at_every_write_of_the_store_loses_nothing() {
    let once = store::fault::POINTS.iter().filter(|point| !ELSEWHERE.contains(point) && !EVERYWHERE.contains(point));
    let often = EVERYWHERE.iter().flat_map(|point| (1..=TRANSACTIONS).step_by(4).map(move |nth| (*point, nth)));
    let crashes: Vec<_> = once.map(|point| (*point, 1)).chain(often).collect();
    crash_at_each("crash-store", sigill::crash::STORE_VARIABLE, &crashes).await;
}

/// The same for the signer's own process, which the service starts again.
#[tokio::test(flavor = "multi_thread")]
async fn crash_at_every_step_of_the_signer_loses_nothing() {
    let crashes: Vec<_> = sigill::signer::fault::POINTS.iter().map(|point| (*point, 1)).collect();
    crash_at_each("crash-signer", sigill::crash::SIGNER_VARIABLE, &crashes).await;
}

async fn crash_at_each(name: &str, variable: &str, crashes: &[(&str, usize)]) {
    let mut installation = Installation::start(name);
    let oracle = Arc::new(Oracle::new(&installation));
    let (memory, watch) = (Arc::<Memory>::default(), Watch::begin(&installation));
    let clerk = Arc::new(Clerk::new(&installation, &oracle, &memory));
    let mut missed = BTreeSet::new();
    for (point, nth) in crashes {
        let at = format!("{point}:{nth}");
        installation.kill();
        installation.set_environment(&[(variable, &at)]);
        // It may not get as far as serving: some writes are made at the start.
        let started = tokio::task::block_in_place(|| installation.try_run()).is_ok();
        let clerk = Arc::clone(&clerk);
        let card = tokio::spawn(async move { clerk.fulfil(true).await });
        if started && !crashes_soon(&mut installation).await {
            missed.insert(at);
        }
        installation.kill();
        installation.set_environment(&[]);
        tokio::task::block_in_place(|| installation.run());
        card.await.expect("every card can be finished, whatever happened on the way");
    }
    assert!(missed.is_empty(), "never passed: {missed:?}");
    memory.assert_no_internal_errors();
    let seen = watch.end().await;
    invariants::check(&installation, &memory, Some(&seen)).await;
    report(&format!("{} crashes; {}", crashes.len(), memory.summary()));
}

/// Whether the service or its signer ends by itself.
async fn crashes_soon(installation: &mut Installation) -> bool {
    let begun = Stopwatch::start();
    while begun.elapsed() < LONGEST_UNTIL_PASSED {
        if installation.has_ended() || installation.signer_has_ended() {
            return true;
        }
        wait(Duration::from_millis(10)).await;
    }
    false
}

/// A card's life, and the CRL that lists it.
const LONGEST_UNTIL_PASSED: Duration = Duration::from_secs(20);
