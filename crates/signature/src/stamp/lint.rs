//! The rules of tokens. Each reads the octets anew and trusts nobody who built them.

use super::policy::StampPolicy;
use super::request::{TimeStampRequest, read_imprint};
use super::unit::Unit;
use pki::asn1::{Element, Malformed, ObjectIdentifier, Reader, read_time, tag};
use pki::time::UtcTime;
use std::fmt;

/// A rule that a token breaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Finding {
    /// Name of the rule.
    pub rule: &'static str,
    /// The clause that demands it.
    pub source: &'static str,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.rule, self.source)
    }
}

/// What a rule looks at.
struct Look<'a> {
    stamp: &'a Stamp<'a>,
    request: &'a TimeStampRequest,
    policy: &'a StampPolicy,
    unit: &'a Unit,
}

/// The fields of a `TSTInfo`, in order.
struct Stamp<'a> {
    version: &'a [u8],
    policy: &'a [u8],
    imprint: Element<'a>,
    serial: &'a [u8],
    time: Element<'a>,
    accuracy: Option<Element<'a>>,
    ordering: bool,
    nonce: Option<&'a [u8]>,
    rest: bool,
}

type Rule = (&'static str, &'static str, fn(&Look<'_>) -> bool);

/// Every rule: name, clause. `e_stamp_form` comes before all.
pub const RULES: [(&str, &str); 12] = {
    let mut names = [FORM; 12];
    let mut at = 0;
    while at < TABLE.len() {
        names[at + 1] = (TABLE[at].0, TABLE[at].1);
        at += 1;
    }
    names
};

const FORM: (&str, &str) = ("e_stamp_form", "RFC 3161 2.4.2");

const TABLE: [Rule; 11] = [
    ("e_stamp_version", "RFC 3161 2.4.2", |it| it.stamp.version == [1]),
    ("e_stamp_policy", "EN 319 421 7.7.1", |it| it.stamp.policy == it.policy.policy.as_bytes()),
    ("e_stamp_imprint_other_than_asked", "RFC 3161 2.4.2", |it| it.stamp.imprint.whole == it.request.imprint),
    ("e_stamp_hash_not_accepted", "EN 319 422 4.1.2", |it| {
        read_imprint(it.stamp.imprint.inside()).is_ok_and(|(hash, _)| it.policy.hashes.contains(&hash))
    }),
    ("e_stamp_serial", "RFC 3161 2.4.2", |it| it.stamp.serial.len() <= 20 && it.stamp.serial[0] & 0x80 == 0),
    ("e_stamp_time_form", "RFC 3161 2.4.2", |it| second(&it.stamp.time).is_ok()),
    ("e_stamp_outside_key_period", "EN 319 421 7.6.6", |it| {
        second(&it.stamp.time).is_ok_and(|time| it.unit.stamps_at(time))
    }),
    ("e_stamp_accuracy", "EN 319 421 7.7.1", |it| accuracy(it.stamp) == Some(it.policy.accuracy_ms)),
    ("e_stamp_ordering", "EN 319 422 5.2.1", |it| !it.stamp.ordering),
    ("e_stamp_nonce_other_than_asked", "RFC 3161 2.4.2", |it| it.stamp.nonce == it.request.nonce.as_deref()),
    ("e_stamp_more_fields", "EN 319 422 5.2.1", |it| !it.stamp.rest),
];

/// The serial number, if `der` breaks no rule.
///
/// # Errors
/// All rules that it breaks.
pub(super) fn judge(
    der: &[u8],
    request: &TimeStampRequest,
    policy: &StampPolicy,
    unit: &Unit,
) -> Result<Vec<u8>, Vec<Finding>> {
    let Ok(stamp) = Stamp::read(der) else { return Err(vec![Finding { rule: FORM.0, source: FORM.1 }]) };
    let look = Look { stamp: &stamp, request, policy, unit };
    let broken = TABLE.iter().filter(|(_, _, holds)| !holds(&look));
    let findings: Vec<_> = broken.map(|(rule, source, _)| Finding { rule, source }).collect();
    if findings.is_empty() { Ok(stamp.serial.to_vec()) } else { Err(findings) }
}

impl<'a> Stamp<'a> {
    fn read(der: &'a [u8]) -> Result<Self, Malformed> {
        let mut fields = Reader::only(der, tag::SEQUENCE)?.inside();
        let version = fields.integer()?;
        let policy = fields.content(tag::OBJECT_IDENTIFIER)?;
        ObjectIdentifier::from_bytes(policy).map_err(|_| Malformed)?;
        Ok(Self {
            version,
            policy,
            imprint: fields.element(tag::SEQUENCE)?,
            serial: fields.integer()?,
            time: fields.element(tag::GENERALIZED_TIME)?,
            accuracy: fields.optional(tag::SEQUENCE)?,
            ordering: fields.optional_true()?,
            nonce: if fields.peek() == Some(tag::INTEGER) { Some(fields.integer()?) } else { None },
            rest: !fields.is_empty(),
        })
    }
}

/// The second of `YYYYMMDDhhmmss[.s…]Z`; a fraction has no trailing zeros and is no zero.
fn second(time: &Element<'_>) -> Result<UtcTime, Malformed> {
    let (whole, rest) = time.content.split_at_checked(14).ok_or(Malformed)?;
    match rest {
        [b'Z'] => {}
        [b'.', digits @ .., last @ b'1'..=b'9', b'Z'] if digits.iter().chain([last]).all(u8::is_ascii_digit) => {}
        _ => return Err(Malformed),
    }
    let content = &[whole, b"Z"].concat();
    read_time(&Element { tag: tag::GENERALIZED_TIME, content, whole: content })
}

/// The accuracy in milliseconds: a whole second, or up to 999 milliseconds.
fn accuracy(stamp: &Stamp<'_>) -> Option<u16> {
    let mut fields = stamp.accuracy?.inside();
    let first = fields.any().ok()?;
    fields.finish().ok()?;
    match (first.tag, first.content) {
        (tag::INTEGER, [1]) => Some(1000),
        (MILLIS, [low @ 1..=0x7f] | [0, low @ 0x80..=0xff]) => Some(u16::from(*low)),
        (MILLIS, [high @ 1..=3, low]) => Some(u16::from_be_bytes([*high, *low])).filter(|millis| *millis < 1000),
        _ => None,
    }
}

const MILLIS: u8 = tag::context(0);
