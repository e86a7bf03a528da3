//! The parts of a certificate that are the same for all of a profile, encoded once.

use der::asn1::ObjectIdentifier;

use super::ProfileError;
use super::file::{Extensions, File, Rdn, RdnSource};
use super::statement;
use crate::asn1::{Writer, oid, tag};

/// DER of fixed extensions and fixed names.
#[derive(Debug, Clone)]
pub(crate) struct Encoded {
    /// basicConstraints, keyUsage, extKeyUsage, certificatePolicies, ocsp-nocheck, noRevAvail and
    /// validity-assured: those that the profile has.
    pub(crate) extensions: Vec<u8>,
    /// The qcStatements extension for identifiers that a standard defines; empty without statements.
    pub(crate) statements: Vec<u8>,
    /// The same for identifiers of the local registration authority.
    pub(crate) local_statements: Vec<u8>,
    /// Content octets of the policy OIDs.
    pub(crate) policies: Vec<ObjectIdentifier>,
}

impl Encoded {
    pub(super) fn new(file: &File) -> Result<Self, ProfileError> {
        let policies = policies(file)?;
        check_fixed_names(file)?;
        let extensions = &file.extensions;
        let mut writer = Writer::new();
        if file.purpose.is_ca() {
            write_basic_constraints(&mut writer, extensions.path_length.value().copied());
        }
        write_key_usage(&mut writer, extensions);
        write_extended_key_usage(&mut writer, extensions);
        write_policies(&mut writer, &policies, &extensions.cps_uri);
        if extensions.ocsp_no_check {
            write_extension(&mut writer, oid::OCSP_NO_CHECK, false, Writer::null);
        }
        if extensions.no_rev_avail {
            write_extension(&mut writer, oid::NO_REV_AVAIL, false, Writer::null);
        }
        if extensions.validity_assured {
            write_extension(&mut writer, oid::VALIDITY_ASSURED, false, Writer::null);
        }
        let authority = Some(extensions.name_registration_authority.as_str()).filter(|uri| !uri.is_empty());
        Ok(Self {
            extensions: writer.into_der(),
            statements: statement::extension(file, None),
            local_statements: authority.map(|uri| statement::extension(file, Some(uri))).unwrap_or_default(),
            policies,
        })
    }
}

/// Writes an Extension; FALSE is the default of `critical` and so left out.
pub(crate) fn write_extension(
    writer: &mut Writer,
    oid: ObjectIdentifier,
    critical: bool,
    value: impl FnOnce(&mut Writer),
) {
    writer.sequence(|w| {
        w.oid(oid);
        if critical {
            w.boolean_true();
        }
        w.nest(tag::OCTET_STRING, value);
    });
}

fn policies(file: &File) -> Result<Vec<ObjectIdentifier>, ProfileError> {
    let parse = |text: &String| {
        ObjectIdentifier::new(text).map_err(|_| ProfileError::Ceiling {
            profile: file.name.clone(),
            field: "extensions.certificate_policies",
            why: format!("holds {text}, which is not an object identifier"),
        })
    };
    file.extensions.certificate_policies.iter().map(parse).collect()
}

fn check_fixed_names(file: &File) -> Result<(), ProfileError> {
    for (attribute, source) in file.subject.iter().flat_map(Rdn::attributes) {
        if let Some(RdnSource::Fixed(value)) = source {
            attribute.check(value).map_err(|fault| ProfileError::Ceiling {
                profile: file.name.clone(),
                field: "subject",
                why: format!("has the value {value:?}: {fault}"),
            })?;
        }
    }
    Ok(())
}

/// RFC 5280 section 4.2.1.9.
fn write_basic_constraints(writer: &mut Writer, path_length: Option<u8>) {
    write_extension(writer, oid::BASIC_CONSTRAINTS, true, |w| {
        w.sequence(|w| {
            w.boolean_true();
            if let Some(limit) = path_length {
                w.unsigned(&[limit]);
            }
        });
    });
}

/// RFC 5280 section 4.2.1.3.
fn write_key_usage(writer: &mut Writer, extensions: &Extensions) {
    let bits = extensions.key_usage.values.iter().fold(0, |bits, usage| bits | usage.bit());
    write_extension(writer, oid::KEY_USAGE, extensions.key_usage.critical, |w| w.named_bits(bits));
}

/// RFC 5280 section 4.2.1.12.
fn write_extended_key_usage(writer: &mut Writer, extensions: &Extensions) {
    let usage = &extensions.extended_key_usage;
    if usage.values.is_empty() {
        return;
    }
    write_extension(writer, oid::EXTENDED_KEY_USAGE, usage.critical, |w| {
        w.sequence(|w| usage.values.iter().for_each(|purpose| w.oid(purpose.oid())));
    });
}

/// RFC 5280 section 4.2.1.4; the CPS qualifier stands at the first policy, which is our own.
fn write_policies(writer: &mut Writer, policies: &[ObjectIdentifier], cps_uri: &str) {
    if policies.is_empty() {
        return;
    }
    write_extension(writer, oid::CERTIFICATE_POLICIES, false, |w| {
        w.sequence(|w| {
            for (at, policy) in policies.iter().enumerate() {
                w.sequence(|w| {
                    w.oid(*policy);
                    if at == 0 && !cps_uri.is_empty() {
                        write_cps(w, cps_uri);
                    }
                });
            }
        });
    });
}

fn write_cps(writer: &mut Writer, uri: &str) {
    writer.sequence(|w| {
        w.sequence(|w| {
            w.oid(oid::QUALIFIER_CPS);
            w.element(tag::IA5_STRING, uri.as_bytes());
        });
    });
}
