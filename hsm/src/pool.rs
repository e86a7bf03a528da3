//! The pool: what the rest of the service sees of a token.

use std::cell::Cell;
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

use pki::{KeyId, KeyKind, PublicKey, SignError, SignatureAlgorithm, Signer};
use zeroize::Zeroizing;

use crate::attributes::KeyAttributes;
use crate::clock::{left, now};
use crate::config::{GENERATION_DEADLINE, TokenConfig};
use crate::keeper::Keeper;
use crate::key::{self, Seen};
use crate::link::Link;
use crate::lock::{lock, wait_for};
use crate::module::LoadedModule;
use crate::queue::{Answer, Ask, Job, Queue, Reply, Waiter};
use crate::template::KeyRole;
use crate::token::{Seat, TokenInfo, TokenState};
use crate::worker::Worker;
use crate::{HsmError, certificate, metric, probe};

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
        let module = LoadedModule::load(&config.module.locate()?)?;
        let shared = Arc::new(Shared {
            queue: Arc::new(Queue::new(config.threads, config.queue)),
            link: Arc::new(Link::new(&config.token_label)),
            seen: Arc::default(),
            threads: Mutex::new(0),
            ended: Condvar::new(),
            config,
        });
        let owner = Owner { shared: Arc::clone(&shared) };
        shared.start(module)?;
        shared.link.wait_until_probed(shared.config.deadline);
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
        let key = key.clone();
        let limit = self.shared().config.deadline.max(GENERATION_DEADLINE);
        self.call_within(limit, move |seat| key::generate(seat, &key, kind, role))
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
        let work = self.signing(key, algorithm, message);
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
    /// # Errors
    /// [`HsmError::WrongAttribute`] or [`HsmError::WrongPublicKey`], naming what is wrong; else as
    /// [`attributes`](Self::attributes).
    pub fn check_ca_key(&self, key: &KeyId, expected: &PublicKey) -> Result<(), HsmError> {
        self.attributes(key)?.check_ca(key, expected.kind())?;
        key::same_key(key, &self.public_key(key)?, expected)
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
    ) -> impl FnMut(&Seat) -> Result<Vec<u8>, HsmError> + Send + 'static {
        let (key, seen) = (key.clone(), Arc::clone(&self.shared().seen));
        move |seat| {
            let signature = key::sign(seat, &seen, &key, algorithm, &message)?;
            metric::signed(&seat.anchor.info.label);
            Ok(signature)
        }
    }

    fn call<T: Send + 'static>(
        &self,
        work: impl FnMut(&Seat) -> Result<T, HsmError> + Send + 'static,
    ) -> Result<T, HsmError> {
        self.call_within(self.shared().config.deadline, work)
    }

    /// Queues `work` and waits for its outcome.
    fn call_within<T: Send + 'static>(
        &self,
        limit: Duration,
        work: impl FnMut(&Seat) -> Result<T, HsmError> + Send + 'static,
    ) -> Result<T, HsmError> {
        let deadline = now() + limit;
        let answer = Arc::new(Answer::default());
        let place = Arc::clone(&answer);
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
        Ok(self.call(self.signing(key, algorithm, message.to_vec()))?)
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

struct Shared {
    config: TokenConfig,
    queue: Arc<Queue>,
    link: Arc<Link>,
    seen: Arc<Seen>,
    /// Threads that have not ended.
    threads: Mutex<usize>,
    ended: Condvar,
}

impl Shared {
    fn start(self: &Arc<Self>, module: Arc<LoadedModule>) -> Result<(), HsmError> {
        let keeper = Keeper::new(self.config.clone(), module, Arc::clone(&self.link));
        self.spawn("hsm-keeper", move || keeper.run())?;
        let tick = (self.config.deadline / 20).clamp(SHORTEST_TICK, LONGEST_TICK);
        let queue = Arc::clone(&self.queue);
        self.spawn("hsm-sweeper", move || queue.sweep(tick))?;
        for index in 0..self.config.threads {
            let worker = Worker::new(index, Arc::clone(&self.queue), Arc::clone(&self.link));
            self.spawn(&format!("hsm-worker-{index}"), move || worker.run())?;
        }
        Ok(())
    }

    fn spawn(self: &Arc<Self>, name: &str, body: impl FnOnce() + Send + 'static) -> Result<(), HsmError> {
        *lock(&self.threads) += 1;
        let ended = Ended { shared: Arc::clone(self) };
        let spawned = std::thread::Builder::new().name(name.to_owned()).spawn(move || {
            let _ended = ended;
            OF_A_POOL.set(true);
            body();
        });
        spawned.map(drop).map_err(HsmError::Thread)
    }
}

/// Counts a thread out when it ends, also by a panic.
struct Ended {
    shared: Arc<Shared>,
}

impl Drop for Ended {
    fn drop(&mut self) {
        *lock(&self.shared.threads) -= 1;
        self.shared.ended.notify_all();
    }
}

/// Closes the pool when the last clone is gone.
struct Owner {
    shared: Arc<Shared>,
}

impl Drop for Owner {
    /// Waits a little for the threads, so that sessions are closed and no thread is inside a module while the process
    /// exits; a hanging module is left behind.
    fn drop(&mut self) {
        self.shared.queue.close();
        self.shared.link.close();
        if OF_A_POOL.get() {
            return;
        }
        let deadline = now() + FAREWELL;
        let mut threads = lock(&self.shared.threads);
        while *threads > 0 && !left(deadline).is_zero() {
            threads = wait_for(&self.shared.ended, threads, left(deadline));
        }
    }
}

thread_local! {
    /// This thread belongs to a pool, and may have to end for a pool to close.
    static OF_A_POOL: Cell<bool> = const { Cell::new(false) };
}

const SHORTEST_TICK: Duration = Duration::from_millis(5);
const LONGEST_TICK: Duration = Duration::from_millis(100);
const FAREWELL: Duration = Duration::from_secs(2);
