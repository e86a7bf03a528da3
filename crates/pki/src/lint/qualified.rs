//! Rules of ETSI EN 319 412-5 about qualified certificate statements.

use der::asn1::ObjectIdentifier;

use super::certificate::{CertificateRule, Context};
use super::policy::policies;
use super::rule::{Outcome, ensure, none, rules};
use super::values::Statement;
use super::view::dotted;
use crate::asn1::{Element, Malformed, Reader, oid, tag};
use crate::text;

rules! { CertificateRule;
    /// qcStatements holds at least one statement.
    e_qc_statements_empty: Certificates, "EN 319 412-5 4.1, RFC 3739 3.2.6" => |it| {
        ensure(it.values.statements.as_ref().is_none_or(|statements| !statements.is_empty()), || "empty".to_owned())
    };
    /// No statement stands twice.
    e_qc_statements_repeats: Certificates, "EN 319 412-5 4.1" => |it| {
        let all = statements(it);
        let is_again = |(at, one): &(usize, &Statement<'_>)| all[..*at].iter().any(|earlier| earlier.id == one.id);
        none(all.iter().enumerate().find(is_again).map(|(_, one)| dotted(one.id)))
    };
    /// There are only statements that these rules look into.
    e_qc_statement_unknown: Certificates, "EN 319 412-5 4.1" => |it| {
        let is_foreign = |one: &&Statement<'_>| !KNOWN.iter().any(|oid| oid.as_bytes() == one.id);
        none(statements(it).iter().find(is_foreign).map(|one| dotted(one.id)))
    };
    /// QcCompliance stands for itself, without information.
    e_qc_compliance_information: Certificates, "EN 319 412-5 4.2.1" => |it| bare(it, oid::QCS_COMPLIANCE);
    /// QcSSCD stands for itself, without information.
    e_qc_sscd_information: Certificates, "EN 319 412-5 4.2.2" => |it| bare(it, oid::QCS_SSCD);
    /// QcType names exactly one of signature, seal and web site.
    e_qc_type: Certificates, "EN 319 412-5 4.2.3" => |it| form(it, oid::QCS_TYPE, is_type);
    /// QcLimitValue is a currency of three letters, an amount and an exponent, none negative.
    e_qc_limit_value: Certificates, "EN 319 412-5 4.3.2" => |it| form(it, oid::QCS_LIMIT_VALUE, is_limit);
    /// QcRetentionPeriod is a positive number of years.
    e_qc_retention_period: Certificates, "EN 319 412-5 4.3.3" => |it| form(it, oid::QCS_RETENTION_PERIOD, is_years);
    /// QcPDS lists locations, each with a language.
    e_qc_pds_form: Certificates, "EN 319 412-5 4.3.4" => |it| {
        form(it, oid::QCS_PDS, |information| locations(information).map(|all| !all.is_empty()))
    };
    /// Disclosure statements are at https URIs.
    e_qc_pds_uri: Certificates, "EN 319 412-5 4.3.4" => |it| {
        let wrong = disclosures(it).into_iter().map(|(url, _)| String::from_utf8_lossy(url));
        none(wrong.into_iter().find(|url| !is_https(url)).map(std::borrow::Cow::into_owned))
    };
    /// Languages of disclosure statements are two lower-case letters, each once.
    e_qc_pds_language: Certificates, "EN 319 412-5 4.3.4, ISO 639-1" => |it| {
        let all = disclosures(it);
        let is_again = |at: usize| all[..at].iter().any(|(_, earlier)| *earlier == all[at].1);
        let wrong = (0..all.len()).find(|at| !is_language(all[*at].1) || is_again(*at));
        none(wrong.map(|at| String::from_utf8_lossy(all[at].1).into_owned()))
    };
    /// One of the disclosure statements is in English.
    e_qc_pds_english_missing: Certificates, "EN 319 412-5 4.3.4" => |it| {
        let all = disclosures(it);
        ensure(all.is_empty() || all.iter().any(|(_, language)| *language == b"en"), || "no English one".to_owned())
    };
    /// QcCClegislation is not there: it is for other laws than the EU's.
    e_qc_legislation: Certificates, "EN 319 412-5 4.2.4" => |it| {
        ensure(find(it, oid::QCS_LEGISLATION).is_none(), || "present".to_owned())
    };
    /// QcCompliance, QcSSCD and QcType are there only if the profile was loaded with them: others claim nothing.
    e_false_claim_of_qualified: Certificates, "EN 319 412-5 4.2.1, 4.2.2, 4.2.3" => |it| {
        let claims = [oid::QCS_COMPLIANCE, oid::QCS_SSCD, oid::QCS_TYPE];
        let is_false = |claim: &ObjectIdentifier| find(it, *claim).is_some() && !is_of_profile(it, *claim);
        none(claims.into_iter().find(is_false).map(|claim| claim.to_string()))
    };
    /// A policy of qualified certificates stands with QcCompliance.
    e_qcp_policy_without_qc_compliance: EndEntities, "EN 319 412-2 QCS-5.2-2, EN 319 411-2 5.3" => |it| {
        let qualified = names(it, &[oid::QCP_N, oid::QCP_L, oid::QCP_N_QSCD, oid::QCP_L_QSCD]);
        ensure(!qualified || find(it, oid::QCS_COMPLIANCE).is_some(), || "QcCompliance is absent".to_owned())
    };
    /// A policy of keys in a qualified device stands with QcSSCD.
    e_qscd_policy_without_qc_sscd: EndEntities, "EN 319 412-2 QCS-5.2-2, EN 319 411-2 5.3" => |it| {
        let in_device = names(it, &[oid::QCP_N_QSCD, oid::QCP_L_QSCD]);
        ensure(!in_device || find(it, oid::QCS_SSCD).is_some(), || "QcSSCD is absent".to_owned())
    };
}

/// The statements, if there are any.
pub(super) fn statements<'c, 'a>(context: &'c Context<'a>) -> &'c [Statement<'a>] {
    context.values.statements.as_deref().unwrap_or_default()
}

