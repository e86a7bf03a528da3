//! Rules about CRLs.

use super::Finding;
use super::entries::{Entries, is_right_type};
use super::rule::{Outcome, Rule, Scope, ensure, none, rules};
use super::view::{Extension, dotted, extensions};
use crate::asn1::{Element, Malformed, Reader, oid, read_time, tag};
use crate::certificate::Certificate;
use crate::key::SignatureAlgorithm;
use crate::time::UtcTime;

/// A TBSCertList taken apart, and who is to sign it.
pub(super) struct Context<'a> {
    version: &'a [u8],
    algorithm: &'a [u8],
    issuer_name: &'a [u8],
    this_update: Element<'a>,
    next_update: Option<Element<'a>>,
    has_empty_list: bool,
    entries: Entries,
    extensions: Vec<Extension<'a>>,
    issuer: &'a Certificate,
}

/// A rule about CRLs.
pub(super) type CrlRule = Rule<for<'c, 'a> fn(&'c Context<'a>) -> Outcome>;

rules! { CrlRule;
    /// The version is 2.
    e_crl_version: Crls, "RFC 5280 5.1.2.1" => |it| ensure(it.version == [1], || format!("version {:?}", it.version));
    /// The signature algorithm is the one that the issuer's key signs with.
    e_crl_signature_algorithm: Crls, "RFC 5280 5.1.2.2" => |it| {
        let wanted = SignatureAlgorithm::default_for(it.issuer.public_key().kind());
        ensure(it.algorithm == wanted.identifier(), || crate::hex::encode(it.algorithm))
    };
    /// The issuer is the CA's subject, octet by octet: there are no indirect CRLs.
    e_crl_issuer: Crls, "RFC 5280 5.1.2.3" => |it| {
        ensure(it.issuer_name == it.issuer.subject_der(), || "the issuer is not the CA's subject".to_owned())
    };
    /// The CA may sign CRLs.
    e_crl_issuer_may_not_sign: Crls, "RFC 5280 4.2.1.3" => |it| {
        ensure(it.issuer.crl_sign(), || "cRLSign is not set".to_owned())
    };
    /// Times can be read, and are UTCTime to 2049 and GeneralizedTime from 2050.
    e_crl_time_type: Crls, "RFC 5280 5.1.2.4, 5.1.2.5" => |it| {
        let is_wrong = |time: &Element<'_>| !read_time(time).is_ok_and(|read| is_right_type(time, read));
        let wrong = [Some(it.this_update), it.next_update].into_iter().flatten().find(is_wrong);
        none(wrong.map(|time| crate::hex::encode(time.whole)))
    };
    /// nextUpdate is present.
    e_crl_next_update_missing: Crls, "RFC 5280 5.1.2.5" => |it| {
        ensure(it.next_update.is_some(), || "absent".to_owned())
    };
    /// thisUpdate is before nextUpdate.
    e_crl_validity_is_empty: Crls, "RFC 5280 5.1.2.5" => |it| {
        let (Some(from), Some(to)) = (it.this_update(), it.next_update()) else { return Ok(()) };
        ensure(from < to, || format!("{from} to {to}"))
    };
    /// The list is absent if it is empty.
    e_crl_empty_list: Crls, "RFC 5280 5.1.2.6" => |it| ensure(!it.has_empty_list, || "an empty list".to_owned());
    /// Every entry can be read.
    e_crl_entry_malformed: Crls, "RFC 5280 5.1" => |it| none(it.entries.malformed.clone());
    /// Serial numbers have the form of those that are issued.
    e_crl_entry_serial_number: Crls, "RFC 5280 5.1.2.6" => |it| none(it.entries.serial.clone());
    /// No serial number stands twice.
    e_crl_entry_repeats: Crls, "RFC 5280 5.1.2.6" => |it| none(it.entries.repeats.clone());
    /// Times of revocation are UTCTime to 2049 and GeneralizedTime from 2050.
    e_crl_entry_time_type: Crls, "RFC 5280 5.1.2.6" => |it| none(it.entries.time_type.clone());
    /// No revocation is later than thisUpdate.
    e_crl_entry_after_this_update: Crls, "RFC 5280 5.1.2.4" => |it| none(it.entries.after_this_update.clone());
    /// An entry has no extension but reasonCode.
    e_crl_entry_extension: Crls, "RFC 5280 5.3" => |it| none(it.entries.extension.clone());
    /// Extensions of entries are not critical.
    e_crl_entry_extension_critical: Crls, "RFC 5280 5.3.1" => |it| none(it.entries.critical.clone());
    /// A reason is one that exists and is final: neither 7, certificateHold nor removeFromCRL.
    e_crl_entry_reason: Crls, "RFC 5280 5.3.1, EN 319 411-1 6.3.9" => |it| none(it.entries.reason.clone());
    /// The reason unspecified is left out.
    e_crl_entry_reason_unspecified: Crls, "RFC 5280 5.3.1" => |it| none(it.entries.unspecified.clone());
    /// No extension stands twice.
    e_crl_extension_repeats: Crls, "RFC 5280 5.2, 4.2" => |it| {
        let all = &it.extensions;
        let again = all.iter().enumerate().find(|(at, one)| all[..*at].iter().any(|earlier| earlier.oid == one.oid));
        none(again.map(|(_, one)| dotted(one.oid)))
    };
    /// There are only extensions that these rules look into.
    e_crl_extension_unknown: Crls, "RFC 5280 5.2" => |it| {
        let known = [oid::AUTHORITY_KEY_IDENTIFIER, oid::CRL_NUMBER, oid::EXPIRED_CERTS_ON_CRL];
        let is_foreign = |one: &&Extension<'_>| !known.iter().any(|oid| oid.as_bytes() == one.oid);
        none(it.extensions.iter().find(is_foreign).map(|one| dotted(one.oid)))
    };
    /// No extension is critical: the CRL is complete and for everything that the CA issues.
    e_crl_extension_critical: Crls, "RFC 5280 5.2" => |it| {
        none(it.extensions.iter().find(|one| one.critical).map(|one| dotted(one.oid)))
    };
    /// authorityKeyIdentifier is present.
    e_crl_authority_key_identifier_missing: Crls, "RFC 5280 5.2.1" => |it| {
        ensure(it.extension(oid::AUTHORITY_KEY_IDENTIFIER).is_some(), || "absent".to_owned())
    };
    /// authorityKeyIdentifier is keyIdentifier of the CA's key.
    e_crl_authority_key_identifier: Crls, "RFC 5280 5.2.1" => key_identifier;
    /// cRLNumber is present.
    e_crl_number_missing: Crls, "RFC 5280 5.2.3" => |it| {
        ensure(it.extension(oid::CRL_NUMBER).is_some(), || "absent".to_owned())
    };
    /// cRLNumber is not negative and has at most 20 octets.
    e_crl_number: Crls, "RFC 5280 5.2.3" => |it| {
        let Some(extension) = it.extension(oid::CRL_NUMBER) else { return Ok(()) };
        let mut value = Reader::new(extension.value);
        let good = value.integer().is_ok_and(|number| number.len() <= 20 && number[0] & 0x80 == 0);
        ensure(good && value.is_empty(), || crate::hex::encode(extension.value))
    };
    /// The CRL says that expired certificates stay on it.
    e_crl_expired_certs_missing: Crls, "ITU-T X.509 expiredCertsOnCRL, EN 319 411-2 6.3.10" => |it| {
        ensure(it.extension(oid::EXPIRED_CERTS_ON_CRL).is_some(), || "absent".to_owned())
    };
    /// Expired certificates stay on the CRL since the CA began: none is ever taken off.
    e_crl_expired_certs: Crls, "ITU-T X.509 expiredCertsOnCRL" => |it| {
        let Some(extension) = it.extension(oid::EXPIRED_CERTS_ON_CRL) else { return Ok(()) };
        let since = Reader::only(extension.value, tag::GENERALIZED_TIME).and_then(|time| read_time(&time));
        ensure(since == Ok(it.issuer.not_before()), || crate::hex::encode(extension.value))
    };
}

