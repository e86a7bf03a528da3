//! Faults of the module: every return code that a device in trouble gives, lost answers, wrong answers, a lost token.

use std::collections::BTreeSet;

use hsm::{KeyRole, Pool, TokenConfig, TokenState};
use pki::{KeyId, KeyKind, SignError};
use testkit::token::{TokenFolder, wait_until};

use crate::{RECOVERY, config, config_through, sign, usable, wait_for_recovery, with_token};

fn pool_with_key(folder: &TokenFolder, role: KeyRole) -> (Pool, KeyId) {
    let pool = usable(TokenConfig { threads: 2, ..config_through(folder.fault_module().unwrap()) });
    let key = KeyId::new("faulty");
    pool.generate(&key, KeyKind::EcP256, role).unwrap();
    sign(&pool, &key).unwrap();
    (pool, key)
}

const CODES: [&str; 6] = ["0x30", "0x32", "0xB3", "0x101", "0xE0", "0x05"];

#[test]
fn lasting_trouble_is_told_and_healed_without_a_restart_of_the_process() {
    with_token("faults::lasting_trouble_is_told_and_healed_without_a_restart_of_the_process", |folder| {
        let (pool, key) = pool_with_key(folder, KeyRole::Holder);
        for function in ["C_SignInit", "C_Sign", "C_OpenSession"] {
            for code in CODES {
                folder.set_faults(&format!("{function} rv {code}\nC_GetSessionInfo rv {code}\n")).unwrap();
                wait_until("trouble shows in the state", RECOVERY, || {
                    let outcome = sign(&pool, &key);
                    assert!(
                        !matches!(outcome, Err(SignError::NoSuchKey { .. } | SignError::Refused { .. })),
                        "{function} {code}: {outcome:?}"
                    );
                    matches!(pool.state(), TokenState::Unusable { .. })
                });
                assert!(matches!(sign(&pool, &key), Err(SignError::Unavailable { .. })));
                folder.set_faults("").unwrap();
                wait_for_recovery(&pool, &key);
            }
        }
    });
}

#[test]
fn passing_trouble_before_the_signature_is_not_seen_by_callers() {
    with_token("faults::passing_trouble_before_the_signature_is_not_seen_by_callers", |folder| {
        let (pool, key) = pool_with_key(folder, KeyRole::Holder);
        for code in CODES {
            folder.set_faults(&format!("C_SignInit rv {code} every 5\n")).unwrap();
            for round in 0..20 {
                sign(&pool, &key).unwrap_or_else(|error| panic!("{code}, round {round}: {error}"));
            }
        }
    });
}

/// The signature may exist, and may have been counted: no second attempt.
#[test]
fn lost_answer_is_reported_and_not_asked_for_again() {
    with_token("faults::lost_answer_is_reported_and_not_asked_for_again", |folder| {
        let (pool, key) = pool_with_key(folder, KeyRole::Holder);
        for code in ["0x30", "0x05", "0x101"] {
            folder.set_faults(&format!("C_Sign after {code} every 2\n")).unwrap();
            sign(&pool, &key).unwrap();
            let before = folder.calls_of("C_Sign").unwrap();
            assert!(matches!(sign(&pool, &key), Err(SignError::Unavailable { .. })));
            assert_eq!(folder.calls_of("C_Sign").unwrap() - before, 2, "a length query and one signature");
            folder.set_faults("").unwrap();
            wait_for_recovery(&pool, &key);
        }
    });
}

#[test]
fn wrong_signature_does_not_leave_the_pool() {
    with_token("faults::wrong_signature_does_not_leave_the_pool", |folder| {
        let (pool, key) = pool_with_key(folder, KeyRole::OcspSigner);
        folder.set_faults("C_Sign corrupt 0\n").unwrap();
        for _ in 0..5 {
            assert!(matches!(sign(&pool, &key), Err(SignError::Faulty { .. })));
        }
        assert!(pool.probe().is_err());
        folder.set_faults("").unwrap();
        sign(&pool, &key).unwrap();
    });
}

#[test]
fn idle_pool_notices_a_lost_session() {
    with_token("faults::idle_pool_notices_a_lost_session", |folder| {
        let (pool, key) = pool_with_key(folder, KeyRole::Holder);
        folder.set_faults("C_GetSessionInfo rv 0xB3\nC_OpenSession rv 0xE0\n").unwrap();
        wait_until("the heartbeat tells", RECOVERY, || matches!(pool.state(), TokenState::Unusable { .. }));
        folder.set_faults("").unwrap();
        wait_until("and recovers by itself", RECOVERY, || pool.state() == TokenState::Usable);
        sign(&pool, &key).unwrap();
    });
}

/// The stored key goes with the folder. A session copy is the module's memory and may sign on, so only a key without
/// one must fail.
#[test]
fn token_that_is_taken_away_and_brought_back_is_used_again() {
    with_token("faults::token_that_is_taken_away_and_brought_back_is_used_again", |folder| {
        let pool = usable(config());
        let key = KeyId::new("stored");
        let public = pool.generate(&key, KeyKind::EcP256, KeyRole::Ca).unwrap();
        sign(&pool, &key).unwrap();
        for _ in 0..3 {
            folder.take_away().unwrap();
            wait_until("the loss shows", RECOVERY, || {
                let outcome = sign(&pool, &key);
                assert!(!matches!(outcome, Err(SignError::NoSuchKey { .. })), "{outcome:?}");
                matches!(pool.state(), TokenState::Unusable { .. })
            });
            assert!(matches!(sign(&pool, &key), Err(SignError::Unavailable { .. })));
            folder.bring_back().unwrap();
            wait_for_recovery(&pool, &key);
            pool.check_ca_key(&key, &public, &BTreeSet::new()).unwrap();
        }
    });
}

#[test]
fn token_may_come_after_the_pool() {
    with_token("faults::token_may_come_after_the_pool", |folder| {
        folder.take_away().unwrap();
        let pool = Pool::open(config()).unwrap();
        let TokenState::Unusable { why } = pool.state() else { panic!("{:?}", pool.state()) };
        assert!(why.contains("no token"), "{why}");
        folder.bring_back().unwrap();
        wait_until("the token is found", RECOVERY, || pool.state() == TokenState::Usable);
        pool.probe().unwrap();
    });
}
