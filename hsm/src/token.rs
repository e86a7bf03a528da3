//! A token: find its slot, log in, hold one session open, and see whether it works.

use std::collections::HashMap;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, RwLock};

use pkcs11::error::{Error, RvError};
use pkcs11::session::{Session, SessionState, UserType};
use pkcs11::slot::Slot;
use pki::KeyId;
use secrecy::SecretString;

use crate::config::{Module, TokenConfig};
use crate::key::KeyEntry;
use crate::lock::lock;
use crate::module::{LoadedModule, Pass, PinHistory};
use crate::retry::{Trouble, trouble};
use crate::{HsmError, probe};

/// Whether the token can be used now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TokenState {
    /// Not yet asked.
    Unprobed,
    /// Logged in, and it signed a test value.
    Usable,
    /// Away, refused or being recovered in the background.
    Unusable {
        /// What is known, for operators.
        why: String,
    },
}

/// What a token says of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenInfo {
    /// Its label.
    pub label: String,
    /// Serial number, unique for the manufacturer.
    pub serial: String,
    /// Model.
    pub model: String,
    /// Firmware version, `major.minor`.
    pub firmware: String,
}

impl TokenInfo {
    fn read(pass: &Pass<'_>, slot: Slot) -> Result<Self, HsmError> {
        let info = pass.context().get_token_info(slot)?;
        Ok(Self {
            label: info.label().to_owned(),
            serial: info.serial_number().to_owned(),
            model: info.model().to_owned(),
            firmware: info.firmware_version().to_string(),
        })
    }
}

/// The keeper's hold on a token: its slot and one logged-in session, which keeps every other session logged in and
/// owns the session copies of keys.
pub(crate) struct Anchor {
    pub(crate) module: Arc<LoadedModule>,
    pub(crate) generation: u64,
    pub(crate) slot: Slot,
    pub(crate) info: TokenInfo,
    /// Keys found so far. Handles are valid in every session of the process while this anchor lives.
    pub(crate) keys: RwLock<HashMap<KeyId, Arc<KeyEntry>>>,
    /// A worker succeeded with it: trouble after that is new trouble.
    pub(crate) proven: AtomicBool,
    /// Owner: whoever holds the lock, for one call at a time; `None` only while it is being dropped.
    session: Mutex<Option<Session>>,
}

impl Anchor {
    /// Finds the token, logs in and makes it prove that it can sign.
    ///
    /// # Errors
    /// [`HsmError::PinRefused`] at the first refusal of this PIN and ever after, without asking the token again; else
    /// what the module reported.
    pub(crate) fn attach(module: &Arc<LoadedModule>, generation: u64, config: &TokenConfig) -> Result<Self, HsmError> {
        let pass = module.enter(generation)?;
        let (slot, info) = find(&pass, &config.token_label, config.token_serial.as_deref())?;
        let session = pass.context().open_rw_session_no_drop(slot)?;
        let anchor = Self {
            module: Arc::clone(module),
            generation,
            slot,
            info,
            keys: RwLock::default(),
            proven: AtomicBool::new(false),
            session: Mutex::new(Some(session)),
        };
        drop(pass);
        anchor.with(|session| {
            anchor.log_in(session, &config.pin)?;
            probe::sign_test_value(session)
        })?;
        Ok(anchor)
    }

    /// Whether token and login are still there.
    ///
    /// # Errors
    /// What the module reported, or that the login is gone.
    pub(crate) fn check(&self) -> Result<(), HsmError> {
        let pass = self.module.enter(self.generation)?;
        pass.context().get_token_info(self.slot)?;
        drop(pass);
        self.with(check_login)
    }

    /// Runs `work` on the keeper's session.
    pub(crate) fn with<T>(&self, work: impl FnOnce(&Session) -> Result<T, HsmError>) -> Result<T, HsmError> {
        let session = lock(&self.session);
        let _pass = self.module.enter(self.generation)?;
        session.as_ref().map_or(Err(HsmError::Stale), work)
    }

    fn log_in(&self, session: &Session, pin: &SecretString) -> Result<(), HsmError> {
        let _one_at_a_time = lock(&self.module.logging_in);
        let refused = |detail: String| HsmError::PinRefused { token: self.info.label.clone(), detail };
        if matches!(self.module.pin_history(&self.info.serial, pin), PinHistory::Refused) {
            return Err(refused("as before".to_owned()));
        }
        match session.login(UserType::User, Some(pin)) {
            Ok(()) => {}
            // Another pool on this token logged in first, with this very PIN: others were refused above.
            Err(Error::Pkcs11(RvError::UserAlreadyLoggedIn, _)) => return Ok(()),
            Err(error) => {
                let error = HsmError::from(error);
                if trouble(&error) != Trouble::Pin {
                    return Err(error);
                }
                self.module.remember_pin(&self.info.serial, pin, false);
                return Err(refused(error.to_string()));
            }
        }
        self.module.remember_pin(&self.info.serial, pin, true);
        Ok(())
    }
}

impl Drop for Anchor {
    fn drop(&mut self) {
        let session = lock(&self.session).take();
        close(&self.module, self.generation, session);
    }
}

/// A worker's own session on the token.
pub(crate) struct Seat {
    pub(crate) anchor: Arc<Anchor>,
    session: Option<Session>,
}

impl Seat {
    /// Opens a session beside the keeper's; it is logged in as that one is.
    ///
    /// # Errors
    /// As the module reported it, or [`HsmError::Stale`].
    pub(crate) fn open(anchor: &Arc<Anchor>) -> Result<Self, HsmError> {
        let pass = anchor.module.enter(anchor.generation)?;
        let session = pass.context().open_rw_session_no_drop(anchor.slot)?;
        Ok(Self { anchor: Arc::clone(anchor), session: Some(session) })
    }

