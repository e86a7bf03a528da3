//! Tokens and their PINs. Every token has its own.

use super::files;
use super::layout::Layout;
use crate::clock::Entropy;
use anyhow::Context;
use domain::id::hex;
use hsm::{Module, Pool, TokenConfig};
use secrecy::{ExposeSecret, SecretString};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The root's key; used in the ceremony and never again.
pub(crate) const ROOT: &str = "sigill-root";
/// The issuing CAs' keys; the signer process holds its PIN.
pub(crate) const AUTHORITIES: &str = "sigill-ca";
/// OCSP signers and the audit seal; the service holds its PIN.
pub(crate) const SERVICE: &str = "sigill-service";
/// A card without keys, for card clients to play with.
pub(crate) const SPARE: &str = "sigill-spare";
/// What every token of a demo is called by; production mode refuses such labels.
pub(crate) const PREFIX: &str = "sigill-";

/// Makes a token with a PIN of its own, kept in `pin_file`, and opens it.
///
/// # Errors
/// If the token cannot be made or the PIN cannot be kept.
pub(crate) fn create(module: &Module, label: &str, pin_file: &Path, entropy: &dyn Entropy) -> anyhow::Result<Pool> {
    let pin = random_pin(entropy);
    files::private(pin_file, format!("{}\n", pin.expose_secret()))?;
    hsm::init_token(module, label, &random_pin(entropy), &pin).with_context(|| format!("making token {label}"))?;
    open(module, label, pin)
}

/// Opens a token for one caller.
///
/// # Errors
/// If the module cannot be loaded or the token is not usable.
pub(crate) fn open(module: &Module, label: &str, pin: SecretString) -> anyhow::Result<Pool> {
    let config = TokenConfig {
        module: module.clone(),
        token_label: label.to_owned(),
        token_serial: None,
        pin,
        threads: 1,
        queue: 4,
        deadline: DEADLINE,
    };
    let pool = Pool::open(config).with_context(|| format!("opening token {label}"))?;
    pool.probe().with_context(|| format!("token {label}"))?;
    Ok(pool)
}

/// The module's shared library and the file that its configuration is in.
///
/// # Errors
/// If the module is not installed.
pub(crate) fn locate(module: &Module, layout: &Layout) -> anyhow::Result<(PathBuf, PathBuf)> {
    Ok((module.locate()?, layout.softhsm()))
}

/// A PIN that nobody chose: 16 hexadecimal digits. The security officer's PIN is drawn likewise and
/// forgotten: nothing in a demo is worth its use.
fn random_pin(entropy: &dyn Entropy) -> SecretString {
    SecretString::from(hex(&entropy.random16()[..8]))
}

/// How long a virtual token may take for one call.
const DEADLINE: Duration = Duration::from_secs(10);
