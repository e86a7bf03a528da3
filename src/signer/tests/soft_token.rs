//! A token and a clock that do as a test says.

use crate::clock::Clock;
use crate::signer::token::CaToken;
use hsm::HsmError;
use pki::key::{KeyId, KeyKind, PublicKey, SignError, SignatureAlgorithm, Signer};
use pki::time::UtcTime;
use std::collections::VecDeque;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use testkit::SoftSigner;

/// A token that tells how often it signed.
pub(super) trait TestToken: CaToken {
    /// Signatures so far, of any key.
    fn signatures(&self) -> usize;
}

/// CA keys in memory. Counts what it signs, and fails when told to.
#[derive(Default)]
pub(super) struct SoftToken {
    keys: SoftSigner,
    signed: AtomicUsize,
    pub(super) problem: Mutex<Option<String>>,
    pub(super) failures: Mutex<VecDeque<SignError>>,
    pub(super) unfit: Mutex<bool>,
    pub(super) destroyed: Mutex<Vec<KeyId>>,
    /// What happens once, while something is being signed.
    pub(super) meanwhile: Mutex<Option<Meanwhile>>,
}

pub(super) type Meanwhile = Box<dyn FnOnce() + Send>;

/// A clock that stands where it was set.
pub(super) struct SetClock(pub(super) Mutex<UtcTime>);

impl Clock for SetClock {
    fn now(&self) -> UtcTime {
        *self.0.lock().unwrap()
    }
}

impl Signer for SoftToken {
    fn sign(&self, key: &KeyId, algorithm: SignatureAlgorithm, message: &[u8]) -> Result<Vec<u8>, SignError> {
        if let Some(failure) = self.failures.lock().unwrap().pop_front() {
            return Err(failure);
        }
        let meanwhile = self.meanwhile.lock().unwrap().take();
        if let Some(meanwhile) = meanwhile {
            meanwhile();
        }
        self.signed.fetch_add(1, Ordering::SeqCst);
        self.keys.sign(key, algorithm, message)
    }

    fn public_key(&self, key: &KeyId) -> Result<PublicKey, SignError> {
        self.keys.public_key(key)
    }
}

impl TestToken for SoftToken {
    fn signatures(&self) -> usize {
        self.signed.load(Ordering::SeqCst)
    }
}

impl SoftToken {
    pub(super) fn new() -> Self {
        let mut keys = SoftSigner::new();
        for (label, kind) in CA_KEYS {
            keys.add(label, kind);
        }
        Self { keys, ..Self::default() }
    }
}

impl CaToken for SoftToken {
    fn problem(&self) -> Option<String> {
        self.problem.lock().unwrap().clone()
    }

    fn check_key(&self, key: &KeyId, expected: &PublicKey) -> Result<(), HsmError> {
        let gone = self.destroyed.lock().unwrap().contains(key);
        if gone || *self.unfit.lock().unwrap() || self.keys.public(key) != *expected {
            return Err(HsmError::KeyUnusable { key: key.clone(), detail: "CKA_EXTRACTABLE is true".to_owned() });
        }
        Ok(())
    }

    fn destroy_key(&self, key: &KeyId, expected: &PublicKey) -> Result<(), HsmError> {
        self.check_key(key, expected)?;
        self.destroyed.lock().unwrap().push(key.clone());
        Ok(())
    }
}

/// The keys that a token needs for the ceremony.
pub(super) const CA_KEYS: [(&str, KeyKind); 6] = [
    ("root", KeyKind::EcP384),
    ("root-2", KeyKind::EcP384),
    ("person", KeyKind::EcP256),
    ("person-2", KeyKind::EcP256),
    ("infrastructure", KeyKind::EcP256),
    ("function", KeyKind::EcP256),
];
