//! Rules of ETSI EN 319 412-1, -2 and -3 about names, identifiers and the use of keys.

use der::asn1::ObjectIdentifier;

use super::certificate::{CertificateRule, Context};
use super::qualified::statements;
use super::rule::{Outcome, ensure, none, rules};
use super::view::name_attributes;
use crate::asn1::{Malformed, Reader, oid, tag};
use crate::identifier::{OrganisationNumber, PersonalNumber};
use crate::profile::Purpose;

rules! { CertificateRule;
    /// The issuer is a legal person with country, name, number and common name.
    e_issuer_legal_person_name: Certificates, "EN 319 412-2 4.2.3.1" => issuer_name;
    /// The subject has a country.
    e_subject_country_missing: Certificates, "EN 319 412-2 NAT-4.2.4-1, EN 319 412-3 LEG-4.2.1-2" => |it| {
        present(it, &[oid::COUNTRY_NAME])
    };
    /// The subject has a common name.
    e_subject_common_name_missing: Certificates, "EN 319 412-2 NAT-4.2.4-1, EN 319 412-3 LEG-4.2.1-2" => |it| {
        present(it, &[oid::COMMON_NAME])
    };
    /// A person has surname and given name; there are no pseudonyms.
    e_natural_person_name_missing: NaturalPersons, "EN 319 412-2 NAT-4.2.4-1, NAT-4.2.4-4" => |it| {
        present(it, &[oid::SURNAME, oid::GIVEN_NAME])
    };
    /// A person has a serialNumber, so that a name is never somebody else's.
    e_natural_person_serial_number_missing: NaturalPersons, "EN 319 411-1 GEN-6.3.3-10, EN 319 412-2 4.2.4" => |it| {
        present(it, &[oid::SERIAL_NUMBER])
    };
    /// An organisation has its name and its number.
    e_legal_person_identifier_missing: LegalPersons, "EN 319 412-3 LEG-4.2.1-2, LEG-4.2.1-6" => |it| {
        present(it, &[oid::ORGANIZATION_NAME, oid::ORGANIZATION_IDENTIFIER])
    };
    /// organizationIdentifier is NTRSE- and a Swedish organisation number.
    e_organization_identifier: Certificates, "EN 319 412-1 5.1.4" => |it| {
        let Some(value) = it.value(oid::ORGANIZATION_IDENTIFIER) else { return Ok(()) };
        let number = std::str::from_utf8(value).ok().filter(|text| text.starts_with("NTRSE-"));
        let is_etsi = |text: &str| text.parse::<OrganisationNumber>().is_ok_and(|read| read.etsi() == text);
        let is_good = number.is_some_and(is_etsi);
        ensure(is_good, || String::from_utf8_lossy(value).into_owned())
    };
    /// keyUsage for authentication is of type C, for signatures of type A: never both with one key.
    e_person_key_usage: NaturalPersons, "EN 319 412-2 NAT-4.3.2-2, NAT-4.3.2-3" => |it| {
        let wanted = if it.profile.purpose() == Purpose::PersonAuthentication { 0x80 } else { 0x40 };
        ensure(it.key_usage() == Some(wanted), || format!("bits {:02x?}", it.key_usage()))
    };
    /// An end entity has no policyMappings.
    e_policy_mappings_in_end_entity: EndEntities, "EN 319 412-2 GEN-4.3.4-1" => |it| absent(it, oid::POLICY_MAPPINGS);
    /// An end entity has no nameConstraints.
    e_name_constraints_in_end_entity: EndEntities, "EN 319 412-2 GEN-4.3.8-1" => |it| absent(it, oid::NAME_CONSTRAINTS);
    /// An end entity has no policyConstraints.
    e_policy_constraints_in_end_entity: EndEntities, "EN 319 412-2 GEN-4.3.9-1" => |it| {
        absent(it, oid::POLICY_CONSTRAINTS)
    };
    /// An end entity has no inhibitAnyPolicy.
    e_inhibit_any_policy_in_end_entity: EndEntities, "EN 319 412-2 GEN-4.3.12-1" => |it| {
        absent(it, oid::INHIBIT_ANY_POLICY)
    };
    /// A statement says how a person's serialNumber is to be read.
    e_semantics_missing: NaturalPersons, "EN 319 412-1 5.1.1" => |it| {
        ensure(semantics(it).is_some(), || "absent".to_owned())
    };
    /// The semantics of a person's serialNumber are those of natural persons.
    e_semantics_form: NaturalPersons, "EN 319 412-1 5.1.3" => |it| {
        ensure(semantics(it).is_none_or(|found| found.is_ok()), || "not of natural persons".to_owned())
    };
    /// A person's serialNumber is PNOSE- and twelve digits, or of a local type such as EI:SE-.
    e_natural_person_serial_number: NaturalPersons, "EN 319 412-1 5.1.3" => |it| {
        let Some(value) = it.value(oid::SERIAL_NUMBER) else { return Ok(()) };
        let digits = value.strip_prefix(b"PNOSE-").and_then(|digits| std::str::from_utf8(digits).ok());
        let is_number = digits.is_some_and(|digits| digits.len() == 12 && digits.parse::<PersonalNumber>().is_ok());
        ensure(is_number || is_local(value), || "no ETSI form of Sweden".to_owned())
    };
    /// With an identifier of a local type stands the authority that assigns it.
    e_name_registration_authority_missing: NaturalPersons, "EN 319 412-1 NAT-5.1.3-05, NAT-5.1.3-06" => |it| {
        let has_authority = matches!(semantics(it), Some(Ok(true)));
        ensure(has_authority || !it.value(oid::SERIAL_NUMBER).is_some_and(is_local), || "absent".to_owned())
    };
}

