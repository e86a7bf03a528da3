//! How OCSP names a certificate: hashes of its issuer's name and key, and its serial.

use crate::asn1::{Malformed, Reader, Writer, oid, tag};
use crate::certificate::Certificate;
use crate::digest;

use super::OcspError;

/// The hash in a CertID; it names, it does not protect.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum HashAlgorithm {
    /// SHA-1, of the older clients.
    Sha1,
    /// SHA-256, of RFC 9919.
    Sha256,
}

/// CertID (RFC 6960 section 4.1.1).
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct CertId {
    /// The hash of the next two fields.
    pub hash: HashAlgorithm,
    /// Hash of the DER of the issuer's Name.
    pub issuer_name_hash: Vec<u8>,
    /// Hash of the issuer's subjectPublicKey bits.
    pub issuer_key_hash: Vec<u8>,
    /// Content octets of the serial number's INTEGER.
    pub serial: Vec<u8>,
}

impl CertId {
    pub(super) fn read(list: &mut Reader<'_>) -> Result<Self, OcspError> {
        let mut fields = list.sequence()?;
        let algorithm = fields.element(tag::SEQUENCE)?;
        let name = fields.content(tag::OCTET_STRING)?;
        let key = fields.content(tag::OCTET_STRING)?;
        let serial = fields.integer()?;
        fields.finish()?;
        let (hash, octets) = match hash_algorithm(algorithm.inside())? {
            Some(HashAlgorithm::Sha1) => (HashAlgorithm::Sha1, 20),
            Some(HashAlgorithm::Sha256) => (HashAlgorithm::Sha256, 32),
            None => return Err(OcspError::UnsupportedHash),
        };
        if name.len() != octets || key.len() != octets {
            return Err(OcspError::Malformed);
        }
        Ok(Self { hash, issuer_name_hash: name.into(), issuer_key_hash: key.into(), serial: serial.into() })
    }

    pub(super) fn write(&self, writer: &mut Writer) {
        writer.sequence(|w| {
            w.sequence(|w| {
                w.oid(match self.hash {
                    HashAlgorithm::Sha1 => oid::SHA1,
                    HashAlgorithm::Sha256 => oid::SHA256,
                });
                w.null();
            });
            w.element(tag::OCTET_STRING, &self.issuer_name_hash);
            w.element(tag::OCTET_STRING, &self.issuer_key_hash);
            w.element(tag::INTEGER, &self.serial);
        });
    }
}

/// The hash of an AlgorithmIdentifier, whose parameters are NULL or absent.
fn hash_algorithm(mut fields: Reader<'_>) -> Result<Option<HashAlgorithm>, Malformed> {
    let id = fields.content(tag::OBJECT_IDENTIFIER)?;
    let parameters = fields.optional(tag::NULL)?;
    fields.finish()?;
    if parameters.is_some_and(|null| !null.content.is_empty()) {
        return Err(Malformed);
    }
    Ok(match id {
        id if id == oid::SHA1.as_bytes() => Some(HashAlgorithm::Sha1),
        id if id == oid::SHA256.as_bytes() => Some(HashAlgorithm::Sha256),
        _ => None,
    })
}

/// The hashes by which requests name one issuer, computed once.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct IssuerHashes {
    sha1: ([u8; 20], [u8; 20]),
    sha256: ([u8; 32], [u8; 32]),
}

impl IssuerHashes {
    /// The hashes of this issuer.
    pub fn of(issuer: &Certificate) -> Self {
        let (name, key) = (issuer.subject_der(), issuer.public_key().key_bits());
        Self { sha1: (digest::sha1(name), digest::sha1(key)), sha256: (digest::sha256(name), digest::sha256(key)) }
    }

    /// Hash of the name and hash of the key.
    pub fn get(&self, hash: HashAlgorithm) -> (&[u8], &[u8]) {
        match hash {
            HashAlgorithm::Sha1 => (&self.sha1.0, &self.sha1.1),
            HashAlgorithm::Sha256 => (&self.sha256.0, &self.sha256.1),
        }
    }

    /// Whether `id` names a certificate of this issuer.
    pub fn matches(&self, id: &CertId) -> bool {
        self.get(id.hash) == (id.issuer_name_hash.as_slice(), id.issuer_key_hash.as_slice())
    }

    /// The CertID of the certificate with this serial (content octets of its INTEGER).
    pub fn cert_id(&self, hash: HashAlgorithm, serial: &[u8]) -> CertId {
        let (name, key) = self.get(hash);
        CertId { hash, issuer_name_hash: name.into(), issuer_key_hash: key.into(), serial: serial.into() }
    }
}
