//! From octets to [`Certificate`]: a lenient reader for the meaning, a strict one for the frame.

use x509_parser::extensions::ParsedExtension;
use x509_parser::prelude::{FromDer, X509Certificate};

use super::{Certificate, CertificateDer, CertificateError};
use crate::asn1::{Element, Reader, oid, read_time, tag};
use crate::key::{PublicKey, SignatureAlgorithm};
use crate::name::attributes;
use crate::time::UtcTime;

/// What the extensions say, as far as Sigill asks.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Extensions {
    pub(super) is_ca: bool,
    pub(super) path_length: Option<u32>,
    key_usage: u16,
    pub(super) extended_key_usage: Vec<String>,
    pub(super) policies: Vec<String>,
    pub(super) subject_key_identifier: Option<Vec<u8>>,
    pub(super) card_number: Option<String>,
    pub(super) private_key_usage: Option<(Option<UtcTime>, Option<UtcTime>)>,
}

impl Extensions {
    /// Whether the named bit of keyUsage is set.
    pub(super) fn usage(&self, bit: u8) -> bool {
        self.key_usage >> bit & 1 == 1
    }
}

pub(super) fn certificate(der: &[u8]) -> Result<Certificate, CertificateError> {
    if der.len() > MAX_OCTETS {
        return Err(CertificateError::Oversized { octets: der.len(), limit: MAX_OCTETS });
    }
    let frame = Frame::read(der)?;
    let (rest, parsed) = X509Certificate::from_der(der).map_err(|_| CertificateError::Malformed)?;
    if !rest.is_empty() {
        return Err(CertificateError::Malformed);
    }
    let tbs = &parsed.tbs_certificate;
    Ok(Certificate {
        tbs: frame.tbs_at..frame.tbs_at + frame.tbs.len(),
        serial: tbs.raw_serial().to_vec(),
        subject: tbs.subject.as_raw().to_vec(),
        issuer: tbs.issuer.as_raw().to_vec(),
        attributes: text_attributes(&parsed),
        not_before: UtcTime::from_unix(tbs.validity.not_before.timestamp()),
        not_after: UtcTime::from_unix(tbs.validity.not_after.timestamp()),
        public_key: PublicKey::from_spki(tbs.subject_pki.raw)?,
        algorithm: frame.algorithm,
        signature: frame.signature.to_vec(),
        extensions: extensions(&parsed)?,
        der: CertificateDer::from_checked(der.to_vec()),
    })
}

/// The outer three fields, and the algorithm that stands in two places.
struct Frame<'a> {
    tbs: &'a [u8],
    tbs_at: usize,
    algorithm: SignatureAlgorithm,
    signature: &'a [u8],
}

impl<'a> Frame<'a> {
    fn read(der: &'a [u8]) -> Result<Self, CertificateError> {
        let outer = Reader::only(der, tag::SEQUENCE)?;
        let mut fields = outer.inside();
        let tbs = fields.element(tag::SEQUENCE)?;
        let algorithm = fields.element(tag::SEQUENCE)?.whole;
        let signature = fields.whole_bits()?;
        fields.finish()?;
        let mut signed = tbs.inside();
        signed.optional(tag::constructed(0))?;
        signed.integer()?;
        if signed.element(tag::SEQUENCE)?.whole != algorithm {
            return Err(CertificateError::Algorithm);
        }
        Ok(Self {
            tbs: tbs.whole,
            tbs_at: der.len() - outer.content.len(),
            algorithm: SignatureAlgorithm::from_identifier(algorithm).ok_or(CertificateError::Algorithm)?,
            signature,
        })
    }
}

/// Subject attributes with text values, in order.
fn text_attributes(certificate: &X509Certificate<'_>) -> Vec<(String, String)> {
    attributes(certificate.subject()).into_iter().filter_map(|(oid, value)| Some((oid, value?))).collect()
}

fn extensions(certificate: &X509Certificate<'_>) -> Result<Extensions, CertificateError> {
    let mut found = Extensions::default();
    let mut seen = Vec::new();
    for extension in certificate.extensions() {
        if seen.contains(&&extension.oid) {
            return Err(CertificateError::Malformed);
        }
        seen.push(&extension.oid);
        read_extension(&mut found, extension)?;
    }
    Ok(found)
}

fn read_extension(
    found: &mut Extensions,
    extension: &x509_parser::extensions::X509Extension<'_>,
) -> Result<(), CertificateError> {
    match extension.parsed_extension() {
        ParsedExtension::BasicConstraints(constraints) => {
            found.is_ca = constraints.ca;
            found.path_length = constraints.path_len_constraint;
        }
        ParsedExtension::KeyUsage(usage) => found.key_usage = usage.flags,
        ParsedExtension::ExtendedKeyUsage(_) => found.extended_key_usage = purposes(extension.value)?,
        ParsedExtension::CertificatePolicies(policies) => {
            found.policies = policies.iter().map(|policy| policy.policy_id.to_id_string()).collect();
        }
        ParsedExtension::SubjectKeyIdentifier(identifier) => {
            found.subject_key_identifier = Some(identifier.0.to_vec());
        }
        ParsedExtension::ParseError { .. } => return Err(CertificateError::Malformed),
        _ if extension.oid.as_bytes() == oid::CARD_NUMBER.as_bytes() => {
            found.card_number = Some(card_number(extension.value)?);
        }
        _ if extension.oid.as_bytes() == oid::PRIVATE_KEY_USAGE_PERIOD.as_bytes() => {
            found.private_key_usage = Some(key_period(extension.value)?);
        }
        _ => {}
    }
    Ok(())
}

/// Begin and end of a `PrivateKeyUsagePeriod` (RFC 3280 section 4.2.1.4).
fn key_period(value: &[u8]) -> Result<(Option<UtcTime>, Option<UtcTime>), CertificateError> {
    let mut fields = Reader::only(value, tag::SEQUENCE)?.inside();
    let mut time = |number| {
        let found = fields.optional(tag::context(number))?;
        found.map(|found| read_time(&Element { tag: tag::GENERALIZED_TIME, ..found })).transpose()
    };
    let period = (time(0)?, time(1)?);
    fields.finish()?;
    Ok(period)
}

/// Dotted OIDs of an ExtKeyUsageSyntax (RFC 5280 section 4.2.1.12).
fn purposes(value: &[u8]) -> Result<Vec<String>, CertificateError> {
    let mut list = Reader::only(value, tag::SEQUENCE)?.inside();
    let mut purposes = Vec::new();
    while !list.is_empty() {
        let content = list.content(tag::OBJECT_IDENTIFIER)?;
        let id = x509_parser::der_parser::oid::Oid::new(content.into());
        purposes.push(id.to_id_string());
    }
    Ok(purposes)
}

fn card_number(value: &[u8]) -> Result<String, CertificateError> {
    let text = Reader::only(value, tag::PRINTABLE_STRING)?.content;
    String::from_utf8(text.to_vec()).map_err(|_| CertificateError::Malformed)
}

/// Far above any certificate met in practice.
const MAX_OCTETS: usize = 64 * 1024;
