//! Reading answers, for the service's own tools and for lints.

use super::request::read_extensions;
use super::{CertId, OcspError, Status};
use crate::asn1::{Malformed, Reader, oid, read_time, tag};
use crate::crl::Reason;
use crate::key::{PublicKey, SignatureAlgorithm};
use crate::time::UtcTime;

/// A successful answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OcspResponse {
    /// SHA-1 of the responder's key.
    pub responder_key_hash: Vec<u8>,
    /// When it was signed.
    pub produced_at: UtcTime,
    /// What it says, in order.
    pub singles: Vec<SingleStatus>,
    /// The nonce that it echoes.
    pub nonce: Option<Vec<u8>>,
    /// DER of the certificates that come with it.
    pub certificates: Vec<Vec<u8>>,
    tbs: Vec<u8>,
    algorithm: SignatureAlgorithm,
    signature: Vec<u8>,
}

/// What an answer says about one certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SingleStatus {
    /// Which certificate.
    pub id: CertId,
    /// What is known.
    pub status: Status,
    /// When that was known to be right.
    pub this_update: UtcTime,
    /// Until when the answer may be used; some responders leave it out.
    pub next_update: Option<UtcTime>,
}

impl OcspResponse {
    /// The signed part.
    pub fn tbs(&self) -> &[u8] {
        &self.tbs
    }

    /// What the answer says about the certificate with this name.
    pub fn status_of(&self, id: &CertId) -> Option<&SingleStatus> {
        self.singles.iter().find(|single| single.id == *id)
    }

    /// Checks the signature with the responder's key.
    ///
    /// # Errors
    /// [`OcspError::BadSignature`].
    pub fn verify(&self, responder: &PublicKey) -> Result<(), OcspError> {
        responder.verify(self.algorithm, &self.tbs, &self.signature).map_err(|_| OcspError::BadSignature)
    }
}

/// Reads a whole OCSPResponse with a byKey ResponderID.
///
/// # Errors
/// [`OcspError::Status`] for an error status, else why it cannot be read.
pub fn parse_response(der: &[u8]) -> Result<OcspResponse, OcspError> {
    if der.len() > MAX_RESPONSE_OCTETS {
        return Err(OcspError::Oversized { octets: der.len() });
    }
    let mut outer = Reader::only(der, tag::SEQUENCE)?.inside();
    let &[status] = outer.content(tag::ENUMERATED)? else { return Err(OcspError::Malformed) };
    if status != 0 {
        outer.finish()?;
        return Err(OcspError::Status(status));
    }
    let basic = basic_response(&mut outer)?;
    let mut fields = Reader::only(basic, tag::SEQUENCE)?.inside();
    let tbs = fields.element(tag::SEQUENCE)?.whole;
    let algorithm = fields.element(tag::SEQUENCE)?.whole;
    let signature = fields.whole_bits()?.to_vec();
    let certificates = match fields.optional(tag::constructed(0))? {
        Some(list) => read_certificates(list.inside())?,
        None => Vec::new(),
    };
    fields.finish()?;
    let data = ResponseData::read(tbs)?;
    Ok(OcspResponse {
        responder_key_hash: data.responder_key_hash.to_vec(),
        produced_at: data.produced_at,
        singles: data.singles,
        nonce: data.nonce,
        certificates,
        tbs: tbs.to_vec(),
        algorithm: SignatureAlgorithm::from_identifier(algorithm).ok_or(OcspError::BadSignature)?,
        signature,
    })
}

/// DER of the BasicOCSPResponse inside responseBytes.
fn basic_response<'a>(outer: &mut Reader<'a>) -> Result<&'a [u8], OcspError> {
    let mut bytes = Reader::only(outer.content(tag::constructed(0))?, tag::SEQUENCE)?.inside();
    let kind = bytes.content(tag::OBJECT_IDENTIFIER)?;
    let basic = bytes.content(tag::OCTET_STRING)?;
    bytes.finish()?;
    outer.finish()?;
    if kind == oid::OCSP_BASIC.as_bytes() { Ok(basic) } else { Err(OcspError::Malformed) }
}

fn read_certificates(mut outer: Reader<'_>) -> Result<Vec<Vec<u8>>, Malformed> {
    let mut list = outer.sequence()?;
    outer.finish()?;
    let mut certificates = Vec::new();
    while !list.is_empty() {
        certificates.push(list.element(tag::SEQUENCE)?.whole.to_vec());
    }
    Ok(certificates)
}

/// The signed part of an answer.
pub(crate) struct ResponseData<'a> {
    pub(crate) responder_key_hash: &'a [u8],
    pub(crate) produced_at: UtcTime,
    pub(crate) singles: Vec<SingleStatus>,
    pub(crate) nonce: Option<Vec<u8>>,
}

impl<'a> ResponseData<'a> {
    pub(crate) fn read(der: &'a [u8]) -> Result<Self, OcspError> {
        let mut fields = Reader::only(der, tag::SEQUENCE)?.inside();
        let responder = fields.content(tag::constructed(2))?;
        let responder_key_hash = Reader::only(responder, tag::OCTET_STRING)?.content;
        let produced_at = generalized_time(&mut fields)?;
        let mut list = fields.sequence()?;
        let mut singles = Vec::new();
        while !list.is_empty() {
            singles.push(read_single(list.sequence()?)?);
        }
        let nonce = match fields.optional(tag::constructed(1))? {
            Some(extensions) => read_extensions(extensions.inside())?,
            None => None,
        };
        fields.finish()?;
        Ok(Self { responder_key_hash, produced_at, singles, nonce })
    }
}

fn read_single(mut fields: Reader<'_>) -> Result<SingleStatus, OcspError> {
    let id = CertId::read(&mut fields)?;
    let status = fields.any()?;
    let status = match (status.tag, status.content) {
        (GOOD, []) => Status::Good,
        (UNKNOWN, []) => Status::Unknown,
        (REVOKED, _) => read_revoked(status.inside())?,
        _ => return Err(OcspError::Malformed),
    };
    let this_update = generalized_time(&mut fields)?;
    let next_update = match fields.optional(tag::constructed(0))? {
        Some(time) => Some(generalized_time(&mut time.inside())?),
        None => None,
    };
    if let Some(extensions) = fields.optional(tag::constructed(1))? {
        read_extensions(extensions.inside())?;
    }
    fields.finish()?;
    Ok(SingleStatus { id, status, this_update, next_update })
}

fn read_revoked(mut fields: Reader<'_>) -> Result<Status, OcspError> {
    let at = generalized_time(&mut fields)?;
    let reason = match fields.optional(tag::constructed(0))? {
        None => Reason::Unspecified,
        Some(reason) => match Reader::only(reason.content, tag::ENUMERATED)?.content {
            [code] => Reason::from_code(*code).ok_or(OcspError::Malformed)?,
            _ => return Err(OcspError::Malformed),
        },
    };
    fields.finish()?;
    Ok(Status::Revoked { at, reason })
}

fn generalized_time(fields: &mut Reader<'_>) -> Result<UtcTime, Malformed> {
    read_time(&fields.element(tag::GENERALIZED_TIME)?)
}

const GOOD: u8 = tag::context(0);
const REVOKED: u8 = tag::constructed(1);
const UNKNOWN: u8 = tag::context(2);
const MAX_RESPONSE_OCTETS: usize = 64 * 1024;
