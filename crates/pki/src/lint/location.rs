//! Rules about extensions that hold names and addresses.

use super::certificate::{CertificateRule, Context};
use super::rule::{ensure, none, rules};
use super::values::{Access, Point};
use super::view::dotted;
use crate::asn1::{Element, Reader, oid, tag};
use crate::text;

rules! { CertificateRule;
    /// subjectAltName holds at least one name.
    e_subject_alt_name_empty: Certificates, "RFC 5280 4.2.1.6" => |it| {
        ensure(it.values.names.as_ref().is_none_or(|names| !names.is_empty()), || "empty".to_owned())
    };
    /// subjectAltName holds mailboxes, host names, URIs, addresses and user principal names.
    e_subject_alt_name_type: Certificates, "RFC 5280 4.2.1.6" => |it| {
        let known = [OTHER_NAME, RFC822_NAME, DNS_NAME, URI, IP_ADDRESS];
        let is_foreign = |name: &&Element<'_>| !known.contains(&name.tag);
        none(names(it).iter().find(is_foreign).map(|name| format!("type {:#04x}", name.tag)))
    };
    /// rfc822Name is a mailbox of ASCII characters.
    e_rfc822_name: Certificates, "RFC 5280 4.2.1.6, RFC 5321 4.1.2" => |it| {
        // Details go to logs, which name nobody.
        wrong(it, RFC822_NAME, text::is_mailbox).map_err(|_| "not a mailbox".to_owned())
    };
    /// dNSName is a lower-case host name, non-ASCII labels as A-labels.
    e_dns_name: Certificates, "RFC 5280 4.2.1.6, RFC 1034 3.5" => |it| wrong(it, DNS_NAME, text::is_dns_name);
    /// uniformResourceIdentifier is absolute.
    e_uri_name: Certificates, "RFC 5280 4.2.1.6, RFC 3986 3" => |it| wrong(it, URI, is_absolute);
    /// iPAddress has 4 or 16 octets.
    e_ip_address: Certificates, "RFC 5280 4.2.1.6" => |it| {
        let is_wrong = |name: &&Element<'_>| name.tag == IP_ADDRESS && !matches!(name.content.len(), 4 | 16);
        none(names(it).iter().find(is_wrong).map(|name| format!("{} octets", name.content.len())))
    };
    /// otherName is a user principal name, a UTF8String with one @.
    e_other_name: Certificates, "RFC 5280 4.2.1.6" => |it| {
        let is_wrong = |name: &&Element<'_>| name.tag == OTHER_NAME && !is_principal(name);
        none(names(it).iter().find(is_wrong).map(|_| "not a user principal name".to_owned()))
    };
    /// cRLDistributionPoints has one point, as there is one CRL: a full name, neither reasons nor another issuer.
    e_crl_distribution_points_form: Certificates, "RFC 5280 4.2.1.13" => |it| {
        let is_full = |point: &Point<'_>| !point.has_more && !point.names.is_empty();
        let is_one = |points: &[Point<'_>]| matches!(points, [point] if is_full(point));
        ensure(it.values.distribution.as_deref().is_none_or(is_one), || "not one point with a full name".to_owned())
    };
    /// CRLs are at http URIs.
    e_crl_distribution_points_uri: Certificates, "EN 319 412-2 GEN-4.3.11-4" => |it| {
        let points = it.values.distribution.as_deref().unwrap_or_default();
        let names = points.iter().flat_map(|point| &point.names);
        let wrong = names.into_iter().find(|name| !is_http(name));
        none(wrong.map(|name| String::from_utf8_lossy(name.content).into_owned()))
    };
    /// authorityInfoAccess holds at least one access description.
    e_authority_info_access_empty: Certificates, "RFC 5280 4.2.2.1" => |it| {
        ensure(it.values.access.as_ref().is_none_or(|access| !access.is_empty()), || "empty".to_owned())
    };
    /// Access methods are OCSP and caIssuers.
    e_authority_info_access_method: Certificates, "RFC 5280 4.2.2.1" => |it| {
        let known = [oid::ACCESS_OCSP, oid::ACCESS_CA_ISSUERS];
        let is_foreign = |access: &&Access<'_>| !known.iter().any(|oid| oid.as_bytes() == access.method);
        none(accesses(it).iter().find(is_foreign).map(|access| dotted(access.method)))
    };
    /// Access locations are http URIs.
    e_authority_info_access_uri: Certificates, "EN 319 412-2 GEN-4.4.1-4, GEN-4.4.1-6" => |it| {
        let wrong = accesses(it).iter().find(|access| !is_http(&access.location));
        none(wrong.map(|access| String::from_utf8_lossy(access.location.content).into_owned()))
    };
}

/// The access descriptions, if there are any.
pub(super) fn accesses<'c, 'a>(context: &'c Context<'a>) -> &'c [Access<'a>] {
    context.values.access.as_deref().unwrap_or_default()
}

/// The alternative names, if there are any.
pub(super) fn names<'c, 'a>(context: &'c Context<'a>) -> &'c [Element<'a>] {
    context.values.names.as_deref().unwrap_or_default()
}

/// The first name of this type that is not as it should be.
fn wrong(context: &Context<'_>, tag: u8, is_good: fn(&str) -> bool) -> super::rule::Outcome {
    let is_wrong = |name: &&Element<'_>| name.tag == tag && !std::str::from_utf8(name.content).is_ok_and(is_good);
    none(names(context).iter().find(is_wrong).map(|name| String::from_utf8_lossy(name.content).into_owned()))
}

/// Scheme, colon, something printable.
fn is_absolute(text: &str) -> bool {
    let scheme = |scheme: &str| {
        scheme.starts_with(|c: char| c.is_ascii_alphabetic())
            && scheme.bytes().all(|octet| octet.is_ascii_alphanumeric() || b"+-.".contains(&octet))
    };
    text.bytes().all(|octet| octet.is_ascii_graphic())
        && text.split_once(':').is_some_and(|(before, after)| scheme(before) && !after.is_empty())
}

fn is_http(name: &Element<'_>) -> bool {
    name.tag == URI && std::str::from_utf8(name.content).is_ok_and(|uri| text::is_web_uri(uri, false))
}

fn is_principal(name: &Element<'_>) -> bool {
    let mut fields = name.inside();
    let kind = fields.content(tag::OBJECT_IDENTIFIER);
    let value = fields.content(tag::constructed(0)).and_then(|value| Reader::only(value, tag::UTF8_STRING));
    let text = value.ok().and_then(|value| std::str::from_utf8(value.content).ok());
    kind == Ok(oid::PRINCIPAL_NAME.as_bytes())
        && fields.is_empty()
        && text
            .and_then(|text| text.split_once('@'))
            .is_some_and(|(user, realm)| !user.is_empty() && !realm.is_empty() && !realm.contains('@'))
}

const OTHER_NAME: u8 = tag::constructed(0);
const RFC822_NAME: u8 = tag::context(1);
const DNS_NAME: u8 = tag::context(2);
const URI: u8 = tag::context(6);
const IP_ADDRESS: u8 = tag::context(7);
