//! A PKCS#11 module, loaded and initialised once per process however many pools use it.
//!
//! A module that lost its device may recover only by `C_Finalize` and `C_Initialize`, which end every session of every
//! pool on it. So each call passes a gate that knows the module's *generation*: the number of its initialisations. A
//! restart closes the gate, waits until nobody is inside, and opens it to the next generation; sessions of an older
//! one are refused before they reach the module, where their handles may by then belong to someone else.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::atomic::AtomicUsize;
use std::sync::{Arc, Condvar, LazyLock, Mutex};
use std::time::Duration;

use aws_lc_rs::constant_time::verify_slices_are_equal;
use pkcs11::context::{CInitializeArgs, CInitializeFlags, Pkcs11};
use pkcs11::error::{Error, RvError};
use secrecy::{ExposeSecret, SecretString};

use crate::clock::{left, now};
use crate::config::Module;
use crate::lock::{lock, wait_for};
use crate::{HsmError, embedded};

/// A module of this process.
pub(crate) struct LoadedModule {
    path: PathBuf,
    context: Pkcs11,
    /// Owner: whoever initialises or finalises. Held across those calls.
    lifecycle: Mutex<()>,
    gate: Mutex<Gate>,
    left: Condvar,
    /// What tokens answered to the PINs that this process tried.
    pins: Mutex<Vec<TriedPin>>,
    /// Held across each login, so that "already logged in" always means with a PIN that was checked here.
    pub(crate) logging_in: Mutex<()>,
    /// Held while a label is looked up and its key generated, so that a label is never given twice.
    pub(crate) generating: Mutex<()>,
    /// How many pools have a usable token on this module.
    pub(crate) in_use: AtomicUsize,
}

struct Gate {
    /// Initialisations so far; 0 before the first.
    generation: u64,
    open: bool,
    inside: usize,
}

struct TriedPin {
    serial: String,
    pin: SecretString,
    accepted: bool,
}

/// What is known of a PIN before it is tried.
pub(crate) enum PinHistory {
    /// Never tried on this token.
    New,
    /// It opened the token.
    Accepted,
    /// It was refused, or another PIN opened the token.
    Refused,
}

impl LoadedModule {
    /// The module of this setting, loaded now unless it already is.
    ///
    /// # Errors
    /// [`HsmError::ModuleNotFound`], or [`HsmError::Load`] if it is not a PKCS#11 module.
    pub(crate) fn load(module: &Module) -> Result<Arc<Self>, HsmError> {
        let place = module.locate()?;
        let failed = |detail: String| HsmError::Load { path: place.clone(), detail };
        let path = match module {
            Module::Embedded => place.clone(),
            Module::Auto | Module::Path(_) => place.canonicalize().map_err(|error| failed(error.to_string()))?,
        };
        let mut loaded = lock(&LOADED);
        if let Some(module) = loaded.get(&path) {
            return Ok(Arc::clone(module));
        }
        let context = match module {
            Module::Embedded => embedded::load().map_err(failed)?,
            Module::Auto | Module::Path(_) => Pkcs11::new(&path).map_err(|error| failed(error.to_string()))?,
        };
        let module = Arc::new(Self {
            path: path.clone(),
            context,
            lifecycle: Mutex::new(()),
            gate: Mutex::new(Gate { generation: 0, open: false, inside: 0 }),
            left: Condvar::new(),
            pins: Mutex::default(),
            logging_in: Mutex::new(()),
            generating: Mutex::new(()),
            in_use: AtomicUsize::new(0),
        });
        loaded.insert(path, Arc::clone(&module));
        Ok(module)
    }

    /// Initialises the module unless it is, and gives its generation.
    ///
    /// # Errors
    /// As `C_Initialize` reported it.
    pub(crate) fn start(&self) -> Result<u64, HsmError> {
        let _lifecycle = lock(&self.lifecycle);
        let gate = lock(&self.gate);
        if gate.open {
            return Ok(gate.generation);
        }
        drop(gate);
        self.initialise()
    }

    /// Finalises and initialises the module, unless somebody did since generation `seen`.
    ///
    /// # Errors
    /// [`HsmError::Unavailable`] if a call is still inside after [`DRAIN_LIMIT`]; the module then stays as it was.
    pub(crate) fn restart(&self, seen: u64) -> Result<u64, HsmError> {
        let _lifecycle = lock(&self.lifecycle);
        if !self.close_gate(seen)? {
            return if lock(&self.gate).open { Ok(lock(&self.gate).generation) } else { self.initialise() };
        }
        tracing::warn!(module = %self.path.display(), generation = seen, "restarting the PKCS#11 module");
        if let Err(error) = self.context.clone().finalize() {
            // A module that lost its device may be unable to say goodbye; initialising it decides.
            tracing::warn!(%error, "C_Finalize failed");
        }
        self.initialise()
    }

