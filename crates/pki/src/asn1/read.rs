//! Reads DER strictly: definite minimal lengths, low tag numbers, nothing left over.

use super::tag;
use crate::time::{UtcTime, civil_time, digits};

/// Octets are not the DER that was expected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not the expected DER")]
pub struct Malformed;

/// One element: identifier, content, and both with the length in between.
#[derive(Debug, Clone, Copy)]
pub struct Element<'a> {
    /// Its identifier octet.
    pub tag: u8,
    /// What is inside.
    pub content: &'a [u8],
    /// All of it.
    pub whole: &'a [u8],
}

impl<'a> Element<'a> {
    /// Reads what is inside.
    pub fn inside(&self) -> Reader<'a> {
        Reader::new(self.content)
    }
}

/// Reads elements one after the other.
#[derive(Debug, Clone, Copy)]
pub struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    /// Reads from the first octet on.
    pub fn new(der: &'a [u8]) -> Self {
        Self { rest: der }
    }

    /// The single element that makes up all of `der`.
    ///
    /// # Errors
    /// [`Malformed`] if it has another tag, or is not alone.
    pub fn only(der: &'a [u8], tag: u8) -> Result<Element<'a>, Malformed> {
        let mut reader = Self::new(der);
        let element = reader.element(tag)?;
        reader.finish()?;
        Ok(element)
    }

    /// Whether nothing is left.
    pub fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    /// The identifier octet of the next element.
    pub fn peek(&self) -> Option<u8> {
        self.rest.first().copied()
    }

    /// Insists that nothing is left.
    ///
    /// # Errors
    /// [`Malformed`] if octets are left.
    pub fn finish(self) -> Result<(), Malformed> {
        if self.rest.is_empty() { Ok(()) } else { Err(Malformed) }
    }

    /// The next element, whatever it is.
    ///
    /// # Errors
    /// [`Malformed`] if there is none.
    pub fn any(&mut self) -> Result<Element<'a>, Malformed> {
        let (&tag, after_tag) = self.rest.split_first().ok_or(Malformed)?;
        if tag & 0x1f == 0x1f {
            return Err(Malformed);
        }
        let (length, after) = read_length(after_tag)?;
        if after.len() < length {
            return Err(Malformed);
        }
        let header = self.rest.len() - after.len();
        let (whole, rest) = self.rest.split_at(header + length);
        self.rest = rest;
        Ok(Element { tag, content: &whole[header..], whole })
    }

    /// The next element, which must have this tag.
    ///
    /// # Errors
    /// [`Malformed`] if it has another, or there is none.
    pub fn element(&mut self, tag: u8) -> Result<Element<'a>, Malformed> {
        let element = self.any()?;
        if element.tag == tag { Ok(element) } else { Err(Malformed) }
    }

    /// The content of the next element, which must have this tag.
    ///
    /// # Errors
    /// As [`element`](Self::element).
    pub fn content(&mut self, tag: u8) -> Result<&'a [u8], Malformed> {
        self.element(tag).map(|element| element.content)
    }

    /// The next element if it has this tag.
    ///
    /// # Errors
    /// [`Malformed`] if it does not end.
    pub fn optional(&mut self, tag: u8) -> Result<Option<Element<'a>>, Malformed> {
        if self.rest.first() == Some(&tag) { self.element(tag).map(Some) } else { Ok(None) }
    }

    /// The next element, a SEQUENCE, opened.
    ///
    /// # Errors
    /// As [`element`](Self::element).
    pub fn sequence(&mut self) -> Result<Self, Malformed> {
        self.content(tag::SEQUENCE).map(Self::new)
    }

    /// Content of an INTEGER: at least one octet, no needless sign octet.
    ///
    /// # Errors
    /// [`Malformed`].
    pub fn integer(&mut self) -> Result<&'a [u8], Malformed> {
        let content = self.content(tag::INTEGER)?;
        match content {
            [] | [0, 0..=0x7f, ..] | [0xff, 0x80..=0xff, ..] => Err(Malformed),
            _ => Ok(content),
        }
    }

    /// Octets of a BIT STRING without unused bits.
    ///
    /// # Errors
    /// [`Malformed`].
    pub fn whole_bits(&mut self) -> Result<&'a [u8], Malformed> {
        match self.content(tag::BIT_STRING)? {
            [0, octets @ ..] => Ok(octets),
            _ => Err(Malformed),
        }
    }

    /// A BOOLEAN that DER allows to stand where the default is FALSE: only TRUE.
    ///
    /// # Errors
    /// [`Malformed`] for any other.
    pub fn optional_true(&mut self) -> Result<bool, Malformed> {
        match self.optional(tag::BOOLEAN)? {
            None => Ok(false),
            Some(Element { content: [0xff], .. }) => Ok(true),
            Some(_) => Err(Malformed),
        }
    }
}

