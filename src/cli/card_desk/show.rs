//! `sigill card show`: what a card says of itself. Whose it is stands on the card, not here.

use super::secret::Source;
use super::{KEYS, Which};
use crate::cli::quickstart::report::say;
use anyhow::Context;
use domain::id::hex;
use hsm::{CardKey, CardName, HsmError, Pool};
use pki::certificate::Certificate;
use pki::key::{KeyId, PublicKey};
use std::fmt::Write as _;

/// `sigill card show`.
#[derive(Debug, clap::Args)]
pub(super) struct ShowArguments {
    #[command(flatten)]
    which: Which,
    /// The PIN, to check what the card carries too: `ask`, `file:PATH` or `env:NAME`
    #[arg(long)]
    pin: Option<Source>,
}

/// Shows a card.
///
/// # Errors
/// If it is not there, or what it carries does not fit together.
pub(super) fn run(of: &ShowArguments) -> anyhow::Result<()> {
    let token = of.pin.as_ref().map(|pin| of.which.open(pin)).transpose()?;
    report(&of.which.card(), token.as_ref())
}

/// Reads everything back and says it.
///
/// # Errors
/// As [`run`].
pub(super) fn report(card: &CardName, token: Option<&Pool>) -> anyhow::Result<()> {
    let status = card.status()?;
    let kinds: Vec<_> = status.kinds.iter().map(|kind| kind.as_str()).collect();
    let mut text = format!(
        "card {} serial {} model {}\nPIN {}, PUK {}\nmakes keys of kind {}\n",
        status.info.label,
        status.info.serial,
        status.info.model,
        status.pin.as_str(),
        status.puk.as_str(),
        kinds.join(", ")
    );
    if let Some(token) = token {
        for label in KEYS {
            let line = match token.card_key(&KeyId::new(label)) {
                Ok(key) => line(&key)?,
                Err(HsmError::NoSuchKey { .. }) => "none".to_owned(),
                Err(error) => return Err(error.into()),
            };
            let _ = writeln!(text, "{label}: {line}"); // writing to a String cannot fail
        }
    }
    say(&text)
}

fn line(key: &CardKey) -> anyhow::Result<String> {
    let certificate = match &key.certificate {
        None => "no certificate".to_owned(),
        Some(der) => {
            let certificate = Certificate::parse(der)?;
            let serial = certificate.serial().context("a serial number of up to 20 octets")?;
            format!("certificate {serial} until {}", certificate.not_after())
        }
    };
    let (kind, id) = (key.public.kind(), hex(&key.identifier));
    Ok(format!(
        "{kind}, born on the card, never leaves it; SHA-256 {}; id {id}; {certificate}",
        fingerprint(&key.public)
    ))
}

/// SHA-256 of the public key, as deliveries name it.
pub(super) fn fingerprint(key: &PublicKey) -> String {
    hex(&key.fingerprint())
}
