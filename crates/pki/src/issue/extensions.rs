//! The extensions: those of the profile as they are, and those of subject and issuer.

use super::{IssueError, Issuer, Request, bad, names};
use crate::asn1::{Writer, oid, tag};
use crate::profile::{CARD_NUMBER_FACT, Pointer, SERIAL_NUMBER_FACT, write_extension};
use crate::text::{self, TextFault};

/// Content of the Extensions SEQUENCE.
pub(super) fn encode(request: &Request<'_>, issuer: Option<&Issuer>) -> Result<Vec<u8>, IssueError> {
    let mut writer = Writer::with_capacity(768);
    let profile = request.profile;
    if let Some(issuer) = issuer {
        write_authority_key_identifier(&mut writer, issuer);
    }
    let key_identifier = request.key.key_identifier();
    write_extension(&mut writer, oid::SUBJECT_KEY_IDENTIFIER, false, |w| {
        w.element(tag::OCTET_STRING, &key_identifier);
    });
    writer.raw(&profile.encoded().extensions);
    write_private_key_usage(&mut writer, request);
    names::write(&mut writer, request)?;
    if let Some(issuer) = issuer {
        write_pointers(&mut writer, request, issuer)?;
    }
    write_statements(&mut writer, request)?;
    write_card_number(&mut writer, request)?;
    Ok(writer.into_der())
}

/// Only keyIdentifier (RFC 5280 section 4.2.1.1), copied from the issuer's certificate.
fn write_authority_key_identifier(writer: &mut Writer, issuer: &Issuer) {
    let computed = issuer.certificate.public_key().key_identifier();
    let identifier = issuer.certificate.subject_key_identifier().unwrap_or(&computed);
    write_extension(writer, oid::AUTHORITY_KEY_IDENTIFIER, false, |w| {
        w.sequence(|w| w.element(tag::context(0), identifier));
    });
}

/// From notBefore on (RFC 3280 section 4.2.1.4; EN 319 421 clause 7.6.6).
fn write_private_key_usage(writer: &mut Writer, request: &Request<'_>) {
    let Some(days) = request.profile.file().extensions.private_key_usage_days.value() else { return };
    let end = request.not_before.plus_days(i64::from(*days)).min(request.not_after);
    write_extension(writer, oid::PRIVATE_KEY_USAGE_PERIOD, false, |w| {
        w.sequence(|w| {
            w.generalized_time_as(tag::context(0), request.not_before);
            w.generalized_time_as(tag::context(1), end);
        });
    });
}

/// cRLDistributionPoints and authorityInfoAccess (RFC 5280 sections 4.2.1.13 and 4.2.2.1).
fn write_pointers(writer: &mut Writer, request: &Request<'_>, issuer: &Issuer) -> Result<(), IssueError> {
    let wanted = &request.profile.file().extensions;
    if wanted.crl_distribution == Pointer::Issuer {
        write_extension(writer, oid::CRL_DISTRIBUTION_POINTS, false, |w| {
            w.sequence(|w| {
                w.sequence(|w| {
                    w.nest(tag::constructed(0), |w| {
                        w.nest(tag::constructed(0), |w| w.element(tag::context(6), issuer.crl_url.as_bytes()));
                    });
                });
            });
        });
    }
    let ocsp = match (wanted.ocsp, &issuer.ocsp_url) {
        (Pointer::None, _) => None,
        (Pointer::Issuer, Some(url)) => Some(url.as_str()),
        (Pointer::Issuer, None) => return Err(IssueError::NoOcspUrl { issuer: issuer.name.clone() }),
    };
    let ca_issuers = (wanted.ca_issuers == Pointer::Issuer).then_some(issuer.aia_url.as_str());
    let methods = [(oid::ACCESS_OCSP, ocsp), (oid::ACCESS_CA_ISSUERS, ca_issuers)];
    if methods.iter().any(|(_, url)| url.is_some()) {
        write_extension(writer, oid::AUTHORITY_INFO_ACCESS, false, |w| {
            w.sequence(|w| {
                for (method, url) in methods.iter().filter_map(|(method, url)| Some((method, (*url)?))) {
                    w.sequence(|w| {
                        w.oid(*method);
                        w.element(tag::context(6), url.as_bytes());
                    });
                }
            });
        });
    }
    Ok(())
}

/// An identifier of a local type needs the authority that assigns it (EN 319 412-1 clause 5.1.3).
fn write_statements(writer: &mut Writer, request: &Request<'_>) -> Result<(), IssueError> {
    let encoded = request.profile.encoded();
    if request.subject.get(SERIAL_NUMBER_FACT).is_some_and(is_local_type) {
        if encoded.local_statements.is_empty() && !encoded.statements.is_empty() {
            return Err(bad(SERIAL_NUMBER_FACT, TextFault::Form("an identifier that a standard defines")));
        }
        writer.raw(&encoded.local_statements);
    } else {
        writer.raw(&encoded.statements);
    }
    Ok(())
}

/// SEIS card number, PrintableString.
fn write_card_number(writer: &mut Writer, request: &Request<'_>) -> Result<(), IssueError> {
    if !request.profile.file().extensions.card_number {
        return Ok(());
    }
    let Some(number) = request.subject.get(CARD_NUMBER_FACT) else {
        return Err(IssueError::MissingFact { fact: CARD_NUMBER_FACT.to_owned() });
    };
    if number.is_empty() || number.len() > MAX_CARD_NUMBER || !text::is_printable(number) {
        return Err(bad(CARD_NUMBER_FACT, TextFault::Form("a card number of printable characters")));
    }
    write_extension(writer, oid::CARD_NUMBER, false, |w| w.element(tag::PRINTABLE_STRING, number.as_bytes()));
    Ok(())
}

/// Whether an identifier's type is two characters and a colon, such as `EI:SE-…`.
pub(crate) fn is_local_type(identifier: &str) -> bool {
    identifier.as_bytes().get(2) == Some(&b':')
}

const MAX_CARD_NUMBER: usize = 40;
