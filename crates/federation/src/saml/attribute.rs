//! What is said of a holder: by entity categories, and for services of our agencies by their registration.

use super::response::Status;
use super::service::{Origin, Service};
use crate::oidc::claims::{Holder, Number};
use std::collections::BTreeSet;

/// An attribute that we know (Attribute Specification for the Swedish eID Framework section 3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Attribute {
    /// Its name.
    pub name: &'static str,
    /// Its name for people who read messages.
    pub friendly: &'static str,
}

/// Every attribute that we may tell.
pub const ALL: &[Attribute] = &[
    Attribute { name: SURNAME, friendly: "sn" },
    Attribute { name: GIVEN_NAME, friendly: "givenName" },
    Attribute { name: DISPLAY_NAME, friendly: "displayName" },
    Attribute { name: PERSONAL_NUMBER, friendly: "personalIdentityNumber" },
    Attribute { name: DATE_OF_BIRTH, friendly: "dateOfBirth" },
    Attribute { name: ORGANISATION, friendly: "o" },
    Attribute { name: ORGANISATION_NUMBER, friendly: "organizationIdentifier" },
    Attribute { name: AFFILIATION, friendly: "orgAffiliation" },
];

/// The value of an attribute, if the holder has one.
pub fn value(holder: &Holder, name: &str) -> Option<String> {
    match name {
        SURNAME => Some(holder.family_name.clone()),
        GIVEN_NAME => Some(holder.given_name.clone()),
        DISPLAY_NAME => Some(format!("{} {}", holder.given_name, holder.family_name)),
        // One attribute for both kinds of numbers, unlike the claims of OpenID Connect.
        PERSONAL_NUMBER => match &holder.number {
            Number::Personal(number) | Number::Coordination(number) => Some(number.clone()),
            Number::Withheld => None,
        },
        DATE_OF_BIRTH => date_of_birth(&holder.number),
        ORGANISATION => Some(holder.organisation.clone()),
        ORGANISATION_NUMBER => Some(holder.organisation_number.clone()),
        AFFILIATION => Some(format!("{}@{}", holder.affiliation, holder.organisation_number)),
        _ => None,
    }
}

/// The attributes that a service is told of a holder.
///
/// # Errors
/// [`Status::RequestDenied`] if something that the service cannot do without must not be told, or none of its categories is
/// ours.
pub fn release(service: &Service, holder: &Holder) -> Result<BTreeSet<String>, Status> {
    let matching: Vec<_> = CATEGORIES.iter().filter(|(category, _)| service.has(category)).collect();
    if service.origin == Origin::Federation && matching.is_empty() && declares_any(service) {
        return Err(Status::RequestDenied);
    }
    let by_category = matching.iter().flat_map(|(_, names)| names.iter().copied());
    let registered = service.requested.iter().filter(|_| service.origin == Origin::Local);
    let by_registration = registered.clone().map(|asked| asked.name.as_str());
    let wanted: BTreeSet<&str> = by_category.chain(by_registration).collect();
    let gives = |name: &str| may_know(service, holder, name) && value(holder, name).is_some();
    let missing = |asked: &super::service::Requested| asked.required && is_known(&asked.name) && !gives(&asked.name);
    if service.requested.iter().any(missing) {
        return Err(Status::RequestDenied);
    }
    Ok(wanted.into_iter().filter(|name| gives(name)).map(str::to_owned).collect())
}

/// Coordination numbers go to services that say they can take them (deployment profile section 7.2).
fn may_know(service: &Service, holder: &Holder, name: &str) -> bool {
    let coordination = matches!(holder.number, Number::Coordination(_));
    name != PERSONAL_NUMBER || !coordination || service.has(ACCEPTS_COORDINATION_NUMBER)
}

fn is_known(name: &str) -> bool {
    ALL.iter().any(|attribute| attribute.name == name)
}

/// Whether it has service entity categories at all, known or not.
fn declares_any(service: &Service) -> bool {
    service.categories.iter().any(|category| {
        category.starts_with("http://id.elegnamnden.se/ec/") || category.starts_with("http://id.swedenconnect.se/ec/")
    })
}

/// Day of birth as the number has it; coordination numbers add 60 to the day.
fn date_of_birth(number: &Number) -> Option<String> {
    let (digits, added) = match number {
        Number::Personal(digits) => (digits, 0),
        Number::Coordination(digits) => (digits, 60),
        // The day would say half of the number.
        Number::Withheld => return None,
    };
    let day = digits.get(6..8)?.parse::<u8>().ok()?.checked_sub(added)?;
    // Of some who have a coordination number, month or day are not known.
    let known = digits.get(4..6)? != "00" && day != 0;
    known.then(|| Some(format!("{}-{}-{day:02}", digits.get(0..4)?, digits.get(4..6)?)))?
}

/// The service entity categories that we match, with their attribute sets (Entity Categories section 2, Attribute
/// Specification section 2). The last is the national eIDAS node: the minimum data set, with agency; its identifier is the
/// persistent name.
pub const CATEGORIES: &[(&str, &[&str])] = &[
    ("http://id.elegnamnden.se/ec/1.0/loa3-pnr", PNR_01),
    ("http://id.elegnamnden.se/ec/1.0/loa4-pnr", PNR_01),
    ("http://id.swedenconnect.se/ec/1.0/loa3-orgid", ORG_PERSON_01),
    ("http://id.swedenconnect.se/ec/1.0/loa4-orgid", ORG_PERSON_01),
    ("http://id.swedenconnect.se/ec/1.0/loa3-name", NATURAL_PERSON_01),
    ("http://id.swedenconnect.se/ec/1.0/loa4-name", NATURAL_PERSON_01),
    (EIDAS_NATURAL_PERSON, EIDAS),
];

/// A service that is the national eIDAS node.
pub const EIDAS_NATURAL_PERSON: &str = "http://id.elegnamnden.se/ec/1.0/eidas-naturalperson";
/// A service that takes coordination numbers.
pub const ACCEPTS_COORDINATION_NUMBER: &str = "http://id.swedenconnect.se/general-ec/1.0/accepts-coordination-number";
/// A provider that shows messages of services.
pub const SUPPORTS_USER_MESSAGE: &str = "http://id.swedenconnect.se/general-ec/1.0/supports-user-message";

const PNR_01: &[&str] = &[SURNAME, GIVEN_NAME, DISPLAY_NAME, PERSONAL_NUMBER, DATE_OF_BIRTH];
const ORG_PERSON_01: &[&str] = &[DISPLAY_NAME, AFFILIATION, ORGANISATION, ORGANISATION_NUMBER];
const NATURAL_PERSON_01: &[&str] = &[SURNAME, GIVEN_NAME, DISPLAY_NAME];
const EIDAS: &[&str] = &[SURNAME, GIVEN_NAME, DATE_OF_BIRTH, AFFILIATION, ORGANISATION, ORGANISATION_NUMBER];

const SURNAME: &str = "urn:oid:2.5.4.4";
const GIVEN_NAME: &str = "urn:oid:2.5.4.42";
const DISPLAY_NAME: &str = "urn:oid:2.16.840.1.113730.3.1.241";
const PERSONAL_NUMBER: &str = "urn:oid:1.2.752.29.4.13";
const DATE_OF_BIRTH: &str = "urn:oid:1.3.6.1.5.5.7.9.1";
const ORGANISATION: &str = "urn:oid:2.5.4.10";
const ORGANISATION_NUMBER: &str = "urn:oid:2.5.4.97";
const AFFILIATION: &str = "urn:oid:1.2.752.201.3.1";
