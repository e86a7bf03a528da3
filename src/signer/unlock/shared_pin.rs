//! The file that takes the place of a PIN: any m of n custodians' shares open it (Shamir, GF(256)).

use super::share_key::{SealedFor, ShareKey, ShareOpener, WrongShareKey};
use crate::clock::Entropy;
use crate::signer::digest::Digest;
use crate::signer::protocol::base64_text;
use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use blahaj::Sharks;
use rand::{TryCryptoRng, TryRng};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use std::convert::Infallible;
use std::path::Path;
use zeroize::Zeroizing;

/// A token's PIN, split among custodians.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SharedPin {
    /// Label of the token.
    pub token: String,
    /// How many custodians open it.
    pub needed: u8,
    /// A share for each custodian.
    pub shares: Vec<SealedShare>,
    /// The PIN under the key that the shares give: AES-256-GCM.
    #[serde(with = "base64_text")]
    pin: Vec<u8>,
}

/// One custodian's share.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SealedShare {
    /// Who opens it.
    pub custodian: String,
    /// SHA-256 of the share. Shares are random, so it tells nothing of them; it shows a wrong one before anything is tried.
    pub sha256: Digest,
    /// The share, sealed for them.
    sealed: SealedFor,
}

/// An opened share.
#[derive(Clone)]
pub struct Share(Zeroizing<Vec<u8>>);

/// Why a PIN cannot be split or put together.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SharedPinError {
    /// Fewer than two would open it, or more than there are.
    #[error("{needed} of {custodians} custodians cannot hold a PIN: at least 2, and no more than there are")]
    Numbers {
        /// How many are to open it.
        needed: usize,
        /// How many there are.
        custodians: usize,
    },
    /// A custodian's key cannot be used.
    #[error("the share key of {custodian} cannot be used")]
    Key {
        /// Whose.
        custodian: String,
        /// Why.
        #[source]
        source: WrongShareKey,
    },
    /// Nobody is called so, or the key is another's. Which of both is not said.
    #[error("no share opens for {0} with this")]
    NotTheirs(String),
    /// The shares give another key than the PIN is under.
    #[error("the shares do not open the PIN")]
    Apart,
    /// The file cannot be read.
    #[error("{path}")]
    File {
        /// Which.
        path: String,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The file is none.
    #[error("{path} holds no shared PIN: {detail}")]
    Form {
        /// Which.
        path: String,
        /// What is wrong.
        detail: String,
    },
}

impl SharedPin {
    /// Splits the PIN of `token` so that any `needed` of these custodians open it.
    ///
    /// # Errors
    /// [`SharedPinError::Numbers`], or [`SharedPinError::Key`] for a custodian who cannot be given a share.
    pub fn split(
        pin: &SecretString,
        token: &str,
        custodians: &[(&str, &ShareKey)],
        needed: usize,
        entropy: &dyn Entropy,
    ) -> Result<Self, SharedPinError> {
        let numbers = || SharedPinError::Numbers { needed, custodians: custodians.len() };
        if needed < FEWEST || needed > custodians.len() || custodians.len() > usize::from(u8::MAX) {
            return Err(numbers());
        }
        let threshold = u8::try_from(needed).map_err(|_| numbers())?;
        let key = Zeroizing::new([entropy.random16(), entropy.random16()].concat());
        let parts = Sharks(threshold).dealer_rng(&key, &mut Drawn(entropy));
        let shares = custodians.iter().zip(parts).map(|((custodian, key), part)| {
            let share = Zeroizing::new(Vec::from(&part));
            let sealed = key.seal(&context(token, custodian), &share);
            let sealed = sealed.map_err(|source| SharedPinError::Key { custodian: (*custodian).to_owned(), source })?;
            Ok(SealedShare { custodian: (*custodian).to_owned(), sha256: Digest::of(&share), sealed })
        });
        let shares = shares.collect::<Result<_, _>>()?;
        let mut sealed = pin.expose_secret().as_bytes().to_vec();
        let under = only_use(&key).ok_or(SharedPinError::Apart)?;
        under
            .seal_in_place_append_tag(nonce(), Aad::from(token.as_bytes()), &mut sealed)
            .map_err(|_| SharedPinError::Apart)?;
        Ok(Self { token: token.to_owned(), needed: threshold, shares, pin: sealed })
    }

