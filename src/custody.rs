//! Keeps the store's data keys: each is encrypted for a key pair on the service's token, which alone opens it.
//!
//! HPKE (RFC 9180) in base mode with DHKEM(P-256, HKDF-SHA256), HKDF-SHA256 and AES-256-GCM. A library seals, for
//! that needs the public half only. Opening is written out here, since the step with the private half, one ECDH, is the
//! token's.

use crate::clock::{Entropy, System};
use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use aws_lc_rs::hmac;
use hsm::{HsmError, KeyRole, Pool};
use pki::key::{KeyId, KeyKind, PublicKey};
use rustls::crypto::aws_lc_rs::hpke::DH_KEM_P256_HKDF_SHA256_AES_256 as SUITE;
use rustls::crypto::hpke::{EncapsulatedSecret, Hpke, HpkePublicKey};
use std::sync::Arc;
use store::{Custody, CustodyError, DataKey};
use zeroize::Zeroizing;

/// Custody by a key on a token.
pub struct TokenCustody {
    keys: Pool,
}

/// Why a data key was not opened.
#[derive(Debug, thiserror::Error)]
enum NotOpened {
    /// The token is away or refuses.
    #[error("token")]
    Token(#[from] HsmError),
    /// Not encrypted for this token's key, or changed since.
    #[error("a data key was not wrapped for this token")]
    Foreign,
}

impl From<NotOpened> for CustodyError {
    fn from(why: NotOpened) -> Self {
        Self(Box::new(why))
    }
}

impl TokenCustody {
    /// Custody by the token behind `keys`; asks nothing of it yet.
    pub fn of(keys: &Pool) -> Arc<dyn Custody> {
        Arc::new(Self { keys: keys.clone() })
    }

    /// The public half of the wrapping key, which is made when it is first needed.
    fn public(&self) -> Result<PublicKey, NotOpened> {
        let key = KeyId::new(WRAPPING_KEY);
        match self.keys.public_key(&key) {
            Err(HsmError::NoSuchKey { .. }) => Ok(self.keys.generate(&key, KeyKind::EcP256, KeyRole::Agreement)?),
            other => Ok(other?),
        }
    }

    fn open(&self, wrapped: &[u8]) -> Result<DataKey, NotOpened> {
        let (encapsulated, ciphertext) = wrapped.split_at_checked(POINT_OCTETS).ok_or(NotOpened::Foreign)?;
        let peer = PublicKey::from_spki(&[P256_SPKI, encapsulated].concat()).map_err(|_| NotOpened::Foreign)?;
        let own = self.keys.public_key(&KeyId::new(WRAPPING_KEY))?;
        let shared = self.keys.derive(&KeyId::new(WRAPPING_KEY), &peer)?;
        let shared = decapsulate(&shared, &[encapsulated, own.key_bits()].concat());
        let (key, nonce) = key_schedule(&shared);
        let mut text = Zeroizing::new(ciphertext.to_vec());
        let opened = key.open_in_place(nonce, Aad::empty(), &mut text).map_err(|_| NotOpened::Foreign)?;
        let key: &[u8] = opened;
        key.try_into().map(DataKey::new).map_err(|_| NotOpened::Foreign)
    }
}

impl Custody for TokenCustody {
    fn make(&self) -> Result<(DataKey, Vec<u8>), CustodyError> {
        let public = self.public()?;
        let key = DataKey::new(draw());
        let sealed = SUITE.seal(INFO, &[], key.as_slice(), &HpkePublicKey(public.key_bits().to_vec()));
        let (EncapsulatedSecret(encapsulated), ciphertext) = sealed.map_err(|why| CustodyError(Box::new(why)))?;
        let wrapped = [encapsulated, ciphertext].concat();
        // What the token does not open again must not seal anything.
        if *self.open(&wrapped)? != *key {
            return Err(NotOpened::Foreign.into());
        }
        Ok((key, wrapped))
    }

