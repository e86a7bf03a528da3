//! The pool: what the rest of the service sees of a token.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use pki::{KeyId, KeyKind, PublicKey, SignError, SignatureAlgorithm, Signer};
use zeroize::Zeroizing;

use crate::attributes::KeyAttributes;
use crate::card::{self, CardKey};
use crate::clock::now;
use crate::config::{GENERATION_DEADLINE, TokenConfig};
use crate::lock::lock;
use crate::module::LoadedModule;
use crate::queue::{Answer, Ask, Job, Reply, Waiter};
use crate::template::{BackupMode, KeyRole, NewKey};
use crate::threads::{Owner, Shared};
use crate::token::{Seat, TokenInfo, TokenState};
use crate::wrapping::{self, WrappedKey};
use crate::{HsmError, certificate, destroy, key, metric, probe};

/// A token with worker threads before it. Clones share it; the last one closes it.
///
/// Every call is answered by its deadline, whatever the token does.
#[derive(Clone)]
pub struct Pool {
    owner: Arc<Owner>,
}

impl Pool {
    /// Loads the module and starts the threads; waits until the token was probed once, at most for the deadline.
    ///
    /// Succeeds also while the token is away or refuses the PIN: see [`state`](Self::state). An absent token is
    /// looked for in the background. A refused PIN is not tried again in this process, by this pool or another.
    ///
    /// # Errors
    /// [`HsmError::Setting`], [`HsmError::ModuleNotFound`], [`HsmError::Load`] or [`HsmError::Thread`].
    pub fn open(config: TokenConfig) -> Result<Self, HsmError> {
        for (what, found) in [("threads", config.threads), ("queue", config.queue)] {
            if found == 0 {
                return Err(HsmError::Setting { what, found, least: 1 });
            }
        }
        let module = LoadedModule::load(&config.module)?;
        let owner = Owner::new(config);
        owner.shared.start(module)?;
        owner.shared.link.wait_until_probed(owner.shared.config.deadline);
        Ok(Self { owner: Arc::new(owner) })
    }

    /// The state of the token, as last known; asks nothing of the module.
    pub fn state(&self) -> TokenState {
        let shared = self.shared();
        if shared.queue.hangs() {
            return TokenState::Unusable { why: "the PKCS#11 module does not answer".to_owned() };
        }
        shared.link.state()
    }

    /// Makes the token sign a test value with a key that lives only for that.
    ///
    /// # Errors
    /// [`HsmError::Unavailable`], [`HsmError::Busy`], [`HsmError::Timeout`], [`HsmError::Faulty`], or what the
    /// module reported.
    pub fn probe(&self) -> Result<(), HsmError> {
        self.call(|seat| seat.with(probe::sign_test_value))
    }

    /// Generates a key pair on the token. Its label is `key`, its `CKA_ID` a hash of that.
    ///
    /// # Errors
    /// [`HsmError::KeyExists`] if the label is taken; [`HsmError::WrongAttribute`] if the token made another key than
    /// asked for (it is then destroyed); else as [`probe`](Self::probe). After [`HsmError::Timeout`] the key may
    /// still appear.
    pub fn generate(&self, key: &KeyId, kind: KeyKind, role: KeyRole) -> Result<PublicKey, HsmError> {
        self.generate_with_backup(key, kind, role, BackupMode::Clone)
    }

    /// [`generate`](Self::generate) in another backup mode than `clone`.
    ///
    /// # Errors
    /// [`HsmError::NoTrustedWrapping`] unless a trusted wrapping key on the token takes the new key out and an untrusted
    /// one does not (the key is then destroyed), else as [`generate`](Self::generate).
    pub fn generate_with_backup(
        &self,
        key: &KeyId,
        kind: KeyKind,
        role: KeyRole,
        backup: BackupMode,
    ) -> Result<PublicKey, HsmError> {
        let new = NewKey { key: key.clone(), kind, role, backup };
        let limit = self.shared().config.deadline.max(GENERATION_DEADLINE);
        let _turn = lock(&self.shared().generating);
        self.call_within(limit, move |seat| key::generate(seat, &new))
    }

