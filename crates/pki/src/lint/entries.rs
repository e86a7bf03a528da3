//! The entries of a CRL, which may be millions: read once for all rules.

use super::view::extensions;
use crate::asn1::{Element, Malformed, Reader, oid, read_time, tag};
use crate::crl::Reason;
use crate::serial::SerialNumber;
use crate::time::UtcTime;

/// The first entry that breaks each rule, in words.
#[derive(Default)]
pub(super) struct Entries {
    pub(super) malformed: Option<String>,
    pub(super) serial: Option<String>,
    pub(super) time_type: Option<String>,
    pub(super) after_this_update: Option<String>,
    pub(super) extension: Option<String>,
    pub(super) critical: Option<String>,
    pub(super) reason: Option<String>,
    pub(super) unspecified: Option<String>,
    pub(super) repeats: Option<String>,
}

impl Entries {
    /// Reads the content of revokedCertificates.
    pub(super) fn read(list: &[u8], this_update: Option<UtcTime>) -> Self {
        let mut entries = Self::default();
        let mut list = Reader::new(list);
        let mut serials = Vec::new();
        let mut is_rising = true;
        while !list.is_empty() {
            let Ok(serial) = list.sequence().and_then(|fields| entries.read_one(fields, this_update)) else {
                note(&mut entries.malformed, || format!("entry {}", serials.len() + 1));
                return entries;
            };
            is_rising = is_rising && serials.last().is_none_or(|last| *last < serial);
            serials.push(serial);
        }
        // A list in rising order is seen to be free of repetition at once; others are sorted.
        if !is_rising {
            serials.sort_unstable();
            let again = serials.array_windows().find(|[one, other]| one == other);
            entries.repeats = again.map(|[one, _]| crate::hex::encode(one));
        }
        entries
    }

    fn read_one<'a>(&mut self, mut fields: Reader<'a>, this_update: Option<UtcTime>) -> Result<&'a [u8], Malformed> {
        let serial = fields.integer()?;
        if SerialNumber::from_der_integer(serial).is_none() {
            note(&mut self.serial, || crate::hex::encode(serial));
        }
        let time = fields.any()?;
        let at = read_time(&time)?;
        if !is_right_type(&time, at) {
            note(&mut self.time_type, || at.to_string());
        }
        if this_update.is_some_and(|limit| at > limit) {
            note(&mut self.after_this_update, || at.to_string());
        }
        if let Some(list) = fields.optional(tag::SEQUENCE)? {
            self.read_extensions(list.whole)?;
        }
        fields.finish()?;
        Ok(serial)
    }

    fn read_extensions(&mut self, list: &[u8]) -> Result<(), Malformed> {
        for extension in extensions(list)? {
            if extension.critical {
                note(&mut self.critical, || super::view::dotted(extension.oid));
            }
            if extension.oid != oid::REASON_CODE.as_bytes() {
                note(&mut self.extension, || super::view::dotted(extension.oid));
                continue;
            }
            let code = Reader::only(extension.value, tag::ENUMERATED)?.content;
            match code {
                [0] => note(&mut self.unspecified, || "reasonCode 0".to_owned()),
                [code] if Reason::from_code(*code).is_some() => {}
                _ => note(&mut self.reason, || crate::hex::encode(code)),
            }
        }
        Ok(())
    }
}

/// Whether a time is UTCTime to 2049 and GeneralizedTime after.
pub(super) fn is_right_type(element: &Element<'_>, time: UtcTime) -> bool {
    element.tag == if time.civil().year() < 2050 { tag::UTC_TIME } else { tag::GENERALIZED_TIME }
}

/// Keeps the first.
fn note(place: &mut Option<String>, what: impl FnOnce() -> String) {
    if place.is_none() {
        *place = Some(what());
    }
}
