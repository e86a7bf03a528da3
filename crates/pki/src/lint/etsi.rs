//! Rules of ETSI EN 319 411-1 and EN 319 412.

use super::certificate::{CertificateRule, Context};
use super::extension::read;
use super::view::{dotted, name_attributes};
use super::{Outcome, Rule, ensure};
use crate::asn1::{Malformed, Reader, oid, tag};
use crate::identifier::OrganisationNumber;
use crate::issue::LintIssuer;
use crate::profile::Purpose;

pub(super) const RULES: &[CertificateRule] = &[
    Rule { name: "e_natural_person_name", source: "EN 319 412-2 4.2.4", check: person_name },
    Rule { name: "e_issuer_legal_person_name", source: "EN 319 412-2 4.2.3.1", check: issuer_name },
    Rule { name: "e_organization_identifier", source: "EN 319 412-1 5.1.4", check: organisation },
    Rule { name: "e_person_key_usage", source: "EN 319 412-2 4.3.2", check: key_usage },
    Rule { name: "e_constraints_in_end_entity", source: "EN 319 412-2 4.3", check: no_constraints },
    Rule { name: "e_person_status_pointers", source: "EN 319 412-2 4.4.1", check: status_pointers },
    Rule { name: "e_policy_missing", source: "EN 319 411-1 GEN-6.3.3-12", check: has_policy },
    Rule { name: "e_qc_statements", source: "EN 319 412-5 4.1", check: statements_form },
    Rule { name: "e_false_claim_of_qualified", source: "EN 319 412-5 4.2.1, 4.2.2", check: not_qualified },
    Rule { name: "e_semantics_of_identifier", source: "EN 319 412-1 5.1.1, 5.1.3", check: semantics },
    Rule { name: "e_ocsp_signer_points_to_ocsp", source: "EN 319 411-1 6.6.3", check: signer_pointers },
];

/// Country, common name, and given name and surname.
fn person_name(context: &Context<'_>) -> Outcome {
    if !context.profile.purpose().is_person() {
        return Ok(());
    }
    let needed = [oid::COUNTRY_NAME, oid::COMMON_NAME, oid::SURNAME, oid::GIVEN_NAME, oid::SERIAL_NUMBER];
    match needed.into_iter().find(|oid| context.values(*oid).next().is_none()) {
        Some(absent) => Err(format!("{absent} is absent")),
        None => Ok(()),
    }
}

/// Whoever issues is a legal person with country, name, number and common name.
fn issuer_name(context: &Context<'_>) -> Outcome {
    let attributes = read(name_attributes(context.view.issuer))?;
    let needed = [oid::COUNTRY_NAME, oid::ORGANIZATION_NAME, oid::ORGANIZATION_IDENTIFIER, oid::COMMON_NAME];
    match needed.into_iter().find(|oid| attributes.iter().all(|found| found.oid != oid.as_bytes())) {
        Some(absent) => Err(format!("{absent} is absent")),
        None => Ok(()),
    }
}

fn organisation(context: &Context<'_>) -> Outcome {
    for found in context.values(oid::ORGANIZATION_IDENTIFIER) {
        let number = std::str::from_utf8(found.value).ok().filter(|text| text.starts_with("NTRSE-"));
        let good = number.is_some_and(|text| text.parse::<OrganisationNumber>().is_ok_and(|read| read.etsi() == text));
        ensure(good, || "not a Swedish organisation number in ETSI form".to_owned())?;
    }
    Ok(())
}

/// Type C for authentication, type A for signatures: never both with one key.
fn key_usage(context: &Context<'_>) -> Outcome {
    let wanted = match context.profile.purpose() {
        Purpose::PersonAuthentication => 0x80,
        Purpose::PersonSignature => 0x40,
        _ => return Ok(()),
    };
    ensure(context.key_usage() == Some(wanted), || format!("bits {:02x?}", context.key_usage()))
}

fn no_constraints(context: &Context<'_>) -> Outcome {
    if context.profile.purpose().is_ca() {
        return Ok(());
    }
    let banned = [oid::POLICY_MAPPINGS, oid::NAME_CONSTRAINTS, oid::POLICY_CONSTRAINTS, oid::INHIBIT_ANY_POLICY];
    match banned.into_iter().find(|oid| context.view.extension(*oid).is_some()) {
        Some(found) => Err(found.to_string()),
        None => Ok(()),
    }
}

fn status_pointers(context: &Context<'_>) -> Outcome {
    let short_term = context.view.extension(oid::NO_REV_AVAIL).is_some();
    if short_term || !context.profile.purpose().is_person() {
        return Ok(());
    }
    ensure(context.view.extension(oid::CRL_DISTRIBUTION_POINTS).is_some(), || "no CRL distribution point".to_owned())?;
    for method in [oid::ACCESS_OCSP, oid::ACCESS_CA_ISSUERS] {
        ensure(has_access_method(context, method)?, || format!("no access method {method}"))?;
    }
    Ok(())
}

