//! Rules about CRLs.

use super::extension::read;
use super::view::{Extension, dotted, extensions};
use super::{Finding, Outcome, Rule, ensure};
use crate::asn1::{Element, Malformed, Reader, oid, read_time, tag};
use crate::certificate::Certificate;
use crate::crl::Reason;
use crate::key::SignatureAlgorithm;
use crate::serial::SerialNumber;
use crate::time::UtcTime;

/// A TBSCertList taken apart, and who is to sign it.
pub(super) struct Context<'a> {
    version: &'a [u8],
    algorithm: &'a [u8],
    issuer_name: &'a [u8],
    this_update: Element<'a>,
    next_update: Option<Element<'a>>,
    /// Content of revokedCertificates.
    revoked: Option<&'a [u8]>,
    extensions: Vec<Extension<'a>>,
    issuer: &'a Certificate,
}

/// A rule about CRLs.
pub(super) type CrlRule = Rule<for<'c, 'a> fn(&'c Context<'a>) -> Outcome>;

pub(super) const RULES: &[CrlRule] = &[
    Rule { name: "e_crl_version", source: "RFC 5280 5.1.2.1", check: version },
    Rule { name: "e_crl_signature_algorithm", source: "RFC 5280 5.1.2.2", check: algorithm },
    Rule { name: "e_crl_issuer", source: "RFC 5280 5.1.2.3, 4.2.1.3", check: issuer },
    Rule { name: "e_crl_times", source: "RFC 5280 5.1.2.4, 5.1.2.5", check: times },
    Rule { name: "e_crl_empty_list", source: "RFC 5280 5.1.2.6", check: empty_list },
    Rule { name: "e_crl_entry", source: "RFC 5280 5.1.2.6, 5.3, EN 319 411-1 6.3.9", check: entries },
    Rule { name: "e_crl_entry_repeats", source: "RFC 5280 5.1.2.6", check: repeats },
    Rule { name: "e_crl_authority_key_identifier", source: "RFC 5280 5.2.1", check: key_identifier },
    Rule { name: "e_crl_number", source: "RFC 5280 5.2.3", check: number },
    Rule {
        name: "e_crl_expired_certificates",
        source: "ITU-T X.509 expiredCertsOnCRL, EN 319 411-2",
        check: expired_certificates,
    },
    Rule { name: "e_crl_extension", source: "RFC 5280 5.2", check: known_extensions },
];

/// Judges a TBSCertList; gives the algorithm that it says it will be signed with.
pub(crate) fn check(der: &[u8], issuer: &Certificate) -> Result<SignatureAlgorithm, Vec<Finding>> {
    let not_der = |why: &str| vec![Finding { rule: NOT_DER.0, source: NOT_DER.1, detail: why.to_owned() }];
    let context = Context::read(der, issuer).map_err(|malformed| not_der(&malformed.to_string()))?;
    let findings: Vec<_> =
        RULES.iter().filter_map(|rule| (rule.check)(&context).err().map(|detail| rule.finding(detail))).collect();
    match SignatureAlgorithm::from_identifier(context.algorithm) {
        Some(algorithm) if findings.is_empty() => Ok(algorithm),
        Some(_) => Err(findings),
        None => Err(not_der("the signature algorithm is unknown")),
    }
}

impl<'a> Context<'a> {
    fn read(der: &'a [u8], issuer: &'a Certificate) -> Result<Self, Malformed> {
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
        Ok(Self { version, algorithm, issuer_name, this_update, next_update, revoked, extensions, issuer })
    }

    fn extension(&self, oid: der::asn1::ObjectIdentifier) -> Option<Extension<'a>> {
        self.extensions.iter().copied().find(|extension| extension.oid == oid.as_bytes())
    }
}

fn version(context: &Context<'_>) -> Outcome {
    ensure(context.version == [1], || format!("version {:?}", context.version))
}

fn algorithm(context: &Context<'_>) -> Outcome {
    let wanted = SignatureAlgorithm::default_for(context.issuer.public_key().kind());
    ensure(context.algorithm == wanted.identifier(), || "not how the issuer's key signs".to_owned())
}

/// The CA itself signs: there are no indirect CRLs.
fn issuer(context: &Context<'_>) -> Outcome {
    let same = context.issuer_name == context.issuer.subject_der();
    ensure(same, || "the issuer is not the CA's subject".to_owned())?;
    ensure(context.issuer.crl_sign(), || "the CA may not sign CRLs".to_owned())
}

/// Right types, nextUpdate present and later.
fn times(context: &Context<'_>) -> Outcome {
    let from = x509_time(&context.this_update)?;
    let to = x509_time(context.next_update.as_ref().ok_or("nextUpdate is absent")?)?;
    ensure(from < to, || format!("{from} to {to}"))
}

