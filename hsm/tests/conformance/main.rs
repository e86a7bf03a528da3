//! What a token must do for this service, and what the pool must do when it does not.
//!
//! Each test runs in a process of its own with a fresh `SoftHSM2` token; OpenSSL judges the signatures.

#![expect(clippy::unwrap_used, reason = "a test that fails says where")]

mod backup;
mod faults;
mod keys;
mod limits;
mod pins;
mod server;

use std::path::PathBuf;
use std::process::Command;
use std::time::{Duration, Instant};

use hsm::{Module, Pool, TokenConfig, TokenState};
use pki::{KeyId, SignError, SignatureAlgorithm, Signer};
use testkit::token::{TokenFolder, in_child, wait_until};

const TOKEN: &str = "conformance";
const SO_PIN: &str = "12345678";
const PIN: &str = "4711471147";
const DEADLINE: Duration = Duration::from_secs(2);
/// Longest pause of the recovery, the restart of the module, and a slow machine.
const RECOVERY: Duration = Duration::from_secs(20);

/// The test in a process of its own with one token.
fn with_token(test: &str, body: impl FnOnce(&TokenFolder)) {
    let prepare = |folder: &TokenFolder, _: &mut Command| folder.init(TOKEN, SO_PIN, PIN);
    in_child(test, prepare, body);
}

/// The test in a process of its own, on one token of every module that is built in, all loaded at once.
fn on_each_token(test: &str, body: impl Fn(&TokenConfig)) {
    with_token(test, |folder| {
        body(&config());
        if cfg!(feature = "embedded-token") {
            body(&embedded(folder));
        }
    });
}

/// A new embedded token beside those of `SoftHSM2`.
fn embedded(folder: &TokenFolder) -> TokenConfig {
    std::fs::write(folder.embedded_configuration(), hsm::embedded_configuration(folder.root(), 2)).unwrap();
    hsm::init_token(&Module::Embedded, TOKEN, &SO_PIN.into(), &PIN.into()).unwrap();
    TokenConfig { module: Module::Embedded, ..config() }
}

fn config() -> TokenConfig {
    TokenConfig {
        module: Module::Auto,
        token_label: TOKEN.to_owned(),
        token_serial: None,
        pin: PIN.into(),
        threads: 2,
        queue: 64,
        deadline: DEADLINE,
    }
}

fn config_through(module: PathBuf) -> TokenConfig {
    TokenConfig { module: Module::Path(module), ..config() }
}

fn usable(config: TokenConfig) -> Pool {
    let pool = Pool::open(config).unwrap();
    assert_eq!(pool.state(), TokenState::Usable);
    pool
}

fn sign(pool: &Pool, key: &KeyId) -> Result<Vec<u8>, SignError> {
    Signer::sign(pool, key, SignatureAlgorithm::EcdsaSha256, b"message")
}

/// Calls until a signature comes out again.
fn wait_for_recovery(pool: &Pool, key: &KeyId) {
    wait_until("the pool signs again", RECOVERY, || sign(pool, key).is_ok());
    assert_eq!(pool.state(), TokenState::Usable);
}

#[expect(clippy::disallowed_methods, reason = "the test measures that a deadline is kept")]
fn timed<T>(work: impl FnOnce() -> T) -> (T, Duration) {
    let start = Instant::now();
    let value = work();
    (value, start.elapsed())
}
