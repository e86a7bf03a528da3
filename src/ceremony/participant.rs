//! The people of a ceremony. Each has a secret code on paper; the reviewed file has the public key that follows from it.
//!
//! A confirmation is a signature with that key over the step and the end of the transcript before it. So nobody can
//! confirm for another, and no confirmation fits another step, file or ceremony.

use crate::clock::Entropy;
use crate::signer::unlock::share_key::{ShareKey, ShareOpener};
use aws_lc_rs::digest::{Context, SHA256};
use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use pki::key::{KeyId, PublicKey, SignError, SignatureAlgorithm, Signer};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use std::fmt;
use zeroize::Zeroizing;

/// A person who takes part.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Participant {
    /// Short name in answers and confirmations.
    pub id: String,
    /// Full name.
    pub name: String,
    /// What they are there for.
    pub role: ParticipantRole,
    /// What their confirmations are checked with.
    pub key: ParticipantKey,
    /// What a custodian's shares of PINs are sealed with.
    #[serde(default)]
    pub share_key: Option<ShareKey>,
}

/// What a participant is there for (EN 319 411-1 clause 6.5.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ParticipantRole {
    /// Leads through the steps.
    Leader,
    /// Holds a share of the control over the keys.
    Custodian,
    /// Independent of the operator, and sees it all.
    Witness,
    /// Compares what is done with the policy.
    Auditor,
}

/// Public key of a participant: base64 of an Ed25519 SubjectPublicKeyInfo.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct ParticipantKey(PublicKey);

/// A text that is no participant's key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a participant's key: `sigill ceremony participant` makes one")]
pub struct NotAKey;

impl ParticipantRole {
    /// The word in the file.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Leader => "leader",
            Self::Custodian => "custodian",
            Self::Witness => "witness",
            Self::Auditor => "auditor",
        }
    }
}

impl fmt::Display for ParticipantRole {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl ParticipantKey {
    /// The key.
    pub const fn public(&self) -> &PublicKey {
        &self.0
    }
}

impl TryFrom<String> for ParticipantKey {
    type Error = NotAKey;

    fn try_from(text: String) -> Result<Self, NotAKey> {
        let spki = STANDARD.decode(text).map_err(|_| NotAKey)?;
        let key = PublicKey::from_spki(&spki).map_err(|_| NotAKey)?;
        if key.kind() == pki::key::KeyKind::Ed25519 { Ok(Self(key)) } else { Err(NotAKey) }
    }
}

impl fmt::Display for ParticipantKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&STANDARD.encode(self.0.spki()))
    }
}

/// A participant's secret: 100 random bits as twenty letters and digits. Case, hyphens and spaces do not count.
#[derive(Clone, Debug)]
pub struct Code(SecretString);

impl Code {
    /// A new one.
    pub fn draw(entropy: &dyn Entropy) -> Self {
        let mut bits = u128::from_be_bytes(entropy.random16());
        let mut text = String::new();
        for at in 0..CODE_LENGTH {
            if at > 0 && at % CODE_GROUP == 0 {
                text.push('-');
            }
            text.push(char::from(ALPHABET[usize::try_from(bits & 31).expect("five bits fit")]));
            bits >>= 5;
        }
        Self(text.into())
    }

    /// The code that somebody typed.
    pub fn typed(text: &str) -> Self {
        Self(text.to_owned().into())
    }

    /// The text, to be shown once.
    pub fn reveal(&self) -> &str {
        self.0.expose_secret()
    }

    /// The key that follows from the code.
    pub fn voice(&self) -> Voice {
        let seed = self.seed(b"sigill ceremony participant\0");
        let pair = Ed25519KeyPair::from_seed_unchecked(&*seed).expect("a digest is a seed's length");
        let spki = [SPKI_PREFIX, pair.public_key().as_ref()].concat();
        let public = PublicKey::from_spki(&spki).expect("a key pair's public half is a public key");
        Voice { pair, public }
    }

    /// What opens a custodian's shares: another key that follows from the code.
    pub fn share_opener(&self) -> ShareOpener {
        ShareOpener::from_seed(&self.seed(b"sigill custodian's share\0"))
    }

    fn seed(&self, purpose: &[u8]) -> Zeroizing<[u8; 32]> {
        let mut context = Context::new(&SHA256);
        context.update(purpose);
        for octet in self.0.expose_secret().bytes().filter(u8::is_ascii_alphanumeric) {
            context.update(&[octet.to_ascii_uppercase()]);
        }
        Zeroizing::new(context.finish().as_ref().try_into().expect("SHA-256 gives 32 octets"))
    }
}

/// A participant's key while it is needed. It exists in memory only; no CA's key is one.
pub struct Voice {
    pair: Ed25519KeyPair,
    public: PublicKey,
}

impl Voice {
    /// The public half, for the ceremony's file.
    pub fn key(&self) -> ParticipantKey {
        ParticipantKey(self.public.clone())
    }
}

impl Signer for Voice {
    fn sign(&self, _: &KeyId, algorithm: SignatureAlgorithm, message: &[u8]) -> Result<Vec<u8>, SignError> {
        if algorithm != SignatureAlgorithm::Ed25519 {
            return Err(SignError::Refused { detail: "participants sign with Ed25519".to_owned() });
        }
        Ok(self.pair.sign(message).as_ref().to_vec())
    }

    fn public_key(&self, _: &KeyId) -> Result<PublicKey, SignError> {
        Ok(self.public.clone())
    }
}

/// Letters and digits that are not taken for each other.
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const CODE_LENGTH: usize = 20;
const CODE_GROUP: usize = 5;
/// DER before the 32 octets of an Ed25519 key (RFC 8410 section 4).
const SPKI_PREFIX: &[u8] = b"\x30\x2a\x30\x05\x06\x03\x2b\x65\x70\x03\x21\x00";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::System;

    #[test]
    fn a_code_gives_one_key_however_it_is_typed() {
        let code = Code::draw(&System);
        assert_eq!(code.reveal().len(), 23);
        let key = code.voice().key();
        let typed = code.reveal().to_lowercase().replace('-', " ");
        assert_eq!(Code::typed(&typed).voice().key(), key);
        assert_eq!(ParticipantKey::try_from(key.to_string()), Ok(key.clone()));
        assert_eq!(Code::typed(&typed).share_opener().key(), code.share_opener().key());
        assert_ne!(Code::draw(&System).voice().key(), key);
        assert_eq!(ParticipantKey::try_from(String::new()), Err(NotAKey));
    }
}
