//! Rules about what a key may be used for.

use super::certificate::{CertificateRule, Context};
use super::rule::{Outcome, ensure, none, rules};
use super::view::dotted;
use crate::asn1::oid;

rules! { CertificateRule;
    /// keyUsage is present.
    e_key_usage_missing: Certificates, "RFC 5280 4.2.1.3, EN 319 412-2 NAT-4.3.2-1" => |it| {
        ensure(it.has(oid::KEY_USAGE), || "absent".to_owned())
    };
    /// At least one bit of keyUsage is set.
    e_key_usage_without_bits: Certificates, "RFC 5280 4.2.1.3" => |it| {
        let is_empty = it.values.key_usage.is_some_and(|bits| bits.iter().skip(1).all(|octet| *octet == 0));
        ensure(!is_empty, || "no bit is set".to_owned())
    };
    /// keyUsage is encoded without trailing zero bits, and has none beyond the first octet.
    e_key_usage_encoding: Certificates, "X.690 11.2.2" => |it| match it.values.key_usage {
        Some([unused, bits]) if *bits != 0 && u32::from(*unused) != bits.trailing_zeros() => {
            Err(format!("{unused} unused bits of {bits:02x}"))
        }
        Some(other) if other.len() != 2 => Err(crate::hex::encode(other)),
        _ => Ok(()),
    };
    /// keyCertSign is set in CAs only.
    e_key_cert_sign_without_ca: Certificates, "RFC 5280 4.2.1.3, 4.2.1.9" => |it| {
        ensure(it.is_ca() || !has(it, KEY_CERT_SIGN), || "keyCertSign is set, cA is not".to_owned())
    };
    /// cRLSign is set in CAs only: there are no indirect CRLs.
    e_crl_sign_without_ca: Certificates, "RFC 5280 4.2.1.3" => |it| {
        ensure(it.is_ca() || !has(it, CRL_SIGN), || "cRLSign is set, cA is not".to_owned())
    };
    /// A CA signs certificates and CRLs, and nothing else with that key.
    e_ca_key_usage: Authorities, "RFC 5280 4.2.1.3" => |it| {
        let bits = it.key_usage().unwrap_or(0);
        ensure(bits == KEY_CERT_SIGN | CRL_SIGN, || format!("bits {bits:02x}"))
    };
    /// keyUsage of an end entity is of a type from A to F.
    e_key_usage_type: EndEntities, "EN 319 412-2 NAT-4.3.2-1, EN 319 412-3 4.3.1" => |it| {
        let bits = it.key_usage().unwrap_or(0);
        let is_commitment = bits & NON_REPUDIATION != 0;
        let encrypts = bits & (KEY_ENCIPHERMENT | KEY_AGREEMENT);
        let is_type = encrypts.count_ones() < 2
            && bits & !(DIGITAL_SIGNATURE | NON_REPUDIATION | KEY_ENCIPHERMENT | KEY_AGREEMENT) == 0
            && (!is_commitment || encrypts == 0 || bits & DIGITAL_SIGNATURE != 0);
        ensure(is_type || bits & (KEY_CERT_SIGN | CRL_SIGN) != 0, || format!("bits {bits:02x}"))
    };
    /// extKeyUsage names at least one purpose.
    e_ext_key_usage_empty: Certificates, "RFC 5280 4.2.1.12" => |it| {
        ensure(it.values.purposes.as_ref().is_none_or(|purposes| !purposes.is_empty()), || "empty".to_owned())
    };
    /// extKeyUsage names no purpose twice.
    e_ext_key_usage_repeats: Certificates, "RFC 5280 4.2.1.12" => |it| {
        let purposes = purposes(it);
        let again = purposes.iter().enumerate().find(|(at, purpose)| purposes[..*at].contains(purpose));
        none(again.map(|(_, purpose)| dotted(purpose)))
    };
    /// keyUsage allows what every purpose in extKeyUsage needs.
    e_ext_key_usage_inconsistent: Certificates, "RFC 5280 4.2.1.12" => consistent;
    /// extKeyUsage is not critical, but for time stamps.
    e_ext_key_usage_critical: Certificates, "EN 319 412-2 GEN-4.3.10-1" => |it| {
        let critical = it.view.extension(oid::EXTENDED_KEY_USAGE).is_some_and(|extension| extension.critical);
        ensure(!critical || stamps(it), || "critical".to_owned())
    };
    /// extKeyUsage of a time-stamp unit is critical.
    e_time_stamping_not_critical: Certificates, "RFC 3161 2.3" => |it| {
        let critical = it.view.extension(oid::EXTENDED_KEY_USAGE).is_some_and(|extension| extension.critical);
        ensure(critical || !stamps(it), || "not critical".to_owned())
    };
    /// timeStamping is the only purpose.
    e_time_stamping_not_alone: Certificates, "RFC 3161 2.3" => |it| {
        ensure(!stamps(it) || purposes(it).len() == 1, || "other purposes beside timeStamping".to_owned())
    };
    /// A CA has basicConstraints with cA.
    e_basic_constraints_missing: Authorities, "RFC 5280 4.2.1.9" => |it| {
        ensure(it.is_ca(), || "cA is not set".to_owned())
    };
    /// Only a CA has basicConstraints.
    e_basic_constraints_without_ca: Certificates, "RFC 5280 4.2.1.9" => |it| {
        ensure(it.is_ca() || it.values.constraints.is_none(), || "cA is not set".to_owned())
    };
    /// pathLenConstraint stands with cA only.
    e_path_length_without_ca: Certificates, "RFC 5280 4.2.1.9" => |it| {
        let length = it.values.constraints.as_ref().and_then(|constraints| constraints.path_length);
        ensure(it.is_ca() || length.is_none(), || "cA is not set".to_owned())
    };
    /// pathLenConstraint is a small number and not negative.
    e_path_length_form: Certificates, "RFC 5280 4.2.1.9" => |it| {
        let length = it.values.constraints.as_ref().and_then(|constraints| constraints.path_length);
        let is_fit = |length: &[u8]| length.len() == 1 && length[0] & 0x80 == 0;
        ensure(length.is_none_or(is_fit), || length.map(crate::hex::encode).unwrap_or_default())
    };
    /// privateKeyUsagePeriod has a begin or an end.
    e_private_key_usage_period_empty: Certificates, "RFC 3280 4.2.1.4" => |it| {
        ensure(it.values.key_period.is_none_or(|period| !period.is_empty()), || "empty".to_owned())
    };
}

