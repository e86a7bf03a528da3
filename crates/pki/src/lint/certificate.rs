//! Runs the rules about certificates.

use super::rule::{Outcome, Rule};
use super::signed::{self, Signed};
use super::values::Values;
use super::view::{NameAttribute, View, name_attributes};
use super::{Finding, NOT_DER, etsi, extension, location, name, policy, profile, qualified, rfc5280, status, usage};
use crate::asn1::{Malformed, read_time};
use crate::certificate::{Certificate, CertificateDer};
use crate::issue::LintIssuer;
use crate::key::{PublicKey, SignatureAlgorithm};
use crate::name::Attribute;
use crate::profile::Profile;
use crate::text::TextFault;
use crate::time::UtcTime;

/// What a rule about certificates may look at.
pub(super) struct Context<'a> {
    pub(super) der: &'a [u8],
    pub(super) view: View<'a>,
    pub(super) values: Values<'a>,
    pub(super) subject: Vec<Named<'a>>,
    /// None if the key is not acceptable.
    pub(super) key: Option<PublicKey>,
    pub(super) profile: &'a Profile,
    pub(super) issuer: LintIssuer<'a>,
}

/// An attribute of the subject.
pub(super) struct Named<'a> {
    pub(super) attribute: NameAttribute<'a>,
    /// None if Sigill does not know it.
    pub(super) kind: Option<Attribute>,
    /// None if it is not UTF-8.
    pub(super) text: Option<&'a str>,
    /// What is wrong with the text of a known attribute.
    pub(super) fault: Option<TextFault>,
}

impl<'a> Context<'a> {
    pub(super) fn read(der: &'a [u8], profile: &'a Profile, issuer: LintIssuer<'a>) -> Result<Self, Malformed> {
        let view = View::read(der)?;
        let values = Values::read(&view.extensions);
        let subject = name_attributes(view.subject)?.into_iter().map(Named::new).collect();
        let key = PublicKey::from_spki(view.spki).ok();
        Ok(Self { der, view, values, subject, key, profile, issuer })
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

    /// The subject attribute's first value.
    pub(super) fn value(&self, oid: der::asn1::ObjectIdentifier) -> Option<&'a [u8]> {
        let found = self.subject.iter().find(|named| named.attribute.oid == oid.as_bytes());
        found.map(|named| named.attribute.value)
    }

    /// Whether there is such an extension, in order or not.
    pub(super) fn has(&self, oid: der::asn1::ObjectIdentifier) -> bool {
        self.view.extension(oid).is_some()
    }

    /// First octet of keyUsage, in which all bits that Sigill knows are.
    pub(super) fn key_usage(&self) -> Option<u8> {
        match self.values.key_usage? {
            [_unused, bits, ..] => Some(*bits),
            _ => None,
        }
    }

    /// Whether basicConstraints says cA.
    pub(super) fn is_ca(&self) -> bool {
        self.values.constraints.as_ref().is_some_and(|constraints| constraints.is_ca)
    }
}

impl<'a> Named<'a> {
    fn new(attribute: NameAttribute<'a>) -> Self {
        let kind = Attribute::from_oid(attribute.oid);
        let text = std::str::from_utf8(attribute.value).ok();
        let fault = kind.zip(text).and_then(|(kind, text)| kind.check(text).err());
        Self { attribute, kind, text, fault }
    }
}

/// A rule about certificates.
pub(super) type CertificateRule = Rule<for<'c, 'a> fn(&'c Context<'a>) -> Outcome>;

/// All rules in the order they are run.
pub(super) fn rules() -> impl Iterator<Item = &'static CertificateRule> {
    let areas: [&'static [CertificateRule]; 10] = [
        rfc5280::RULES,
        name::RULES,
        extension::RULES,
        usage::RULES,
        policy::RULES,
        location::RULES,
        status::RULES,
        etsi::RULES,
        qualified::RULES,
        profile::RULES,
    ];
    areas.into_iter().flatten()
}

/// What these rules find.
pub(super) fn judge<'r>(context: &Context<'_>, rules: impl Iterator<Item = &'r CertificateRule>) -> Vec<Finding> {
    let purpose = context.profile.purpose();
    let for_it = rules.filter(|rule| rule.scope.covers(purpose));
    for_it.filter_map(|rule| (rule.check)(context).err().map(|detail| rule.finding(detail))).collect()
}

/// Judges a TBSCertificate; gives the algorithm that it says it will be signed with.
pub(crate) fn certificate(
    der: &[u8],
    profile: &Profile,
    issuer: LintIssuer<'_>,
) -> Result<SignatureAlgorithm, Vec<Finding>> {
    let context = Context::read(der, profile, issuer).map_err(|why| vec![NOT_DER.finding(why.to_string())])?;
    let at = context.not_before().unwrap_or(UtcTime::MAX);
    let mut findings = judge(&context, rules());
    findings.retain(|finding| profile.waiver(finding.rule, at).is_none());
    match SignatureAlgorithm::from_identifier(context.view.algorithm) {
        Some(algorithm) if findings.is_empty() => Ok(algorithm),
        // An algorithm that nobody knows cannot be waived: there is nothing to sign with.
        None if findings.is_empty() => Err(vec![NOT_DER.finding("the signature algorithm is unknown".to_owned())]),
        _ => Err(findings),
    }
}

/// Judges a certificate that came back from a signer: that it is what passed as `tbs`, the form of the
/// signature, and every rule of [`certificate`] on the octets as they now are. Whether the signature verifies
/// was seen where it was made.
pub(crate) fn returned(der: &[u8], tbs: &[u8], profile: &Profile, issuer: LintIssuer<'_>) -> Vec<Finding> {
    let signed = match Signed::read(der, Some(tbs)) {
        Ok(signed) => signed,
        Err(why) => return vec![signed::NOT_DER.finding(why.to_string())],
    };
    let mut findings = signed::judge(&signed, signed::RULES.iter());
    findings.extend(certificate(signed.tbs, profile, issuer).err().unwrap_or_default());
    findings
}

/// Judges a signed certificate from anywhere: the rules of [`certificate`], the form of the signature, and that
/// it verifies.
pub(crate) fn issued(der: &CertificateDer, profile: &Profile, issuer: &Certificate) -> Vec<Finding> {
    let signed = match Signed::read(der.as_bytes(), None) {
        Ok(signed) => signed,
        Err(why) => return vec![signed::NOT_DER.finding(why.to_string())],
    };
    let by = if der == issuer.der() { LintIssuer::SelfSigned } else { LintIssuer::Certificate(issuer) };
    let mut findings = signed::judge(&signed, signed::RULES.iter());
    findings.extend(certificate(signed.tbs, profile, by).err().unwrap_or_default());
    findings.extend(signed::verify(&signed, issuer.public_key()));
    findings
}
