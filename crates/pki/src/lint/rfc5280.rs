//! Rules about the basic fields of a certificate.

use super::certificate::{CertificateRule, Context};
use super::{Outcome, Rule, ensure};
use crate::asn1::tag;
use crate::issue::LintIssuer;
use crate::key::SignatureAlgorithm;
use crate::profile::Purpose;
use crate::serial::SerialNumber;

pub(super) const RULES: &[CertificateRule] = &[
    Rule { name: "e_version_is_not_3", source: "RFC 5280 4.1.2.1", check: version },
    Rule { name: "e_serial_number_form", source: "RFC 5280 4.1.2.2, EN 319 411-1 GEN-6.3.3-02A", check: serial },
    Rule { name: "e_signature_algorithm", source: "RFC 5280 4.1.2.3, RFC 4055, RFC 5758", check: algorithm },
    Rule { name: "e_issuer_name", source: "RFC 5280 4.1.2.4", check: issuer_name },
    Rule { name: "e_issuer_may_not_sign", source: "RFC 5280 4.2.1.3, 4.2.1.9", check: issuer_may_sign },
    Rule { name: "e_path_length", source: "RFC 5280 4.2.1.9", check: path_length },
    Rule { name: "e_time_form", source: "RFC 5280 4.1.2.5", check: time_form },
    Rule { name: "e_validity_is_empty", source: "RFC 5280 4.1.2.5", check: validity },
    Rule { name: "e_outlives_issuer", source: "EN 319 411-1 GEN-6.3.3-05", check: nested_validity },
    Rule { name: "e_public_key", source: "RFC 5280 4.1.2.7, RFC 3279, RFC 5480", check: public_key },
    Rule { name: "e_unique_identifier", source: "RFC 5280 4.1.2.8", check: unique_identifier },
];

fn version(context: &Context<'_>) -> Outcome {
    ensure(context.view.version == Some(&[2]), || format!("version field {:?}", context.view.version))
}

/// Positive, 16 octets: what [`SerialNumber`] promises to everyone who stores it.
fn serial(context: &Context<'_>) -> Outcome {
    let serial = context.view.serial;
    ensure(SerialNumber::from_der_integer(serial).is_some(), || format!("serial number {}", crate::hex::encode(serial)))
}

fn algorithm(context: &Context<'_>) -> Outcome {
    let found = SignatureAlgorithm::from_identifier(context.view.algorithm)
        .ok_or_else(|| format!("unknown algorithm {}", crate::hex::encode(context.view.algorithm)))?;
    let fits = context.issuer_key().is_some_and(|key| found == SignatureAlgorithm::default_for(key.kind()));
    ensure(fits, || format!("{found:?} is not how the issuer's key signs"))
}

/// The issuer's subject is copied octet by octet.
fn issuer_name(context: &Context<'_>) -> Outcome {
    let wanted = match context.issuer {
        LintIssuer::Certificate(issuer) => issuer.subject_der(),
        LintIssuer::SelfSigned => context.view.subject,
    };
    ensure(context.view.issuer == wanted, || "the issuer is not the issuer's subject".to_owned())
}

fn issuer_may_sign(context: &Context<'_>) -> Outcome {
    match context.issuer {
        LintIssuer::Certificate(issuer) => {
            ensure(issuer.is_ca() && issuer.key_cert_sign(), || "the issuer's certificate is not of a CA".to_owned())
        }
        LintIssuer::SelfSigned => {
            ensure(context.profile.purpose() == Purpose::RootCa, || "it is self-signed".to_owned())
        }
    }
}

/// A CA of path length 0 certifies end entities, and only such a CA does.
fn path_length(context: &Context<'_>) -> Outcome {
    let LintIssuer::Certificate(issuer) = context.issuer else { return Ok(()) };
    let last = issuer.path_length() == Some(0);
    ensure(last != context.profile.purpose().is_ca(), || format!("the issuer's is {:?}", issuer.path_length()))
}

/// UTCTime to 2049, GeneralizedTime from 2050.
fn time_form(context: &Context<'_>) -> Outcome {
    let fields = [(context.view.not_before, context.not_before()), (context.view.not_after, context.not_after())];
    for (element, time) in fields {
        let year = time.ok_or("a time is malformed")?.civil().year();
        let wanted = if year < 2050 { tag::UTC_TIME } else { tag::GENERALIZED_TIME };
        ensure(element.tag == wanted, || format!("a time in {year} has the wrong type"))?;
    }
    Ok(())
}

fn validity(context: &Context<'_>) -> Outcome {
    let (Some(from), Some(to)) = (context.not_before(), context.not_after()) else { return Ok(()) };
    ensure(from < to, || format!("{from} to {to}"))
}

fn nested_validity(context: &Context<'_>) -> Outcome {
    let (Some(from), Some(to)) = (context.not_before(), context.not_after()) else { return Ok(()) };
    let LintIssuer::Certificate(issuer) = context.issuer else { return Ok(()) };
    ensure(issuer.not_before() <= from && to <= issuer.not_after(), || {
        format!("{from} to {to} is not within {} to {}", issuer.not_before(), issuer.not_after())
    })
}

fn public_key(context: &Context<'_>) -> Outcome {
    ensure(context.key.is_some(), || "the key is not acceptable".to_owned())
}

fn unique_identifier(context: &Context<'_>) -> Outcome {
    ensure(!context.view.has_unique_id, || "a unique identifier is present".to_owned())
}