    /// Reads the file.
    ///
    /// # Errors
    /// [`SharedPinError::File`] or [`SharedPinError::Form`].
    pub fn read(path: &Path) -> Result<Self, SharedPinError> {
        let name = || path.display().to_string();
        let text = std::fs::read(path).map_err(|source| SharedPinError::File { path: name(), source })?;
        let read: Self = serde_json::from_slice(&text)
            .map_err(|error| SharedPinError::Form { path: name(), detail: error.to_string() })?;
        if usize::from(read.needed) < FEWEST || usize::from(read.needed) > read.shares.len() {
            let detail = format!("{} of {} shares are needed", read.needed, read.shares.len());
            return Err(SharedPinError::Form { path: name(), detail });
        }
        Ok(read)
    }

    /// The file.
    pub fn to_json(&self) -> Vec<u8> {
        serde_json::to_vec_pretty(self).expect("shares hold strings and numbers")
    }

    /// Opens a custodian's share with their key.
    ///
    /// # Errors
    /// [`SharedPinError::NotTheirs`].
    pub fn open_share(&self, custodian: &str, opener: &ShareOpener) -> Result<Share, SharedPinError> {
        let sealed = self.shares.iter().find(|share| share.custodian == custodian);
        let share = sealed.and_then(|share| opener.open(&context(&self.token, custodian), &share.sealed).ok());
        share.map(Share).ok_or_else(|| SharedPinError::NotTheirs(custodian.to_owned()))
    }

    /// Whether this is the share of that custodian.
    pub fn is_share_of(&self, custodian: &str, share: &Share) -> bool {
        let sha256 = Digest::of(&share.0);
        self.shares.iter().any(|known| known.custodian == custodian && known.sha256 == sha256)
    }

    /// Puts the PIN together again.
    ///
    /// # Errors
    /// [`SharedPinError::Apart`] if there are too few, or one is wrong. The PIN was not tried.
    pub fn join<'a>(&self, shares: impl Iterator<Item = &'a Share>) -> Result<SecretString, SharedPinError> {
        let apart = SharedPinError::Apart;
        let parts = shares.map(|share| blahaj::Share::try_from(share.0.as_slice()));
        let Ok(parts) = parts.collect::<Result<Vec<_>, _>>() else { return Err(apart) };
        let Ok(key) = Sharks(self.needed).recover(&parts).map(Zeroizing::new) else { return Err(apart) };
        let Some(under) = only_use(&key) else { return Err(apart) };
        let mut pin = Zeroizing::new(self.pin.clone());
        let opened = under.open_in_place(nonce(), Aad::from(self.token.as_bytes()), &mut pin);
        let text = opened.ok().and_then(|pin| std::str::from_utf8(pin).ok());
        text.map(SecretString::from).ok_or(apart)
    }
}

impl Share {
    /// The share as it travels to the signer.
    pub fn from_octets(octets: Vec<u8>) -> Self {
        Self(Zeroizing::new(octets))
    }

    /// Its octets.
    pub fn octets(&self) -> &[u8] {
        &self.0
    }
}

/// A share of one token and custodian opens as no other's.
fn context(token: &str, custodian: &str) -> Vec<u8> {
    [token.as_bytes(), b"\0", custodian.as_bytes()].concat()
}

fn only_use(key: &[u8]) -> Option<LessSafeKey> {
    UnboundKey::new(&AES_256_GCM, key).ok().map(LessSafeKey::new)
}

/// The key is drawn for one text and seals no other, so any nonce is a fresh one.
fn nonce() -> Nonce {
    Nonce::assume_unique_for_key([0; NONCE_LEN])
}

/// Our own source of randomness, in the form that the splitting asks for.
struct Drawn<'a>(&'a dyn Entropy);

impl TryRng for Drawn<'_> {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        let mut octets = [0; 4];
        self.try_fill_bytes(&mut octets)?;
        Ok(u32::from_le_bytes(octets))
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        let mut octets = [0; 8];
        self.try_fill_bytes(&mut octets)?;
        Ok(u64::from_le_bytes(octets))
    }

    fn try_fill_bytes(&mut self, target: &mut [u8]) -> Result<(), Infallible> {
        for part in target.chunks_mut(16) {
            let drawn = Zeroizing::new(self.0.random16());
            part.copy_from_slice(&drawn[..part.len()]);
        }
        Ok(())
    }
}

impl TryCryptoRng for Drawn<'_> {}

/// Nobody is alone with a PIN.
const FEWEST: usize = 2;
