//! Reading a `TimeStampReq`: strict, bounded.

use super::hash::HashAlgorithm;
use super::response::Failure;
use pki::asn1::{Malformed, ObjectIdentifier, Reader, tag};

/// Largest request that is read, in octets.
pub const MAX_REQUEST_OCTETS: usize = 4096;

/// What is to be stamped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TimeStampRequest {
    /// How the document was hashed.
    pub hash: HashAlgorithm,
    /// The digest; as long as the algorithm's are.
    pub digest: Vec<u8>,
    /// The policy that the requester wants, if one.
    pub policy: Option<ObjectIdentifier>,
    /// Whether the unit's certificate shall be in the answer.
    pub wants_certificate: bool,
    /// DER of the messageImprint: it returns unchanged.
    pub(super) imprint: Vec<u8>,
    /// Content of the nonce's INTEGER, at most [`MAX_NONCE_OCTETS`]: it returns unchanged.
    pub(super) nonce: Option<Vec<u8>>,
}

/// Reads a `TimeStampReq` (RFC 3161 section 2.4.1).
///
/// # Errors
/// [`Failure`], as it is to be told: data of another form, an unknown hash, an extension of whatever kind.
pub fn parse_request(der: &[u8]) -> Result<TimeStampRequest, Failure> {
    if der.len() > MAX_REQUEST_OCTETS {
        return Err(Failure::BadRequest);
    }
    let mut fields = Reader::only(der, tag::SEQUENCE)?.inside();
    if fields.integer()? != VERSION_1 {
        return Err(Failure::BadRequest);
    }
    let imprint = fields.element(tag::SEQUENCE)?;
    let policy = fields.optional(tag::OBJECT_IDENTIFIER)?;
    let policy = policy.map(|id| ObjectIdentifier::from_bytes(id.content).map_err(|_| Failure::BadDataFormat));
    let nonce = if fields.peek() == Some(tag::INTEGER) { Some(fields.integer()?.to_vec()) } else { None };
    let wants_certificate = fields.optional_true()?;
    if fields.peek() == Some(tag::constructed(0)) {
        return Err(Failure::UnacceptedExtension);
    }
    fields.finish()?;
    if nonce.as_ref().is_some_and(|nonce| nonce.len() > MAX_NONCE_OCTETS) {
        return Err(Failure::BadRequest);
    }
    let (hash, digest) = read_imprint(imprint.inside())?;
    let imprint = imprint.whole.to_vec();
    Ok(TimeStampRequest { hash, digest, policy: policy.transpose()?, wants_certificate, imprint, nonce })
}

/// Algorithm and digest of a `MessageImprint`.
pub(super) fn read_imprint(mut fields: Reader<'_>) -> Result<(HashAlgorithm, Vec<u8>), Failure> {
    let mut algorithm = fields.sequence()?;
    let hash = algorithm.content(tag::OBJECT_IDENTIFIER)?;
    // Absent and NULL mean the same (RFC 5754 section 2).
    if algorithm.optional(tag::NULL)?.is_some_and(|null| !null.content.is_empty()) {
        return Err(Failure::BadDataFormat);
    }
    algorithm.finish()?;
    let digest = fields.content(tag::OCTET_STRING)?;
    fields.finish()?;
    let hash = HashAlgorithm::of(hash).ok_or(Failure::BadAlg)?;
    if digest.len() == hash.octets() { Ok((hash, digest.to_vec())) } else { Err(Failure::BadDataFormat) }
}

impl From<Malformed> for Failure {
    fn from(_: Malformed) -> Self {
        Self::BadDataFormat
    }
}

const VERSION_1: &[u8] = &[1];
/// Requesters use 8 to 20; nobody needs more to recognise an answer.
const MAX_NONCE_OCTETS: usize = 64;
