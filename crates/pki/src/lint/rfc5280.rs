//! Rules about the basic fields of a certificate.

use x509_parser::prelude::{FromDer, TbsCertificate};

use super::certificate::{CertificateRule, Context};
use super::rule::{Outcome, ensure, rules};
use crate::asn1::tag;
use crate::issue::LintIssuer;
use crate::key::SignatureAlgorithm;
use crate::profile::Purpose;
use crate::serial::SerialNumber;

rules! { CertificateRule;
    /// A second reader, which others maintain, understands all of it too.
    e_unreadable_for_others: Certificates, "RFC 5280 4.1" => second_reader;
    /// The version is 3.
    e_version_is_not_3: Certificates, "RFC 5280 4.1.2.1" => |it| {
        ensure(it.view.version == Some(&[2]), || format!("version field {:?}", it.view.version))
    };
    /// The serial number is positive.
    e_serial_number_not_positive: Certificates, "RFC 5280 4.1.2.2" => |it| {
        let serial = it.view.serial;
        ensure(serial[0] & 0x80 == 0 && serial != [0], || crate::hex::encode(serial))
    };
    /// The serial number has at most 20 octets.
    e_serial_number_longer_than_20_octets: Certificates, "RFC 5280 4.1.2.2" => |it| {
        ensure(it.view.serial.len() <= 20, || format!("{} octets", it.view.serial.len()))
    };
    /// The serial number is of 16 octets, 126 bits of them random, so that nobody guesses the next.
    e_serial_number_form: Certificates, "EN 319 411-1 GEN-6.3.3-02A" => |it| {
        ensure(SerialNumber::from_der_integer(it.view.serial).is_some(), || crate::hex::encode(it.view.serial))
    };
    /// The signature algorithm is one in use, parameters as its RFC demands: NULL for RSA, absent for ECDSA.
    e_signature_algorithm_unknown: Certificates, "RFC 5280 4.1.2.3, RFC 4055, RFC 5758, RFC 8410" => |it| {
        ensure(algorithm(it).is_some(), || crate::hex::encode(it.view.algorithm))
    };
    /// The signature algorithm is the one that the issuer's key signs with.
    e_signature_algorithm_not_of_issuer: Certificates, "RFC 5280 4.1.2.3" => |it| {
        let Some(found) = algorithm(it) else { return Ok(()) };
        let fits = it.issuer_key().is_none_or(|key| found == SignatureAlgorithm::default_for(key.kind()));
        ensure(fits, || format!("{found:?}"))
    };
    /// The issuer is the issuer's subject, octet by octet.
    e_issuer_name: Certificates, "RFC 5280 4.1.2.4, 6.1.3 (a)(4)" => issuer_name;
    /// The issuer is a CA that may sign certificates; only a root signs itself.
    e_issuer_may_not_sign: Certificates, "RFC 5280 4.2.1.3, 4.2.1.9" => issuer_may_sign;
    /// A CA of path length 0 certifies end entities, and only such a CA does.
    e_issuer_path_length: Certificates, "RFC 5280 4.2.1.9" => |it| {
        let LintIssuer::Certificate(issuer) = it.issuer else { return Ok(()) };
        let is_last = issuer.path_length() == Some(0);
        ensure(is_last != it.profile.purpose().is_ca(), || format!("the issuer's is {:?}", issuer.path_length()))
    };
    /// Times have seconds, end in Z and have no fractions.
    e_time_malformed: Certificates, "RFC 5280 4.1.2.5.1, 4.1.2.5.2" => |it| {
        ensure(it.not_before().is_some() && it.not_after().is_some(), || "a time cannot be read".to_owned())
    };
    /// Times are UTCTime to 2049 and GeneralizedTime from 2050.
    e_time_type: Certificates, "RFC 5280 4.1.2.5" => time_type;
    /// notBefore is before notAfter.
    e_validity_is_empty: Certificates, "RFC 5280 4.1.2.5" => |it| {
        let (Some(from), Some(to)) = (it.not_before(), it.not_after()) else { return Ok(()) };
        ensure(from < to, || format!("{from} to {to}"))
    };
    /// The validity is within the issuer's.
    e_outlives_issuer: Certificates, "EN 319 411-1 GEN-6.3.3-05" => nested_validity;
    /// The key is of a supported kind and sound: on its curve, or an RSA key without a known weakness.
    e_public_key: Certificates, "RFC 5280 4.1.2.7, RFC 3279 2.3, RFC 5480 2" => |it| {
        ensure(it.key.is_some(), || "the key is not acceptable".to_owned())
    };
    /// There are no unique identifiers.
    e_unique_identifier: Certificates, "RFC 5280 4.1.2.8" => |it| {
        ensure(!it.view.has_unique_id, || "a unique identifier is present".to_owned())
    };
}

fn second_reader(context: &Context<'_>) -> Outcome {
    match TbsCertificate::from_der(context.der) {
        Ok(([], _)) => Ok(()),
        Ok(_) => Err("octets follow".to_owned()),
        Err(why) => Err(why.to_string()),
    }
}

fn algorithm(context: &Context<'_>) -> Option<SignatureAlgorithm> {
    SignatureAlgorithm::from_identifier(context.view.algorithm)
}

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

fn time_type(context: &Context<'_>) -> Outcome {
    let fields = [(context.view.not_before, context.not_before()), (context.view.not_after, context.not_after())];
    for (element, time) in fields {
        let Some(time) = time else { continue };
        let wanted = if time.civil().year() < 2050 { tag::UTC_TIME } else { tag::GENERALIZED_TIME };
        ensure(element.tag == wanted, || format!("{time} has the type {:#04x}", element.tag))?;
    }
    Ok(())
}

fn nested_validity(context: &Context<'_>) -> Outcome {
    let (Some(from), Some(to)) = (context.not_before(), context.not_after()) else { return Ok(()) };
    let LintIssuer::Certificate(issuer) = context.issuer else { return Ok(()) };
    ensure(issuer.not_before() <= from && to <= issuer.not_after(), || {
        format!("{from} to {to} is not within {} to {}", issuer.not_before(), issuer.not_after())
    })
}
