//! DER and PEM of a certificate.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::CertificateError;
use crate::asn1::{Writer, tag};
use crate::key::SignatureAlgorithm;

/// DER of a signed certificate.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct CertificateDer(Vec<u8>);

impl CertificateDer {
    /// Takes octets that are known to be a certificate.
    pub(crate) fn from_checked(der: Vec<u8>) -> Self {
        Self(der)
    }

    /// Joins a signed part and its signature.
    pub(crate) fn assemble(tbs: &[u8], algorithm: SignatureAlgorithm, signature: &[u8]) -> Self {
        Self(signed(tbs, algorithm, signature))
    }

    /// The octets.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// The octets, owned.
    pub fn into_bytes(self) -> Vec<u8> {
        self.0
    }

    /// PEM with lines of 64 characters (RFC 7468 section 5.1).
    pub fn to_pem(&self) -> String {
        pem("CERTIFICATE", &self.0)
    }
}

impl std::fmt::Debug for CertificateDer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "CertificateDer({} octets)", self.0.len())
    }
}

impl AsRef<[u8]> for CertificateDer {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

/// `SEQUENCE { tbs, algorithm, BIT STRING signature }`, the frame of certificates and CRLs.
pub(crate) fn signed(tbs: &[u8], algorithm: SignatureAlgorithm, signature: &[u8]) -> Vec<u8> {
    let algorithm = algorithm.identifier();
    let mut tail = Writer::with_capacity(signature.len() + 8);
    tail.bit_string(signature);
    let tail = tail.into_der();
    let length = tbs.len() + algorithm.len() + tail.len();
    let mut writer = Writer::with_capacity(length + 8);
    writer.header(tag::SEQUENCE, length);
    writer.raw(tbs);
    writer.raw(algorithm);
    writer.raw(&tail);
    writer.into_der()
}

/// RFC 7468 text.
pub(crate) fn pem(label: &str, der: &[u8]) -> String {
    let text = STANDARD.encode(der);
    let mut pem = format!("-----BEGIN {label}-----\n");
    let mut rest = text.as_str();
    while !rest.is_empty() {
        let (line, after) = rest.split_at(rest.len().min(64));
        pem.push_str(line);
        pem.push('\n');
        rest = after;
    }
    pem.push_str("-----END ");
    pem.push_str(label);
    pem.push_str("-----\n");
    pem
}

/// DER of the first PEM block, which must be a certificate.
pub(super) fn from_pem(pem: &str) -> Result<Vec<u8>, CertificateError> {
    if pem.len() > MAX_PEM_OCTETS {
        return Err(CertificateError::Oversized { octets: pem.len(), limit: MAX_PEM_OCTETS });
    }
    let (_, block) = x509_parser::pem::parse_x509_pem(pem.as_bytes()).map_err(|_| CertificateError::Malformed)?;
    if block.label == "CERTIFICATE" { Ok(block.contents) } else { Err(CertificateError::Malformed) }
}

/// A chain may stand in one text; only its first block is read.
const MAX_PEM_OCTETS: usize = 256 * 1024;