fn x509_time(element: &Element<'_>) -> Result<UtcTime, String> {
    let time = read(read_time(element))?;
    let wanted = if time.civil().year() < 2050 { tag::UTC_TIME } else { tag::GENERALIZED_TIME };
    ensure(element.tag == wanted, || format!("{time} has the wrong type"))?;
    Ok(time)
}

fn empty_list(context: &Context<'_>) -> Outcome {
    ensure(context.revoked != Some(&[]), || "the list must be absent if it is empty".to_owned())
}

/// Serial of our form, a time not after thisUpdate, and at most a reason, which is not *unspecified*.
fn entries(context: &Context<'_>) -> Outcome {
    let limit = read(read_time(&context.this_update))?;
    let mut list = Reader::new(context.revoked.unwrap_or_default());
    while !list.is_empty() {
        let mut fields = read(list.sequence())?;
        let serial = read(fields.integer())?;
        let ours = SerialNumber::from_der_integer(serial).is_some();
        ensure(ours, || format!("serial number {}", crate::hex::encode(serial)))?;
        let at = x509_time(&read(fields.any())?)?;
        ensure(at <= limit, || format!("revoked {at}, after thisUpdate"))?;
        if !fields.is_empty() {
            read(entry_reason(fields))?;
        }
    }
    Ok(())
}

/// The reason in crlEntryExtensions, which must be the only extension.
fn entry_reason(mut fields: Reader<'_>) -> Result<Reason, Malformed> {
    let list = extensions(fields.element(tag::SEQUENCE)?.whole)?;
    fields.finish()?;
    let [extension] = list.as_slice() else { return Err(Malformed) };
    match extension.value {
        [tag::ENUMERATED, 1, code] if extension.oid == oid::REASON_CODE.as_bytes() && !extension.critical => {
            Reason::from_code(*code).filter(|reason| *reason != Reason::Unspecified).ok_or(Malformed)
        }
        _ => Err(Malformed),
    }
}

/// Lists in rising order are seen to be free of repetition at once; others are sorted.
fn repeats(context: &Context<'_>) -> Outcome {
    let mut list = Reader::new(context.revoked.unwrap_or_default());
    let mut serials = Vec::new();
    let mut rising = true;
    while !list.is_empty() {
        let serial = read(list.sequence().and_then(|mut fields| fields.integer()))?;
        rising = rising && serials.last().is_none_or(|last| *last < serial);
        serials.push(serial);
    }
    if !rising {
        serials.sort_unstable();
    }
    match serials.array_windows().find(|[one, other]| one == other) {
        Some([one, _]) => Err(crate::hex::encode(one)),
        None => Ok(()),
    }
}

fn key_identifier(context: &Context<'_>) -> Outcome {
    let extension = context.extension(oid::AUTHORITY_KEY_IDENTIFIER).ok_or("absent")?;
    let mut fields = read(Reader::only(extension.value, tag::SEQUENCE))?.inside();
    let found = read(fields.content(tag::context(0)))?;
    let computed = context.issuer.public_key().key_identifier();
    let wanted = context.issuer.subject_key_identifier().unwrap_or(&computed);
    ensure(fields.is_empty() && found == wanted, || "not of the CA's key".to_owned())
}

/// Present, not negative, at most 20 octets.
fn number(context: &Context<'_>) -> Outcome {
    let extension = context.extension(oid::CRL_NUMBER).ok_or("absent")?;
    let mut value = Reader::new(extension.value);
    let number = read(value.integer())?;
    let good = value.is_empty() && number.len() <= 20 && number[0] & 0x80 == 0;
    ensure(good, || format!("number {}", crate::hex::encode(number)))
}

/// Says that expired certificates stay listed, since the CA began: none is ever taken off.
fn expired_certificates(context: &Context<'_>) -> Outcome {
    let extension = context.extension(oid::EXPIRED_CERTS_ON_CRL).ok_or("absent")?;
    let since = read(Reader::only(extension.value, tag::GENERALIZED_TIME))?;
    let since = read(read_time(&since))?;
    ensure(since == context.issuer.not_before(), || format!("since {since}"))
}

/// Only the three above, each once, none critical.
fn known_extensions(context: &Context<'_>) -> Outcome {
    let known = [oid::AUTHORITY_KEY_IDENTIFIER, oid::CRL_NUMBER, oid::EXPIRED_CERTS_ON_CRL];
    for (at, extension) in context.extensions.iter().enumerate() {
        let known = known.iter().any(|oid| oid.as_bytes() == extension.oid);
        let first = context.extensions[..at].iter().all(|earlier| earlier.oid != extension.oid);
        ensure(known && first && !extension.critical, || dotted(extension.oid))?;
    }
    Ok(())
}

/// Name and clause of the rule that everything can be read.
pub(super) const NOT_DER: (&str, &str) = ("e_crl_not_der", "RFC 5280 5.1, X.690 10");
