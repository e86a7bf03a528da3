//! Certificates as they are read: ours and other people's.

mod der;
mod error;
mod parse;

use crate::key::{PublicKey, SignatureAlgorithm};
use crate::serial::SerialNumber;
use crate::time::UtcTime;

pub use self::der::CertificateDer;
pub(crate) use self::der::signed;
pub use self::error::CertificateError;

/// A parsed certificate together with its DER.
///
/// Parsing proves form, not trust: see [`verify_issued_by`](Self::verify_issued_by).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Certificate {
    der: CertificateDer,
    tbs: std::ops::Range<usize>,
    serial: Vec<u8>,
    subject: Vec<u8>,
    issuer: Vec<u8>,
    attributes: Vec<(String, String)>,
    not_before: UtcTime,
    not_after: UtcTime,
    public_key: PublicKey,
    algorithm: SignatureAlgorithm,
    signature: Vec<u8>,
    extensions: parse::Extensions,
}

impl Certificate {
    /// Parses the DER of one certificate of at most 64 KiB.
    ///
    /// # Errors
    /// [`CertificateError`] for anything that is not exactly one certificate
    /// with a supported key and signature algorithm.
    pub fn parse(der: &[u8]) -> Result<Self, CertificateError> {
        parse::certificate(der)
    }

    /// Parses the first PEM block, which must be a certificate.
    ///
    /// # Errors
    /// As [`parse`](Self::parse).
    pub fn from_pem(pem: &str) -> Result<Self, CertificateError> {
        parse::certificate(&der::from_pem(pem)?)
    }

    /// The whole certificate.
    pub fn der(&self) -> &CertificateDer {
        &self.der
    }

    /// PEM of the whole certificate.
    pub fn to_pem(&self) -> String {
        self.der.to_pem()
    }

    /// The signed part.
    pub fn tbs(&self) -> &[u8] {
        &self.der.as_bytes()[self.tbs.clone()]
    }

    /// Content octets of the serial number's INTEGER.
    pub fn serial_bytes(&self) -> &[u8] {
        &self.serial
    }

    /// The serial number, if it has the form of ours.
    pub fn serial(&self) -> Option<SerialNumber> {
        SerialNumber::from_der_integer(&self.serial)
    }

    /// DER of the subject's Name.
    pub fn subject_der(&self) -> &[u8] {
        &self.subject
    }

    /// DER of the issuer's Name.
    pub fn issuer_der(&self) -> &[u8] {
        &self.issuer
    }

    /// The first value of the subject attribute with this dotted OID.
    pub fn subject_attribute(&self, oid: &str) -> Option<&str> {
        self.attributes.iter().find(|(found, _)| found == oid).map(|(_, value)| value.as_str())
    }

    /// The subject's attributes with text values, in order: dotted OID and value.
    pub fn subject_attributes(&self) -> &[(String, String)] {
        &self.attributes
    }

    /// The subject's commonName.
    pub fn common_name(&self) -> Option<&str> {
        self.subject_attribute("2.5.4.3")
    }

    /// First second of validity.
    pub fn not_before(&self) -> UtcTime {
        self.not_before
    }

    /// Last second of validity.
    pub fn not_after(&self) -> UtcTime {
        self.not_after
    }

    /// Whether `time` is within the validity period, both ends included.
    pub fn valid_at(&self, time: UtcTime) -> bool {
        self.not_before <= time && time <= self.not_after
    }

    /// Begin and end of the private key's use, if the certificate says so (privateKeyUsagePeriod); either may be open.
    pub fn private_key_usage(&self) -> Option<(Option<UtcTime>, Option<UtcTime>)> {
        self.extensions.private_key_usage
    }

    /// The certified key.
    pub fn public_key(&self) -> &PublicKey {
        &self.public_key
    }

    /// Whether basicConstraints says CA.
    pub fn is_ca(&self) -> bool {
        self.extensions.is_ca
    }

    /// How many CAs may stand between this one and an end entity, if it says so.
    pub fn path_length(&self) -> Option<u32> {
        self.extensions.path_length
    }

    /// Whether keyUsage allows digital signatures (authentication).
    pub fn digital_signature(&self) -> bool {
        self.extensions.usage(0)
    }

    /// Whether keyUsage has nonRepudiation, also called contentCommitment (signatures of will).
    pub fn non_repudiation(&self) -> bool {
        self.extensions.usage(1)
    }

    /// Whether keyUsage allows signing certificates.
    pub fn key_cert_sign(&self) -> bool {
        self.extensions.usage(5)
    }

    /// Whether keyUsage allows signing CRLs.
    pub fn crl_sign(&self) -> bool {
        self.extensions.usage(6)
    }

    /// The extended key usages as dotted OIDs; empty if the extension is absent.
    pub fn extended_key_usage(&self) -> &[String] {
        &self.extensions.extended_key_usage
    }

    /// The certificate policies as dotted OIDs.
    pub fn policies(&self) -> &[String] {
        &self.extensions.policies
    }

    /// The subject key identifier.
    pub fn subject_key_identifier(&self) -> Option<&[u8]> {
        self.extensions.subject_key_identifier.as_deref()
    }

    /// Text of the card number extension 1.2.752.34.2.1.
    pub fn card_number(&self) -> Option<&str> {
        self.extensions.card_number.as_deref()
    }

    /// How the issuer signed.
    pub fn signature_algorithm(&self) -> SignatureAlgorithm {
        self.algorithm
    }

    /// SHA-256 of the whole certificate.
    pub fn fingerprint(&self) -> [u8; 32] {
        crate::digest::sha256(self.der.as_bytes())
    }

    /// Whether subject and issuer are the same name.
    pub fn is_self_issued(&self) -> bool {
        self.subject == self.issuer
    }

    /// Checks that `issuer` is named as the issuer and made the signature.
    ///
    /// Nothing else of path validation: no times, constraints or revocation.
    ///
    /// # Errors
    /// [`CertificateError::OtherIssuer`] or [`CertificateError::BadSignature`].
    pub fn verify_issued_by(&self, issuer: &Self) -> Result<(), CertificateError> {
        if self.issuer != issuer.subject {
            return Err(CertificateError::OtherIssuer);
        }
        issuer
            .public_key
            .verify(self.algorithm, self.tbs(), &self.signature)
            .map_err(|_| CertificateError::BadSignature)
    }
}
