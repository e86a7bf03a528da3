//! A certificate as text that an auditor can read, from a parser that is not ours.

use std::fmt::Write as _;

use pki::CertificateDer;
use x509_parser::der_parser::ber::{BerObject, BerObjectContent};
use x509_parser::der_parser::der::{Class, parse_der};
use x509_parser::extensions::{ParsedExtension, X509Extension};
use x509_parser::prelude::{FromDer, X509Certificate, X509Name};

use crate::oids;

/// All fields but the signature, one a line.
pub(crate) fn render(der: &CertificateDer) -> String {
    let (_, certificate) = X509Certificate::from_der(der.as_bytes()).unwrap();
    let tbs = &certificate.tbs_certificate;
    let mut text = String::new();
    let mut line = |label: &str, value: &str| writeln!(text, "{label:<36}{value}").unwrap();
    line("version", &(tbs.version.0 + 1).to_string());
    line("serial number", &tbs.raw_serial_as_string());
    line("signature", &oids::name(&tbs.signature.algorithm.to_id_string()));
    name("issuer", &tbs.issuer, &mut line);
    line("not before", &tbs.validity.not_before.to_rfc2822().unwrap());
    line("not after", &tbs.validity.not_after.to_rfc2822().unwrap());
    name("subject", &tbs.subject, &mut line);
    line("public key", &key(&certificate));
    for extension in certificate.extensions() {
        let critical = if extension.critical { ", critical" } else { "" };
        let values = value(extension);
        line(&format!("{}{critical}", oids::name(&extension.oid.to_id_string())), &values[0]);
        values[1..].iter().for_each(|value| line("", value));
    }
    text
}

fn key(certificate: &X509Certificate<'_>) -> String {
    let key = certificate.public_key();
    format!("{}, {} bits", oids::name(&key.algorithm.algorithm.to_id_string()), key.parsed().unwrap().key_size())
}

/// An RDN a line, each value with its string type.
fn name(label: &str, name: &X509Name<'_>, line: &mut impl FnMut(&str, &str)) {
    for (at, rdn) in name.iter().enumerate() {
        let attributes = rdn.iter().map(|attribute| {
            let kind = attribute.attr_value().tag();
            let attribute_name = oids::name(&attribute.attr_type().to_id_string());
            format!("{attribute_name} = {} ({kind})", attribute.as_str().unwrap())
        });
        line(if at == 0 { label } else { "" }, &attributes.collect::<Vec<_>>().join(" + "));
    }
}

/// What an extension says: a line for each member of a list.
fn value(extension: &X509Extension<'_>) -> Vec<String> {
    match extension.parsed_extension() {
        ParsedExtension::BasicConstraints(it) => {
            let limit = it.path_len_constraint.map_or("absent".to_owned(), |limit| limit.to_string());
            vec![format!("CA {}, path length {limit}", it.ca)]
        }
        ParsedExtension::KeyUsage(it) => vec![it.to_string()],
        _ => {
            let (rest, object) = parse_der(extension.value).unwrap();
            assert!(rest.is_empty());
            match &object.content {
                BerObjectContent::Sequence(members) if !members.is_empty() => members.iter().map(outline).collect(),
                _ => vec![outline(&object)],
            }
        }
    }
}

/// Any DER on one line: names of object identifiers, texts as they are, braces around what is nested.
fn outline(object: &BerObject<'_>) -> String {
    match &object.content {
        BerObjectContent::Sequence(members) | BerObjectContent::Set(members) => {
            format!("{{ {} }}", members.iter().map(outline).collect::<Vec<_>>().join(" "))
        }
        BerObjectContent::OID(oid) => oids::name(&oid.to_id_string()),
        BerObjectContent::Integer(_) => object.as_u32().unwrap().to_string(),
        BerObjectContent::Null => "NULL".to_owned(),
        BerObjectContent::OctetString(octets) => hex(octets),
        BerObjectContent::Unknown(any) if any.class() == Class::ContextSpecific => {
            let inside = if any.header.is_constructed() { members(any.data) } else { plain(any.data) };
            format!("[{}] {inside}", any.header.tag().0)
        }
        _ => object.as_str().unwrap().to_owned(),
    }
}

/// The elements that follow each other in `content`.
fn members(mut content: &[u8]) -> String {
    let mut texts = Vec::new();
    while !content.is_empty() {
        let (rest, object) = parse_der(content).unwrap();
        texts.push(outline(&object));
        content = rest;
    }
    format!("{{ {} }}", texts.join(" "))
}

/// Octets under an implicit tag, whose type is not known: as text if they can be.
fn plain(octets: &[u8]) -> String {
    if octets.iter().all(u8::is_ascii_graphic) { String::from_utf8(octets.to_vec()).unwrap() } else { hex(octets) }
}

pub(crate) fn hex(octets: &[u8]) -> String {
    octets.iter().fold(String::new(), |text, octet| text + &format!("{octet:02x}"))
}
