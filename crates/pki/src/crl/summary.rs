//! Reading a CRL back, with a reader that others maintain.

use std::collections::BTreeMap;

use x509_parser::prelude::{CertificateRevocationList, FromDer, RevokedCertificate};

use super::Reason;
use crate::asn1::{Malformed, Reader, tag};
use crate::certificate::Certificate;
use crate::key::SignatureAlgorithm;
use crate::serial::SerialNumber;
use crate::time::UtcTime;

/// What a CRL of ours says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CrlSummary {
    /// cRLNumber.
    pub number: u64,
    /// When it was made.
    pub this_update: UtcTime,
    /// When the next one is due at the latest.
    pub next_update: UtcTime,
    /// DER of the issuer's Name.
    pub issuer_der: Vec<u8>,
    /// The revoked certificates.
    pub revoked: BTreeMap<SerialNumber, Revocation>,
}

/// When and why.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Revocation {
    /// When it was revoked.
    pub at: UtcTime,
    /// Why.
    pub reason: Reason,
}

impl CrlSummary {
    /// Whether the certificate with this serial is listed.
    pub fn lists(&self, serial: &SerialNumber) -> bool {
        self.revoked.contains_key(serial)
    }
}

/// Why octets are not a CRL of ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CrlError {
    /// Not the DER of a CRL, or without a field that ours have.
    #[error("not a certificate revocation list")]
    Malformed,
    /// An entry has a serial number or a reason that ours never have.
    #[error("an entry is not of our form")]
    ForeignEntry,
    /// The issuer's name is another.
    #[error("issued under another name")]
    OtherIssuer,
    /// The issuer's key did not sign it.
    #[error("the signature does not verify")]
    BadSignature,
}

impl From<Malformed> for CrlError {
    fn from(_: Malformed) -> Self {
        Self::Malformed
    }
}

/// Reads a CRL without judging its signature; see [`verify_crl`].
///
/// # Errors
/// [`CrlError`] if it is not a CRL of our form.
pub fn parse_crl(der: &[u8]) -> Result<CrlSummary, CrlError> {
    let (rest, crl) = CertificateRevocationList::from_der(der).map_err(|_| CrlError::Malformed)?;
    if !rest.is_empty() {
        return Err(CrlError::Malformed);
    }
    let number = crl.crl_number().ok_or(CrlError::Malformed)?;
    let next_update = crl.next_update().ok_or(CrlError::Malformed)?;
    Ok(CrlSummary {
        number: u64::try_from(number).map_err(|_| CrlError::Malformed)?,
        this_update: UtcTime::from_unix(crl.last_update().timestamp()),
        next_update: UtcTime::from_unix(next_update.timestamp()),
        issuer_der: crl.issuer().as_raw().to_vec(),
        revoked: crl.iter_revoked_certificates().map(entry).collect::<Result<_, _>>()?,
    })
}

/// Checks that `issuer` is named as the issuer of the CRL and signed it.
///
/// # Errors
/// [`CrlError::OtherIssuer`], [`CrlError::BadSignature`], or that it is no CRL.
pub fn verify_crl(der: &[u8], issuer: &Certificate) -> Result<(), CrlError> {
    let mut fields = Reader::only(der, tag::SEQUENCE)?.inside();
    let tbs = fields.element(tag::SEQUENCE)?;
    let algorithm = fields.element(tag::SEQUENCE)?.whole;
    let signature = fields.whole_bits()?;
    fields.finish()?;
    let mut signed = tbs.inside();
    signed.integer()?;
    let inner = signed.element(tag::SEQUENCE)?.whole;
    if signed.element(tag::SEQUENCE)?.whole != issuer.subject_der() {
        return Err(CrlError::OtherIssuer);
    }
    let algorithm = SignatureAlgorithm::from_identifier(algorithm).filter(|known| known.identifier() == inner);
    let algorithm = algorithm.ok_or(CrlError::BadSignature)?;
    issuer.public_key().verify(algorithm, tbs.whole, signature).map_err(|_| CrlError::BadSignature)
}

fn entry(revoked: &RevokedCertificate<'_>) -> Result<(SerialNumber, Revocation), CrlError> {
    let serial = SerialNumber::from_der_integer(revoked.raw_serial()).ok_or(CrlError::ForeignEntry)?;
    let reason = match revoked.reason_code() {
        None => Reason::Unspecified,
        Some((_, code)) => Reason::from_code(code.0).ok_or(CrlError::ForeignEntry)?,
    };
    Ok((serial, Revocation { at: UtcTime::from_unix(revoked.revocation_date.timestamp()), reason }))
}
