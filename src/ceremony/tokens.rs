//! Tokens and their PINs. Every token has its own.

use super::error::Error;
use super::files;
use super::layout::Layout;
use super::script::Script;
use crate::clock::Entropy;
use domain::id::hex;
use hsm::{CardName, HsmError, Module, PinSource, Pool, TokenConfig};
use pki::key::KeyId;
use secrecy::{ExposeSecret, SecretString};
use std::path::Path;
use std::time::Duration;

/// Makes a token with a PIN of its own, kept in `pin_file`, and opens it. If an interrupted try wrote the PIN, the
/// token that it made is taken.
///
/// # Errors
/// If the token cannot be made or the PIN cannot be kept.
pub(crate) fn create(module: &Module, label: &str, pin_file: &Path, entropy: &dyn Entropy) -> Result<Pool, Error> {
    make(module, label, pin_in_file(pin_file, label, entropy)?, None, entropy)
}

/// The PIN of a token that is about to be made.
pub(crate) struct NewPin {
    pub(crate) pin: SecretString,
    /// An interrupted try drew it, and may have made the token.
    pub(crate) begun: bool,
}

/// The PIN in a file; drawn if there is none.
///
/// # Errors
/// If the PIN cannot be kept or read.
pub(crate) fn pin_in_file(pin_file: &Path, label: &str, entropy: &dyn Entropy) -> Result<NewPin, Error> {
    let begun = pin_file.exists();
    if !begun {
        files::private(pin_file, format!("{}\n", random_pin(entropy).expose_secret()))?;
    }
    let pin = PinSource::File(pin_file.to_owned()).read().map_err(failed(label))?;
    Ok(NewPin { pin, begun })
}

/// Makes a token and opens it; one that an interrupted try made with this PIN is taken. With the label of a trusted
/// wrapping key that is made too, while there is somebody who may: the security officer's PIN is forgotten.
///
/// # Errors
/// If the token or the wrapping key cannot be made.
pub(crate) fn make(
    module: &Module,
    label: &str,
    NewPin { pin, begun }: NewPin,
    wrapping: Option<&KeyId>,
    entropy: &dyn Entropy,
) -> Result<Pool, Error> {
    let officer = random_pin(entropy);
    match hsm::init_token(module, label, &officer, &pin) {
        Err(HsmError::TokenExists { .. }) if begun => {}
        other => {
            other.map_err(failed(label))?;
            if let Some(key) = wrapping {
                hsm::make_wrapping_key(module, label, &officer, key).map_err(failed(label))?;
            }
        }
    }
    open(module, label, pin)
}

/// Opens a token for one caller.
///
/// # Errors
/// If the module cannot be loaded or the token is not usable.
pub(crate) fn open(module: &Module, label: &str, pin: SecretString) -> Result<Pool, Error> {
    open_card(&CardName { module: module.clone(), label: label.to_owned(), serial: None }, pin)
}

/// Opens the token of a name for one caller.
///
/// # Errors
/// As [`open`].
pub(crate) fn open_card(card: &CardName, pin: SecretString) -> Result<Pool, Error> {
    let CardName { module, label, serial } = card;
    let config = TokenConfig {
        module: module.clone(),
        token_label: label.clone(),
        token_serial: serial.clone(),
        pin,
        threads: 1,
        queue: 4,
        deadline: DEADLINE,
    };
    let pool = Pool::open(config).map_err(failed(label))?;
    pool.probe().map_err(failed(label))?;
    Ok(pool)
}

/// Opens the service's token after its ceremony, with the PIN that the service will use.
///
/// # Errors
/// As [`open`], or if the PIN cannot be read.
pub(crate) fn service(layout: &Layout, script: &Script) -> Result<Pool, Error> {
    let label = &script.tokens.service;
    let pin = PinSource::File(layout.pin(label)).read().map_err(failed(label))?;
    open(&script.tokens.module, label, pin)
}

/// What `hsm` says, with the token's label.
pub(crate) fn failed(label: &str) -> impl FnOnce(HsmError) -> Error {
    move |source| Error::Token { token: label.to_owned(), source }
}

/// A PIN that nobody chose: 16 hexadecimal digits. The security officer's PIN is drawn likewise and
/// forgotten: whoever wants to initialise the token again has to lose its keys.
pub(crate) fn random_pin(entropy: &dyn Entropy) -> SecretString {
    SecretString::from(hex(&entropy.random16()[..8]))
}

/// How long a token may take for one call.
const DEADLINE: Duration = Duration::from_secs(10);
