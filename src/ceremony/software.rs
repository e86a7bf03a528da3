//! Keys in software, which only demos have: a person's second key, for browsers and curl, and those of specimens.

use super::error::Error;
use super::files;
use pki::key::{KeyKind, PublicKey};
use rcgen::{KeyPair, PublicKeyData};
use std::path::Path;

/// The P-256 key pair in `path`, PKCS#8 in PEM; made if there is none.
///
/// # Errors
/// If it cannot be made, written or read.
pub(crate) fn key(path: &Path) -> Result<PublicKey, Error> {
    let pair = if path.exists() {
        KeyPair::from_pem(&files::read_text(path)?)?
    } else {
        let pair = KeyPair::generate_for(&rcgen::PKCS_ECDSA_P256_SHA256)?;
        files::private(path, pair.serialize_pem())?;
        pair
    };
    PublicKey::from_spki(&pair.subject_public_key_info()).map_err(|_| Error::OtherKey(path.display().to_string()))
}

/// The public half of a new key that nobody has: the private one is dropped here. P-384 if asked for, else P-256.
///
/// # Errors
/// If it cannot be made.
pub(crate) fn forgotten_key(kind: KeyKind) -> Result<PublicKey, Error> {
    let algorithm =
        if kind == KeyKind::EcP384 { &rcgen::PKCS_ECDSA_P384_SHA384 } else { &rcgen::PKCS_ECDSA_P256_SHA256 };
    let key = KeyPair::generate_for(algorithm)?.subject_public_key_info();
    PublicKey::from_spki(&key).map_err(|_| Error::OtherKey("forgotten".to_owned()))
}