    /// The private key under a trusted wrapping key of the token: the backup of a key of mode `wrap`.
    ///
    /// # Errors
    /// [`HsmError::NoSuchKey`] if one of the two is missing; what the module reported if it lets the key not go.
    pub fn wrap_key(&self, key: &KeyId, wrapping: &KeyId) -> Result<WrappedKey, HsmError> {
        let (key, wrapping, seen) = (key.clone(), wrapping.clone(), Arc::clone(&self.shared().seen));
        self.call(move |seat| wrapping::wrap(seat, &seen, &key, &wrapping))
    }

    /// Brings a wrapped key back under the label `key`, in mode `wrap` again. It proves itself before it stays: it signs
    /// a test value that its public key verifies.
    ///
    /// # Errors
    /// [`HsmError::KeyExists`] if the label is taken, [`HsmError::Faulty`] if it is another key than the backup says,
    /// else what the module reported.
    pub fn unwrap_key(
        &self,
        key: &KeyId,
        role: KeyRole,
        wrapped: &WrappedKey,
        wrapping: &KeyId,
    ) -> Result<(), HsmError> {
        let (key, wrapped, wrapping) = (key.clone(), wrapped.clone(), wrapping.clone());
        self.call(move |seat| wrapping::unwrap(seat, (&key, role), &wrapped, &wrapping))
    }

    /// Makes a key prove that it is the one that `expected` belongs to: by a signature over a fixed text that is no
    /// certificate, request or list; or, if it signs nothing, by agreeing on a secret with a key that was drawn for that.
    ///
    /// # Errors
    /// [`HsmError::WrongPublicKey`], [`HsmError::Faulty`], else as [`attributes`](Self::attributes).
    pub fn prove(&self, key: &KeyId, expected: &PublicKey) -> Result<(), HsmError> {
        key::same_key(key, &self.public_key(key)?, expected)?;
        let (asked, seen) = (key.clone(), Arc::clone(&self.shared().seen));
        if self.call(move |seat| key::signs(seat, &seen, &asked))? {
            return self.sign_now(key, probe::algorithm_for(expected.kind()), probe::TEST_VALUE).map(drop);
        }
        let drawn = probe::Counterpart::of(expected).ok_or_else(|| HsmError::Faulty {
            key: key.clone(),
            detail: "it neither signs nor is on a curve for agreement".to_owned(),
        })?;
        let agreed = self.derive(key, &drawn.public)?;
        if *agreed == *drawn.shared {
            return Ok(());
        }
        Err(HsmError::Faulty { key: key.clone(), detail: "it agreed on another secret".to_owned() })
    }

    /// Queues a signature and calls `done` once, on a thread of the pool, at the latest shortly after the deadline.
    ///
    /// `done` must not block: a worker waits for it. The signature was verified and has the form of X.509.
    pub fn sign_with(
        &self,
        key: &KeyId,
        algorithm: SignatureAlgorithm,
        message: Vec<u8>,
        done: impl FnOnce(Result<Vec<u8>, SignError>) + Send + 'static,
    ) {
        let reply = Reply::new(move |outcome: Result<Vec<u8>, HsmError>| done(outcome.map_err(SignError::from)));
        let work = self.signing(key, algorithm, message, || ());
        if let Err(error) = self.enqueue(self.shared().config.deadline, work, &reply) {
            reply.answer(Err(error));
        }
    }

    /// ECDH with `peer`: the shared x coordinate, before any key derivation function.
    ///
    /// # Errors
    /// [`HsmError::NoSuchKey`]; [`HsmError::WrongKind`] unless both keys are on one NIST curve; else as
    /// [`probe`](Self::probe).
    pub fn derive(&self, key: &KeyId, peer: &PublicKey) -> Result<Zeroizing<Vec<u8>>, HsmError> {
        let (key, peer, seen) = (key.clone(), peer.clone(), Arc::clone(&self.shared().seen));
        self.call(move |seat| key::derive(seat, &seen, &key, &peer))
    }

    /// What the token says of a private key.
    ///
    /// # Errors
    /// [`HsmError::NoSuchKey`], [`HsmError::KeyAmbiguous`], else as [`probe`](Self::probe).
    pub fn attributes(&self, key: &KeyId) -> Result<KeyAttributes, HsmError> {
        let (key, seen) = (key.clone(), Arc::clone(&self.shared().seen));
        self.call(move |seat| {
            let entry = key::entry(seat, &seen, &key)?;
            seat.with(|session| KeyAttributes::read(session, entry.stored))
        })
    }

