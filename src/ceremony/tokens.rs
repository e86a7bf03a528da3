//! Tokens and their PINs. Every token has its own.

use super::error::Error;
use super::files;
use crate::clock::Entropy;
use domain::id::hex;
use hsm::{HsmError, Module, PinSource, Pool, TokenConfig};
use secrecy::{ExposeSecret, SecretString};
use std::path::Path;
use std::time::Duration;

/// Makes a token with a PIN of its own, kept in `pin_file`, and opens it. If an interrupted try wrote the PIN, the
/// token that it made is taken.
///
/// # Errors
/// If the token cannot be made or the PIN cannot be kept.
pub(crate) fn create(module: &Module, label: &str, pin_file: &Path, entropy: &dyn Entropy) -> Result<Pool, Error> {
    let begun = pin_file.exists();
    if !begun {
        files::private(pin_file, format!("{}\n", random_pin(entropy).expose_secret()))?;
    }
    let pin = PinSource::File(pin_file.to_owned()).read().map_err(failed(label))?;
    match hsm::init_token(module, label, &random_pin(entropy), &pin) {
        Err(HsmError::TokenExists { .. }) if begun => {}
        other => drop(other.map_err(failed(label))?),
    }
    open(module, label, pin)
}

/// Opens a token for one caller.
///
/// # Errors
/// If the module cannot be loaded or the token is not usable.
pub(crate) fn open(module: &Module, label: &str, pin: SecretString) -> Result<Pool, Error> {
    let config = TokenConfig {
        module: module.clone(),
        token_label: label.to_owned(),
        token_serial: None,
        pin,
        threads: 1,
        queue: 4,
        deadline: DEADLINE,
    };
    let pool = Pool::open(config).map_err(failed(label))?;
    pool.probe().map_err(failed(label))?;
    Ok(pool)
}

/// What `hsm` says, with the token's label.
pub(crate) fn failed(label: &str) -> impl FnOnce(HsmError) -> Error {
    move |source| Error::Token { token: label.to_owned(), source }
}

/// A PIN that nobody chose: 16 hexadecimal digits. The security officer's PIN is drawn likewise and
/// forgotten: whoever wants to initialise the token again has to lose its keys.
fn random_pin(entropy: &dyn Entropy) -> SecretString {
    SecretString::from(hex(&entropy.random16()[..8]))
}

/// How long a token may take for one call.
const DEADLINE: Duration = Duration::from_secs(10);
