//! Rules about extensions: identifiers, usages, constraints, policies.

use super::certificate::{CertificateRule, Context};
use super::view::{dotted, identifiers};
use super::{Outcome, Rule, ensure};
use crate::asn1::{Malformed, Reader, oid, tag};
use crate::issue::LintIssuer;
use crate::profile::Purpose;
use crate::text;

pub(super) const RULES: &[CertificateRule] = &[
    Rule { name: "e_extension_repeats", source: "RFC 5280 4.2", check: no_repeat },
    Rule { name: "e_unknown_extension", source: "RFC 5280 4.2", check: known },
    Rule { name: "e_criticality", source: "RFC 5280 4.2.1, EN 319 412-2 4.4", check: criticality },
    Rule { name: "e_subject_key_identifier", source: "RFC 5280 4.2.1.2", check: subject_key_identifier },
    Rule { name: "e_authority_key_identifier", source: "RFC 5280 4.2.1.1", check: authority_key_identifier },
    Rule { name: "e_key_usage_encoding", source: "RFC 5280 4.2.1.3, X.690 11.2.2", check: key_usage },
    Rule { name: "e_key_cert_sign_without_ca", source: "RFC 5280 4.2.1.3", check: cert_sign },
    Rule { name: "e_extended_key_usage", source: "RFC 5280 4.2.1.12", check: extended_key_usage },
    Rule { name: "e_basic_constraints", source: "RFC 5280 4.2.1.9", check: basic_constraints },
    Rule { name: "e_certificate_policies", source: "RFC 5280 4.2.1.4", check: policies },
    Rule { name: "e_policy_not_of_issuer", source: "RFC 5280 6.1.3 (d)", check: issuer_policies },
    Rule { name: "e_ocsp_no_check", source: "RFC 6960 4.2.2.2.1", check: no_check },
];

fn no_repeat(context: &Context<'_>) -> Outcome {
    let extensions = &context.view.extensions;
    for (at, extension) in extensions.iter().enumerate() {
        let first = extensions[..at].iter().all(|earlier| earlier.oid != extension.oid);
        ensure(first, || dotted(extension.oid))?;
    }
    Ok(())
}

/// Extensions that no rule below looks into are not issued.
fn known(context: &Context<'_>) -> Outcome {
    let known = CRITICAL.iter().chain(NOT_CRITICAL);
    let known = |oid: &[u8]| known.clone().any(|known| known.as_bytes() == oid);
    match context.view.extensions.iter().find(|extension| !known(extension.oid)) {
        Some(extension) => Err(dotted(extension.oid)),
        None => Ok(()),
    }
}

fn criticality(context: &Context<'_>) -> Outcome {
    for extension in &context.view.extensions {
        let stamps =
            extension.oid == oid::EXTENDED_KEY_USAGE.as_bytes() && context.profile.purpose() == Purpose::TsaUnit;
        let wanted = stamps || CRITICAL.iter().any(|oid| oid.as_bytes() == extension.oid);
        ensure(extension.critical == wanted, || format!("{} critical: {}", dotted(extension.oid), extension.critical))?;
    }
    Ok(())
}

/// SHA-1 of the key, which also the issuing side uses to find keys.
fn subject_key_identifier(context: &Context<'_>) -> Outcome {
    let extension = context.view.extension(oid::SUBJECT_KEY_IDENTIFIER).ok_or("absent")?;
    let identifier = read(Reader::only(extension.value, tag::OCTET_STRING))?.content;
    let fits = context.key.as_ref().is_none_or(|key| key.key_identifier() == identifier);
    ensure(fits, || "not of this key".to_owned())
}

fn authority_key_identifier(context: &Context<'_>) -> Outcome {
    let Some(extension) = context.view.extension(oid::AUTHORITY_KEY_IDENTIFIER) else {
        return ensure(matches!(context.issuer, LintIssuer::SelfSigned), || "absent".to_owned());
    };
    let mut fields = read(Reader::only(extension.value, tag::SEQUENCE))?.inside();
    let identifier = read(fields.content(tag::context(0)))?;
    ensure(fields.is_empty(), || "more than keyIdentifier".to_owned())?;
    let computed = context.issuer_key().map(crate::key::PublicKey::key_identifier);
    let stated = match context.issuer {
        LintIssuer::Certificate(issuer) => issuer.subject_key_identifier(),
        LintIssuer::SelfSigned => None,
    };
    let wanted = stated.or(computed.as_ref().map(<[u8; 20]>::as_slice));
    ensure(wanted == Some(identifier), || "not of the issuer's key".to_owned())
}