    /// Runs `work` on the session.
    ///
    /// # Errors
    /// [`HsmError::Stale`] if the module was restarted, else what `work` gives.
    pub(crate) fn with<T>(&self, work: impl FnOnce(&Session) -> Result<T, HsmError>) -> Result<T, HsmError> {
        let _pass = self.anchor.module.enter(self.anchor.generation)?;
        self.session.as_ref().map_or(Err(HsmError::Stale), work)
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        close(&self.anchor.module, self.anchor.generation, self.session.take());
    }
}

/// Makes a new token in a free slot of the module, with a user PIN.
///
/// # Errors
/// [`HsmError::TokenExists`] if the label is taken, [`HsmError::TokenNotFound`] if no slot is free, else what the
/// module reported (a PIN that is too short, for example).
pub fn init_token(
    module: &Module,
    label: &str,
    so_pin: &SecretString,
    pin: &SecretString,
) -> Result<TokenInfo, HsmError> {
    initialise(module, (label, None), so_pin, pin)
}

/// [`init_token`], in the slot of the blank token with this serial number if one is named.
///
/// # Errors
/// As there; [`HsmError::TokenAmbiguous`] if a serial number fits several blank tokens.
pub(crate) fn initialise(
    module: &Module,
    (label, serial): (&str, Option<&str>),
    so_pin: &SecretString,
    pin: &SecretString,
) -> Result<TokenInfo, HsmError> {
    let module = LoadedModule::load(module)?;
    let generation = module.start()?;
    let pass = module.enter(generation)?;
    let context = pass.context();
    match find(&pass, label, None) {
        Err(HsmError::TokenNotFound { .. }) => {}
        Err(HsmError::TokenAmbiguous { .. }) | Ok(_) => {
            return Err(HsmError::TokenExists { label: label.to_owned() });
        }
        Err(other) => return Err(other),
    }
    let slot = free_slot(&pass, (label, serial))?;
    context.init_token(slot, so_pin, label)?;
    let (slot, info) = find(&pass, label, None)?;
    let session = context.open_rw_session(slot)?;
    session.login(UserType::So, Some(so_pin))?;
    session.init_pin(pin)?;
    session.logout()?;
    Ok(info)
}

/// Every token of the module that was initialised.
///
/// # Errors
/// If the module cannot be loaded, else what it reported.
pub fn tokens(module: &Module) -> Result<Vec<TokenInfo>, HsmError> {
    let module = LoadedModule::load(module)?;
    let generation = module.start()?;
    let pass = module.enter(generation)?;
    let slots = pass.context().get_slots_with_initialized_token()?;
    slots.into_iter().map(|slot| TokenInfo::read(&pass, slot)).collect()
}

/// Login state, asked of the token.
pub(crate) fn check_login(session: &Session) -> Result<(), HsmError> {
    match session.get_session_info()?.session_state() {
        SessionState::RwUser | SessionState::RoUser => Ok(()),
        _ => Err(Error::Pkcs11(RvError::UserNotLoggedIn, pkcs11::context::Function::GetSessionInfo).into()),
    }
}

/// The slot that holds the token now: by label and serial, since modules renumber their slots.
pub(crate) fn find(pass: &Pass<'_>, label: &str, serial: Option<&str>) -> Result<(Slot, TokenInfo), HsmError> {
    let mut fitting = Vec::new();
    let mut seen = Vec::new();
    for slot in pass.context().get_slots_with_token()? {
        let info = match TokenInfo::read(pass, slot) {
            Ok(info) => info,
            // One dead reader must not hide the token in another.
            Err(error) => {
                tracing::debug!(%error, slot = slot.id(), "token information unreadable");
                continue;
            }
        };
        if info.label == label && serial.is_none_or(|serial| info.serial == serial) {
            fitting.push((slot, info));
        } else if !info.label.is_empty() {
            seen.push(info.label);
        }
    }
    match fitting.len() {
        0 => Err(HsmError::TokenNotFound { label: label.to_owned(), serial: serial.map(str::to_owned), seen }),
        1 => Ok(fitting.remove(0)),
        count => Err(HsmError::TokenAmbiguous { label: label.to_owned(), count }),
    }
}

fn free_slot(pass: &Pass<'_>, (label, serial): (&str, Option<&str>)) -> Result<Slot, HsmError> {
    let mut free = Vec::new();
    for slot in pass.context().get_slots_with_token()? {
        let blank = pass.context().get_token_info(slot)?;
        if !blank.token_initialized() && serial.is_none_or(|serial| blank.serial_number() == serial) {
            free.push(slot);
        }
    }
    match (free.first(), serial) {
        (Some(_), Some(_)) if free.len() > 1 => {
            Err(HsmError::TokenAmbiguous { label: label.to_owned(), count: free.len() })
        }
        (Some(slot), _) => Ok(*slot),
        (None, _) => {
            let (label, serial) = (label.to_owned(), serial.map(str::to_owned));
            Err(HsmError::TokenNotFound { label, serial, seen: Vec::new() })
        }
    }
}

/// Closes a session, unless the module was restarted: its handle then means nothing, or somebody else's session.
fn close(module: &LoadedModule, generation: u64, session: Option<Session>) {
    let (Some(session), Ok(_pass)) = (session, module.enter(generation)) else { return };
    if let Err(error) = session.close() {
        tracing::debug!(%error, "session was gone before it was closed");
    }
}
