//! Whose name stands in the subject: what was approved of the holder, never what a file says of all holders.

use super::ensure;
use crate::name::Attribute;
use crate::profile::ProfileError;
use crate::profile::file::{File, Rdn, RdnSource};
use crate::profile::purpose::Purpose;
use crate::profile::terms::KeyOrigin;
use crate::profile::{HSA_ID_FACT, SERIAL_NUMBER_FACT};

/// Refuses a subject that would give every holder the same identity, or one from facts that mean something else.
pub(super) fn check(file: &File) -> Result<(), ProfileError> {
    for (attribute, source) in file.subject.iter().flat_map(Rdn::attributes) {
        let source = source.map(|source| match source {
            RdnSource::Fixed(_) => None,
            RdnSource::Fact(fact) | RdnSource::OptionalFact(fact) => Some(fact),
        });
        ensure(file, source.is_some(), "subject", "needs exactly one of value, from, from_if_known")?;
        let wanted = fact(file.purpose, attribute);
        let why = wanted.map_or_else(
            || format!("must give {attribute:?} itself"),
            |wanted| format!("must take {attribute:?} from {wanted}"),
        );
        ensure(file, source == Some(wanted), "subject", &why)?;
    }
    let own = !file.purpose.is_person() || file.key_origin != KeyOrigin::Applicant;
    ensure(file, own, "key_origin", "of a person must say where the key is")
}

/// The fact that an attribute is made of; none for what is the same for all holders.
fn fact(purpose: Purpose, attribute: Attribute) -> Option<&'static str> {
    match attribute {
        Attribute::CountryName | Attribute::OrganizationalUnitName => None,
        Attribute::OrganizationName => Some("organisation.name"),
        Attribute::OrganizationIdentifier => Some("organisation.number"),
        Attribute::CommonName if purpose.is_person() => Some("person.display_name"),
        Attribute::CommonName => Some("common_name"),
        Attribute::Surname => Some("person.surname"),
        Attribute::GivenName => Some("person.given_name"),
        Attribute::SerialNumber if purpose.is_person() => Some(SERIAL_NUMBER_FACT),
        Attribute::SerialNumber => Some(HSA_ID_FACT),
        Attribute::Title => Some("person.title"),
    }
}
