//! What the extensions say: each value read once, for all rules.

use der::asn1::ObjectIdentifier;

use super::view::{Extension, identifiers};
use crate::asn1::{Element, Malformed, Reader, oid, tag};
use crate::text::is_printable;

/// The values of the extensions. One that is absent or malformed is none here; `malformed` tells which.
#[derive(Default)]
pub(super) struct Values<'a> {
    pub(super) malformed: Vec<&'a [u8]>,
    pub(super) subject_key: Option<&'a [u8]>,
    pub(super) authority_key: Option<AuthorityKey<'a>>,
    /// Content of the BIT STRING: number of unused bits, octets.
    pub(super) key_usage: Option<&'a [u8]>,
    /// OID contents.
    pub(super) purposes: Option<Vec<&'a [u8]>>,
    pub(super) constraints: Option<Constraints<'a>>,
    pub(super) policies: Option<Vec<Policy<'a>>>,
    pub(super) names: Option<Vec<Element<'a>>>,
    pub(super) distribution: Option<Vec<Point<'a>>>,
    pub(super) access: Option<Vec<Access<'a>>>,
    pub(super) statements: Option<Vec<Statement<'a>>>,
    /// Content of privateKeyUsagePeriod.
    pub(super) key_period: Option<&'a [u8]>,
}

/// authorityKeyIdentifier.
pub(super) struct AuthorityKey<'a> {
    pub(super) key_identifier: Option<&'a [u8]>,
    pub(super) has_more: bool,
}

/// basicConstraints.
pub(super) struct Constraints<'a> {
    pub(super) is_ca: bool,
    /// Content of the INTEGER.
    pub(super) path_length: Option<&'a [u8]>,
}

/// A certificate policy with its qualifiers: OID content and value.
pub(super) struct Policy<'a> {
    pub(super) id: &'a [u8],
    pub(super) qualifiers: Vec<(&'a [u8], Element<'a>)>,
}

/// A CRL distribution point.
pub(super) struct Point<'a> {
    pub(super) names: Vec<Element<'a>>,
    /// Whether it has reasons, another issuer or a relative name.
    pub(super) has_more: bool,
}

/// An access method and where it is.
pub(super) struct Access<'a> {
    pub(super) method: &'a [u8],
    pub(super) location: Element<'a>,
}

/// A statement about qualified certificates (RFC 3739 section 3.2.6).
pub(super) struct Statement<'a> {
    pub(super) id: &'a [u8],
    pub(super) information: Option<Element<'a>>,
}

impl<'a> Values<'a> {
    pub(super) fn read(extensions: &[Extension<'a>]) -> Self {
        let mut values = Self::default();
        for extension in extensions {
            let known = KNOWN.iter().find(|(oid, _)| oid.as_bytes() == extension.oid);
            if known.is_some_and(|(_, read)| read(&mut values, extension.value).is_err()) {
                values.malformed.push(extension.oid);
            }
        }
        values
    }
}

/// Whether a certificate of ours may have this extension.
pub(super) fn is_known(oid: &[u8]) -> bool {
    KNOWN.iter().any(|(known, _)| known.as_bytes() == oid)
}

/// Reads one value into its place.
type Read = for<'a> fn(&mut Values<'a>, &'a [u8]) -> Result<(), Malformed>;

/// The extensions that rules look into, and so those that are issued.
const KNOWN: &[(ObjectIdentifier, Read)] = &[
    (oid::SUBJECT_KEY_IDENTIFIER, |values, value| {
        values.subject_key = Some(Reader::only(value, tag::OCTET_STRING)?.content);
        Ok(())
    }),
    (oid::AUTHORITY_KEY_IDENTIFIER, |values, value| {
        let mut fields = Reader::only(value, tag::SEQUENCE)?.inside();
        let key_identifier = fields.optional(tag::context(0))?.map(|identifier| identifier.content);
        values.authority_key = Some(AuthorityKey { key_identifier, has_more: !fields.is_empty() });
        Ok(())
    }),
    (oid::KEY_USAGE, |values, value| {
        values.key_usage = Some(Reader::only(value, tag::BIT_STRING)?.content);
        Ok(())
    }),
    (oid::EXTENDED_KEY_USAGE, |values, value| {
        values.purposes = Some(identifiers(value)?);
        Ok(())
    }),
    (oid::BASIC_CONSTRAINTS, |values, value| {
        values.constraints = Some(constraints(value)?);
        Ok(())
    }),
    (oid::CERTIFICATE_POLICIES, |values, value| {
        values.policies = Some(each(value, policy)?);
        Ok(())
    }),
    (oid::SUBJECT_ALT_NAME, |values, value| {
        values.names = Some(elements(Reader::only(value, tag::SEQUENCE)?.inside())?);
        Ok(())
    }),
    (oid::CRL_DISTRIBUTION_POINTS, |values, value| {
        values.distribution = Some(each(value, point)?);
        Ok(())
    }),
    (oid::AUTHORITY_INFO_ACCESS, |values, value| {
        values.access = Some(each(value, access)?);
        Ok(())
    }),
    (oid::QC_STATEMENTS, |values, value| {
        values.statements = Some(each(value, statement)?);
        Ok(())
    }),
    (oid::OCSP_NO_CHECK, |_, value| null(value)),
    (oid::NO_REV_AVAIL, |_, value| null(value)),
    (oid::VALIDITY_ASSURED, |_, value| null(value)),
    (oid::CARD_NUMBER, |_, value| {
        let number = std::str::from_utf8(Reader::only(value, tag::PRINTABLE_STRING)?.content);
        if number.is_ok_and(|number| !number.is_empty() && is_printable(number)) { Ok(()) } else { Err(Malformed) }
    }),
    (oid::PRIVATE_KEY_USAGE_PERIOD, |values, value| {
        values.key_period = Some(Reader::only(value, tag::SEQUENCE)?.content);
        Ok(())
    }),
];

fn constraints(value: &[u8]) -> Result<Constraints<'_>, Malformed> {
    let mut fields = Reader::only(value, tag::SEQUENCE)?.inside();
    let is_ca = fields.optional_true()?;
    let path_length = if fields.is_empty() { None } else { Some(fields.integer()?) };
    fields.finish()?;
    Ok(Constraints { is_ca, path_length })
}

