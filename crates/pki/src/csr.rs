//! Certification requests (PKCS#10, RFC 2986): a public key and the proof that its owner asks.
//!
//! What a certificate says comes from the enrolment and the profile. A request
//! may leave its subject empty or repeat the enrolled one; one that asks for
//! anything else, another name or an extension, is refused rather than served
//! with something that was not asked for.

use x509_parser::certification_request::{X509CertificationRequest, X509CertificationRequestInfo};
use x509_parser::cri_attributes::ParsedCriAttribute;
use x509_parser::extensions::{ParsedExtension, X509Extension};
use x509_parser::prelude::FromDer;

use crate::Kind;
use crate::asn1::{Malformed, Misshapen, Reader, check_shape, oid, tag};
use crate::key::{KeyError, PublicKey, SignatureAlgorithm};
use crate::name::{Attributes, attributes, read_name};

/// Largest request that is read, in octets, PEM or DER.
pub const MAX_CSR_OCTETS: usize = 16 * 1024;

/// A request whose proof of possession verifies, and which asks for no extension.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CertificationRequest {
    /// The key to certify.
    pub key: PublicKey,
    subject: Attributes,
}

impl CertificationRequest {
    /// Checks that the request names nobody but whom it is for: each attribute of its subject stands in `enrolled`,
    /// DER of a Name, with the same value. An empty subject names nobody.
    ///
    /// # Errors
    /// [`CsrError::OtherSubject`].
    pub fn check_subject(&self, enrolled: &[u8]) -> Result<(), CsrError> {
        let enrolled = read_name(enrolled).ok_or(CsrError::OtherSubject)?;
        let is_said = |attribute: &(String, Option<String>)| attribute.1.is_some() && enrolled.contains(attribute);
        if self.subject.iter().all(is_said) { Ok(()) } else { Err(CsrError::OtherSubject) }
    }
}

/// Reads a request in PEM or DER.
///
/// # Errors
/// [`CsrError`], a variant for each reason.
pub fn read_csr(bytes: &[u8]) -> Result<CertificationRequest, CsrError> {
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
    /// It asks for alternative names; those come from the enrolment.
    #[error("the request asks for alternative names")]
    AsksForNames,
    /// It asks for another extension; those come from the profile.
    #[error("the request asks for extensions")]
    AsksForExtension,
    /// Its subject is not empty, and not the enrolled one.
    #[error("the request names another subject than the enrolled one")]
    OtherSubject,
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
            Self::AsksForNames => "asks_for_names",
            Self::AsksForExtension => "asks_for_extension",
            Self::OtherSubject => "other_subject",
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

fn from_der(der: &[u8]) -> Result<CertificationRequest, CsrError> {
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
    Ok(CertificationRequest { key, subject: attributes(&request.certification_request_info.subject) })
}

/// Refuses every wish but a subject, which is compared when it is known whom the request is for.
fn check_wishes(info: &X509CertificationRequestInfo<'_>) -> Result<(), CsrError> {
    let has_nul = |value: &x509_parser::der_parser::asn1_rs::Any<'_>| {
        let is_wide = [BMP_STRING, UNIVERSAL_STRING].contains(&value.header.tag().0);
        !is_wide && value.data.contains(&0)
    };
    if info.subject.iter_attributes().any(|attribute| has_nul(attribute.attr_value())) {
        return Err(CsrError::NulInName);
    }
    let mut wanted = Vec::new();
    for attribute in info.iter_attributes() {
        match attribute.parsed_attribute() {
            ParsedCriAttribute::ExtensionRequest(request) => wanted.extend(&request.extensions),
            _ if attribute.oid.as_bytes() == oid::MICROSOFT_EXTENSIONS.as_bytes() => {
                return Err(CsrError::AsksForExtension);
            }
            _ => {}
        }
    }
    check_extensions(&wanted)
}

/// The worst wish decides the word.
fn check_extensions(wanted: &[&X509Extension<'_>]) -> Result<(), CsrError> {
    let twice = |(at, one): (usize, &&X509Extension<'_>)| wanted[..at].iter().any(|earlier| earlier.oid == one.oid);
    if wanted.iter().enumerate().any(twice) {
        return Err(CsrError::DuplicateExtension);
    }
    let wishes: Vec<_> = wanted.iter().map(|extension| extension.parsed_extension()).collect();
    if wishes.iter().any(|wish| matches!(wish, ParsedExtension::BasicConstraints(constraints) if constraints.ca)) {
        return Err(CsrError::AsksForCa);
    }
    let names = wishes.iter().find_map(|wish| match wish {
        ParsedExtension::SubjectAlternativeName(names) => Some(&names.general_names),
        _ => None,
    });
    match names {
        Some(names) if names.iter().any(has_nul) => Err(CsrError::NulInName),
        Some(_) => Err(CsrError::AsksForNames),
        None if wishes.is_empty() => Ok(()),
        None => Err(CsrError::AsksForExtension),
    }
}

fn has_nul(name: &x509_parser::extensions::GeneralName<'_>) -> bool {
    use x509_parser::extensions::GeneralName as N;
    matches!(name, N::RFC822Name(text) | N::DNSName(text) | N::URI(text) if text.contains('\0'))
}

/// Types with two or four octets for each character.
const BMP_STRING: u32 = 30;
const UNIVERSAL_STRING: u32 = 28;
