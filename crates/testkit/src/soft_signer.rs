//! Private keys in memory, for tests that need signatures but no token.

use std::collections::BTreeMap;

use aws_lc_rs::agreement::{self, ECDH_P256, ECDH_P384};
use aws_lc_rs::digest::{SHA256, SHA384, digest};
use aws_lc_rs::encoding::AsDer;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{self as lc, EcdsaKeyPair, Ed25519KeyPair, KeyPair as _, RsaKeyPair};
use pki::{KeyId, KeyKind, PublicKey, SignError, SignatureAlgorithm, Signer};

/// A [`Signer`] over software keys.
///
/// EC and Ed25519 keys follow from their label, so approved outputs stay the
/// same; RSA keys are drawn anew each time.
#[derive(Default)]
pub struct SoftSigner(BTreeMap<KeyId, Key>);

struct Key {
    pair: Pair,
    public: PublicKey,
}

enum Pair {
    Ecdsa(EcdsaKeyPair),
    Ed25519(Ed25519KeyPair),
    Rsa(RsaKeyPair),
}

impl SoftSigner {
    /// A signer without keys.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a key and gives its id.
    ///
    /// # Panics
    /// If the crypto library refuses to make the key.
    pub fn add(&mut self, label: &str, kind: KeyKind) -> KeyId {
        let id = KeyId::new(label);
        let key = make(label, kind).unwrap_or_else(|| panic!("no {kind} key {label}"));
        self.0.insert(id.clone(), key);
        id
    }

    /// The public half of a key that was added.
    ///
    /// # Panics
    /// If there is no such key.
    pub fn public(&self, id: &KeyId) -> PublicKey {
        self.0.get(id).unwrap_or_else(|| panic!("no key {id}")).public.clone()
    }
}

impl Signer for SoftSigner {
    fn sign(&self, key: &KeyId, algorithm: SignatureAlgorithm, message: &[u8]) -> Result<Vec<u8>, SignError> {
        let found = self.0.get(key).ok_or_else(|| SignError::NoSuchKey { key: key.clone() })?;
        let refused = || SignError::Refused { detail: format!("{algorithm:?} with a {} key", found.public.kind()) };
        let random = SystemRandom::new();
        let signature = match &found.pair {
            Pair::Ecdsa(pair) if algorithm == SignatureAlgorithm::default_for(found.public.kind()) => {
                pair.sign(&random, message).map(|signature| signature.as_ref().to_vec())
            }
            Pair::Ed25519(pair) if algorithm == SignatureAlgorithm::Ed25519 => Ok(pair.sign(message).as_ref().to_vec()),
            Pair::Rsa(pair) => {
                let padding = padding(algorithm).ok_or_else(refused)?;
                let mut signature = vec![0; pair.public_modulus_len()];
                pair.sign(padding, &random, message, &mut signature).map(|()| signature)
            }
            _ => return Err(refused()),
        };
        signature.map_err(|_| SignError::Faulty { detail: "the crypto library failed".to_owned() })
    }

    fn public_key(&self, key: &KeyId) -> Result<PublicKey, SignError> {
        let found = self.0.get(key).ok_or_else(|| SignError::NoSuchKey { key: key.clone() })?;
        Ok(found.public.clone())
    }
}

fn make(label: &str, kind: KeyKind) -> Option<Key> {
    let (pair, spki) = match kind {
        KeyKind::EcP256 => {
            let scalar = digest(&SHA256, label.as_bytes());
            ecdsa(&ECDH_P256, &lc::ECDSA_P256_SHA256_ASN1_SIGNING, scalar.as_ref())?
        }
        KeyKind::EcP384 => {
            let scalar = digest(&SHA384, label.as_bytes());
            ecdsa(&ECDH_P384, &lc::ECDSA_P384_SHA384_ASN1_SIGNING, scalar.as_ref())?
        }
        KeyKind::Ed25519 => {
            let seed = digest(&SHA256, label.as_bytes());
            let pair = Ed25519KeyPair::from_seed_unchecked(seed.as_ref()).ok()?;
            let spki = pair.public_key().as_der().ok()?.as_ref().to_vec();
            (Pair::Ed25519(pair), spki)
        }
        KeyKind::Rsa2048 => rsa(aws_lc_rs::rsa::KeySize::Rsa2048)?,
        KeyKind::Rsa3072 => rsa(aws_lc_rs::rsa::KeySize::Rsa3072)?,
        KeyKind::Rsa4096 => rsa(aws_lc_rs::rsa::KeySize::Rsa4096)?,
    };
    Some(Key { pair, public: PublicKey::from_spki(&spki).ok()? })
}

/// The pair with this private scalar; the key agreement API computes the point.
fn ecdsa(
    agreement: &'static agreement::Algorithm,
    signing: &'static lc::EcdsaSigningAlgorithm,
    scalar: &[u8],
) -> Option<(Pair, Vec<u8>)> {
    let private = agreement::PrivateKey::from_private_key(agreement, scalar).ok()?;
    let point = private.compute_public_key().ok()?;
    let pair = EcdsaKeyPair::from_private_key_and_public_key(signing, scalar, point.as_ref()).ok()?;
    let spki = pair.public_key().as_der().ok()?.as_ref().to_vec();
    Some((Pair::Ecdsa(pair), spki))
}

fn rsa(size: aws_lc_rs::rsa::KeySize) -> Option<(Pair, Vec<u8>)> {
    let pair = RsaKeyPair::generate(size).ok()?;
    let spki = pair.public_key().as_der().ok()?.as_ref().to_vec();
    Some((Pair::Rsa(pair), spki))
}

fn padding(algorithm: SignatureAlgorithm) -> Option<&'static dyn lc::RsaEncoding> {
    Some(match algorithm {
        SignatureAlgorithm::RsaPkcs1Sha256 => &lc::RSA_PKCS1_SHA256,
        SignatureAlgorithm::RsaPkcs1Sha384 => &lc::RSA_PKCS1_SHA384,
        SignatureAlgorithm::RsaPkcs1Sha512 => &lc::RSA_PKCS1_SHA512,
        SignatureAlgorithm::RsaPssSha256 => &lc::RSA_PSS_SHA256,
        SignatureAlgorithm::RsaPssSha384 => &lc::RSA_PSS_SHA384,
        SignatureAlgorithm::RsaPssSha512 => &lc::RSA_PSS_SHA512,
        _ => return None,
    })
}