fn find<'c, 'a>(context: &'c Context<'a>, id: ObjectIdentifier) -> Option<&'c Statement<'a>> {
    statements(context).iter().find(|statement| statement.id == id.as_bytes())
}

/// Whether the profile's own statements hold this one.
fn is_of_profile(context: &Context<'_>, id: ObjectIdentifier) -> bool {
    let own = &context.profile.encoded().statements;
    own.windows(id.as_bytes().len()).any(|part| part == id.as_bytes())
}

/// Whether one of these policies is named.
fn names(context: &Context<'_>, wanted: &[ObjectIdentifier]) -> bool {
    policies(context).iter().any(|policy| wanted.iter().any(|oid| oid.as_bytes() == policy.id))
}

fn bare(context: &Context<'_>, id: ObjectIdentifier) -> Outcome {
    ensure(find(context, id).is_none_or(|statement| statement.information.is_none()), || "information".to_owned())
}

/// Reads the information of a statement.
type Form = for<'a> fn(Element<'a>) -> Result<bool, Malformed>;

fn form(context: &Context<'_>, id: ObjectIdentifier, is_good: Form) -> Outcome {
    let Some(statement) = find(context, id) else { return Ok(()) };
    let good = statement.information.is_some_and(|information| is_good(information) == Ok(true));
    ensure(good, || statement.information.map(|information| crate::hex::encode(information.whole)).unwrap_or_default())
}

fn is_type(information: Element<'_>) -> Result<bool, Malformed> {
    let types = super::view::identifiers(information.whole)?;
    let known = [oid::QCT_ESIGN, oid::QCT_ESEAL, oid::QCT_WEB];
    Ok(matches!(types.as_slice(), [one] if known.iter().any(|oid| oid.as_bytes() == *one)))
}

fn is_limit(information: Element<'_>) -> Result<bool, Malformed> {
    let mut fields = Reader::only(information.whole, tag::SEQUENCE)?.inside();
    let currency = fields.content(tag::PRINTABLE_STRING)?;
    let numbers = [fields.integer()?, fields.integer()?];
    fields.finish()?;
    let is_currency = currency.len() == 3 && currency.iter().all(u8::is_ascii_uppercase);
    Ok(is_currency && numbers.iter().all(|number| number[0] & 0x80 == 0))
}

fn is_years(information: Element<'_>) -> Result<bool, Malformed> {
    let years = Reader::new(information.whole).integer()?;
    Ok(years[0] & 0x80 == 0 && years != [0])
}

/// URL and language of a disclosure statement.
type Location<'a> = (&'a [u8], &'a [u8]);

fn locations(information: Element<'_>) -> Result<Vec<Location<'_>>, Malformed> {
    let mut list = Reader::only(information.whole, tag::SEQUENCE)?.inside();
    let mut all = Vec::new();
    while !list.is_empty() {
        let mut location = list.sequence()?;
        all.push((location.content(tag::IA5_STRING)?, location.content(tag::PRINTABLE_STRING)?));
        location.finish()?;
    }
    Ok(all)
}

fn is_https(url: &str) -> bool {
    url.starts_with("https://") && text::is_web_uri(url, true)
}

fn is_language(code: &[u8]) -> bool {
    code.len() == 2 && code.iter().all(u8::is_ascii_lowercase)
}

fn disclosures<'a>(context: &Context<'a>) -> Vec<Location<'a>> {
    let information = find(context, oid::QCS_PDS).and_then(|statement| statement.information);
    information.and_then(|information| locations(information).ok()).unwrap_or_default()
}

const KNOWN: [ObjectIdentifier; 8] = [
    oid::QCS_PKIX_SYNTAX_V2,
    oid::QCS_COMPLIANCE,
    oid::QCS_LIMIT_VALUE,
    oid::QCS_RETENTION_PERIOD,
    oid::QCS_SSCD,
    oid::QCS_PDS,
    oid::QCS_TYPE,
    oid::QCS_LEGISLATION,
];
