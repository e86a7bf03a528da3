//! Rules that hold the certificate against its profile.

use super::certificate::{CertificateRule, Context};
use super::extension::{is_ca, policy_identifiers, read};
use super::view::{NameAttribute, dotted, identifiers};
use super::{Outcome, Rule, ensure};
use crate::asn1::{Reader, oid, tag};
use crate::profile::{Pointer, Rdn, RdnSource};

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

/// The RDNs of the profile in its order; only those whose facts are optional may be left out.
fn subject(context: &Context<'_>) -> Outcome {
    let mut sets = context.subject.chunk_by(|one, next| one.rdn == next.rdn).peekable();
    for rdn in &context.profile.file().subject {
        if sets.next_if(|set| holds(set, rdn)).is_none() {
            let needed = rdn.attributes().find(|(_, source)| !matches!(source, Some(RdnSource::OptionalFact(_))));
            ensure(needed.is_none(), || format!("{needed:?} is absent, out of order or another value"))?;
        }
    }
    match sets.next().and_then(<[_]>::first) {
        Some(extra) => Err(format!("{} is not in the profile", dotted(extra.oid))),
        None => Ok(()),
    }
}

/// Whether a set holds the attributes of a profile's RDN and no others. DER decides the order within a set.
fn holds(set: &[NameAttribute<'_>], rdn: &Rdn) -> bool {
    let mut held = 0;
    for (attribute, source) in rdn.attributes() {
        match (set.iter().find(|found| found.oid == attribute.oid().as_bytes()), source) {
            (Some(found), Some(RdnSource::Fixed(value))) if found.value != value.as_bytes() => return false,
            (Some(_), _) => held += 1,
            (None, Some(RdnSource::OptionalFact(_))) => {}
            (None, _) => return false,
        }
    }
    held == set.len()
}

fn authority(context: &Context<'_>) -> Outcome {
    let wanted = context.profile.purpose().is_ca();
    ensure(is_ca(context)? == wanted, || format!("cA is not {wanted}"))?;
    let Some(extension) = context.view.extension(oid::BASIC_CONSTRAINTS) else { return Ok(()) };
    let mut fields = read(Reader::only(extension.value, tag::SEQUENCE))?.inside();
    read(fields.optional_true())?;
    let limit = if fields.is_empty() { None } else { read(fields.integer())?.last().copied() };
    let allowed = context.profile.file().extensions.path_length.value().copied();
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
        (oid::NO_REV_AVAIL, wanted.no_rev_avail),
        (oid::VALIDITY_ASSURED, wanted.validity_assured),
        (oid::PRIVATE_KEY_USAGE_PERIOD, wanted.private_key_usage_days.value().is_some()),
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
