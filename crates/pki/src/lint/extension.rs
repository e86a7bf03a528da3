//! Rules about extensions as such, and about key identifiers.

use der::asn1::ObjectIdentifier;

use super::certificate::{CertificateRule, Context};
use super::rule::{Outcome, ensure, none, rules};
use super::values::is_known;
use super::view::dotted;
use crate::asn1::oid;
use crate::issue::LintIssuer;
use crate::key::PublicKey;

rules! { CertificateRule;
    /// No extension stands twice.
    e_extension_repeats: Certificates, "RFC 5280 4.2" => no_repeat;
    /// There are only extensions that these rules look into.
    e_extension_unknown: Certificates, "RFC 5280 4.2" => |it| {
        let found = it.view.extensions.iter().find(|extension| !is_known(extension.oid));
        none(found.map(|extension| dotted(extension.oid)))
    };
    /// The value of an extension is DER of its type; what has its default value is left out.
    e_extension_value: Certificates, "RFC 5280 4.2, X.690 11.5" => |it| {
        none(it.values.malformed.first().map(|oid| dotted(oid)))
    };
    /// keyUsage is critical.
    e_key_usage_not_critical: Certificates, "RFC 5280 4.2.1.3, EN 319 412-2 4.3.2" => |it| {
        critical(it, oid::KEY_USAGE)
    };
    /// basicConstraints is critical.
    e_basic_constraints_not_critical: Certificates, "RFC 5280 4.2.1.9" => |it| critical(it, oid::BASIC_CONSTRAINTS);
    /// subjectKeyIdentifier is not critical.
    e_subject_key_identifier_critical: Certificates, "RFC 5280 4.2.1.2" => |it| {
        not_critical(it, oid::SUBJECT_KEY_IDENTIFIER)
    };
    /// authorityKeyIdentifier is not critical.
    e_authority_key_identifier_critical: Certificates, "RFC 5280 4.2.1.1" => |it| {
        not_critical(it, oid::AUTHORITY_KEY_IDENTIFIER)
    };
    /// certificatePolicies is not critical.
    e_certificate_policies_critical: Certificates, "EN 319 412-2 GEN-4.3.3-1" => |it| {
        not_critical(it, oid::CERTIFICATE_POLICIES)
    };
    /// subjectAltName is not critical: the subject is never empty.
    e_subject_alt_name_critical: Certificates, "RFC 5280 4.2.1.6, EN 319 412-2 GEN-4.3.5-1" => |it| {
        not_critical(it, oid::SUBJECT_ALT_NAME)
    };
    /// cRLDistributionPoints is not critical.
    e_crl_distribution_points_critical: Certificates, "RFC 5280 4.2.1.13, EN 319 412-2 4.3.11" => |it| {
        not_critical(it, oid::CRL_DISTRIBUTION_POINTS)
    };
    /// authorityInfoAccess is not critical.
    e_authority_info_access_critical: Certificates, "RFC 5280 4.2.2.1" => |it| {
        not_critical(it, oid::AUTHORITY_INFO_ACCESS)
    };
    /// qcStatements is not critical.
    e_qc_statements_critical: Certificates, "EN 319 412-5 QCS-4.1-02" => |it| not_critical(it, oid::QC_STATEMENTS);
    /// ocsp-nocheck is not critical.
    e_ocsp_no_check_critical: Certificates, "RFC 6960 4.2.2.2.1" => |it| not_critical(it, oid::OCSP_NO_CHECK);
    /// noRevAvail is not critical.
    e_no_rev_avail_critical: Certificates, "RFC 9608 2" => |it| not_critical(it, oid::NO_REV_AVAIL);
    /// The validity-assured extension is not critical.
    e_validity_assured_critical: Certificates, "EN 319 412-1 5.2" => |it| not_critical(it, oid::VALIDITY_ASSURED);
    /// privateKeyUsagePeriod is not critical.
    e_private_key_usage_period_critical: Certificates, "RFC 3280 4.2.1.4" => |it| {
        not_critical(it, oid::PRIVATE_KEY_USAGE_PERIOD)
    };
    /// The card number is not critical.
    e_card_number_critical: Certificates, "RFC 5280 4.2" => |it| not_critical(it, oid::CARD_NUMBER);
    /// subjectKeyIdentifier is present.
    e_subject_key_identifier_missing: Certificates, "RFC 5280 4.2.1.2" => |it| {
        ensure(it.has(oid::SUBJECT_KEY_IDENTIFIER), || "absent".to_owned())
    };
    /// subjectKeyIdentifier is the SHA-1 of the key, by which the issuing side finds keys too.
    e_subject_key_identifier_not_of_key: Certificates, "RFC 5280 4.2.1.2 (1)" => |it| {
        let (Some(found), Some(key)) = (it.values.subject_key, it.key.as_ref()) else { return Ok(()) };
        ensure(key.key_identifier() == found, || crate::hex::encode(found))
    };
    /// authorityKeyIdentifier is present, but in a root.
    e_authority_key_identifier_missing: Certificates, "RFC 5280 4.2.1.1, EN 319 412-2 GEN-4.3.1-1" => |it| {
        let is_needed = matches!(it.issuer, LintIssuer::Certificate(_));
        ensure(!is_needed || it.has(oid::AUTHORITY_KEY_IDENTIFIER), || "absent".to_owned())
    };
    /// authorityKeyIdentifier holds keyIdentifier, and nothing that another certificate of the CA would not match.
    e_authority_key_identifier_form: Certificates, "RFC 5280 4.2.1.1" => |it| {
        let Some(found) = &it.values.authority_key else { return Ok(()) };
        ensure(found.key_identifier.is_some() && !found.has_more, || "not of keyIdentifier alone".to_owned())
    };
    /// authorityKeyIdentifier is that of the issuer's key.
    e_authority_key_identifier_not_of_issuer: Certificates, "RFC 5280 4.2.1.1" => key_of_issuer;
}

fn no_repeat(context: &Context<'_>) -> Outcome {
    let extensions = &context.view.extensions;
    for (at, extension) in extensions.iter().enumerate() {
        let is_first = extensions[..at].iter().all(|earlier| earlier.oid != extension.oid);
        ensure(is_first, || dotted(extension.oid))?;
    }
    Ok(())
}

fn critical(context: &Context<'_>, oid: ObjectIdentifier) -> Outcome {
    ensure(context.view.extension(oid).is_none_or(|extension| extension.critical), || "not critical".to_owned())
}

fn not_critical(context: &Context<'_>, oid: ObjectIdentifier) -> Outcome {
    ensure(context.view.extension(oid).is_none_or(|extension| !extension.critical), || "critical".to_owned())
}

fn key_of_issuer(context: &Context<'_>) -> Outcome {
    let Some(found) = context.values.authority_key.as_ref().and_then(|key| key.key_identifier) else { return Ok(()) };
    let computed = context.issuer_key().map(PublicKey::key_identifier);
    let stated = match context.issuer {
        LintIssuer::Certificate(issuer) => issuer.subject_key_identifier(),
        LintIssuer::SelfSigned => None,
    };
    let wanted = stated.or(computed.as_ref().map(<[u8; 20]>::as_slice));
    ensure(wanted == Some(found), || crate::hex::encode(found))
}
