//! A TBSCertificate taken apart, octets untouched.

use der::asn1::ObjectIdentifier;

use crate::asn1::{Element, Malformed, Reader, tag};

/// The fields of a TBSCertificate (RFC 5280 section 4.1).
pub(super) struct View<'a> {
    pub(super) version: Option<&'a [u8]>,
    pub(super) serial: &'a [u8],
    pub(super) algorithm: &'a [u8],
    pub(super) issuer: &'a [u8],
    pub(super) not_before: Element<'a>,
    pub(super) not_after: Element<'a>,
    pub(super) subject: &'a [u8],
    pub(super) spki: &'a [u8],
    pub(super) has_unique_id: bool,
    pub(super) extensions: Vec<Extension<'a>>,
}

/// One extension; `value` is inside the OCTET STRING.
#[derive(Clone, Copy)]
pub(super) struct Extension<'a> {
    pub(super) oid: &'a [u8],
    pub(super) critical: bool,
    pub(super) value: &'a [u8],
}

/// One attribute of a Name.
#[derive(Clone, Copy)]
pub(super) struct NameAttribute<'a> {
    pub(super) oid: &'a [u8],
    pub(super) tag: u8,
    pub(super) value: &'a [u8],
    /// Which RDN it stands in, counted from zero.
    pub(super) rdn: usize,
}

impl<'a> View<'a> {
    pub(super) fn read(der: &'a [u8]) -> Result<Self, Malformed> {
        let mut fields = Reader::only(der, tag::SEQUENCE)?.inside();
        let version = match fields.optional(tag::constructed(0))? {
            Some(version) => Some(Reader::only(version.content, tag::INTEGER)?.content),
            None => None,
        };
        let serial = fields.integer()?;
        let algorithm = fields.element(tag::SEQUENCE)?.whole;
        let issuer = fields.element(tag::SEQUENCE)?.whole;
        let mut validity = fields.sequence()?;
        let (not_before, not_after) = (validity.any()?, validity.any()?);
        validity.finish()?;
        let subject = fields.element(tag::SEQUENCE)?.whole;
        let spki = fields.element(tag::SEQUENCE)?.whole;
        let issuer_id = fields.optional(tag::context(1))?;
        let subject_id = fields.optional(tag::context(2))?;
        let extensions = match fields.optional(tag::constructed(3))? {
            Some(list) => extensions(list.content)?,
            None => Vec::new(),
        };
        fields.finish()?;
        let has_unique_id = issuer_id.is_some() || subject_id.is_some();
        Ok(Self { version, serial, algorithm, issuer, not_before, not_after, subject, spki, has_unique_id, extensions })
    }

    pub(super) fn extension(&self, oid: ObjectIdentifier) -> Option<Extension<'a>> {
        self.extensions.iter().copied().find(|extension| extension.oid == oid.as_bytes())
    }
}

/// Reads an Extensions SEQUENCE, as certificates and CRLs have it.
pub(super) fn extensions(list: &[u8]) -> Result<Vec<Extension<'_>>, Malformed> {
    let mut list = Reader::only(list, tag::SEQUENCE)?.inside();
    let mut extensions = Vec::with_capacity(12);
    while !list.is_empty() {
        let mut fields = list.sequence()?;
        let oid = fields.content(tag::OBJECT_IDENTIFIER)?;
        let critical = fields.optional_true()?;
        let value = fields.content(tag::OCTET_STRING)?;
        fields.finish()?;
        extensions.push(Extension { oid, critical, value });
    }
    Ok(extensions)
}

/// The attributes of a Name in order; multi-valued RDNs are flattened.
pub(super) fn name_attributes(name: &[u8]) -> Result<Vec<NameAttribute<'_>>, Malformed> {
    let mut rdns = Reader::only(name, tag::SEQUENCE)?.inside();
    let mut attributes = Vec::with_capacity(8);
    for rdn in 0.. {
        if rdns.is_empty() {
            break;
        }
        let mut set = Reader::new(rdns.content(tag::SET)?);
        if set.is_empty() {
            return Err(Malformed); // SET SIZE (1..MAX), RFC 5280 section 4.1.2.4
        }
        while !set.is_empty() {
            let mut fields = set.sequence()?;
            let oid = fields.content(tag::OBJECT_IDENTIFIER)?;
            let value = fields.any()?;
            fields.finish()?;
            attributes.push(NameAttribute { oid, tag: value.tag, value: value.content, rdn });
        }
    }
    Ok(attributes)
}

/// OID contents of a SEQUENCE OF OBJECT IDENTIFIER.
pub(super) fn identifiers(value: &[u8]) -> Result<Vec<&[u8]>, Malformed> {
    let mut list = Reader::only(value, tag::SEQUENCE)?.inside();
    let mut identifiers = Vec::new();
    while !list.is_empty() {
        identifiers.push(list.content(tag::OBJECT_IDENTIFIER)?);
    }
    Ok(identifiers)
}

/// An object identifier for people.
pub(super) fn dotted(oid: &[u8]) -> String {
    ObjectIdentifier::from_bytes(oid).map_or_else(|_| crate::hex::encode(oid), |oid| oid.to_string())
}
