//! Attributes of distinguished names: their types, string forms and bounds.

use std::borrow::Cow;

use der::asn1::ObjectIdentifier;
use serde::{Deserialize, Serialize};
use x509_parser::prelude::FromDer;
use x509_parser::x509::{AttributeTypeAndValue, X509Name};

use crate::asn1::{Writer, oid, tag};
use crate::text::{self, TextFault};

/// The attributes that Sigill writes into a subject.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Attribute {
    /// Two-letter country, PrintableString.
    CountryName,
    /// Legal name of the organisation.
    OrganizationName,
    /// Number of the organisation in ETSI form, such as `NTRSE-2021005521` (EN 319 412-1 clause 5.1.4).
    OrganizationIdentifier,
    /// Unit, or a mark that people should see.
    OrganizationalUnitName,
    /// Name for display.
    CommonName,
    /// Family name.
    Surname,
    /// Given name.
    GivenName,
    /// Identifier of the person in ETSI form, PrintableString (EN 319 412-1 clause 5.1.3).
    SerialNumber,
    /// Title at work.
    Title,
}

impl Attribute {
    /// Every attribute.
    pub(crate) const ALL: [Self; 9] = [
        Self::CountryName,
        Self::OrganizationName,
        Self::OrganizationIdentifier,
        Self::OrganizationalUnitName,
        Self::CommonName,
        Self::Surname,
        Self::GivenName,
        Self::SerialNumber,
        Self::Title,
    ];

    /// The attribute with these OID content octets.
    pub(crate) fn from_oid(content: &[u8]) -> Option<Self> {
        Self::ALL.into_iter().find(|attribute| attribute.oid().as_bytes() == content)
    }

    pub(crate) const fn oid(self) -> ObjectIdentifier {
        match self {
            Self::CountryName => oid::COUNTRY_NAME,
            Self::OrganizationName => oid::ORGANIZATION_NAME,
            Self::OrganizationIdentifier => oid::ORGANIZATION_IDENTIFIER,
            Self::OrganizationalUnitName => oid::ORGANIZATIONAL_UNIT_NAME,
            Self::CommonName => oid::COMMON_NAME,
            Self::Surname => oid::SURNAME,
            Self::GivenName => oid::GIVEN_NAME,
            Self::SerialNumber => oid::SERIAL_NUMBER,
            Self::Title => oid::TITLE,
        }
    }

    /// PrintableString where RFC 5280 appendix A demands it, else UTF8String.
    pub(crate) const fn string_tag(self) -> u8 {
        match self {
            Self::CountryName | Self::SerialNumber => tag::PRINTABLE_STRING,
            _ => tag::UTF8_STRING,
        }
    }

    /// Upper bound in characters (RFC 5280 appendix A; X.520 for the names of people).
    pub(crate) const fn max_characters(self) -> usize {
        match self {
            Self::CountryName => 2,
            _ => 64,
        }
    }

    /// The text as it would stand in a certificate: in normalisation form C, if it may stand there at all.
    ///
    /// # Errors
    /// [`TextFault`] if the attribute cannot hold it.
    pub fn accept(self, text: &str) -> Result<Cow<'_, str>, TextFault> {
        let value = text::normalised(text);
        self.check(&value)?;
        Ok(value)
    }

    /// Checks a value for this attribute.
    pub(crate) fn check(self, value: &str) -> Result<(), TextFault> {
        text::check(value, self.max_characters())?;
        match self {
            Self::CountryName if value.len() != 2 || !value.bytes().all(|b| b.is_ascii_uppercase()) => {
                Err(TextFault::Form("two capital letters"))
            }
            Self::SerialNumber if !text::is_printable(value) => Err(TextFault::Form("PrintableString")),
            _ => Ok(()),
        }
    }

    /// Writes an `AttributeTypeAndValue`.
    fn write(self, writer: &mut Writer, value: &str) {
        writer.sequence(|w| {
            w.oid(self.oid());
            w.element(self.string_tag(), value.as_bytes());
        });
    }
}

/// The attributes of a name in their order: dotted OID, and the value if it is text that can be read.
pub(crate) type Attributes = Vec<(String, Option<String>)>;

/// The attributes of a name that was parsed.
pub(crate) fn attributes(name: &X509Name<'_>) -> Attributes {
    let text = |attribute: &AttributeTypeAndValue<'_>| attribute.as_str().ok().map(str::to_owned);
    name.iter_attributes().map(|attribute| (attribute.attr_type().to_id_string(), text(attribute))).collect()
}

/// The attributes of a Name in DER; none if it is not exactly one.
pub(crate) fn read_name(der: &[u8]) -> Option<Attributes> {
    let (rest, name) = X509Name::from_der(der).ok()?;
    rest.is_empty().then(|| attributes(&name))
}

/// What two names must have in common to be one name (RFC 5280 section 7.1): SHA-256 over the attributes in their
/// order, letters in lower case and runs of spaces as one space. None if `der` is not exactly one Name.
pub fn name_digest(der: &[u8]) -> Option<[u8; 32]> {
    let mut canonical = String::new();
    for (oid, value) in read_name(der)? {
        let words = value?.to_lowercase();
        let words: Vec<_> = words.split_whitespace().collect();
        canonical.extend([&oid, "=", &words.join(" "), "\0"]);
    }
    Some(crate::digest::sha256(canonical.as_bytes()))
}

/// Writes a `RelativeDistinguishedName`; DER orders a set by its encodings (X.690 clause 11.6).
pub(crate) fn write_rdn(writer: &mut Writer, attributes: &[(Attribute, Cow<'_, str>)]) {
    if let [(attribute, value)] = attributes {
        return writer.nest(tag::SET, |w| attribute.write(w, value));
    }
    let mut encodings: Vec<_> = attributes
        .iter()
        .map(|(attribute, value)| {
            let mut one = Writer::new();
            attribute.write(&mut one, value);
            one.into_der()
        })
        .collect();
    encodings.sort();
    writer.nest(tag::SET, |w| encodings.iter().for_each(|one| w.raw(one)));
}