    /// Whether a key may sign as a certificate authority: born on this token, never readable, not copyable, and the
    /// one that `expected`, the certificate's key, belongs to.
    ///
    /// A key of backup mode `wrap` cannot say itself where it was born. It may sign if `transcribed`, the SHA-256
    /// fingerprints of the public keys that verified transcripts of a generation or a restore name, has its own.
    ///
    /// # Errors
    /// [`HsmError::WrongAttribute`], [`HsmError::WrongPublicKey`] or [`HsmError::NoTranscript`], naming what is wrong;
    /// else as [`attributes`](Self::attributes).
    pub fn check_ca_key(
        &self,
        key: &KeyId,
        expected: &PublicKey,
        transcribed: &BTreeSet<[u8; 32]>,
    ) -> Result<(), HsmError> {
        let attributes = self.attributes(key)?;
        attributes.check_ca(key, expected.kind())?;
        key::same_key(key, &self.public_key(key)?, expected)?;
        let fingerprint = expected.fingerprint();
        if attributes.backup() == BackupMode::Wrap && !transcribed.contains(&fingerprint) {
            let fingerprint = key::hexadecimal(&fingerprint);
            return Err(HsmError::NoTranscript { key: key.clone(), fingerprint });
        }
        Ok(())
    }

    /// Reads back a key of a card with what is beside it, and holds each part to the others: the private key was born
    /// on the card, cannot leave it and signs; public key and certificate belong to it and carry its `CKA_ID`.
    ///
    /// # Errors
    /// [`HsmError::WrongAttribute`], [`HsmError::WrongPublicKey`] or [`HsmError::Faulty`], naming what does not fit; else
    /// as [`attributes`](Self::attributes).
    pub fn card_key(&self, key: &KeyId) -> Result<CardKey, HsmError> {
        let key = key.clone();
        self.call(move |seat| seat.with(|session| card::read_back(session, &key)))
    }

    /// What the token says of itself.
    ///
    /// # Errors
    /// As [`probe`](Self::probe).
    pub fn info(&self) -> Result<TokenInfo, HsmError> {
        self.call(|seat| Ok(seat.anchor.info.clone()))
    }

    /// Labels of every private key on the token, sorted.
    ///
    /// # Errors
    /// As [`probe`](Self::probe).
    pub fn keys(&self) -> Result<Vec<KeyId>, HsmError> {
        self.call(|seat| seat.with(key::labels))
    }

    /// The public half of a key. Once read it is remembered, and the token is held to it.
    ///
    /// # Errors
    /// As [`attributes`](Self::attributes).
    pub fn public_key(&self, key: &KeyId) -> Result<PublicKey, HsmError> {
        let seen = Arc::clone(&self.shared().seen);
        if let Some(public) = lock(&seen).get(key) {
            return Ok(public.clone());
        }
        let key = key.clone();
        self.call(move |seat| Ok(key::entry(seat, &seen, &key)?.public.clone()))
    }

    /// Destroys a key for ever: both halves and the certificate beside it, and looks whether they are gone. A key that
    /// is not there counts as destroyed.
    ///
    /// # Errors
    /// [`HsmError::WrongPublicKey`] if the key under this label is not `expected`; else what the module reported.
    pub fn destroy(&self, key: &KeyId, expected: &PublicKey) -> Result<(), HsmError> {
        if self.keys()?.contains(key) {
            key::same_key(key, &self.public_key(key)?, expected)?;
        }
        let (own, label) = (key.clone(), key.clone());
        self.call(move |seat| destroy::destroy(seat, &own))?;
        lock(&self.shared().seen).remove(&label);
        Ok(())
    }

    /// Stores a certificate beside the key that it certifies, in place of an earlier one, under the same label and
    /// `CKA_ID`.
    ///
    /// # Errors
    /// [`HsmError::Certificate`] if it cannot be read, [`HsmError::WrongPublicKey`] if it certifies another key, else
    /// as [`attributes`](Self::attributes).
    pub fn import_certificate(&self, key: &KeyId, der: &[u8]) -> Result<(), HsmError> {
        let (key, der, seen) = (key.clone(), der.to_vec(), Arc::clone(&self.shared().seen));
        self.call(move |seat| {
            let entry = key::entry(seat, &seen, &key)?;
            certificate::import(seat, &key, &entry, &der)
        })
    }