    fn unwrap(&self, wrapped: &[u8]) -> Result<DataKey, CustodyError> {
        Ok(self.open(wrapped)?)
    }
}

fn draw() -> [u8; 32] {
    let mut octets = [0; 32];
    octets[..16].copy_from_slice(&System.random16());
    octets[16..].copy_from_slice(&System.random16());
    octets
}

/// RFC 9180 section 4.1: the shared secret from the point that both sides know.
fn decapsulate(point: &[u8], context: &[u8]) -> Secret {
    expand(&extract(&[], (KEM, b"eae_prk"), point), (KEM, b"shared_secret"), context, SECRET_OCTETS)
}

/// RFC 9180 section 5.1 in base mode: the key and the nonce of the first message, which is the only one.
fn key_schedule(shared: &Secret) -> (LessSafeKey, Nonce) {
    let (psk_id, info) = (extract(&[], (HPKE, b"psk_id_hash"), &[]), extract(&[], (HPKE, b"info_hash"), INFO));
    let context = [&[BASE_MODE], psk_id.as_slice(), info.as_slice()].concat();
    let secret = extract(shared.as_slice(), (HPKE, b"secret"), &[]);
    let key = expand(&secret, (HPKE, b"key"), &context, SECRET_OCTETS);
    let nonce = expand(&secret, (HPKE, b"base_nonce"), &context, NONCE_LEN);
    let (nonce, _) = nonce.split_first_chunk().expect("a nonce is shorter than a secret");
    let key = UnboundKey::new(&AES_256_GCM, key.as_slice()).expect("AES-256 takes 32 octets");
    (LessSafeKey::new(key), Nonce::assume_unique_for_key(*nonce))
}

/// `LabeledExtract` of RFC 9180 section 4 for a suite and a label.
fn extract(salt: &[u8], (suite, label): (&[u8], &[u8]), material: &[u8]) -> Secret {
    mac(salt, &[VERSION, suite, label, material])
}

/// `LabeledExpand` of RFC 9180 section 4 for at most one block: the first `octets` are meant.
fn expand(secret: &Secret, (suite, label): (&[u8], &[u8]), info: &[u8], octets: usize) -> Secret {
    let length = u16::try_from(octets).expect("one block is short").to_be_bytes();
    mac(secret.as_slice(), &[&length, VERSION, suite, label, info, &[1]])
}

fn mac(key: &[u8], parts: &[&[u8]]) -> Secret {
    let mut context = hmac::Context::with_key(&hmac::Key::new(hmac::HMAC_SHA256, key));
    for part in parts {
        context.update(part);
    }
    let tag = context.sign();
    Zeroizing::new(tag.as_ref().try_into().expect("HMAC-SHA-256 has 32 octets"))
}

/// An output of HKDF-SHA256.
type Secret = Zeroizing<[u8; SECRET_OCTETS]>;

/// Label of the key pair on the service's token that data keys are encrypted for.
pub const WRAPPING_KEY: &str = "data-wrapping";
/// What the encryption is for.
const INFO: &[u8] = b"sigill data key 1";
const SECRET_OCTETS: usize = 32;
/// An uncompressed point of P-256.
const POINT_OCTETS: usize = 65;
const VERSION: &[u8] = b"HPKE-v1";
/// `suite_id` of DHKEM(P-256, HKDF-SHA256): RFC 9180 section 7.1.
const KEM: &[u8] = b"KEM\x00\x10";
/// `suite_id` of the whole: that KEM, HKDF-SHA256 and AES-256-GCM (RFC 9180 sections 7.2 and 7.3).
const HPKE: &[u8] = b"HPKE\x00\x10\x00\x01\x00\x02";
const BASE_MODE: u8 = 0;
/// A `SubjectPublicKeyInfo` of P-256 up to its point (RFC 5480 section 2).
const P256_SPKI: &[u8] =
    b"\x30\x59\x30\x13\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07\x03\x42\x00";

#[cfg(test)]
mod tests {
    use super::*;
    use hsm::{Module, TokenConfig};
    use std::time::Duration;
    use testkit::token::in_child;

    /// The library seals and we open, so each judges the other.
    #[test]
    fn a_data_key_comes_back_from_the_token_that_it_was_wrapped_for() {
        const PIN: &str = "47114711";
        in_child(
            "custody::tests::a_data_key_comes_back_from_the_token_that_it_was_wrapped_for",
            |folder, _| folder.init("custody", "87654321", PIN),
            |_| {
                let config = TokenConfig {
                    module: Module::Auto,
                    token_label: "custody".to_owned(),
                    token_serial: None,
                    pin: PIN.into(),
                    threads: 1,
                    queue: 4,
                    deadline: Duration::from_secs(10),
                };
                let keys = Pool::open(config).unwrap();
                let custody = TokenCustody::of(&keys);
                let (key, wrapped) = custody.make().unwrap();
                assert_eq!(custody.unwrap(&wrapped).unwrap(), key);
                let (other, _) = custody.make().unwrap();
                assert_ne!(other, key, "each is drawn anew");
                for at in [0, 1, POINT_OCTETS - 1, POINT_OCTETS, wrapped.len() - 1] {
                    let mut changed = wrapped.clone();
                    changed[at] ^= 1;
                    assert!(custody.unwrap(&changed).is_err(), "octet {at}");
                    assert!(custody.unwrap(&wrapped[..at]).is_err(), "{at} octets");
                }
                keys.destroy(&KeyId::new(WRAPPING_KEY), &keys.public_key(&KeyId::new(WRAPPING_KEY)).unwrap()).unwrap();
                assert!(custody.unwrap(&wrapped).is_err(), "nobody else opens it");
            },
        );
    }
}
