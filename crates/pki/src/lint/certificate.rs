//! Runs the rules about certificates.

use x509_parser::prelude::{FromDer, TbsCertificate};

use super::view::{NameAttribute, View, name_attributes};
use super::{Finding, Outcome, Rule, etsi, extension, location, name, profile, rfc5280};
use crate::asn1::{Malformed, oid, read_time};
use crate::certificate::{Certificate, CertificateDer};
use crate::issue::LintIssuer;
use crate::key::{PublicKey, SignatureAlgorithm};
use crate::profile::Profile;
use crate::time::UtcTime;

/// What a rule about certificates may look at.
pub(super) struct Context<'a> {
    pub(super) view: View<'a>,
    pub(super) subject: Vec<NameAttribute<'a>>,
    /// None if the key is not acceptable.
    pub(super) key: Option<PublicKey>,
    pub(super) profile: &'a Profile,
    pub(super) issuer: LintIssuer<'a>,
}

impl<'a> Context<'a> {
    fn read(der: &'a [u8], profile: &'a Profile, issuer: LintIssuer<'a>) -> Result<Self, Malformed> {
        let view = View::read(der)?;
        let subject = name_attributes(view.subject)?;
        let key = PublicKey::from_spki(view.spki).ok();
        Ok(Self { view, subject, key, profile, issuer })
    }

    /// The key that signs.
    pub(super) fn issuer_key(&self) -> Option<&PublicKey> {
        match self.issuer {
            LintIssuer::Certificate(issuer) => Some(issuer.public_key()),
            LintIssuer::SelfSigned => self.key.as_ref(),
        }
    }

    pub(super) fn not_before(&self) -> Option<UtcTime> {
        read_time(&self.view.not_before).ok()
    }

    pub(super) fn not_after(&self) -> Option<UtcTime> {
        read_time(&self.view.not_after).ok()
    }

    /// Values of the subject attribute.
    pub(super) fn values(&self, oid: der::asn1::ObjectIdentifier) -> impl Iterator<Item = &NameAttribute<'a>> {
        self.subject.iter().filter(move |attribute| attribute.oid == oid.as_bytes())
    }

    /// First octet of keyUsage, in which all bits that Sigill knows are.
    pub(super) fn key_usage(&self) -> Option<u8> {
        match self.view.extension(oid::KEY_USAGE)?.value {
            [_, _, _unused, bits, ..] => Some(*bits),
            _ => None,
        }
    }
}

/// A rule about certificates.
pub(super) type CertificateRule = Rule<for<'c, 'a> fn(&'c Context<'a>) -> Outcome>;

/// All rules in the order they are run.
pub(super) fn rules() -> impl Iterator<Item = &'static CertificateRule> {
    let areas: [&'static [CertificateRule]; 6] =
        [rfc5280::RULES, name::RULES, extension::RULES, location::RULES, etsi::RULES, profile::RULES];
    areas.into_iter().flatten()
}

/// Judges a TBSCertificate; gives the algorithm that it says it will be signed with.
pub(crate) fn certificate(
    der: &[u8],
    profile: &Profile,
    issuer: LintIssuer<'_>,
) -> Result<SignatureAlgorithm, Vec<Finding>> {
    let context = match readable(der) {
        Ok(()) => Context::read(der, profile, issuer).map_err(|_| vec![not_der("the strict reader refuses it")])?,
        Err(finding) => return Err(vec![finding]),
    };
    let at = context.not_before().unwrap_or(UtcTime::MAX);
    let findings: Vec<_> = rules()
        .filter_map(|rule| (rule.check)(&context).err().map(|detail| rule.finding(detail)))
        .filter(|finding| profile.waiver(finding.rule, at).is_none())
        .collect();
    match SignatureAlgorithm::from_identifier(context.view.algorithm) {
        Some(algorithm) if findings.is_empty() => Ok(algorithm),
        Some(_) => Err(findings),
        None => Err(vec![not_der("the signature algorithm is unknown")]),
    }
}

/// Judges a signed certificate.
pub(crate) fn issued(der: &CertificateDer, profile: &Profile, issuer: &Certificate) -> Vec<Finding> {
    let certificate = match Certificate::parse(der.as_bytes()) {
        Ok(certificate) => certificate,
        Err(why) => return vec![not_der(&why.to_string())],
    };
    let by = if certificate.der() == issuer.der() { LintIssuer::SelfSigned } else { LintIssuer::Certificate(issuer) };
    let mut findings = self::certificate(certificate.tbs(), profile, by).err().unwrap_or_default();
    if let Err(why) = certificate.verify_issued_by(issuer) {
        findings.push(Finding { rule: SIGNATURE.0, source: SIGNATURE.1, detail: why.to_string() });
    }
    findings
}

/// A second reader, which others maintain, must understand all of it too.
fn readable(der: &[u8]) -> Result<(), Finding> {
    match TbsCertificate::from_der(der) {
        Ok(([], _)) => Ok(()),
        Ok(_) => Err(not_der("octets follow")),
        Err(why) => Err(not_der(&why.to_string())),
    }
}

fn not_der(detail: &str) -> Finding {
    Finding { rule: NOT_DER.0, source: NOT_DER.1, detail: detail.to_owned() }
}

/// Name and clause of the rule that everything can be read.
pub(super) const NOT_DER: (&str, &str) = ("e_not_der", "RFC 5280 4.1, X.690 10");
/// Name and clause of the rule that the issuer signed.
pub(super) const SIGNATURE: (&str, &str) = ("e_signature_does_not_verify", "RFC 5280 4.1.1.3");