    /// The certificate that is stored under the key's label, if any.
    ///
    /// # Errors
    /// As [`probe`](Self::probe).
    pub fn certificate(&self, key: &KeyId) -> Result<Option<Vec<u8>>, HsmError> {
        let key = key.clone();
        self.call(move |seat| seat.with(|session| certificate::read(session, &key)))
    }

    fn shared(&self) -> &Shared {
        &self.owner.shared
    }

    fn signing(
        &self,
        key: &KeyId,
        algorithm: SignatureAlgorithm,
        message: Vec<u8>,
        unverified: impl Fn() + Send + 'static,
    ) -> impl FnMut(&Seat) -> Result<Vec<u8>, HsmError> + Send + 'static {
        let (key, seen) = (key.clone(), Arc::clone(&self.shared().seen));
        move |seat| {
            let signature = key::sign(seat, &seen, &key, algorithm, &message, &unverified)?;
            metric::signed(&seat.anchor.info.label);
            Ok(signature)
        }
    }

    /// Signs while the caller waits, who is woken while the signature is being verified.
    fn sign_now(&self, key: &KeyId, algorithm: SignatureAlgorithm, message: &[u8]) -> Result<Vec<u8>, HsmError> {
        let answer = Arc::new(Answer::default());
        let (queue, caller) = (Arc::clone(&self.shared().queue), Arc::clone(&answer));
        let unverified = move || {
            if queue.is_calm() {
                caller.comes_soon();
            }
        };
        let work = self.signing(key, algorithm, message.to_vec(), unverified);
        self.wait_for(&answer, self.shared().config.deadline, work)
    }

    fn call<T: Send + 'static>(
        &self,
        work: impl FnMut(&Seat) -> Result<T, HsmError> + Send + 'static,
    ) -> Result<T, HsmError> {
        self.call_within(self.shared().config.deadline, work)
    }

    fn call_within<T: Send + 'static>(
        &self,
        limit: Duration,
        work: impl FnMut(&Seat) -> Result<T, HsmError> + Send + 'static,
    ) -> Result<T, HsmError> {
        self.wait_for(&Arc::new(Answer::default()), limit, work)
    }

    /// Queues `work` and waits for its outcome at `answer`.
    fn wait_for<T: Send + 'static>(
        &self,
        answer: &Arc<Answer<T>>,
        limit: Duration,
        work: impl FnMut(&Seat) -> Result<T, HsmError> + Send + 'static,
    ) -> Result<T, HsmError> {
        let deadline = now() + limit;
        let place = Arc::clone(answer);
        let reply = Reply::new(move |outcome| place.put(outcome));
        self.enqueue(limit, work, &reply)?;
        answer.wait(deadline).unwrap_or_else(|| {
            // From now on a late answer is dropped; one that came in this moment counts.
            reply.expire();
            answer.wait(deadline).unwrap_or(Err(HsmError::Timeout))
        })
    }

    fn enqueue<T: Send + 'static>(
        &self,
        limit: Duration,
        work: impl FnMut(&Seat) -> Result<T, HsmError> + Send + 'static,
        reply: &Arc<Reply<T>>,
    ) -> Result<(), HsmError> {
        let shared = self.shared();
        if let TokenState::Unusable { why } = shared.link.state() {
            return Err(HsmError::Unavailable { why });
        }
        let waiter: Arc<dyn Waiter> = Arc::clone(reply) as _;
        let task = Box::new(Ask { work, value: None, reply: Arc::clone(reply) });
        shared.queue.push(Job { deadline: now() + limit, task, waiter })
    }
}

impl Signer for Pool {
    fn sign(&self, key: &KeyId, algorithm: SignatureAlgorithm, message: &[u8]) -> Result<Vec<u8>, SignError> {
        Ok(self.sign_now(key, algorithm, message)?)
    }

    fn public_key(&self, key: &KeyId) -> Result<PublicKey, SignError> {
        Ok(Self::public_key(self, key)?)
    }
}

impl std::fmt::Debug for Pool {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Pool").field("token", &self.shared().config.token_label).finish_non_exhaustive()
    }
}