/// Present, not empty, trailing zero bits removed, one octet.
fn key_usage(context: &Context<'_>) -> Outcome {
    let extension = context.view.extension(oid::KEY_USAGE).ok_or("absent")?;
    match read(Reader::only(extension.value, tag::BIT_STRING))?.content {
        [unused, bits] if *bits != 0 && u32::from(*unused) == bits.trailing_zeros() => Ok(()),
        other => Err(format!("bits {}", crate::hex::encode(other))),
    }
}

fn cert_sign(context: &Context<'_>) -> Outcome {
    let bits = context.key_usage().unwrap_or(0);
    let signs = bits & (KEY_CERT_SIGN | CRL_SIGN) != 0;
    ensure(!signs || is_ca(context)?, || "keyCertSign or cRLSign is set, cA is not".to_owned())
}

/// Not empty, no repetition, and the key usage that each purpose needs.
fn extended_key_usage(context: &Context<'_>) -> Outcome {
    let Some(extension) = context.view.extension(oid::EXTENDED_KEY_USAGE) else { return Ok(()) };
    let purposes = read(identifiers(extension.value))?;
    ensure(!purposes.is_empty(), || "empty".to_owned())?;
    let bits = context.key_usage().unwrap_or(0);
    for (at, purpose) in purposes.iter().enumerate() {
        ensure(!purposes[..at].contains(purpose), || format!("{} repeats", dotted(purpose)))?;
        let signs = if [oid::CLIENT_AUTH, oid::SERVER_AUTH].iter().any(|oid| oid.as_bytes() == *purpose) {
            bits & DIGITAL_SIGNATURE != 0
        } else {
            bits & (DIGITAL_SIGNATURE | NON_REPUDIATION) != 0
        };
        ensure(signs, || format!("{} does not fit the key usage", dotted(purpose)))?;
    }
    Ok(())
}

fn basic_constraints(context: &Context<'_>) -> Outcome {
    let Some(extension) = context.view.extension(oid::BASIC_CONSTRAINTS) else { return Ok(()) };
    let mut fields = read(Reader::only(extension.value, tag::SEQUENCE))?.inside();
    let is_ca = read(fields.optional_true())?;
    if !fields.is_empty() {
        let limit = read(fields.integer())?;
        ensure(is_ca && limit.len() == 1 && limit[0] & 0x80 == 0, || {
            "pathLenConstraint is not allowed here".to_owned()
        })?;
    }
    ensure(is_ca && fields.is_empty(), || "only a CA has basicConstraints here".to_owned())
}

/// Not empty, no repetition, no qualifier but CPS.
fn policies(context: &Context<'_>) -> Outcome {
    let Some(extension) = context.view.extension(oid::CERTIFICATE_POLICIES) else { return Ok(()) };
    let mut list = read(Reader::only(extension.value, tag::SEQUENCE))?.inside();
    ensure(!list.is_empty(), || "empty".to_owned())?;
    let mut seen = Vec::new();
    while !list.is_empty() {
        let mut policy = read(list.sequence())?;
        let id = read(policy.content(tag::OBJECT_IDENTIFIER))?;
        ensure(!seen.contains(&id), || format!("{} repeats", dotted(id)))?;
        seen.push(id);
        if !policy.is_empty() {
            read(cps_uri(&mut policy))
                .and_then(|uri| ensure(text::is_web_uri(uri, true), || format!("CPS at {uri}")))?;
        }
    }
    Ok(())
}

/// Path validation drops a policy that the issuing CA does not have; a root sets no bound.
fn issuer_policies(context: &Context<'_>) -> Outcome {
    let LintIssuer::Certificate(issuer) = context.issuer else { return Ok(()) };
    let allowed = issuer.policies();
    if issuer.is_self_issued() || allowed.iter().any(|policy| policy == ANY_POLICY) {
        return Ok(());
    }
    for policy in policy_identifiers(context)? {
        let policy = dotted(policy);
        ensure(allowed.contains(&policy), || policy)?;
    }
    Ok(())
}