/// The rule that a TBSCertList can be read.
pub(super) const NOT_DER: Rule<()> = Rule {
    name: "e_crl_not_der",
    source: "RFC 5280 5.1, X.690 10",
    demands: " A TBSCertList is DER: definite minimal lengths, fields in their order, nothing left over.",
    scope: Scope::Crls,
    check: (),
};

/// Judges a TBSCertList; gives the algorithm that it says it will be signed with.
pub(crate) fn check(der: &[u8], issuer: &Certificate) -> Result<SignatureAlgorithm, Vec<Finding>> {
    let context = Context::read(der, issuer).map_err(|why| vec![NOT_DER.finding(why.to_string())])?;
    let findings = judge(&context, RULES.iter());
    match SignatureAlgorithm::from_identifier(context.algorithm) {
        Some(algorithm) if findings.is_empty() => Ok(algorithm),
        _ => Err(findings),
    }
}

/// What these rules find.
pub(super) fn judge<'r>(context: &Context<'_>, rules: impl Iterator<Item = &'r CrlRule>) -> Vec<Finding> {
    rules.filter_map(|rule| (rule.check)(context).err().map(|detail| rule.finding(detail))).collect()
}

impl<'a> Context<'a> {
    pub(super) fn read(der: &'a [u8], issuer: &'a Certificate) -> Result<Self, Malformed> {
        let mut fields = Reader::only(der, tag::SEQUENCE)?.inside();
        let version = fields.integer()?;
        let algorithm = fields.element(tag::SEQUENCE)?.whole;
        let issuer_name = fields.element(tag::SEQUENCE)?.whole;
        let this_update = fields.any()?;
        let next_update = match fields.optional(tag::UTC_TIME)? {
            None => fields.optional(tag::GENERALIZED_TIME)?,
            some => some,
        };
        let revoked = fields.optional(tag::SEQUENCE)?.map(|list| list.content);
        let extensions = match fields.optional(tag::constructed(0))? {
            Some(list) => extensions(list.content)?,
            None => Vec::new(),
        };
        fields.finish()?;
        let entries = Entries::read(revoked.unwrap_or_default(), read_time(&this_update).ok());
        let has_empty_list = revoked.is_some_and(<[u8]>::is_empty);
        Ok(Self {
            version,
            algorithm,
            issuer_name,
            this_update,
            next_update,
            has_empty_list,
            entries,
            extensions,
            issuer,
        })
    }

    fn this_update(&self) -> Option<UtcTime> {
        read_time(&self.this_update).ok()
    }

    fn next_update(&self) -> Option<UtcTime> {
        read_time(&self.next_update?).ok()
    }

    fn extension(&self, oid: der::asn1::ObjectIdentifier) -> Option<Extension<'a>> {
        self.extensions.iter().copied().find(|extension| extension.oid == oid.as_bytes())
    }
}

fn key_identifier(context: &Context<'_>) -> Outcome {
    let Some(extension) = context.extension(oid::AUTHORITY_KEY_IDENTIFIER) else { return Ok(()) };
    let computed = context.issuer.public_key().key_identifier();
    let wanted = context.issuer.subject_key_identifier().unwrap_or(&computed);
    let found = Reader::only(extension.value, tag::SEQUENCE).and_then(|fields| {
        let mut fields = fields.inside();
        let identifier = fields.content(tag::context(0))?;
        fields.finish()?;
        Ok(identifier)
    });
    ensure(found == Ok(wanted), || crate::hex::encode(extension.value))
}
