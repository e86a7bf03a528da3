//! The subject's alternative names (RFC 5280 section 4.2.1.6).

use std::net::IpAddr;

use super::{IssueError, Request, bad};
use crate::asn1::{Writer, oid, tag};
use crate::profile::{AlternativeName, write_extension};
use crate::text::{self, TextFault};

/// Writes the names that the profile wants and the facts give; no extension if there are none.
pub(super) fn write(writer: &mut Writer, request: &Request<'_>) -> Result<(), IssueError> {
    let wanted = &request.profile.file().extensions.subject_alternative_name;
    let mut names = Writer::new();
    for name in wanted {
        match name {
            AlternativeName::Email => write_email(&mut names, request)?,
            AlternativeName::PrincipalName => write_principal_name(&mut names, request)?,
            AlternativeName::DnsNames => write_dns_names(&mut names, request)?,
            AlternativeName::IpAddresses => write_ip_addresses(&mut names, request),
            AlternativeName::Uri => write_uri(&mut names, request)?,
        }
    }
    let names = names.into_der();
    if names.is_empty() {
        // A system may have no address, a server may not.
        let is_server = request.profile.purpose().is_server();
        return if is_server { Err(IssueError::NoAlternativeName) } else { Ok(()) };
    }
    write_extension(writer, oid::SUBJECT_ALT_NAME, false, |w| w.element(tag::SEQUENCE, &names));
    Ok(())
}

fn write_email(names: &mut Writer, request: &Request<'_>) -> Result<(), IssueError> {
    let Some(mailbox) = request.subject.get(EMAIL_FACT) else { return Ok(()) };
    if !text::is_mailbox(mailbox) {
        return Err(bad(EMAIL_FACT, TextFault::Form("a mailbox of ASCII characters")));
    }
    names.element(tag::context(1), mailbox.as_bytes());
    Ok(())
}

/// otherName with a UTF8String, as Windows reads it.
fn write_principal_name(names: &mut Writer, request: &Request<'_>) -> Result<(), IssueError> {
    let Some(name) = request.subject.get(PRINCIPAL_NAME_FACT) else { return Ok(()) };
    if !text::is_principal_name(name) {
        return Err(bad(PRINCIPAL_NAME_FACT, TextFault::Form("a name and a domain")));
    }
    names.nest(tag::constructed(0), |w| {
        w.oid(oid::PRINCIPAL_NAME);
        w.nest(tag::constructed(0), |w| w.element(tag::UTF8_STRING, name.as_bytes()));
    });
    Ok(())
}

fn write_dns_names(names: &mut Writer, request: &Request<'_>) -> Result<(), IssueError> {
    for name in &request.subject.dns_names {
        if !text::is_dns_name(name) {
            return Err(bad("dns_names", TextFault::Form("a lower-case host name")));
        }
        names.element(tag::context(2), name.as_bytes());
    }
    Ok(())
}

fn write_ip_addresses(names: &mut Writer, request: &Request<'_>) {
    for address in &request.subject.ip_addresses {
        match address {
            IpAddr::V4(address) => names.element(tag::context(7), &address.octets()),
            IpAddr::V6(address) => names.element(tag::context(7), &address.octets()),
        }
    }
}

fn write_uri(names: &mut Writer, request: &Request<'_>) -> Result<(), IssueError> {
    let Some(uri) = request.subject.get(URI_FACT) else { return Ok(()) };
    if !text::is_web_uri(uri, true) {
        return Err(bad(URI_FACT, TextFault::Form("a web address of ASCII characters")));
    }
    names.element(tag::context(6), uri.as_bytes());
    Ok(())
}

const EMAIL_FACT: &str = "person.email";
const PRINCIPAL_NAME_FACT: &str = "person.upn";
const URI_FACT: &str = "function.uri";
