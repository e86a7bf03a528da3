//! Rules about where revocation is told, when it is not, and about those who tell it.

use super::certificate::{CertificateRule, Context};
use super::location::accesses;
use super::rule::{ensure, rules};
use crate::asn1::oid;
use crate::issue::LintIssuer;

rules! { CertificateRule;
    /// A person's certificate points to a CRL, unless it is too short-lived to be revoked.
    e_crl_distribution_points_missing: NaturalPersons, "EN 319 412-2 4.3.11, EN 319 411-1 6.3.10" => |it| {
        ensure(it.has(oid::NO_REV_AVAIL) || it.has(oid::CRL_DISTRIBUTION_POINTS), || "absent".to_owned())
    };
    /// A person's certificate points to OCSP, unless it is too short-lived to be revoked.
    e_ocsp_access_missing: NaturalPersons, "EN 319 412-2 4.4.1, EN 319 411-1 6.3.10" => |it| {
        ensure(it.has(oid::NO_REV_AVAIL) || has_access(it, oid::ACCESS_OCSP), || "absent".to_owned())
    };
    /// A person's certificate says where that of the CA is.
    e_ca_issuers_access_missing: NaturalPersons, "EN 319 412-2 GEN-4.4.1-3" => |it| {
        ensure(has_access(it, oid::ACCESS_CA_ISSUERS), || "absent".to_owned())
    };
    /// noRevAvail is not in a CA's certificate.
    e_no_rev_avail_in_ca: Authorities, "RFC 9608 3" => |it| {
        ensure(!it.has(oid::NO_REV_AVAIL), || "present".to_owned())
    };
    /// With noRevAvail nothing points to a CRL.
    e_no_rev_avail_with_crl: Certificates, "RFC 9608 3" => |it| {
        ensure(!it.has(oid::NO_REV_AVAIL) || !it.has(oid::CRL_DISTRIBUTION_POINTS), || "both are present".to_owned())
    };
    /// With noRevAvail nothing points to OCSP.
    e_no_rev_avail_with_ocsp: Certificates, "RFC 9608 3" => |it| {
        ensure(!it.has(oid::NO_REV_AVAIL) || !has_access(it, oid::ACCESS_OCSP), || "both are present".to_owned())
    };
    /// Whose validity is assured is not revoked, and says so.
    e_validity_assured_without_no_rev_avail: Certificates, "EN 319 412-1 5.2" => |it| {
        ensure(!it.has(oid::VALIDITY_ASSURED) || it.has(oid::NO_REV_AVAIL), || "noRevAvail is absent".to_owned())
    };
    /// The only purpose of an OCSP signer is OCSPSigning.
    e_ocsp_signer_purpose: OcspSigners, "RFC 6960 4.2.2.2" => |it| {
        ensure(only_signs_ocsp(it), || "extKeyUsage is not OCSPSigning alone".to_owned())
    };
    /// An OCSP signer has ocsp-nocheck: nobody else could say whether it is revoked.
    e_ocsp_signer_no_check_missing: OcspSigners, "RFC 6960 4.2.2.2.1" => |it| {
        ensure(it.has(oid::OCSP_NO_CHECK), || "absent".to_owned())
    };
    /// An OCSP signer does not point to OCSP.
    e_ocsp_signer_points_to_ocsp: OcspSigners, "EN 319 411-1 6.6.3" => |it| {
        ensure(!has_access(it, oid::ACCESS_OCSP), || "the access method OCSP is present".to_owned())
    };
    /// An OCSP signer is certified by the CA that it answers for.
    e_ocsp_signer_not_of_ca: OcspSigners, "RFC 6960 4.2.2.2" => |it| {
        ensure(matches!(it.issuer, LintIssuer::Certificate(_)), || "it is self-signed".to_owned())
    };
    /// ocsp-nocheck stands with OCSPSigning only.
    e_ocsp_no_check_without_ocsp_signing: Certificates, "RFC 6960 4.2.2.2.1" => |it| {
        let purposes = it.values.purposes.as_deref().unwrap_or_default();
        let signs = purposes.contains(&oid::OCSP_SIGNING.as_bytes());
        ensure(!it.has(oid::OCSP_NO_CHECK) || signs, || "OCSPSigning is absent".to_owned())
    };
    /// With ocsp-nocheck nothing points to a CRL.
    e_ocsp_no_check_with_crl: Certificates, "RFC 6960 4.2.2.2.1" => |it| {
        ensure(!it.has(oid::OCSP_NO_CHECK) || !it.has(oid::CRL_DISTRIBUTION_POINTS), || "both are present".to_owned())
    };
}

fn has_access(context: &Context<'_>, method: der::asn1::ObjectIdentifier) -> bool {
    accesses(context).iter().any(|access| access.method == method.as_bytes())
}

fn only_signs_ocsp(context: &Context<'_>) -> bool {
    context.values.purposes.as_deref() == Some(&[oid::OCSP_SIGNING.as_bytes()])
}
