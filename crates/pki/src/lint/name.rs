//! Rules about the subject's name.

use super::certificate::{CertificateRule, Context};
use super::view::dotted;
use super::{Outcome, Rule, ensure};
use crate::asn1::oid;
use crate::name::Attribute;

pub(super) const RULES: &[CertificateRule] = &[
    Rule { name: "e_subject_is_empty", source: "RFC 5280 4.1.2.6", check: not_empty },
    Rule { name: "e_unknown_attribute", source: "EN 319 412-2 4.2.4", check: known },
    Rule { name: "e_attribute_repeats", source: "EN 319 412-2 4.2.4", check: single },
    Rule { name: "e_string_type", source: "RFC 5280 appendix A, 4.1.2.4", check: string_type },
    Rule { name: "e_attribute_text", source: "RFC 5280 appendix A, UAX 15", check: text },
    Rule { name: "e_mailbox_in_name", source: "RFC 5280 4.1.2.6", check: no_mailbox },
];

fn not_empty(context: &Context<'_>) -> Outcome {
    ensure(!context.subject.is_empty(), || "the subject has no attribute".to_owned())
}

fn known(context: &Context<'_>) -> Outcome {
    let foreign = |oid: &[u8]| Attribute::from_oid(oid).is_none() && oid != oid::EMAIL_ADDRESS.as_bytes();
    match context.subject.iter().find(|attribute| foreign(attribute.oid)) {
        Some(attribute) => Err(dotted(attribute.oid)),
        None => Ok(()),
    }
}

fn single(context: &Context<'_>) -> Outcome {
    for (at, attribute) in context.subject.iter().enumerate() {
        let before = &context.subject[..at];
        ensure(before.iter().all(|earlier| earlier.oid != attribute.oid), || dotted(attribute.oid))?;
    }
    Ok(())
}

fn string_type(context: &Context<'_>) -> Outcome {
    for found in &context.subject {
        let Some(attribute) = Attribute::from_oid(found.oid) else { continue };
        ensure(found.tag == attribute.string_tag(), || format!("{attribute:?} has the type {:#04x}", found.tag))?;
    }
    Ok(())
}

/// Lengths, characters and normalisation form.
fn text(context: &Context<'_>) -> Outcome {
    for found in &context.subject {
        let Some(attribute) = Attribute::from_oid(found.oid) else { continue };
        let text = std::str::from_utf8(found.value).map_err(|_| format!("{attribute:?} is not UTF-8"))?;
        attribute.check(text).map_err(|fault| format!("{attribute:?}: {fault}"))?;
    }
    Ok(())
}

fn no_mailbox(context: &Context<'_>) -> Outcome {
    let absent = context.values(oid::EMAIL_ADDRESS).next().is_none();
    ensure(absent, || "emailAddress belongs into subjectAltName".to_owned())
}
