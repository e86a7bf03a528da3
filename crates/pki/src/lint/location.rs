//! Rules about extensions that hold names and addresses.

use super::certificate::{CertificateRule, Context};
use super::extension::read;
use super::view::dotted;
use super::{Outcome, Rule, ensure};
use crate::asn1::{Element, Malformed, Reader, oid, tag};
use crate::text;

pub(super) const RULES: &[CertificateRule] = &[
    Rule { name: "e_subject_alt_name", source: "RFC 5280 4.2.1.6", check: alternative_names },
    Rule { name: "e_crl_distribution_points", source: "RFC 5280 4.2.1.13", check: distribution_points },
    Rule { name: "e_authority_info_access", source: "RFC 5280 4.2.2.1", check: information_access },
];

fn alternative_names(context: &Context<'_>) -> Outcome {
    let Some(extension) = context.view.extension(oid::SUBJECT_ALT_NAME) else { return Ok(()) };
    let mut names = read(Reader::only(extension.value, tag::SEQUENCE))?.inside();
    ensure(!names.is_empty(), || "empty".to_owned())?;
    while !names.is_empty() {
        let name = read(names.any())?;
        ensure(is_good_name(&name), || format!("a name of type {:#04x}", name.tag))?;
    }
    Ok(())
}

fn is_good_name(name: &Element<'_>) -> bool {
    let text = std::str::from_utf8(name.content);
    match name.tag {
        RFC822_NAME => text.is_ok_and(text::is_mailbox),
        DNS_NAME => text.is_ok_and(text::is_dns_name),
        URI => text.is_ok_and(|uri| text::is_web_uri(uri, true)),
        OTHER_NAME => principal_name(name).is_ok_and(text::is_principal_name),
        IP_ADDRESS => matches!(name.content.len(), 4 | 16),
        _ => false,
    }
}

/// The one kind of otherName that is issued: a user principal name.
fn principal_name<'a>(name: &Element<'a>) -> Result<&'a str, Malformed> {
    let mut fields = name.inside();
    if fields.content(tag::OBJECT_IDENTIFIER)? != oid::PRINCIPAL_NAME.as_bytes() {
        return Err(Malformed);
    }
    let value = Reader::only(fields.content(tag::constructed(0))?, tag::UTF8_STRING)?;
    fields.finish()?;
    std::str::from_utf8(value.content).map_err(|_| Malformed)
}

/// One point, one `http` URI in fullName, neither reasons nor cRLIssuer.
fn distribution_points(context: &Context<'_>) -> Outcome {
    let Some(extension) = context.view.extension(oid::CRL_DISTRIBUTION_POINTS) else { return Ok(()) };
    let uri = read(distribution_uri(extension.value))?;
    ensure(text::is_web_uri(uri, false), || format!("CRL at {uri}"))
}

fn distribution_uri(value: &[u8]) -> Result<&str, Malformed> {
    let mut points = Reader::only(value, tag::SEQUENCE)?.inside();
    let mut point = points.sequence()?;
    points.finish()?;
    let name = Reader::only(point.content(tag::constructed(0))?, tag::constructed(0))?;
    point.finish()?;
    let uri = Reader::only(name.content, URI)?.content;
    std::str::from_utf8(uri).map_err(|_| Malformed)
}

/// OCSP and caIssuers, each once at most, at `http` URIs.
fn information_access(context: &Context<'_>) -> Outcome {
    let Some(extension) = context.view.extension(oid::AUTHORITY_INFO_ACCESS) else { return Ok(()) };
    let mut list = read(Reader::only(extension.value, tag::SEQUENCE))?.inside();
    ensure(!list.is_empty(), || "empty".to_owned())?;
    let mut seen = Vec::new();
    while !list.is_empty() {
        let mut fields = read(list.sequence())?;
        let method = read(fields.content(tag::OBJECT_IDENTIFIER))?;
        let location = read(fields.content(URI))?;
        let known = [oid::ACCESS_OCSP, oid::ACCESS_CA_ISSUERS].iter().any(|oid| oid.as_bytes() == method);
        ensure(known && !seen.contains(&method), || format!("access method {}", dotted(method)))?;
        seen.push(method);
        let good = std::str::from_utf8(location).is_ok_and(|uri| text::is_web_uri(uri, false));
        ensure(good && fields.is_empty(), || "a location is not an http URI".to_owned())?;
    }
    Ok(())
}

const OTHER_NAME: u8 = tag::constructed(0);
const RFC822_NAME: u8 = tag::context(1);
const DNS_NAME: u8 = tag::context(2);
const URI: u8 = tag::context(6);
const IP_ADDRESS: u8 = tag::context(7);