/// OID contents of the certificate's policies.
pub(super) fn policy_identifiers<'a>(context: &Context<'a>) -> Result<Vec<&'a [u8]>, String> {
    let Some(extension) = context.view.extension(oid::CERTIFICATE_POLICIES) else { return Ok(Vec::new()) };
    let mut list = read(Reader::only(extension.value, tag::SEQUENCE))?.inside();
    let mut policies = Vec::new();
    while !list.is_empty() {
        policies.push(read(list.sequence().and_then(|mut policy| policy.content(tag::OBJECT_IDENTIFIER)))?);
    }
    Ok(policies)
}

/// The single CPS qualifier of a policy.
fn cps_uri<'a>(policy: &mut Reader<'a>) -> Result<&'a str, Malformed> {
    let mut qualifiers = policy.sequence()?;
    let mut qualifier = qualifiers.sequence()?;
    let kind = qualifier.content(tag::OBJECT_IDENTIFIER)?;
    let uri = qualifier.content(tag::IA5_STRING)?;
    qualifiers.finish()?;
    qualifier.finish()?;
    if kind != oid::QUALIFIER_CPS.as_bytes() {
        return Err(Malformed);
    }
    std::str::from_utf8(uri).map_err(|_| Malformed)
}

/// Only with `OCSPSigning`, and then nothing points to revocation information.
fn no_check(context: &Context<'_>) -> Outcome {
    let Some(extension) = context.view.extension(oid::OCSP_NO_CHECK) else { return Ok(()) };
    ensure(extension.value == [tag::NULL, 0], || "the value is not NULL".to_owned())?;
    let purposes = context.view.extension(oid::EXTENDED_KEY_USAGE);
    let signer = purposes.is_some_and(|usage| identifiers(usage.value) == Ok(vec![oid::OCSP_SIGNING.as_bytes()]));
    ensure(signer, || "the only purpose is not OCSPSigning".to_owned())?;
    let pointer = context.view.extension(oid::CRL_DISTRIBUTION_POINTS).is_some();
    ensure(!pointer, || "a CRL distribution point is present".to_owned())
}

/// Whether basicConstraints says cA.
pub(super) fn is_ca(context: &Context<'_>) -> Result<bool, String> {
    let Some(extension) = context.view.extension(oid::BASIC_CONSTRAINTS) else { return Ok(false) };
    read(Reader::only(extension.value, tag::SEQUENCE).and_then(|constraints| constraints.inside().optional_true()))
}

/// An encoding error as the detail of a finding.
pub(super) fn read<T>(result: Result<T, Malformed>) -> Result<T, String> {
    result.map_err(|malformed| malformed.to_string())
}

const CRITICAL: &[der::asn1::ObjectIdentifier] = &[oid::KEY_USAGE, oid::BASIC_CONSTRAINTS];
const NOT_CRITICAL: &[der::asn1::ObjectIdentifier] = &[
    oid::SUBJECT_KEY_IDENTIFIER,
    oid::AUTHORITY_KEY_IDENTIFIER,
    oid::EXTENDED_KEY_USAGE,
    oid::CERTIFICATE_POLICIES,
    oid::SUBJECT_ALT_NAME,
    oid::CRL_DISTRIBUTION_POINTS,
    oid::AUTHORITY_INFO_ACCESS,
    oid::QC_STATEMENTS,
    oid::OCSP_NO_CHECK,
    oid::CARD_NUMBER,
    oid::PRIVATE_KEY_USAGE_PERIOD,
    oid::NO_REV_AVAIL,
    oid::VALIDITY_ASSURED,
];
const ANY_POLICY: &str = "2.5.29.32.0";
const DIGITAL_SIGNATURE: u8 = 0x80;
const NON_REPUDIATION: u8 = 0x40;
const KEY_CERT_SIGN: u8 = 0x04;
const CRL_SIGN: u8 = 0x02;