fn has_policy(context: &Context<'_>) -> Outcome {
    let present = context.view.extension(oid::CERTIFICATE_POLICIES).is_some();
    ensure(present || !context.profile.purpose().is_person(), || "no certificate policy".to_owned())
}

/// A list of statements, each once.
fn statements_form(context: &Context<'_>) -> Outcome {
    let ids = statements(context)?;
    for (at, (id, _)) in ids.iter().enumerate() {
        ensure(ids[..at].iter().all(|(earlier, _)| earlier != id), || format!("{} repeats", dotted(id)))?;
    }
    Ok(())
}

/// Only a profile that was loaded for a service on a trusted list may claim anything of qualified certificates.
fn not_qualified(context: &Context<'_>) -> Outcome {
    if context.profile.is_qualified() {
        return Ok(());
    }
    let claims = [oid::QCS_COMPLIANCE, oid::QCS_SSCD, oid::QCS_TYPE];
    let claimed = |id: &[u8]| claims.iter().any(|claim| claim.as_bytes() == id);
    match statements(context)?.into_iter().find(|(id, _)| claimed(id)) {
        Some((id, _)) => Err(dotted(id)),
        None => Ok(()),
    }
}

/// A person's serialNumber has the form that the semantics statement promises;
/// a local identifier comes with the authority that assigned it.
fn semantics(context: &Context<'_>) -> Outcome {
    if !context.profile.purpose().is_person() {
        return Ok(());
    }
    let serial = context.values(oid::SERIAL_NUMBER).next().ok_or("no serialNumber")?.value;
    let found = statements(context)?;
    let (_, information) = found
        .iter()
        .find(|(id, _)| *id == oid::QCS_PKIX_SYNTAX_V2.as_bytes())
        .ok_or("the semantics statement is absent")?;
    let has_authority = read(semantics_authority(*information))?;
    match serial {
        [b'P', b'N', b'O', b'S', b'E', b'-', digits @ ..] => {
            let good = digits.len() == 12 && digits.iter().all(u8::is_ascii_digit);
            ensure(good, || "PNOSE- is not followed by twelve digits".to_owned())
        }
        [_, _, b':', b'S', b'E', b'-', _, ..] => ensure(has_authority, || "no name registration authority".to_owned()),
        _ => Err("serialNumber has no ETSI form of Sweden".to_owned()),
    }
}

/// Whether the `SemanticsInformation` of natural persons names an authority.
fn semantics_authority(mut information: Reader<'_>) -> Result<bool, Malformed> {
    let mut fields = information.sequence()?;
    information.finish()?;
    if fields.content(tag::OBJECT_IDENTIFIER)? != oid::QCS_SEMANTICS_NATURAL.as_bytes() {
        return Err(Malformed);
    }
    let authority = fields.optional(tag::SEQUENCE)?;
    fields.finish()?;
    Ok(authority.is_some_and(|names| !names.content.is_empty()))
}

fn signer_pointers(context: &Context<'_>) -> Outcome {
    if context.profile.purpose() != Purpose::OcspSigner {
        return Ok(());
    }
    ensure(!has_access_method(context, oid::ACCESS_OCSP)?, || "the access method OCSP is present".to_owned())?;
    let direct = matches!(context.issuer, LintIssuer::Certificate(_));
    ensure(direct, || "not issued by the CA that it answers for".to_owned())
}

/// Identifiers of the statements, each with a reader of what follows.
fn statements<'a>(context: &Context<'a>) -> Result<Vec<(&'a [u8], Reader<'a>)>, String> {
    let Some(extension) = context.view.extension(oid::QC_STATEMENTS) else { return Ok(Vec::new()) };
    let mut list = read(Reader::only(extension.value, tag::SEQUENCE))?.inside();
    let mut statements = Vec::new();
    while !list.is_empty() {
        let mut fields = read(list.sequence())?;
        statements.push((read(fields.content(tag::OBJECT_IDENTIFIER))?, fields));
    }
    Ok(statements)
}

fn has_access_method(context: &Context<'_>, method: der::asn1::ObjectIdentifier) -> Result<bool, String> {
    let Some(extension) = context.view.extension(oid::AUTHORITY_INFO_ACCESS) else { return Ok(false) };
    let mut list = read(Reader::only(extension.value, tag::SEQUENCE))?.inside();
    while !list.is_empty() {
        let mut fields = read(list.sequence())?;
        if read(fields.content(tag::OBJECT_IDENTIFIER))? == method.as_bytes() {
            return Ok(true);
        }
    }
    Ok(false)
}
