//! The key pair that a custodian's share is sealed for: HPKE (RFC 9180) in base mode, X25519, HKDF-SHA256, AES-256-GCM.

use crate::signer::protocol::base64_text;
use aws_lc_rs::agreement::{PrivateKey, X25519};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rustls::crypto::aws_lc_rs::hpke::DH_KEM_X25519_HKDF_SHA256_AES_256 as SUITE;
use rustls::crypto::hpke::{EncapsulatedSecret, Hpke, HpkePrivateKey, HpkePublicKey};
use serde::{Deserialize, Serialize};
use std::fmt;
use zeroize::Zeroizing;

/// Public half: base64 of the 32 octets of an X25519 key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ShareKey([u8; KEY_OCTETS]);

/// A text that is no share key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a custodian's share key: `sigill ceremony participant` makes one")]
pub struct NotAShareKey;

/// Private half, while it is needed.
pub struct ShareOpener {
    private: HpkePrivateKey,
    public: ShareKey,
}

/// Something sealed for one custodian.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SealedFor {
    /// The encapsulated secret (RFC 9180 section 4.1).
    #[serde(with = "base64_text")]
    encapsulated: Vec<u8>,
    /// The ciphertext.
    #[serde(with = "base64_text")]
    ciphertext: Vec<u8>,
}

/// What is sealed cannot be sealed, or not be opened with this.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the custodian's key does not fit")]
pub struct WrongShareKey;

impl ShareKey {
    /// Seals `secret` for the owner of this key; `context` says what it is and is needed again to open it.
    ///
    /// # Errors
    /// [`WrongShareKey`] if the key is a point that agrees with nobody.
    pub fn seal(&self, context: &[u8], secret: &[u8]) -> Result<SealedFor, WrongShareKey> {
        let sealed = SUITE.seal(INFO, context, secret, &HpkePublicKey(self.0.to_vec()));
        let (EncapsulatedSecret(encapsulated), ciphertext) = sealed.map_err(|_| WrongShareKey)?;
        Ok(SealedFor { encapsulated, ciphertext })
    }
}

impl ShareOpener {
    /// The key pair that follows from 32 secret octets.
    pub fn from_seed(seed: &[u8; KEY_OCTETS]) -> Self {
        let pair = PrivateKey::from_private_key(&X25519, seed).expect("any 32 octets are an X25519 key");
        let public = pair.compute_public_key().expect("an X25519 key has a public half");
        let public = ShareKey(public.as_ref().try_into().expect("an X25519 public key has 32 octets"));
        Self { private: HpkePrivateKey::from(seed.to_vec()), public }
    }

    /// The public half.
    pub const fn key(&self) -> &ShareKey {
        &self.public
    }

    /// Opens what was sealed for this key in the same context.
    ///
    /// # Errors
    /// [`WrongShareKey`] for everything else.
    pub fn open(&self, context: &[u8], sealed: &SealedFor) -> Result<Zeroizing<Vec<u8>>, WrongShareKey> {
        let encapsulated = EncapsulatedSecret(sealed.encapsulated.clone());
        let opened = SUITE.open(&encapsulated, INFO, context, &sealed.ciphertext, &self.private);
        opened.map(Zeroizing::new).map_err(|_| WrongShareKey)
    }
}

impl TryFrom<String> for ShareKey {
    type Error = NotAShareKey;

    fn try_from(text: String) -> Result<Self, NotAShareKey> {
        let octets = STANDARD.decode(text).map_err(|_| NotAShareKey)?;
        octets.try_into().map(Self).map_err(|_| NotAShareKey)
    }
}

impl From<ShareKey> for String {
    fn from(key: ShareKey) -> Self {
        key.to_string()
    }
}

impl fmt::Display for ShareKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&STANDARD.encode(self.0))
    }
}

/// Octets of an X25519 key.
pub const KEY_OCTETS: usize = 32;
/// Separates these keys' use from any other.
const INFO: &[u8] = b"sigill custodian's share 1";
