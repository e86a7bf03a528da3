//! The queue's limit and the callers' deadlines.

use std::sync::mpsc::channel;
use std::time::Duration;

use hsm::{KeyRole, Pool, TokenConfig};
use pki::{KeyId, KeyKind, SignError, SignatureAlgorithm};
use testkit::token::{TokenFolder, wait_until};

use crate::{config_through, timed, usable, with_token};

/// A pool of one worker whose signatures take `delay_ms`.
fn slow_pool(folder: &TokenFolder, delay_ms: u32, config: impl FnOnce(TokenConfig) -> TokenConfig) -> (Pool, KeyId) {
    let base = TokenConfig { threads: 1, ..config_through(folder.fault_module().unwrap()) };
    let pool = usable(config(base));
    let key = KeyId::new("slow");
    pool.generate(&key, KeyKind::EcP256, KeyRole::Holder).unwrap();
    crate::sign(&pool, &key).unwrap();
    folder.set_faults(&format!("C_SignInit delay {delay_ms}\n")).unwrap();
    (pool, key)
}

#[test]
fn full_queue_is_busy_at_once() {
    with_token("limits::full_queue_is_busy_at_once", |folder| {
        let (pool, key) = slow_pool(folder, 300, |base| TokenConfig { queue: 2, ..base });
        let (sender, receiver) = channel();
        for _ in 0..6 {
            let sender = sender.clone();
            pool.sign_with(&key, SignatureAlgorithm::EcdsaSha256, b"m".to_vec(), move |outcome| {
                sender.send(outcome).unwrap();
            });
        }
        let outcomes: Vec<_> = (0..6).map(|_| receiver.recv().unwrap()).collect();
        let busy = outcomes.iter().filter(|outcome| **outcome == Err(SignError::Busy)).count();
        assert!((3..=4).contains(&busy), "two wait and at most one runs: {outcomes:?}");
        assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 6 - busy);
    });
}

#[test]
fn caller_is_answered_at_its_deadline_and_expired_jobs_are_not_signed() {
    with_token("limits::caller_is_answered_at_its_deadline_and_expired_jobs_are_not_signed", |folder| {
        let deadline = Duration::from_millis(200);
        let (pool, key) = slow_pool(folder, 900, |base| TokenConfig { deadline, ..base });
        let signed_before = folder.calls_of("C_Sign").unwrap();

        let (sender, receiver) = channel();
        let (outcome, took) = timed(|| {
            for _ in 0..3 {
                let sender = sender.clone();
                pool.sign_with(&key, SignatureAlgorithm::EcdsaSha256, b"m".to_vec(), move |outcome| {
                    sender.send(outcome).unwrap();
                });
            }
            crate::sign(&pool, &key)
        });
        assert_eq!(outcome, Err(SignError::Timeout));
        assert!((deadline..deadline * 2).contains(&took), "{took:?}");
        let (outcomes, took) = timed(|| (0..3).map(|_| receiver.recv().unwrap()).collect::<Vec<_>>());
        assert_eq!(outcomes, vec![Err(SignError::Timeout); 3]);
        assert!(took < deadline, "{took:?}");

        folder.set_faults("").unwrap();
        wait_until("the worker is back", crate::RECOVERY, || crate::sign(&pool, &key).is_ok());
        let signed = folder.calls_of("C_Sign").unwrap() - signed_before;
        // One length query and one signature each: the first job's late one, and the one that came through.
        assert!(signed <= 4, "{signed} calls of C_Sign");
    });
}

#[test]
fn callback_that_panics_leaves_the_pool_alive() {
    with_token("limits::callback_that_panics_leaves_the_pool_alive", |folder| {
        let (pool, key) = slow_pool(folder, 0, |base| base);
        pool.sign_with(&key, SignatureAlgorithm::EcdsaSha256, b"m".to_vec(), |_| panic!("the caller's fault"));
        crate::sign(&pool, &key).unwrap();
    });
}

#[test]
fn last_clone_may_go_in_a_callback() {
    with_token("limits::last_clone_may_go_in_a_callback", |folder| {
        let (pool, key) = slow_pool(folder, 0, |base| base);
        let (sender, receiver) = channel();
        let clone = pool.clone();
        pool.sign_with(&key, SignatureAlgorithm::EcdsaSha256, b"m".to_vec(), move |outcome| {
            let ((), took) = timed(|| drop(clone));
            sender.send((outcome.is_ok(), took)).unwrap();
        });
        drop(pool);
        let (signed, took) = receiver.recv().unwrap();
        assert!(signed && took < Duration::from_secs(1), "{took:?}");
    });
}
