//! Rules about the subject's name.

use super::certificate::{CertificateRule, Context, Named};
use super::rule::{Outcome, ensure, none, rules};
use super::values::elements;
use super::view::dotted;
use crate::asn1::{Reader, oid, tag};
use crate::text::TextFault;

rules! { CertificateRule;
    /// The subject has attributes.
    e_subject_is_empty: Certificates, "RFC 5280 4.1.2.6" => |it| {
        ensure(!it.subject.is_empty(), || "the subject has no attribute".to_owned())
    };
    /// The subject has only attributes that Sigill knows how to check.
    e_attribute_unknown: Certificates, "EN 319 412-2 4.2.4" => |it| {
        let mailbox = oid::EMAIL_ADDRESS.as_bytes();
        let is_foreign = |named: &&Named<'_>| named.kind.is_none() && named.attribute.oid != mailbox;
        none(it.subject.iter().find(is_foreign).map(|named| dotted(named.attribute.oid)))
    };
    /// No attribute stands twice.
    e_attribute_repeats: Certificates, "EN 319 412-2 NAT-4.2.4-3, EN 319 412-3 LEG-4.2.1-3" => no_repeat;
    /// countryName and serialNumber are PrintableString, other attributes UTF8String.
    e_attribute_string_type: Certificates, "RFC 5280 4.1.2.4, appendix A" => |it| {
        let is_wrong = |named: &&Named<'_>| named.kind.is_some_and(|kind| named.attribute.tag != kind.string_tag());
        none(it.subject.iter().find(is_wrong).map(|named| format!("{:?} is {:#04x}", named.kind, named.attribute.tag)))
    };
    /// Texts are UTF-8.
    e_attribute_not_utf8: Certificates, "RFC 5280 4.1.2.4, RFC 3629" => |it| {
        let is_wrong = |named: &&Named<'_>| named.kind.is_some() && named.text.is_none();
        none(it.subject.iter().find(is_wrong).map(|named| format!("{:?}", named.kind)))
    };
    /// No attribute is empty.
    e_attribute_empty: Certificates, "RFC 5280 appendix A" => |it| fault(it, |fault| fault == TextFault::Empty);
    /// No attribute is longer than its upper bound.
    e_attribute_too_long: Certificates, "RFC 5280 appendix A" => |it| {
        fault(it, |fault| matches!(fault, TextFault::TooLong { .. }))
    };
    /// Texts hold no control, format or bidirectional character, NUL among them.
    e_attribute_control_character: Certificates, "RFC 5280 4.1.2.4, X.520" => |it| {
        fault(it, |fault| matches!(fault, TextFault::Character(_)))
    };
    /// Texts neither begin nor end with a space.
    e_attribute_outer_space: Certificates, "RFC 5280 7.1, RFC 4518 2.6.1" => |it| {
        fault(it, |fault| fault == TextFault::OuterSpace)
    };
    /// Texts are in normalisation form C.
    e_attribute_not_normalised: Certificates, "RFC 5280 7.1, UAX 15" => |it| {
        fault(it, |fault| fault == TextFault::NotNormalised)
    };
    /// countryName is two capital letters; serialNumber has the characters of PrintableString.
    e_attribute_form: Certificates, "X.520, ISO 3166-1, X.680 41.4" => |it| {
        fault(it, |fault| matches!(fault, TextFault::Form(_)))
    };
    /// Members of a relative distinguished name stand in DER's order.
    e_name_set_order: Certificates, "X.690 11.6" => set_order;
    /// A mailbox stands in subjectAltName, not in the name.
    e_mailbox_in_name: Certificates, "RFC 5280 4.1.2.6" => |it| {
        ensure(it.value(oid::EMAIL_ADDRESS).is_none(), || "emailAddress".to_owned())
    };
}

fn no_repeat(context: &Context<'_>) -> Outcome {
    for (at, named) in context.subject.iter().enumerate() {
        let oid = named.attribute.oid;
        ensure(context.subject[..at].iter().all(|earlier| earlier.attribute.oid != oid), || dotted(oid))?;
    }
    Ok(())
}

/// The first attribute whose text has such a fault.
fn fault(context: &Context<'_>, is_such: fn(TextFault) -> bool) -> Outcome {
    let found =
        context.subject.iter().find_map(|named| Some((named.kind?, named.fault.filter(|fault| is_such(*fault))?)));
    none(found.map(|(kind, fault)| format!("{kind:?}: {fault}")))
}

fn set_order(context: &Context<'_>) -> Outcome {
    let Ok(rdns) = Reader::only(context.view.subject, tag::SEQUENCE).and_then(|name| elements(name.inside())) else {
        return Err("the subject is not a name".to_owned());
    };
    let is_sorted = |members: &[crate::asn1::Element<'_>]| members.array_windows().all(|[a, b]| a.whole < b.whole);
    let wrong = rdns.iter().position(|rdn| elements(rdn.inside()).is_ok_and(|members| !is_sorted(&members)));
    none(wrong.map(|at| format!("relative distinguished name {at}")))
}
