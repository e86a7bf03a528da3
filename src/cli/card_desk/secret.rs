//! PINs and PUKs: typed, from a file or from the environment, never an argument.

use crate::cli::ceremony::terminal::ask_hidden;
use anyhow::{Context, bail, ensure};
use hsm::PinSource;
use secrecy::{ExposeSecret, SecretString};
use std::str::FromStr;

/// Where a PIN or PUK comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Source {
    /// Somebody types it.
    Ask,
    /// A file or the environment.
    Given(PinSource),
}

impl FromStr for Source {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.split_once(':') {
            None if text == "ask" => Ok(Self::Ask),
            Some(("file", path)) if !path.is_empty() => Ok(Self::Given(PinSource::File(path.into()))),
            Some(("env", name)) if !name.is_empty() => Ok(Self::Given(PinSource::Env(name.to_owned()))),
            // What stood there may be the secret itself, and is not repeated.
            _ => Err("write ask, file:PATH or env:NAME"),
        }
    }
}

impl Source {
    /// The secret.
    ///
    /// # Errors
    /// If there is none.
    pub(super) fn read(&self, what: &str) -> anyhow::Result<SecretString> {
        match self {
            Self::Ask => ask_hidden(&format!("{what}: "))?.with_context(|| format!("no {what}")),
            Self::Given(source) => Ok(source.read()?),
        }
    }

    /// A secret that nobody knew before. Whoever types it types it twice.
    ///
    /// # Errors
    /// If there is none, or the two are not the same.
    pub(super) fn read_new(&self, what: &str) -> anyhow::Result<SecretString> {
        let first = self.read(&format!("new: {what}"))?;
        if *self == Self::Ask {
            let again = self.read(&format!("again: {what}"))?;
            ensure!(first.expose_secret() == again.expose_secret(), "the two were not the same");
        }
        Ok(first)
    }
}

/// Whether a card may be given this PIN or PUK. What somebody guesses in the few tries that a card allows is refused.
///
/// # Errors
/// Which rule it breaks, never what it is.
pub(super) fn check_new(what: &str, secret: &SecretString, least: usize) -> anyhow::Result<()> {
    let digits = secret.expose_secret().as_bytes();
    if !(least..=LONGEST).contains(&digits.len()) || !digits.iter().all(u8::is_ascii_digit) {
        bail!("{what} must have {least} to {LONGEST} digits and nothing else");
    }
    let steps = || digits.windows(2).map(|pair| pair[1].wrapping_sub(pair[0]));
    let in_a_row = [0, 1, u8::MAX].into_iter().any(|step| steps().all(|found| found == step));
    ensure!(!in_a_row, "{what} must not be one digit again and again, or digits in a row");
    Ok(())
}

/// Digits of a PIN (what cards for qualified signatures demand).
pub(super) const LEAST_PIN: usize = 6;
/// Digits of a PUK.
pub(super) const LEAST_PUK: usize = 8;
/// More than that no reader's pad takes.
const LONGEST: usize = 12;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_no_source() {
        assert_eq!("file:/run/pin".parse(), Ok(Source::Given(PinSource::File("/run/pin".into()))));
        assert_eq!("env:PIN".parse(), Ok(Source::Given(PinSource::Env("PIN".into()))));
        assert_eq!("ask".parse(), Ok(Source::Ask));
        for text in ["271828", "pass:271828", "file:", ""] {
            let refused = text.parse::<Source>().unwrap_err();
            assert!(!refused.contains("271828"));
        }
    }

    #[test]
    fn what_is_guessed_first_is_refused() {
        let check = |pin: &str| check_new("the PIN", &pin.into(), LEAST_PIN);
        for pin in ["271828", "123457", "987653", "112233"] {
            assert!(check(pin).is_ok(), "{pin}");
        }
        for pin in ["12345", "000000", "123456", "654321", "27182å", "2718281828459"] {
            let refused = check(pin).unwrap_err().to_string();
            assert!(!refused.contains(pin), "{refused}");
        }
    }
}
