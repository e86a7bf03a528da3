//! The subject's Name.

use std::borrow::Cow;

use super::{IssueError, SubjectFacts};
use crate::asn1::Writer;
use crate::identifier::{HsaId, OrganisationNumber, PersonIdentifier};
use crate::name::{Attribute, write_rdn};
use crate::profile::{HSA_ID_FACT, Profile, RdnSource, SERIAL_NUMBER_FACT};
use crate::text::TextFault;

/// DER of the Name that the profile makes of the facts, attribute by attribute.
///
/// # Errors
/// [`IssueError::MissingFact`] or [`IssueError::BadFact`].
pub fn subject_name(profile: &Profile, facts: &SubjectFacts) -> Result<Vec<u8>, IssueError> {
    let mut writer = Writer::with_capacity(256);
    let mut failed = None;
    writer.sequence(|w| failed = write(w, profile, facts).err());
    failed.map_or_else(|| Ok(writer.into_der()), Err)
}

fn write(writer: &mut Writer, profile: &Profile, facts: &SubjectFacts) -> Result<(), IssueError> {
    for rdn in &profile.file().subject {
        let mut attributes = Vec::new();
        for (attribute, source) in rdn.attributes() {
            let source = source.expect("a profile is refused unless each attribute has one source");
            if let Some(value) = value(attribute, source, facts)? {
                attributes.push((attribute, value));
            }
        }
        if !attributes.is_empty() {
            write_rdn(writer, &attributes);
        }
    }
    Ok(())
}

/// The checked value of one attribute; none if an optional fact is unknown.
fn value<'a>(
    attribute: Attribute,
    source: RdnSource<'a>,
    facts: &'a SubjectFacts,
) -> Result<Option<Cow<'a, str>>, IssueError> {
    let (fact, needed) = match source {
        RdnSource::Fixed(value) => return Ok(Some(value.into())),
        RdnSource::Fact(fact) => (fact, true),
        RdnSource::OptionalFact(fact) => (fact, false),
    };
    let value = match facts.get(fact) {
        Some(known) => checked(attribute, fact, known),
        None if needed => return Err(IssueError::MissingFact { fact: fact.to_owned() }),
        None => return Ok(None),
    };
    value.map(Some).map_err(|fault| IssueError::BadFact { fact: fact.to_owned(), fault })
}

/// The value as it stands in the certificate. Identifiers are not free text: each has its own form and check digit.
fn checked<'a>(attribute: Attribute, fact: &str, known: &'a str) -> Result<Cow<'a, str>, TextFault> {
    let value: Cow<'a, str> = match (attribute, fact) {
        (Attribute::OrganizationIdentifier, _) => {
            let number = known.parse::<OrganisationNumber>();
            number.map_err(|_| TextFault::Form("a Swedish organisation number"))?.etsi().into()
        }
        (Attribute::SerialNumber, SERIAL_NUMBER_FACT) => {
            known.parse::<PersonIdentifier>().map_err(|_| TextFault::Form("PNOSE- or EI:SE- and an identifier"))?;
            known.into()
        }
        (Attribute::SerialNumber, HSA_ID_FACT) => {
            known.parse::<HsaId>().map_err(|_| TextFault::Form("an HSA-id"))?;
            known.into()
        }
        _ => return attribute.accept(known),
    };
    attribute.check(&value)?;
    Ok(value)
}
