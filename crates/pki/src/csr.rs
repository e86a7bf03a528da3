//! Certification requests (PKCS#10, RFC 2986): a public key and the proof that its owner asks.
//!
//! Subject, attributes and requested extensions are ignored on purpose: what a
//! certificate says comes from the enrolment.

use x509_parser::certification_request::X509CertificationRequest;
use x509_parser::prelude::FromDer;

use crate::Kind;
use crate::asn1::{Malformed, Reader, tag};
use crate::key::{KeyError, PublicKey, SignatureAlgorithm};

/// Largest request that is read, in octets, PEM or DER.
pub const MAX_CSR_OCTETS: usize = 16 * 1024;

/// The public key of a request in PEM or DER whose proof of possession verifies.
///
/// # Errors
/// [`CsrError`], a variant for each reason.
pub fn read_csr(bytes: &[u8]) -> Result<PublicKey, CsrError> {
    if bytes.len() > MAX_CSR_OCTETS {
        return Err(CsrError::Oversized { octets: bytes.len() });
    }
    let text = bytes.trim_ascii();
    if text.starts_with(b"-----") { from_der(&from_pem(text)?) } else { from_der(bytes) }
}

/// Why a request is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CsrError {
    /// Not a PKCS#10 request.
    #[error("not a certification request")]
    Malformed,
    /// Over [`MAX_CSR_OCTETS`].
    #[error("a request of {octets} octets is over the limit of {MAX_CSR_OCTETS}")]
    Oversized {
        /// Octets given.
        octets: usize,
    },
    /// Something follows the request.
    #[error("octets follow the request")]
    TrailingData,
    /// The key in the request did not sign it.
    #[error("the proof of possession does not verify")]
    BadSignature,
    /// The signature algorithm is unknown or does not fit the key.
    #[error("the request's signature algorithm is not supported")]
    UnsupportedAlgorithm,
    /// The key is not acceptable.
    #[error("the public key is not accepted")]
    Key(#[source] KeyError),
}

impl CsrError {
    /// A stable code for clients.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Malformed => "malformed",
            Self::Oversized { .. } => "oversized",
            Self::TrailingData => "trailing_data",
            Self::BadSignature => "bad_signature",
            Self::UnsupportedAlgorithm => "unsupported_algorithm",
            Self::Key(KeyError::Malformed | KeyError::SmallOrder) => "malformed_key",
            Self::Key(KeyError::UnsupportedCurve) => "unsupported_curve",
            Self::Key(KeyError::UnsupportedKey | KeyError::UnsupportedRsaSize { .. }) => "unsupported_key",
            Self::Key(KeyError::WeakRsa { .. } | KeyError::WeakModulus) => "weak_rsa",
            Self::Key(KeyError::BadExponent) => "bad_exponent",
        }
    }

    /// Coarse class for the edge and for metrics.
    pub const fn kind(&self) -> Kind {
        Kind::Invalid
    }
}

impl From<Malformed> for CsrError {
    fn from(_: Malformed) -> Self {
        Self::Malformed
    }
}

/// The only PEM block in `text`.
fn from_pem(text: &[u8]) -> Result<Vec<u8>, CsrError> {
    let (rest, block) = x509_parser::pem::parse_x509_pem(text).map_err(|_| CsrError::Malformed)?;
    if !rest.trim_ascii().is_empty() {
        return Err(CsrError::TrailingData);
    }
    match block.label.as_str() {
        "CERTIFICATE REQUEST" | "NEW CERTIFICATE REQUEST" => Ok(block.contents),
        _ => Err(CsrError::Malformed),
    }
}

fn from_der(der: &[u8]) -> Result<PublicKey, CsrError> {
    let mut outer = Reader::new(der);
    let mut fields = outer.sequence()?;
    outer.finish().map_err(|_| CsrError::TrailingData)?;
    let info = fields.element(tag::SEQUENCE)?.whole;
    let algorithm = fields.element(tag::SEQUENCE)?.whole;
    let signature = fields.whole_bits()?;
    fields.finish()?;

    let (_, request) = X509CertificationRequest::from_der(der).map_err(|_| CsrError::Malformed)?;
    let spki = request.certification_request_info.subject_pki.raw;
    let key = PublicKey::from_spki(spki).map_err(CsrError::Key)?;
    let algorithm = SignatureAlgorithm::from_identifier(algorithm)
        .filter(|algorithm| algorithm.fits(key.kind()))
        .ok_or(CsrError::UnsupportedAlgorithm)?;
    key.verify(algorithm, info, signature).map_err(|_| CsrError::BadSignature)?;
    Ok(key)
}
