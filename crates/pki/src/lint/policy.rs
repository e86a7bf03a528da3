//! Rules about certificate policies.

use super::certificate::{CertificateRule, Context};
use super::rule::{Outcome, ensure, none, rules};
use super::values::Policy;
use super::view::dotted;
use crate::asn1::{Element, Reader, oid, tag};
use crate::issue::LintIssuer;
use crate::text;

rules! { CertificateRule;
    /// A person's certificate says under which policy it was issued.
    e_certificate_policies_missing: NaturalPersons, "EN 319 411-1 GEN-6.3.3-12, EN 319 412-2 GEN-4.3.3-2" => |it| {
        ensure(it.has(oid::CERTIFICATE_POLICIES), || "absent".to_owned())
    };
    /// certificatePolicies names at least one policy.
    e_certificate_policies_empty: Certificates, "RFC 5280 4.2.1.4" => |it| {
        ensure(it.values.policies.as_ref().is_none_or(|policies| !policies.is_empty()), || "empty".to_owned())
    };
    /// No policy stands twice.
    e_certificate_policies_repeats: Certificates, "RFC 5280 4.2.1.4" => |it| {
        let policies = policies(it);
        let is_again = |at: &usize| policies[..*at].iter().any(|earlier| earlier.id == policies[*at].id);
        none((0..policies.len()).find(is_again).map(|at| dotted(policies[at].id)))
    };
    /// Policy qualifiers are CPS pointers and user notices.
    e_policy_qualifier_unknown: Certificates, "RFC 5280 4.2.1.4" => |it| {
        let is_foreign = |kind: &&[u8]| *kind != CPS && *kind != NOTICE;
        none(qualifiers(it).map(|(kind, _)| kind).find(is_foreign).map(dotted))
    };
    /// A CPS pointer is an http or https URI in an IA5String.
    e_policy_cps_uri: Certificates, "RFC 5280 4.2.1.4" => |it| {
        let is_uri = |value: &Element<'_>| {
            let text = std::str::from_utf8(value.content);
            value.tag == tag::IA5_STRING && text.is_ok_and(|text| text::is_web_uri(text, true))
        };
        let wrong = qualifiers(it).find(|(kind, value)| *kind == CPS && !is_uri(value));
        none(wrong.map(|(_, value)| String::from_utf8_lossy(value.content).into_owned()))
    };
    /// A user notice refers to no organisation's numbered notices.
    e_policy_notice_reference: Certificates, "RFC 5280 4.2.1.4" => |it| {
        ensure(notices(it).all(|notice| notice.first().is_none_or(|field| field.tag != tag::SEQUENCE)), || {
            "noticeRef".to_owned()
        })
    };
    /// The text of a user notice is a UTF8String.
    e_policy_explicit_text_type: Certificates, "RFC 5280 4.2.1.4" => |it| {
        let wrong = texts(it).find(|text| text.tag != tag::UTF8_STRING);
        none(wrong.map(|text| format!("type {:#04x}", text.tag)))
    };
    /// The text of a user notice has at most 200 characters.
    e_policy_explicit_text_too_long: Certificates, "RFC 5280 4.2.1.4" => |it| {
        let lengths = texts(it).map(|text| String::from_utf8_lossy(text.content).chars().count());
        none(lengths.max().filter(|length| *length > 200).map(|length| format!("{length} characters")))
    };
    /// Policies are among those of the issuing CA, or path validation would drop them; a root sets no bound.
    e_policy_not_of_issuer: Certificates, "RFC 5280 6.1.3 (d)" => of_issuer;
}

/// The policies, if there are any.
pub(super) fn policies<'c, 'a>(context: &'c Context<'a>) -> &'c [Policy<'a>] {
    context.values.policies.as_deref().unwrap_or_default()
}

fn qualifiers<'c, 'a>(context: &'c Context<'a>) -> impl Iterator<Item = (&'a [u8], Element<'a>)> + use<'c, 'a> {
    policies(context).iter().flat_map(|policy| policy.qualifiers.iter().copied())
}

/// The fields of each user notice.
fn notices<'c, 'a>(context: &'c Context<'a>) -> impl Iterator<Item = Vec<Element<'a>>> + use<'c, 'a> {
    let notices = qualifiers(context).filter(|(kind, _)| *kind == NOTICE);
    notices.filter_map(|(_, value)| super::values::elements(Reader::new(value.content)).ok())
}

/// The text of each user notice.
fn texts<'c, 'a>(context: &'c Context<'a>) -> impl Iterator<Item = Element<'a>> + use<'c, 'a> {
    notices(context).filter_map(|notice| notice.last().copied().filter(|field| field.tag != tag::SEQUENCE))
}

fn of_issuer(context: &Context<'_>) -> Outcome {
    let LintIssuer::Certificate(issuer) = context.issuer else { return Ok(()) };
    let allowed = issuer.policies();
    if issuer.is_self_issued() || allowed.iter().any(|policy| policy == ANY_POLICY) {
        return Ok(());
    }
    let found = policies(context).iter().map(|policy| dotted(policy.id));
    none(found.into_iter().find(|policy| !allowed.contains(policy)))
}

const CPS: &[u8] = oid::QUALIFIER_CPS.as_bytes();
const NOTICE: &[u8] = oid::QUALIFIER_NOTICE.as_bytes();
const ANY_POLICY: &str = "2.5.29.32.0";
