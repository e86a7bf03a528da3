//! A demo person's second key: in software, for browsers and curl, and marked so in its certificate.

use super::error::Error;
use super::files;
use pki::key::PublicKey;
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
