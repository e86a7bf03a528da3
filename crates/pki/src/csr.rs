//! Certification requests (PKCS#10, RFC 2986): a public key and the proof that its owner asks.
//!
//! Subject, attributes and requested extensions are ignored on purpose: what a
//! certificate says comes from the enrolment. Only what nobody asks for in good
//! faith is refused: to be a CA, an extension twice, NUL in a name.

use x509_parser::certification_request::{X509CertificationRequest, X509CertificationRequestInfo};
use x509_parser::cri_attributes::ParsedCriAttribute;
use x509_parser::extensions::{ParsedExtension, X509Extension};
use x509_parser::prelude::FromDer;

use crate::Kind;
use crate::asn1::{Malformed, Misshapen, Reader, check_shape, tag};
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
    /// BER that is not DER: indefinite lengths, or longer than they need be.
    #[error("the request is not encoded in DER")]
    NotDer,
    /// More levels within each other than a request has.
    #[error("the request is nested too deep")]
    TooDeep,
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
    /// It asks for the certificate of a CA.
    #[error("the request asks for the certificate of a CA")]
    AsksForCa,
    /// It asks for an extension twice.
    #[error("the request asks for an extension twice")]
    DuplicateExtension,
    /// A name holds the character NUL, at which some readers stop.
    #[error("a name in the request holds NUL")]
    NulInName,
    /// The key is not acceptable.
    #[error("the public key is not accepted")]
    Key(#[source] KeyError),
}

impl CsrError {
    /// A stable code for clients.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Malformed => "malformed",
            Self::NotDer => "not_der",
            Self::TooDeep => "too_deep",
            Self::Oversized { .. } => "oversized",
            Self::TrailingData => "trailing_data",
            Self::BadSignature => "bad_signature",
            Self::UnsupportedAlgorithm => "unsupported_algorithm",
            Self::AsksForCa => "asks_for_ca",
            Self::DuplicateExtension => "duplicate_extension",
            Self::NulInName => "nul_in_name",
            Self::Key(KeyError::Malformed) => "malformed_key",
            Self::Key(KeyError::NotOnCurve) => "not_on_curve",
            Self::Key(KeyError::SmallOrder) => "small_order",
            Self::Key(KeyError::Oversized { .. }) => "oversized_key",
            Self::Key(KeyError::UnsupportedCurve) => "unsupported_curve",
            Self::Key(KeyError::UnsupportedKey) => "unsupported_key",
            Self::Key(KeyError::UnsupportedRsaSize { .. }) => "unsupported_rsa_size",
            Self::Key(KeyError::WeakRsa { .. }) => "weak_rsa",
            Self::Key(KeyError::WeakModulus) => "weak_modulus",
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

impl From<Misshapen> for CsrError {
    fn from(misshapen: Misshapen) -> Self {
        match misshapen {
            Misshapen::NotDer => Self::NotDer,
            Misshapen::TooDeep => Self::TooDeep,
        }
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
    check_shape(der)?;
    let mut outer = Reader::new(der);
    let mut fields = outer.sequence()?;
    outer.finish().map_err(|_| CsrError::TrailingData)?;
    let info = fields.element(tag::SEQUENCE)?.whole;
    let algorithm = fields.element(tag::SEQUENCE)?.whole;
    let signature = fields.whole_bits()?;
    fields.finish()?;

    let (_, request) = X509CertificationRequest::from_der(der).map_err(|_| CsrError::Malformed)?;
    check_wishes(&request.certification_request_info)?;
    let spki = request.certification_request_info.subject_pki.raw;
    let key = PublicKey::from_spki(spki).map_err(CsrError::Key)?;
    let algorithm = SignatureAlgorithm::from_identifier(algorithm)
        .filter(|algorithm| algorithm.fits(key.kind()))
        .ok_or(CsrError::UnsupportedAlgorithm)?;
    key.verify(algorithm, info, signature).map_err(|_| CsrError::BadSignature)?;
    Ok(key)
}

/// Refuses what nobody asks for in good faith.
fn check_wishes(info: &X509CertificationRequestInfo<'_>) -> Result<(), CsrError> {
    let has_nul = |value: &x509_parser::der_parser::asn1_rs::Any<'_>| {
        let is_wide = [BMP_STRING, UNIVERSAL_STRING].contains(&value.header.tag().0);
        !is_wide && value.data.contains(&0)
    };
    if info.subject.iter_attributes().any(|attribute| has_nul(attribute.attr_value())) {
        return Err(CsrError::NulInName);
    }
    for attribute in info.iter_attributes() {
        if let ParsedCriAttribute::ExtensionRequest(wanted) = attribute.parsed_attribute() {
            check_extensions(&wanted.extensions)?;
        }
    }
    Ok(())
}

fn check_extensions(wanted: &[X509Extension<'_>]) -> Result<(), CsrError> {
    for (at, extension) in wanted.iter().enumerate() {
        if wanted[..at].iter().any(|earlier| earlier.oid == extension.oid) {
            return Err(CsrError::DuplicateExtension);
        }
        match extension.parsed_extension() {
            ParsedExtension::BasicConstraints(constraints) if constraints.ca => return Err(CsrError::AsksForCa),
            ParsedExtension::SubjectAlternativeName(names) if names.general_names.iter().any(has_nul) => {
                return Err(CsrError::NulInName);
            }
            _ => {}
        }
    }
    Ok(())
}

fn has_nul(name: &x509_parser::extensions::GeneralName<'_>) -> bool {
    use x509_parser::extensions::GeneralName as N;
    matches!(name, N::RFC822Name(text) | N::DNSName(text) | N::URI(text) if text.contains('\0'))
}

/// Types with two or four octets for each character.
const BMP_STRING: u32 = 30;
const UNIVERSAL_STRING: u32 = 28;
