//! A demo person's second key: in software, for browsers and curl, and marked so in its certificate.

use super::files;
use super::layout::Layout;
use crate::clock::Entropy;
use anyhow::Context;
use domain::PersonId;
use domain::id::hex;
use openssl::pkcs12::Pkcs12;
use openssl::pkey::PKey;
use openssl::stack::Stack;
use openssl::x509::X509;
use pki::certificate::Certificate;
use pki::key::PublicKey;
use rcgen::PublicKeyData;
use std::path::PathBuf;

/// A key pair in memory.
pub(crate) struct SoftwareKey(rcgen::KeyPair);

/// Where the person's files are.
pub(crate) struct SoftwareFiles {
    /// Certificate, the issuing CA's after it; PEM.
    pub(crate) certificate: PathBuf,
    /// PKCS#8, PEM.
    pub(crate) key: PathBuf,
    /// Both.
    pub(crate) pkcs12: PathBuf,
    /// Password of the PKCS#12 file.
    pub(crate) password: String,
}

/// A new P-256 key pair.
///
/// # Errors
/// If the crypto library fails.
pub(crate) fn generate() -> anyhow::Result<SoftwareKey> {
    Ok(SoftwareKey(rcgen::KeyPair::generate_for(&rcgen::PKCS_ECDSA_P256_SHA256)?))
}

impl SoftwareKey {
    /// The public half.
    ///
    /// # Errors
    /// If it is not a key that certificates may carry.
    pub(crate) fn public(&self) -> anyhow::Result<PublicKey> {
        Ok(PublicKey::from_spki(&self.0.subject_public_key_info())?)
    }
}

/// Writes a person's key and certificate in the forms that clients read.
///
/// # Errors
/// If a file cannot be written.
pub(crate) fn write(
    layout: &Layout,
    person: &PersonId,
    key: &SoftwareKey,
    certificate: &Certificate,
    issuer: &Certificate,
    entropy: &dyn Entropy,
) -> anyhow::Result<SoftwareFiles> {
    let folder = layout.person_files();
    let password = hex(&entropy.random16());
    let files = SoftwareFiles {
        certificate: folder.join(format!("{person}.pem")),
        key: folder.join(format!("{person}.key")),
        pkcs12: folder.join(format!("{person}.p12")),
        password,
    };
    files::public(&files.certificate, format!("{}{}", certificate.to_pem(), issuer.to_pem()))?;
    files::private(&files.key, key.0.serialize_pem())?;
    let pkcs12 = pkcs12(key, certificate, issuer, &files.password).context("making a PKCS#12 file")?;
    files::private(&files.pkcs12, pkcs12)?;
    Ok(files)
}

fn pkcs12(
    key: &SoftwareKey,
    certificate: &Certificate,
    issuer: &Certificate,
    password: &str,
) -> Result<Vec<u8>, openssl::error::ErrorStack> {
    let mut chain = Stack::new()?;
    chain.push(X509::from_der(issuer.der().as_bytes())?)?;
    let key = PKey::private_key_from_der(&key.0.serialize_der())?;
    let certificate = X509::from_der(certificate.der().as_bytes())?;
    Pkcs12::builder().name("Sigill demo").pkey(&key).cert(&certificate).ca(chain).build2(password)?.to_der()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_public_half_is_a_key_that_certificates_carry() {
        let (one, other) = (generate().unwrap(), generate().unwrap());
        assert_ne!(one.public().unwrap(), other.public().unwrap());
    }
}
