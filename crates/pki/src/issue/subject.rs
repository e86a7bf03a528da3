//! The subject's Name.

use super::{IssueError, Request};
use crate::asn1::Writer;
use crate::identifier::OrganisationNumber;
use crate::name::Attribute;
use crate::profile::{Rdn, RdnSource};
use crate::text::{self, TextFault};

/// DER of the Name that the profile makes of the facts, attribute by attribute.
pub(super) fn encode(request: &Request<'_>) -> Result<Vec<u8>, IssueError> {
    let mut rdns = Vec::with_capacity(request.profile.file().subject.len());
    for rdn in &request.profile.file().subject {
        if let Some(value) = value(rdn, request)? {
            rdns.push((rdn.attribute, value));
        }
    }
    let mut writer = Writer::with_capacity(256);
    writer.sequence(|w| rdns.iter().for_each(|(attribute, value)| attribute.write_rdn(w, value)));
    Ok(writer.into_der())
}

/// The checked value of one attribute; none if an optional fact is unknown.
fn value<'a>(rdn: &'a Rdn, request: &Request<'a>) -> Result<Option<std::borrow::Cow<'a, str>>, IssueError> {
    let fact = match rdn.source().expect("a profile is refused unless each attribute has one source") {
        RdnSource::Fixed(value) => return Ok(Some(value.into())),
        RdnSource::Fact(fact) => {
            request.subject.get(fact).ok_or_else(|| IssueError::MissingFact { fact: fact.to_owned() })?;
            fact
        }
        RdnSource::OptionalFact(fact) => fact,
    };
    let Some(known) = request.subject.get(fact) else { return Ok(None) };
    let bad = |fault| IssueError::BadFact { fact: fact.to_owned(), fault };
    let value = match rdn.attribute {
        Attribute::OrganizationIdentifier => {
            let number: OrganisationNumber =
                known.parse().map_err(|_| bad(TextFault::Form("a Swedish organisation number")))?;
            number.etsi().into()
        }
        _ => text::normalised(known),
    };
    rdn.attribute.check(&value).map_err(bad)?;
    Ok(Some(value))
}
