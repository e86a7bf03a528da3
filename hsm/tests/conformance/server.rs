//! A token behind a process of its own, which is killed, stopped and started again.

use std::process::Command;
use std::time::Duration;

use hsm::{KeyRole, Module, Pool, TokenConfig, TokenState};
use pki::{KeyId, KeyKind, SignError};
use testkit::token::{TokenFolder, TokenServer, wait_until};

use crate::{DEADLINE, RECOVERY, config_through, sign, timed, usable, wait_for_recovery};

/// The test in a process whose environment leads to a server that the test itself starts.
fn with_server(test: &str, body: impl FnOnce(&TokenFolder, TokenServer)) {
    let prepare = |folder: &TokenFolder, command: &mut Command| {
        folder.init(crate::TOKEN, crate::SO_PIN, crate::PIN)?;
        command.env("P11_KIT_SERVER_ADDRESS", TokenServer::address_in(folder));
        Ok(())
    };
    testkit::token::in_child(test, prepare, |folder| {
        let module = folder.fault_module().unwrap();
        body(folder, TokenServer::start(folder, &module).unwrap());
    });
}

fn client() -> TokenConfig {
    config_through(TokenServer::client_module().unwrap())
}

fn pool_with_key(role: KeyRole) -> (Pool, KeyId) {
    let pool = usable(client());
    let key = KeyId::new("remote");
    pool.generate(&key, KeyKind::EcP256, role).unwrap();
    sign(&pool, &key).unwrap();
    (pool, key)
}

#[test]
fn killed_server_is_told_and_its_successor_used() {
    with_server("server::killed_server_is_told_and_its_successor_used", |_, mut server| {
        let (pool, key) = pool_with_key(KeyRole::OcspSigner);
        for _ in 0..3 {
            server.kill().unwrap();
            wait_until("the loss shows", RECOVERY, || {
                let outcome = sign(&pool, &key);
                assert!(!matches!(outcome, Err(SignError::NoSuchKey { .. })), "{outcome:?}");
                matches!(pool.state(), TokenState::Unusable { .. })
            });
            let (outcome, took) = timed(|| sign(&pool, &key));
            assert!(matches!(outcome, Err(SignError::Unavailable { .. })), "{outcome:?}");
            assert!(took < DEADLINE, "{took:?}");
            server.start_again().unwrap();
            wait_for_recovery(&pool, &key);
        }
    });
}

#[test]
fn server_that_restarts_unseen_costs_at_most_an_error() {
    with_server("server::server_that_restarts_unseen_costs_at_most_an_error", |_, mut server| {
        let (pool, key) = pool_with_key(KeyRole::Holder);
        server.kill().unwrap();
        server.start_again().unwrap();
        wait_for_recovery(&pool, &key);
    });
}

#[test]
fn stopped_server_costs_callers_their_deadline_and_no_more() {
    with_server("server::stopped_server_costs_callers_their_deadline_and_no_more", |_, server| {
        let (pool, key) = pool_with_key(KeyRole::Holder);
        server.signal("STOP").unwrap();
        for _ in 0..4 {
            let (outcome, took) = timed(|| sign(&pool, &key));
            assert_eq!(outcome, Err(SignError::Timeout));
            assert!((DEADLINE..DEADLINE + Duration::from_secs(1)).contains(&took), "{took:?}");
        }
        assert!(matches!(pool.state(), TokenState::Unusable { .. }), "{:?}", pool.state());
        server.signal("CONT").unwrap();
        wait_for_recovery(&pool, &key);
    });
}

#[test]
fn server_killed_while_stopped_is_replaced() {
    with_server("server::server_killed_while_stopped_is_replaced", |_, mut server| {
        let (pool, key) = pool_with_key(KeyRole::OcspSigner);
        server.signal("STOP").unwrap();
        assert_eq!(sign(&pool, &key), Err(SignError::Timeout));
        server.kill().unwrap();
        server.start_again().unwrap();
        wait_for_recovery(&pool, &key);
    });
}

/// The module's process dies in the middle of a signature.
#[test]
fn server_that_dies_while_signing_is_told() {
    with_server("server::server_that_dies_while_signing_is_told", |folder, mut server| {
        let (pool, key) = pool_with_key(KeyRole::Holder);
        folder.set_faults("C_Sign kill 0\n").unwrap();
        let outcome = sign(&pool, &key);
        assert!(matches!(outcome, Err(SignError::Unavailable { .. })), "{outcome:?}");
        folder.set_faults("").unwrap();
        server.kill().unwrap();
        server.start_again().unwrap();
        wait_for_recovery(&pool, &key);
    });
}

#[test]
fn server_may_come_after_the_pool() {
    with_server("server::server_may_come_after_the_pool", |_, mut server| {
        server.kill().unwrap();
        let pool = Pool::open(client()).unwrap();
        assert!(matches!(pool.state(), TokenState::Unusable { .. }));
        assert!(matches!(client().module, Module::Path(_)));
        server.start_again().unwrap();
        wait_until("the token is found", RECOVERY, || pool.state() == TokenState::Usable);
        pool.probe().unwrap();
    });
}