fn has(context: &Context<'_>, bit: u8) -> bool {
    context.key_usage().unwrap_or(0) & bit != 0
}

fn purposes<'c>(context: &'c Context<'_>) -> &'c [&'c [u8]] {
    context.values.purposes.as_deref().unwrap_or_default()
}

fn stamps(context: &Context<'_>) -> bool {
    purposes(context).contains(&oid::TIME_STAMPING.as_bytes())
}

/// TLS needs digitalSignature (servers with RSA may do with keyEncipherment); the others sign with either bit.
fn consistent(context: &Context<'_>) -> Outcome {
    for purpose in purposes(context) {
        let enough = if *purpose == oid::CLIENT_AUTH.as_bytes() {
            DIGITAL_SIGNATURE
        } else if *purpose == oid::SERVER_AUTH.as_bytes() {
            DIGITAL_SIGNATURE | KEY_ENCIPHERMENT
        } else {
            DIGITAL_SIGNATURE | NON_REPUDIATION
        };
        ensure(has(context, enough), || format!("{} does not fit the key usage", dotted(purpose)))?;
    }
    Ok(())
}

const DIGITAL_SIGNATURE: u8 = 0x80;
const NON_REPUDIATION: u8 = 0x40;
const KEY_ENCIPHERMENT: u8 = 0x20;
const KEY_AGREEMENT: u8 = 0x08;
const KEY_CERT_SIGN: u8 = 0x04;
const CRL_SIGN: u8 = 0x02;