/// A UTCTime or GeneralizedTime with seconds and `Z`, as RFC 5280 section 4.1.2.5 allows.
///
/// # Errors
/// [`Malformed`] for any other form.
pub fn read_time(element: &Element<'_>) -> Result<UtcTime, Malformed> {
    let text = element.content;
    let (year, rest) = match (element.tag, text.len()) {
        (tag::UTC_TIME, 13) => {
            let short = digits(&text[..2]).ok_or(Malformed)?;
            (if short >= 50 { 1900 + short } else { 2000 + short }, &text[2..])
        }
        (tag::GENERALIZED_TIME, 15) => (digits(&text[..4]).ok_or(Malformed)?, &text[4..]),
        _ => return Err(Malformed),
    };
    if rest[10] != b'Z' {
        return Err(Malformed);
    }
    let pair = |at: usize| digits(&rest[at..at + 2]).ok_or(Malformed);
    civil_time([year, pair(0)?, pair(2)?, pair(4)?, pair(6)?, pair(8)?]).ok_or(Malformed)
}

/// Length and what follows it. Four length octets are the most that is accepted.
fn read_length(input: &[u8]) -> Result<(usize, &[u8]), Malformed> {
    let (&first, rest) = input.split_first().ok_or(Malformed)?;
    if first < 0x80 {
        return Ok((usize::from(first), rest));
    }
    let count = usize::from(first & 0x7f);
    if !(1..=4).contains(&count) || rest.len() < count {
        return Err(Malformed);
    }
    let (octets, rest) = rest.split_at(count);
    let length = octets.iter().fold(0_usize, |n, &b| (n << 8) | usize::from(b));
    if octets[0] == 0 || length < 0x80 {
        return Err(Malformed);
    }
    Ok((length, rest))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::asn1::Writer;

    #[test]
    fn lengths_must_be_definite_and_minimal() {
        for bad in
            [&[0x30, 0x80, 0, 0][..], &[0x04, 0x81, 0x01, 0xaa], &[0x04, 0x82, 0x00, 0x01, 0xaa], &[0x1f, 0x22, 0]]
        {
            assert!(Reader::new(bad).any().is_err(), "{bad:02x?}");
        }
    }

    #[test]
    fn what_is_written_is_read_back() {
        for length in [0, 1, 127, 128, 255, 256, 65_535, 65_536] {
            let content = vec![7; length];
            let mut writer = Writer::new();
            writer.sequence(|w| w.element(tag::OCTET_STRING, &content));
            let der = writer.into_der();
            let mut inside = Reader::only(&der, tag::SEQUENCE).unwrap().inside();
            assert_eq!(inside.content(tag::OCTET_STRING).unwrap(), content);
        }
    }

    #[test]
    fn times_switch_form_in_2050() {
        for (text, tag) in [
            ("1950-01-01T00:00:00Z", tag::UTC_TIME),
            ("2049-12-31T23:59:59Z", tag::UTC_TIME),
            ("2050-01-01T00:00:00Z", tag::GENERALIZED_TIME),
            ("9999-12-31T23:59:59Z", tag::GENERALIZED_TIME),
        ] {
            let time: UtcTime = text.parse().unwrap();
            let mut writer = Writer::new();
            writer.time(time);
            let der = writer.into_der();
            let element = Reader::only(&der, tag).unwrap();
            assert_eq!(read_time(&element), Ok(time));
        }
    }
}
