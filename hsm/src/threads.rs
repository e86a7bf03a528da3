//! A pool's threads: how they start, and how they end with the pool's last clone.

use std::cell::Cell;
use std::sync::{Arc, Condvar, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

use crate::HsmError;
use crate::clock::{left, now};
use crate::config::TokenConfig;
use crate::keeper::Keeper;
use crate::key::Seen;
use crate::link::Link;
use crate::lock::{lock, wait_for};
use crate::module::LoadedModule;
use crate::queue::Queue;
use crate::worker::Worker;

/// What the pool's clones and threads share.
pub(crate) struct Shared {
    pub(crate) config: TokenConfig,
    pub(crate) queue: Arc<Queue>,
    pub(crate) link: Arc<Link>,
    pub(crate) seen: Arc<Seen>,
    /// Held while a key is generated. Tokens that keep keys in files, SoftHSM2 and Kryoptic, fail now and then when two come
    /// about at the same time.
    pub(crate) generating: Mutex<()>,
    /// Threads that have not ended.
    threads: Mutex<usize>,
    /// Of every thread, for whoever closes the pool.
    handles: Mutex<Vec<JoinHandle<()>>>,
    ended: Condvar,
}

impl Shared {
    /// Starts keeper, sweeper and workers.
    ///
    /// # Errors
    /// [`HsmError::Thread`].
    pub(crate) fn start(self: &Arc<Self>, module: Arc<LoadedModule>) -> Result<(), HsmError> {
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
        lock(&self.handles).push(spawned.map_err(HsmError::Thread)?);
        Ok(())
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
pub(crate) struct Owner {
    pub(crate) shared: Arc<Shared>,
}

impl Owner {
    /// Of a pool without threads yet.
    pub(crate) fn new(config: TokenConfig) -> Self {
        let shared = Shared {
            queue: Arc::new(Queue::new(config.threads, config.queue)),
            link: Arc::new(Link::new(&config.token_label)),
            seen: Arc::default(),
            generating: Mutex::default(),
            threads: Mutex::new(0),
            handles: Mutex::default(),
            ended: Condvar::new(),
            config,
        };
        Self { shared: Arc::new(shared) }
    }
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
        if *threads == 0 {
            // What a module does when a thread ends must be over before the process may end.
            for handle in lock(&self.shared.handles).drain(..) {
                if handle.join().is_err() {
                    tracing::error!("a thread of the pool panicked");
                }
            }
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
