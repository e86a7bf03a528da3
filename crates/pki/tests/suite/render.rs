//! A certificate as text that an auditor can read, from a parser that is not ours.

use std::fmt::Write as _;

use pki::CertificateDer;
use x509_parser::extensions::{DistributionPointName, GeneralName, ParsedExtension, X509Extension};
use x509_parser::prelude::{FromDer, X509Certificate, X509Name};

/// All fields but keys and signature, one a line.
pub(crate) fn render(der: &CertificateDer) -> String {
    let (_, certificate) = X509Certificate::from_der(der.as_bytes()).unwrap();
    let tbs = &certificate.tbs_certificate;
    let mut text = String::new();
    let mut line = |label: &str, value: String| writeln!(text, "{label:<28}{value}").unwrap();
    line("version", (tbs.version.0 + 1).to_string());
    line("serial number", tbs.raw_serial_as_string());
    line("signature", tbs.signature.algorithm.to_string());
    line("issuer", name(&tbs.issuer));
    line("not before", tbs.validity.not_before.to_rfc2822().unwrap());
    line("not after", tbs.validity.not_after.to_rfc2822().unwrap());
    line("subject", name(&tbs.subject));
    line("key", key(&certificate));
    for extension in certificate.extensions() {
        let critical = if extension.critical { " critical" } else { "" };
        line(&format!("{}{critical}", extension.oid), value(extension));
    }
    text
}

fn key(certificate: &X509Certificate<'_>) -> String {
    let key = certificate.public_key();
    format!("{}, {} bits", key.algorithm.algorithm, key.parsed().unwrap().key_size())
}

/// Attributes in order, each with the number of its string type.
fn name(name: &X509Name<'_>) -> String {
    let attributes = name.iter_attributes().map(|attribute| {
        let value = attribute.attr_value();
        format!("{}={} (type {})", attribute.attr_type(), attribute.as_str().unwrap(), value.tag().0)
    });
    attributes.collect::<Vec<_>>().join(", ")
}

fn value(extension: &X509Extension<'_>) -> String {
    match extension.parsed_extension() {
        ParsedExtension::BasicConstraints(it) => format!("CA {}, path length {:?}", it.ca, it.path_len_constraint),
        ParsedExtension::KeyUsage(it) => it.to_string(),
        ParsedExtension::CertificatePolicies(it) => {
            let policy = |policy: &x509_parser::extensions::PolicyInformation<'_>| {
                let qualifiers = policy.policy_qualifiers.iter().flatten();
                let qualifiers = qualifiers.map(|it| format!(" ({})", ascii(&it.qualifier[2..])));
                format!("{}{}", policy.policy_id, qualifiers.collect::<String>())
            };
            it.iter().map(policy).collect::<Vec<_>>().join(", ")
        }
        ParsedExtension::SubjectAlternativeName(it) => names(&it.general_names),
        ParsedExtension::AuthorityInfoAccess(it) => {
            let access = it.iter().map(|it| format!("{} at {}", it.access_method, it.access_location));
            access.collect::<Vec<_>>().join(", ")
        }
        ParsedExtension::CRLDistributionPoints(it) => {
            let points = it.iter().map(|it| match &it.distribution_point {
                Some(DistributionPointName::FullName(list)) => names(list),
                other => format!("{other:?}"),
            });
            points.collect::<Vec<_>>().join(", ")
        }
        ParsedExtension::SubjectKeyIdentifier(_) | ParsedExtension::AuthorityKeyIdentifier(_) => {
            format!("{} octets", extension.value.len())
        }
        _ => hex(extension.value),
    }
}

fn names(names: &[GeneralName<'_>]) -> String {
    names.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

fn hex(octets: &[u8]) -> String {
    octets.iter().fold(String::new(), |text, octet| text + &format!("{octet:02x}"))
}

/// The printable characters; the caller leaves out identifier and length.
fn ascii(octets: &[u8]) -> String {
    octets.iter().filter(|octet| octet.is_ascii_graphic()).map(|octet| char::from(*octet)).collect()
}
