//! Stands where the token will be: locked until enough custodians gave their shares, and that token from then on.

use super::quorum::{Given, NotTaken, Progress, Quorum};
use super::shared_pin::Share;
use crate::clock::Clock;
use crate::signer::token::CaToken;
use hsm::HsmError;
use pki::key::{KeyId, PublicKey, SignError, SignatureAlgorithm, Signer};
use secrecy::SecretString;
use std::collections::BTreeSet;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, OnceLock};
use std::time::Duration;

/// A token behind a quorum of custodians.
pub struct Vault {
    /// Held while shares are judged and the token is opened: the PIN is put together once.
    quorum: Mutex<Quorum>,
    /// Tells the watch that the window began.
    changed: Condvar,
    opened: OnceLock<Arc<dyn CaToken>>,
    opener: Box<Opener>,
    clock: Arc<dyn Clock>,
}

/// Opens the token with its PIN.
pub type Opener = dyn Fn(SecretString) -> Result<Arc<dyn CaToken>, HsmError> + Send + Sync;

/// What a share brought.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Taken {
    /// Others are needed.
    Waiting(Progress),
    /// The token is open; these custodians opened it.
    Opened(BTreeSet<String>),
}

/// Why a share brought nothing.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum VaultError {
    /// The share is not taken.
    #[error(transparent)]
    NotTaken(#[from] NotTaken),
    /// The token is open already.
    #[error("the token was opened before")]
    Open,
    /// The token cannot be reached; all shares must be given again.
    #[error("the token cannot be opened, and the shares were forgotten")]
    Token(#[source] HsmError),
}

impl Vault {
    /// A locked token.
    pub fn new(quorum: Quorum, opener: Box<Opener>, clock: Arc<dyn Clock>) -> Self {
        Self { quorum: Mutex::new(quorum), changed: Condvar::new(), opened: OnceLock::new(), opener, clock }
    }

    /// Takes a custodian's share, and opens the token with the last that is needed. The PIN is tried once; if the token
    /// refuses it, the token stays refused until the process starts anew.
    ///
    /// # Errors
    /// [`VaultError`].
    pub fn give(&self, custodian: &str, share: Share) -> Result<Taken, VaultError> {
        let mut quorum = self.quorum();
        if self.opened.get().is_some() {
            return Err(VaultError::Open);
        }
        match quorum.give(custodian, share, self.clock.now())? {
            Given::Waiting(progress) => {
                self.changed.notify_all();
                Ok(Taken::Waiting(progress))
            }
            Given::Complete(pin, custodians) => {
                let token = (self.opener)(pin).map_err(VaultError::Token)?;
                self.opened.get_or_init(|| token);
                self.changed.notify_all();
                Ok(Taken::Opened(custodians))
            }
        }
    }

    /// Forgets shares whose window is over, also if nobody asks again. Returns when the token is open.
    pub fn watch(&self) {
        let mut quorum = self.quorum();
        while self.opened.get().is_none() {
            quorum = match quorum.until() {
                None => self.changed.wait(quorum).expect(NO_PANIC),
                Some(until) => {
                    let left = u64::try_from(until.unix() - self.clock.now().unix()).unwrap_or(0).max(1);
                    self.changed.wait_timeout(quorum, Duration::from_secs(left)).expect(NO_PANIC).0
                }
            };
            if quorum.expire(self.clock.now()) {
                tracing::warn!(token = quorum.token(), "too few custodians came in time: their shares are forgotten");
            }
        }
    }

    /// Label of the token.
    pub fn token(&self) -> String {
        self.quorum().token().to_owned()
    }

    fn locked(&self) -> String {
        format!("locked: shares of custodians, {}", self.quorum().progress())
    }

    fn quorum(&self) -> MutexGuard<'_, Quorum> {
        self.quorum.lock().expect(NO_PANIC)
    }
}

impl Signer for Vault {
    fn sign(&self, key: &KeyId, algorithm: SignatureAlgorithm, message: &[u8]) -> Result<Vec<u8>, SignError> {
        match self.opened.get() {
            Some(token) => token.sign(key, algorithm, message),
            None => Err(SignError::Unavailable { detail: self.locked() }),
        }
    }

    fn public_key(&self, key: &KeyId) -> Result<PublicKey, SignError> {
        match self.opened.get() {
            Some(token) => token.public_key(key),
            None => Err(SignError::Unavailable { detail: self.locked() }),
        }
    }
}

impl CaToken for Vault {
    fn problem(&self) -> Option<String> {
        self.opened.get().map_or_else(|| Some(self.locked()), |token| token.problem())
    }

    fn check_key(&self, key: &KeyId, expected: &PublicKey) -> Result<(), HsmError> {
        match self.opened.get() {
            Some(token) => token.check_key(key, expected),
            None => Err(HsmError::Unavailable { why: self.locked() }),
        }
    }

    fn destroy_key(&self, key: &KeyId, expected: &PublicKey) -> Result<(), HsmError> {
        match self.opened.get() {
            Some(token) => token.destroy_key(key, expected),
            None => Err(HsmError::Unavailable { why: self.locked() }),
        }
    }
}

const NO_PANIC: &str = "nothing panics while it holds the quorum";
