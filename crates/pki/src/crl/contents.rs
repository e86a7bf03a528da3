//! What a TBSCertList says, read strictly and without building a map: for a signer that compares it with the last one.

use super::{CrlError, LintedCrl, Reason, RevokedEntry};
use crate::asn1::{Malformed, Reader, oid, read_time, tag};
use crate::serial::SerialNumber;
use crate::time::UtcTime;

/// Number, times and entries of a CRL that is about to be signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CrlContents {
    /// cRLNumber.
    pub number: u64,
    /// When it was made.
    pub this_update: UtcTime,
    /// When the next one is due at the latest.
    pub next_update: UtcTime,
    /// The revoked certificates in rising order of serial.
    pub revoked: Vec<RevokedEntry>,
}

impl LintedCrl {
    /// What it says.
    ///
    /// # Errors
    /// [`CrlError::Malformed`] if its number is over 64 bits.
    pub fn contents(&self) -> Result<CrlContents, CrlError> {
        let mut fields = Reader::only(self.tbs(), tag::SEQUENCE)?.inside();
        fields.integer()?;
        fields.sequence()?;
        fields.sequence()?;
        let this_update = read_time(&fields.any()?)?;
        let next_update = read_time(&fields.any()?)?;
        let mut revoked = match fields.optional(tag::SEQUENCE)? {
            Some(list) => entries(list.inside())?,
            None => Vec::new(),
        };
        if !revoked.is_sorted_by_key(|entry| entry.serial) {
            revoked.sort_unstable_by_key(|entry| entry.serial);
        }
        let extensions = fields.element(tag::constructed(0))?.inside().sequence()?;
        Ok(CrlContents { number: number(extensions)?, this_update, next_update, revoked })
    }
}

fn entries(mut list: Reader<'_>) -> Result<Vec<RevokedEntry>, CrlError> {
    let mut entries = Vec::new();
    while !list.is_empty() {
        let mut entry = list.sequence()?;
        let serial = SerialNumber::from_der_integer(entry.integer()?).ok_or(CrlError::ForeignEntry)?;
        let at = read_time(&entry.any()?)?;
        let reason = match entry.optional(tag::SEQUENCE)? {
            Some(extensions) => reason(extensions.inside())?,
            None => Reason::Unspecified,
        };
        entries.push(RevokedEntry { serial, at, reason });
    }
    Ok(entries)
}

/// The value of reasonCode, the only extension that an entry has.
fn reason(mut extensions: Reader<'_>) -> Result<Reason, CrlError> {
    let mut extension = extensions.sequence()?;
    extension.content(tag::OBJECT_IDENTIFIER)?;
    let code = Reader::only(extension.content(tag::OCTET_STRING)?, tag::ENUMERATED)?.content;
    let [code] = code else { return Err(CrlError::ForeignEntry) };
    Reason::from_code(*code).ok_or(CrlError::ForeignEntry)
}

fn number(mut extensions: Reader<'_>) -> Result<u64, CrlError> {
    while !extensions.is_empty() {
        let mut extension = extensions.sequence()?;
        if extension.content(tag::OBJECT_IDENTIFIER)? == oid::CRL_NUMBER.as_bytes() {
            let octets = Reader::new(extension.content(tag::OCTET_STRING)?).integer()?;
            let digits = octets.strip_prefix(&[0]).unwrap_or(octets);
            if digits.len() > size_of::<u64>() {
                return Err(Malformed.into());
            }
            return Ok(digits.iter().fold(0, |number, digit| number << 8 | u64::from(*digit)));
        }
    }
    Err(Malformed.into())
}
