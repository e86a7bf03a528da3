//! Writes DER front to back; a length is filled in when its content is complete.

use der::asn1::ObjectIdentifier;

use super::tag;
use crate::time::UtcTime;

/// A growing DER document.
#[derive(Default)]
pub struct Writer {
    out: Vec<u8>,
}

impl Writer {
    /// An empty document.
    pub fn new() -> Self {
        Self::default()
    }

    /// An empty document with room for so many octets.
    pub fn with_capacity(octets: usize) -> Self {
        Self { out: Vec::with_capacity(octets) }
    }

    /// What was written.
    pub fn into_der(self) -> Vec<u8> {
        self.out
    }

    /// Appends octets that are DER already.
    pub fn raw(&mut self, der: &[u8]) {
        self.out.extend_from_slice(der);
    }

    /// A primitive element, or a constructed one whose content is at hand.
    pub fn element(&mut self, tag: u8, content: &[u8]) {
        self.header(tag, content.len());
        self.out.extend_from_slice(content);
    }

    /// Identifier and length of an element whose `length` octets follow.
    pub fn header(&mut self, tag: u8, length: usize) {
        self.out.push(tag);
        let (octets, used) = length_octets(length);
        self.out.extend_from_slice(&octets[..used]);
    }

    /// A constructed element with what `content` writes.
    pub fn nest(&mut self, tag: u8, content: impl FnOnce(&mut Self)) {
        self.out.push(tag);
        let start = self.out.len();
        content(self);
        let (octets, used) = length_octets(self.out.len() - start);
        self.out.splice(start..start, octets[..used].iter().copied());
    }

    /// A SEQUENCE with what `content` writes.
    pub fn sequence(&mut self, content: impl FnOnce(&mut Self)) {
        self.nest(tag::SEQUENCE, content);
    }

    /// An OBJECT IDENTIFIER.
    pub fn oid(&mut self, oid: ObjectIdentifier) {
        self.element(tag::OBJECT_IDENTIFIER, oid.as_bytes());
    }

    /// NULL.
    pub fn null(&mut self) {
        self.element(tag::NULL, &[]);
    }

    /// TRUE.
    pub fn boolean_true(&mut self) {
        self.element(tag::BOOLEAN, &[0xff]);
    }

    /// INTEGER from an unsigned big-endian number.
    pub fn unsigned(&mut self, big_endian: &[u8]) {
        let zeros = big_endian.iter().take_while(|&&b| b == 0).count();
        let digits = &big_endian[zeros..];
        let pad = digits.first().is_none_or(|&b| b & 0x80 != 0);
        self.header(tag::INTEGER, digits.len() + usize::from(pad));
        if pad {
            self.out.push(0);
        }
        self.out.extend_from_slice(digits);
    }

    /// BIT STRING of whole octets.
    pub fn bit_string(&mut self, octets: &[u8]) {
        self.header(tag::BIT_STRING, octets.len() + 1);
        self.out.push(0);
        self.out.extend_from_slice(octets);
    }

    /// BIT STRING with named bits, trailing zero bits removed (X.690 clause 11.2.2).
    pub fn named_bits(&mut self, bits: u8) {
        if bits == 0 {
            self.element(tag::BIT_STRING, &[0]);
        } else {
            let unused = u8::try_from(bits.trailing_zeros()).expect("an octet has at most eight zero bits");
            self.element(tag::BIT_STRING, &[unused, bits]);
        }
    }

    /// `Time` of X.509: UTCTime to 2049, GeneralizedTime after (RFC 5280 section 4.1.2.5).
    pub fn time(&mut self, time: UtcTime) {
        if (1950..=2049).contains(&time.civil().year()) {
            self.element(tag::UTC_TIME, &time_text(time)[2..]);
        } else {
            self.generalized_time(time);
        }
    }

    /// GeneralizedTime, in whole seconds.
    pub fn generalized_time(&mut self, time: UtcTime) {
        self.generalized_time_as(tag::GENERALIZED_TIME, time);
    }

    /// GeneralizedTime with the milliseconds of its second, without trailing zeros (RFC 3161 section 2.4.2).
    pub fn generalized_time_millis(&mut self, time: UtcTime, millis: u16) {
        let mut text = time_text(time)[..14].to_vec();
        let fraction = format!(".{:03}", millis.min(999));
        text.extend(fraction.trim_end_matches('0').trim_end_matches('.').bytes());
        text.push(b'Z');
        self.element(tag::GENERALIZED_TIME, &text);
    }

    /// GeneralizedTime under an implicit tag.
    pub fn generalized_time_as(&mut self, tag: u8, time: UtcTime) {
        self.element(tag, &time_text(time));
    }
}

/// `YYYYMMDDhhmmssZ`.
fn time_text(time: UtcTime) -> [u8; 15] {
    let c = time.civil();
    let century = c.year() / 100;
    let pairs = [
        century.unsigned_abs(),
        (c.year() % 100).unsigned_abs(),
        u16::from(c.month().unsigned_abs()),
        u16::from(c.day().unsigned_abs()),
        u16::from(c.hour().unsigned_abs()),
        u16::from(c.minute().unsigned_abs()),
        u16::from(c.second().unsigned_abs()),
    ];
    let mut text = [b'Z'; 15];
    for (pair, place) in pairs.iter().zip(text.chunks_exact_mut(2)) {
        place[0] = digit(pair / 10);
        place[1] = digit(pair % 10);
    }
    text
}

/// ASCII of a number below ten.
fn digit(number: u16) -> u8 {
    b'0' + u8::try_from(number % 10).expect("a remainder by ten fits an octet")
}

/// Minimal definite length (X.690 clause 10.1) and how many octets it takes.
fn length_octets(length: usize) -> ([u8; 9], usize) {
    let bytes = (length as u64).to_be_bytes();
    let mut octets = [0; 9];
    if length < 0x80 {
        octets[0] = bytes[7];
        return (octets, 1);
    }
    let skipped = bytes.iter().take_while(|&&b| b == 0).count();
    let digits = &bytes[skipped..];
    octets[0] = 0x80 | u8::try_from(digits.len()).expect("a length has at most eight octets");
    octets[1..=digits.len()].copy_from_slice(digits);
    (octets, digits.len() + 1)
}
