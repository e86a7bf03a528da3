//! The files of a demo person's second key, for browsers and curl.

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
use std::path::PathBuf;

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

/// Writes a person's key, which the ceremony made, and certificate in the forms that clients read.
///
/// # Errors
/// If a file cannot be read or written.
pub(crate) fn write(
    layout: &Layout,
    person: &PersonId,
    issuer: &Certificate,
    entropy: &dyn Entropy,
) -> anyhow::Result<SoftwareFiles> {
    let folder = layout.person_files();
    let certificate = Certificate::from_pem(&files::read_text(&folder.join(format!("{person}.software.pem")))?)?;
    let files = SoftwareFiles {
        certificate: folder.join(format!("{person}.pem")),
        key: folder.join(format!("{person}.key")),
        pkcs12: folder.join(format!("{person}.p12")),
        password: hex(&entropy.random16()),
    };
    files::public(&files.certificate, format!("{}{}", certificate.to_pem(), issuer.to_pem()))?;
    let key = files::read(&files.key)?;
    let pkcs12 = pkcs12(&key, &certificate, issuer, &files.password).context("making a PKCS#12 file")?;
    files::private(&files.pkcs12, pkcs12)?;
    Ok(files)
}

/// A key and its certificate with the issuer's, for browsers.
///
/// # Errors
/// If OpenSSL cannot read one of them.
pub(crate) fn pkcs12(
    key: &[u8],
    certificate: &Certificate,
    issuer: &Certificate,
    password: &str,
) -> Result<Vec<u8>, openssl::error::ErrorStack> {
    let mut chain = Stack::new()?;
    chain.push(X509::from_der(issuer.der().as_bytes())?)?;
    let key = PKey::private_key_from_pem(key)?;
    let certificate = X509::from_der(certificate.der().as_bytes())?;
    Pkcs12::builder().name("Sigill demo").pkey(&key).cert(&certificate).ca(chain).build2(password)?.to_der()
}