fn present(context: &Context<'_>, wanted: &[ObjectIdentifier]) -> Outcome {
    none(wanted.iter().find(|oid| context.value(**oid).is_none()).map(|oid| format!("{oid} is absent")))
}

fn absent(context: &Context<'_>, oid: ObjectIdentifier) -> Outcome {
    ensure(!context.has(oid), || "present".to_owned())
}

fn issuer_name(context: &Context<'_>) -> Outcome {
    let attributes = name_attributes(context.view.issuer).map_err(|malformed| malformed.to_string())?;
    let needed = [oid::COUNTRY_NAME, oid::ORGANIZATION_NAME, oid::ORGANIZATION_IDENTIFIER, oid::COMMON_NAME];
    let is_absent = |oid: &ObjectIdentifier| attributes.iter().all(|found| found.oid != oid.as_bytes());
    none(needed.into_iter().find(is_absent).map(|oid| format!("{oid} is absent")))
}

/// Two characters and a colon, country, hyphen, and something after it.
fn is_local(identifier: &[u8]) -> bool {
    matches!(identifier, [_, _, b':', b'S', b'E', b'-', _, ..])
}

/// Whether the semantics statement names an authority by a URI; none if there is no such statement.
fn semantics(context: &Context<'_>) -> Option<Result<bool, Malformed>> {
    let found = statements(context).iter().find(|statement| statement.id == oid::QCS_PKIX_SYNTAX_V2.as_bytes())?;
    let Some(information) = found.information else { return Some(Err(Malformed)) };
    Some(Reader::only(information.whole, tag::SEQUENCE).and_then(|information| authority(information.inside())))
}

fn authority(mut fields: Reader<'_>) -> Result<bool, Malformed> {
    if fields.content(tag::OBJECT_IDENTIFIER)? != oid::QCS_SEMANTICS_NATURAL.as_bytes() {
        return Err(Malformed);
    }
    let Some(names) = fields.optional(tag::SEQUENCE)? else { return fields.finish().map(|()| false) };
    fields.finish()?;
    let names = super::values::elements(names.inside())?;
    Ok(names.iter().any(|name| name.tag == tag::context(6)))
}
