//! Rules that hold the certificate against its profile.

use der::asn1::ObjectIdentifier;

use super::certificate::{CertificateRule, Context, Named};
use super::location::{accesses, names};
use super::policy;
use super::rule::{Outcome, ensure, none, rules};
use super::view::dotted;
use crate::asn1::oid;
use crate::profile::{Pointer, Rdn, RdnSource};

rules! { CertificateRule;
    /// The key is of a kind that the profile allows.
    e_profile_key_kind: Certificates, "profile key.allow" => |it| {
        let Some(key) = &it.key else { return Ok(()) };
        ensure(it.profile.allows(key.kind()), || format!("{} is not allowed", key.kind()))
    };
    /// The validity is not longer than the profile's.
    e_profile_validity: Certificates, "profile validity.max_days" => |it| {
        let (Some(from), Some(to)) = (it.not_before(), it.not_after()) else { return Ok(()) };
        let limit = from.plus_days(i64::from(it.profile.max_days()));
        ensure(to <= limit, || format!("{to} is past {limit}"))
    };
    /// The subject has the attributes of the profile in its order; only optional ones may be left out.
    e_profile_subject: Certificates, "profile subject" => subject;
    /// cA is set exactly if the profile is of CAs.
    e_profile_ca: Certificates, "profile purpose" => |it| {
        let wanted = it.profile.purpose().is_ca();
        ensure(it.is_ca() == wanted, || format!("cA is not {wanted}"))
    };
    /// The path length is the profile's.
    e_profile_path_length: Certificates, "profile extensions.path_length" => |it| {
        let constraints = it.values.constraints.as_ref();
        let found = constraints.and_then(|constraints| constraints.path_length?.last().copied());
        let wanted = it.profile.file().extensions.path_length.value().copied();
        ensure(constraints.is_none() || found == wanted, || format!("{found:?} instead of {wanted:?}"))
    };
    /// keyUsage is the profile's.
    e_profile_key_usage: Certificates, "profile extensions.key_usage" => |it| {
        let wanted = it.profile.key_usage().iter().fold(0, |bits, usage| bits | usage.bit());
        ensure(it.key_usage() == Some(wanted), || format!("bits {:02x?} instead of {wanted:02x}", it.key_usage()))
    };
    /// extKeyUsage is the profile's.
    e_profile_purposes: Certificates, "profile extensions.extended_key_usage" => |it| {
        let (found, wanted) = (it.values.purposes.as_deref().unwrap_or_default(), it.profile.extended_key_usage());
        let pairs = || found.iter().zip(wanted);
        let same = found.len() == wanted.len() && pairs().all(|(id, usage)| *id == usage.oid().as_bytes());
        ensure(same, || "other purposes than the profile's".to_owned())
    };
    /// The policies are the profile's.
    e_profile_policies: Certificates, "profile extensions.certificate_policies" => |it| {
        let found = policy::policies(it).iter().map(|policy| policy.id);
        let same = found.eq(it.profile.encoded().policies.iter().map(der::asn1::ObjectIdentifier::as_bytes));
        ensure(same, || "other policies than the profile's".to_owned())
    };
    /// Pointers, ocsp-nocheck, card number and statements are there exactly if the profile says so.
    e_profile_pointers: Certificates, "profile extensions" => pointers;
    /// Alternative names are there only if the profile says so.
    e_profile_alternative_names: Certificates, "profile extensions.subject_alternative_name" => |it| {
        let allowed = !it.profile.file().extensions.subject_alternative_name.is_empty();
        ensure(allowed || !it.has(oid::SUBJECT_ALT_NAME), || "present".to_owned())?;
        let other = names(it).iter().find(|name| !wants(it, name.tag));
        none(other.map(|name| format!("type {:#04x}", name.tag)))
    };
}

/// Whether the profile has names of this type.
fn wants(context: &Context<'_>, tag: u8) -> bool {
    context.profile.file().extensions.subject_alternative_name.iter().any(|kind| kind.tag() == tag)
}

/// Only RDNs whose facts are all optional may be left out.
fn subject(context: &Context<'_>) -> Outcome {
    let mut sets = context.subject.chunk_by(|one, next| one.attribute.rdn == next.attribute.rdn).peekable();
    for rdn in &context.profile.file().subject {
        if sets.next_if(|set| holds(set, rdn)).is_none() {
            let needed = rdn.attributes().find(|(_, source)| !matches!(source, Some(RdnSource::OptionalFact(_))));
            none(needed.map(|(it, _)| format!("{it:?} is absent, out of order or another value")))?;
        }
    }
    let extra = sets.next().and_then(<[_]>::first);
    none(extra.map(|extra| format!("{} is not in the profile", dotted(extra.attribute.oid))))
}

/// Whether a set holds the attributes of a profile's RDN and no others. DER decides the order within a set.
fn holds(set: &[Named<'_>], rdn: &Rdn) -> bool {
    let mut held = 0;
    for (attribute, source) in rdn.attributes() {
        match (set.iter().find(|found| found.attribute.oid == attribute.oid().as_bytes()), source) {
            (Some(found), Some(RdnSource::Fixed(value))) if found.attribute.value != value.as_bytes() => return false,
            (Some(_), _) => held += 1,
            (None, Some(RdnSource::OptionalFact(_))) => {}
            (None, _) => return false,
        }
    }
    held == set.len()
}

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
    let wrong = expected.into_iter().find(|(oid, present)| context.has(*oid) != *present);
    none(wrong.map(|(oid, present)| format!("{oid} present: {}", !present)))?;
    let has_method = |oid: &ObjectIdentifier| accesses(context).iter().any(|access| access.method == oid.as_bytes());
    let methods = [(oid::ACCESS_OCSP, wanted.ocsp), (oid::ACCESS_CA_ISSUERS, wanted.ca_issuers)];
    let wrong = methods.into_iter().find(|(oid, pointer)| has_method(oid) != (*pointer == Pointer::Issuer));
    none(wrong.map(|(oid, _)| format!("{oid} present: {}", has_method(&oid))))
}
