//! Rules that hold the certificate against its profile.

use super::certificate::{CertificateRule, Context};
use super::extension::{is_ca, policy_identifiers, read};
use super::view::{dotted, identifiers};
use super::{Outcome, Rule, ensure};
use crate::asn1::{Reader, oid, tag};
use crate::profile::{Pointer, RdnSource};

pub(super) const RULES: &[CertificateRule] = &[
    Rule { name: "e_profile_key_kind", source: "profile key.allow", check: key_kind },
    Rule { name: "e_profile_validity", source: "profile validity.max_days", check: validity },
    Rule { name: "e_profile_subject", source: "profile subject", check: subject },
    Rule { name: "e_profile_ca", source: "profile purpose, extensions.path_length", check: authority },
    Rule { name: "e_profile_key_usage", source: "profile extensions.key_usage", check: key_usage },
    Rule { name: "e_profile_purposes", source: "profile extensions.extended_key_usage", check: purposes },
    Rule { name: "e_profile_policies", source: "profile extensions.certificate_policies", check: policies },
    Rule { name: "e_profile_pointers", source: "profile extensions", check: pointers },
    Rule { name: "e_profile_alternative_names", source: "profile extensions", check: alternative_names },
];

fn key_kind(context: &Context<'_>) -> Outcome {
    let Some(key) = &context.key else { return Ok(()) };
    ensure(context.profile.allows(key.kind()), || format!("{} is not allowed", key.kind()))
}

fn validity(context: &Context<'_>) -> Outcome {
    let (Some(from), Some(to)) = (context.not_before(), context.not_after()) else { return Ok(()) };
    let limit = from.plus_days(i64::from(context.profile.max_days()));
    ensure(to <= limit, || format!("{to} is past {limit}"))
}

/// The attributes of the profile in its order; only optional ones may be left out.
fn subject(context: &Context<'_>) -> Outcome {
    let mut found = context.subject.iter().peekable();
    for rdn in &context.profile.file().subject {
        let oid = rdn.attribute.oid();
        let next = found.next_if(|attribute| attribute.oid == oid.as_bytes());
        let good = match (next, rdn.source()) {
            (Some(attribute), Some(RdnSource::Fixed(value))) => attribute.value == value.as_bytes(),
            (None, Some(RdnSource::OptionalFact(_))) => true,
            (next, _) => next.is_some(),
        };
        ensure(good, || format!("{:?} is absent, out of order or another value", rdn.attribute))?;
    }
    match found.next() {
        Some(extra) => Err(format!("{} is not in the profile", dotted(extra.oid))),
        None => Ok(()),
    }
}

fn authority(context: &Context<'_>) -> Outcome {
    let wanted = context.profile.purpose().is_ca();
    ensure(is_ca(context)? == wanted, || format!("cA is not {wanted}"))?;
    let Some(extension) = context.view.extension(oid::BASIC_CONSTRAINTS) else { return Ok(()) };
    let mut fields = read(Reader::only(extension.value, tag::SEQUENCE))?.inside();
    read(fields.optional_true())?;
    let limit = if fields.is_empty() { None } else { read(fields.integer())?.last().copied() };
    let allowed = context.profile.file().extensions.path_length.limit();
    ensure(limit == allowed, || format!("path length {limit:?} instead of {allowed:?}"))
}

fn key_usage(context: &Context<'_>) -> Outcome {
    let wanted = context.profile.key_usage().iter().fold(0, |bits, usage| bits | usage.bit());
    ensure(context.key_usage() == Some(wanted), || format!("bits {:02x?} instead of {wanted:02x}", context.key_usage()))
}

fn purposes(context: &Context<'_>) -> Outcome {
    let found = match context.view.extension(oid::EXTENDED_KEY_USAGE) {
        Some(extension) => read(identifiers(extension.value))?,
        None => Vec::new(),
    };
    let wanted = context.profile.extended_key_usage();
    let same = found.len() == wanted.len() && found.iter().zip(wanted).all(|(id, usage)| *id == usage.oid().as_bytes());
    ensure(same, || "other purposes than the profile's".to_owned())
}

fn policies(context: &Context<'_>) -> Outcome {
    let found = policy_identifiers(context)?;
    let wanted = &context.profile.encoded().policies;
    let same = found.len() == wanted.len() && found.iter().zip(wanted).all(|(id, policy)| *id == policy.as_bytes());
    ensure(same, || "other policies than the profile's".to_owned())
}

/// Pointers, nocheck, card number and statements are there exactly if the profile says so.
fn pointers(context: &Context<'_>) -> Outcome {
    let wanted = &context.profile.file().extensions;
    let access = wanted.ocsp == Pointer::Issuer || wanted.ca_issuers == Pointer::Issuer;
    let expected = [
        (oid::CRL_DISTRIBUTION_POINTS, wanted.crl_distribution == Pointer::Issuer),
        (oid::AUTHORITY_INFO_ACCESS, access),
        (oid::OCSP_NO_CHECK, wanted.ocsp_no_check),
        (oid::CARD_NUMBER, wanted.card_number),
        (oid::QC_STATEMENTS, !context.profile.encoded().statements.is_empty()),
    ];
    match expected.into_iter().find(|(oid, present)| context.view.extension(*oid).is_some() != *present) {
        Some((oid, present)) => Err(format!("{oid} present: {}", !present)),
        None => Ok(()),
    }
}

fn alternative_names(context: &Context<'_>) -> Outcome {
    let allowed = !context.profile.file().extensions.subject_alternative_name.is_empty();
    let present = context.view.extension(oid::SUBJECT_ALT_NAME).is_some();
    ensure(allowed || !present, || "alternative names are not in the profile".to_owned())
}