fn policy(mut fields: Reader<'_>) -> Result<Policy<'_>, Malformed> {
    let id = fields.content(tag::OBJECT_IDENTIFIER)?;
    let mut qualifiers = Vec::new();
    if !fields.is_empty() {
        let mut list = fields.sequence()?;
        while !list.is_empty() {
            let mut qualifier = list.sequence()?;
            qualifiers.push((qualifier.content(tag::OBJECT_IDENTIFIER)?, qualifier.any()?));
            qualifier.finish()?;
        }
        if qualifiers.is_empty() {
            return Err(Malformed); // SEQUENCE SIZE (1..MAX)
        }
    }
    fields.finish()?;
    Ok(Policy { id, qualifiers })
}

fn point(mut fields: Reader<'_>) -> Result<Point<'_>, Malformed> {
    let Some(name) = fields.optional(tag::constructed(0))? else {
        return Ok(Point { names: Vec::new(), has_more: true });
    };
    let mut name = name.inside();
    let full = name.optional(tag::constructed(0))?;
    if full.is_some() {
        name.finish()?; // a CHOICE holds one
    }
    let has_more = full.is_none() || !fields.is_empty();
    Ok(Point { names: full.map_or(Ok(Vec::new()), |full| elements(full.inside()))?, has_more })
}

fn access(mut fields: Reader<'_>) -> Result<Access<'_>, Malformed> {
    let access = Access { method: fields.content(tag::OBJECT_IDENTIFIER)?, location: fields.any()? };
    fields.finish()?;
    Ok(access)
}

fn statement(mut fields: Reader<'_>) -> Result<Statement<'_>, Malformed> {
    let id = fields.content(tag::OBJECT_IDENTIFIER)?;
    let information = if fields.is_empty() { None } else { Some(fields.any()?) };
    fields.finish()?;
    Ok(Statement { id, information })
}

fn null(value: &[u8]) -> Result<(), Malformed> {
    if value == [tag::NULL, 0] { Ok(()) } else { Err(Malformed) }
}

/// The members of a SEQUENCE OF SEQUENCE.
fn each<'a, T>(value: &'a [u8], read: fn(Reader<'a>) -> Result<T, Malformed>) -> Result<Vec<T>, Malformed> {
    let mut list = Reader::only(value, tag::SEQUENCE)?.inside();
    let mut members = Vec::new();
    while !list.is_empty() {
        members.push(read(list.sequence()?)?);
    }
    Ok(members)
}

/// Whatever stands in a list.
pub(super) fn elements(mut list: Reader<'_>) -> Result<Vec<Element<'_>>, Malformed> {
    let mut elements = Vec::new();
    while !list.is_empty() {
        elements.push(list.any()?);
    }
    Ok(elements)
}