    /// Enters the module for calls on sessions of `generation`.
    ///
    /// # Errors
    /// [`HsmError::Stale`] if the module is being restarted or was.
    pub(crate) fn enter(&self, generation: u64) -> Result<Pass<'_>, HsmError> {
        let mut gate = lock(&self.gate);
        if !gate.open || gate.generation != generation {
            return Err(HsmError::Stale);
        }
        gate.inside += 1;
        Ok(Pass { module: self })
    }

    /// What this process knows of `pin` on the token with this serial number.
    pub(crate) fn pin_history(&self, serial: &str, pin: &SecretString) -> PinHistory {
        let pins = lock(&self.pins);
        let mut on_token = pins.iter().filter(|tried| tried.serial == serial).peekable();
        if on_token.peek().is_none() {
            return PinHistory::New;
        }
        let mut other_accepted = false;
        for tried in on_token {
            if same(&tried.pin, pin) {
                return if tried.accepted { PinHistory::Accepted } else { PinHistory::Refused };
            }
            other_accepted |= tried.accepted;
        }
        if other_accepted { PinHistory::Refused } else { PinHistory::New }
    }

    /// Remembers how the token answered to `pin`; its latest answer counts.
    pub(crate) fn remember_pin(&self, serial: &str, pin: &SecretString, accepted: bool) {
        let mut pins = lock(&self.pins);
        match pins.iter_mut().find(|tried| tried.serial == serial && same(&tried.pin, pin)) {
            Some(tried) => tried.accepted = accepted,
            None => pins.push(TriedPin { serial: serial.to_owned(), pin: pin.clone(), accepted }),
        }
    }

    /// Forgets every PIN of the token with this serial number: it was given a new one.
    pub(crate) fn forget_pins(&self, serial: &str) {
        lock(&self.pins).retain(|tried| tried.serial != serial);
    }

    fn initialise(&self) -> Result<u64, HsmError> {
        match self.context.initialize(CInitializeArgs::new(CInitializeFlags::OS_LOCKING_OK)) {
            // Another part of the process may use the module too (PKCS#11 3.1 section 5.4.1).
            Ok(()) | Err(Error::Pkcs11(RvError::CryptokiAlreadyInitialized, _)) => {}
            Err(error) => return Err(error.into()),
        }
        let mut gate = lock(&self.gate);
        gate.generation += 1;
        gate.open = true;
        Ok(gate.generation)
    }

    /// Shuts the gate of generation `seen` and waits until nobody is inside. False if it was not open.
    fn close_gate(&self, seen: u64) -> Result<bool, HsmError> {
        let mut gate = lock(&self.gate);
        if !gate.open || gate.generation != seen {
            return Ok(false);
        }
        gate.open = false;
        let deadline = now() + DRAIN_LIMIT;
        while gate.inside > 0 {
            let limit = left(deadline);
            if limit.is_zero() {
                gate.open = true;
                return Err(HsmError::Unavailable { why: format!("{} calls hang in the module", gate.inside) });
            }
            gate = wait_for(&self.left, gate, limit);
        }
        Ok(true)
    }
}

fn same(one: &SecretString, other: &SecretString) -> bool {
    verify_slices_are_equal(one.expose_secret().as_bytes(), other.expose_secret().as_bytes()).is_ok()
}

/// Leave to call the module; restarts wait until it is dropped.
pub(crate) struct Pass<'a> {
    module: &'a LoadedModule,
}

impl Pass<'_> {
    /// The module's functions.
    pub(crate) fn context(&self) -> &Pkcs11 {
        &self.module.context
    }

    /// The module.
    pub(crate) fn module(&self) -> &LoadedModule {
        self.module
    }
}

impl Drop for Pass<'_> {
    fn drop(&mut self) {
        let mut gate = lock(&self.module.gate);
        gate.inside -= 1;
        if gate.inside == 0 && !gate.open {
            self.module.left.notify_all();
        }
    }
}

/// Every module of this process by its path. Never unloaded: threads may still be inside.
static LOADED: LazyLock<Mutex<HashMap<PathBuf, Arc<LoadedModule>>>> = LazyLock::new(Mutex::default);

/// How long a restart waits for calls that are inside the module.
const DRAIN_LIMIT: Duration = Duration::from_secs(1);
