//! The form of a profile file.

use serde::Deserialize;

use super::purpose::Purpose;
use super::terms::{AlternativeName, ExtendedKeyUsage, KeyOrigin, KeyUsage, OrAbsent, Pointer, QcType, Semantics};
use crate::key::KeyKind;
use crate::name::Attribute;
use crate::time::UtcTime;

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct File {
    pub(crate) name: String,
    pub(crate) revision: u32,
    pub(crate) purpose: Purpose,
    pub(crate) key_origin: KeyOrigin,
    pub(crate) validity: Validity,
    pub(crate) key: Key,
    pub(crate) subject: Vec<Rdn>,
    pub(crate) extensions: Extensions,
    pub(crate) qualified: OrAbsent<Qualified>,
    pub(crate) lints: Lints,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Validity {
    pub(crate) max_days: u32,
    pub(crate) backdate_minutes: u32,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Key {
    pub(crate) allow: Vec<KeyKind>,
}

/// One relative distinguished name: an attribute, and those that stand with it in the same set.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Rdn {
    attribute: Attribute,
    value: Option<String>,
    from: Option<String>,
    from_if_known: Option<String>,
    /// The other attributes of a multi-valued RDN.
    #[serde(default)]
    with: Vec<Sourced>,
}

/// An attribute and where its value comes from; exactly one of the three sources is written.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Sourced {
    attribute: Attribute,
    value: Option<String>,
    from: Option<String>,
    from_if_known: Option<String>,
}

/// Where the value of an attribute comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RdnSource<'a> {
    Fixed(&'a str),
    Fact(&'a str),
    OptionalFact(&'a str),
}

impl Rdn {
    /// The attributes of the set, each with its one source; none where several sources are written or none.
    pub(crate) fn attributes(&self) -> impl Iterator<Item = (Attribute, Option<RdnSource<'_>>)> {
        let own = (self.attribute, source(self.value.as_ref(), self.from.as_ref(), self.from_if_known.as_ref()));
        let others = self
            .with
            .iter()
            .map(|it| (it.attribute, source(it.value.as_ref(), it.from.as_ref(), it.from_if_known.as_ref())));
        std::iter::once(own).chain(others)
    }
}

fn source<'a>(
    value: Option<&'a String>,
    from: Option<&'a String>,
    from_if_known: Option<&'a String>,
) -> Option<RdnSource<'a>> {
    match (value, from, from_if_known) {
        (Some(value), None, None) => Some(RdnSource::Fixed(value)),
        (None, Some(fact), None) => Some(RdnSource::Fact(fact)),
        (None, None, Some(fact)) => Some(RdnSource::OptionalFact(fact)),
        _ => None,
    }
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(clippy::struct_excessive_bools, reason = "each is an extension that is there or not, as an auditor reads it")]
pub(crate) struct Extensions {
    /// pathLenConstraint of a CA.
    pub(crate) path_length: OrAbsent<u8>,
    pub(crate) key_usage: Usages<KeyUsage>,
    pub(crate) extended_key_usage: Usages<ExtendedKeyUsage>,
    /// How long the private key is used, from notBefore on; for keys that rest before their certificate ends.
    pub(crate) private_key_usage_days: OrAbsent<u32>,
    pub(crate) certificate_policies: Vec<String>,
    /// Qualifier of the first policy; empty for none.
    pub(crate) cps_uri: String,
    pub(crate) subject_alternative_name: Vec<AlternativeName>,
    pub(crate) crl_distribution: Pointer,
    pub(crate) ocsp: Pointer,
    pub(crate) ca_issuers: Pointer,
    pub(crate) ocsp_no_check: bool,
    /// No revocation information is or will be published (RFC 9608).
    pub(crate) no_rev_avail: bool,
    /// The validity is assured because it is short (EN 319 412-1 clause 5.2).
    pub(crate) validity_assured: bool,
    pub(crate) card_number: bool,
    pub(crate) semantics: Semantics,
    /// Who assigns local identifiers such as `EI:SE-…`; empty for none.
    pub(crate) name_registration_authority: String,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Usages<T> {
    pub(crate) values: Vec<T>,
    pub(crate) critical: bool,
}

/// What stands in certificates of a service that is on a trusted list, and in no other.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Qualified {
    /// All policies, instead of those under `extensions`.
    pub(crate) certificate_policies: Vec<String>,
    /// `QcType`, and with it `QcCompliance` (EN 319 412-5 clauses 4.2.1 and 4.2.3).
    #[serde(rename = "type")]
    pub(crate) kind: QcType,
    /// `QcSSCD`: the key is in a qualified device (EN 319 412-5 clause 4.2.2).
    pub(crate) device: bool,
    /// `QcPDS`: where the disclosure statement stands, by language (EN 319 412-5 clause 4.3.4).
    pub(crate) disclosure: Vec<Disclosure>,
    /// `QcRetentionPeriod`: years after the end of the certificate (EN 319 412-5 clause 4.3.3).
    pub(crate) retention_years: OrAbsent<u8>,
    /// `QcLimitValue`: the highest value of a transaction (EN 319 412-5 clause 4.3.2).
    pub(crate) limit: OrAbsent<Limit>,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Disclosure {
    pub(crate) language: String,
    pub(crate) uri: String,
}

/// `amount` times ten to the power of `exponent`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Limit {
    pub(crate) currency: String,
    pub(crate) amount: u32,
    pub(crate) exponent: u8,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Lints {
    pub(crate) waive: Vec<Waiver>,
}

/// A rule that is known to be broken for a time.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Waiver {
    /// Exactly the rule's.
    pub(crate) name: String,
    pub(crate) reason: String,
    /// First second.
    pub(crate) from: UtcTime,
    /// Last second.
    pub(crate) until: UtcTime,
}
