//! Reading requests: strict, bounded, fast.

use super::{CertId, OcspError};
use crate::asn1::{Reader, oid, tag};

/// Largest request that is read, in octets.
pub const MAX_REQUEST_OCTETS: usize = 4096;
/// Most certificates in one request.
pub const MAX_CERT_IDS: usize = 32;

/// What is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OcspRequest {
    /// The certificates, in order; at least one.
    pub cert_ids: Vec<CertId>,
    /// The nonce, 1 to 128 octets, if there is one.
    pub nonce: Option<Vec<u8>>,
}

/// Reads an OCSPRequest (RFC 6960 section 4.1). A client's signature is not verified.
///
/// # Errors
/// [`OcspError`]; its [`response`](OcspError::response) is what to answer.
pub fn parse_request(der: &[u8]) -> Result<OcspRequest, OcspError> {
    if der.len() > MAX_REQUEST_OCTETS {
        return Err(OcspError::Oversized { octets: der.len() });
    }
    let mut outer = Reader::only(der, tag::SEQUENCE)?.inside();
    let mut fields = outer.sequence()?;
    outer.optional(tag::constructed(0))?;
    outer.finish()?;

    let version = fields.optional(tag::constructed(0))?;
    if version.is_some_and(|version| version.content != VERSION_1) {
        return Err(OcspError::Malformed);
    }
    fields.optional(tag::constructed(1))?;
    let cert_ids = read_list(fields.sequence()?)?;
    let nonce = match fields.optional(tag::constructed(2))? {
        Some(extensions) => read_extensions(extensions.inside())?,
        None => None,
    };
    fields.finish()?;
    Ok(OcspRequest { cert_ids, nonce })
}

fn read_list(mut list: Reader<'_>) -> Result<Vec<CertId>, OcspError> {
    let mut ids = Vec::with_capacity(1);
    while !list.is_empty() {
        if ids.len() == MAX_CERT_IDS {
            return Err(OcspError::Count { count: MAX_CERT_IDS + 1 });
        }
        let mut request = list.sequence()?;
        ids.push(CertId::read(&mut request)?);
        if let Some(extensions) = request.optional(tag::constructed(0))? {
            read_extensions(extensions.inside())?;
        }
        request.finish()?;
    }
    if ids.is_empty() { Err(OcspError::Count { count: 0 }) } else { Ok(ids) }
}

/// The nonce among the extensions; critical ones that are not known are refused.
pub(super) fn read_extensions(mut outer: Reader<'_>) -> Result<Option<Vec<u8>>, OcspError> {
    let mut list = outer.sequence()?;
    outer.finish()?;
    let mut nonce = None;
    while !list.is_empty() {
        let mut fields = list.sequence()?;
        let id = fields.content(tag::OBJECT_IDENTIFIER)?;
        let critical = fields.optional(tag::BOOLEAN)?.is_some_and(|flag| flag.content != [0]);
        let value = fields.content(tag::OCTET_STRING)?;
        fields.finish()?;
        if id == oid::OCSP_NONCE.as_bytes() {
            if nonce.is_some() {
                return Err(OcspError::Malformed);
            }
            nonce = Some(read_nonce(value)?);
        } else if critical {
            return Err(OcspError::CriticalExtension);
        }
    }
    Ok(nonce)
}

fn read_nonce(value: &[u8]) -> Result<Vec<u8>, OcspError> {
    let nonce = Reader::only(value, tag::OCTET_STRING).map_err(|_| OcspError::Nonce)?.content;
    if (1..=MAX_NONCE_OCTETS).contains(&nonce.len()) { Ok(nonce.to_vec()) } else { Err(OcspError::Nonce) }
}

/// The default, which some clients write nevertheless.
const VERSION_1: &[u8] = &[tag::INTEGER, 1, 0];
/// RFC 9654 section 2.1.
const MAX_NONCE_OCTETS: usize = 128;
