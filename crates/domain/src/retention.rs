//! How long each kind of record is kept: `policies/retention.toml`.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A rule for every kind of record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Retention(BTreeMap<RecordKind, Rule>);

/// A kind of record that the service keeps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RecordKind {
    /// An agency.
    Agency,
    /// A person.
    Person,
    /// What a person register said of somebody.
    RegisterAnswer,
    /// Something that waited for a person.
    Work,
    /// A key that personal data is sealed with.
    DataKey,
    /// A person's employment at an agency.
    Employment,
    /// A role of an officer.
    Role,
    /// A card and whom it was bound to.
    Card,
    /// An application, with the identification.
    Enrolment,
    /// What was approved, and the approvers' signatures.
    Approval,
    /// What a desk signed on the keys of cards.
    Delivery,
    /// A certificate, or the intent of one.
    Certificate,
    /// Whose a key is.
    CertifiedKey,
    /// Whose a distinguished name is.
    DistinguishedName,
    /// A revocation.
    Revocation,
    /// A CRL.
    Crl,
    /// A published OCSP answer.
    OcspAnswer,
    /// A record of the audit log.
    Audit,
    /// A name or number beside the audit log.
    PersonalValue,
    /// Policies that were in force, and their approval.
    Policies,
    /// Where a CA's key was in its life, and who approved it.
    CaKey,
    /// A relying service as it was registered.
    RelyingService,
    /// A key that signed for relying services.
    TokenKey,
    /// Something that was told, and what became of it.
    Notice,
    /// A session, or what was handed out in a login. The audit log keeps what a login was about.
    Login,
    /// A key under which a request was done, with its answer.
    RequestKey,
}

/// How long, and from when.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// What the time begins with.
    pub after: Beginning,
    /// How many years from then; none if it never begins.
    #[serde(default)]
    pub years: Option<u16>,
    /// And how many days more.
    #[serde(default)]
    pub days: u16,
}

/// What the time of a record begins with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Beginning {
    /// The end of the validity of the last certificate that it is about.
    CertificateEnd,
    /// The end of what it describes: an employment, a role, policies; the nextUpdate of a list.
    ItsEnd,
    /// The moment when it was written.
    ItsWriting,
    /// Nothing: the record is kept for ever.
    Never,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    records: BTreeMap<RecordKind, Rule>,
}

/// A `retention.toml` that is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("retention.toml: {0}")]
pub struct RetentionError(String);

impl RecordKind {
    /// Every kind.
    pub const ALL: [Self; 26] = [
        Self::Agency,
        Self::Person,
        Self::RegisterAnswer,
        Self::Work,
        Self::DataKey,
        Self::Employment,
        Self::Role,
        Self::Card,
        Self::Enrolment,
        Self::Approval,
        Self::Delivery,
        Self::Certificate,
        Self::CertifiedKey,
        Self::DistinguishedName,
        Self::Revocation,
        Self::Crl,
        Self::OcspAnswer,
        Self::Audit,
        Self::PersonalValue,
        Self::Policies,
        Self::CaKey,
        Self::RelyingService,
        Self::TokenKey,
        Self::Notice,
        Self::Login,
        Self::RequestKey,
    ];

    /// The least that a policy may say, in years (EN 319 411-1 clause 6.4.6: what proves issue and revocation). None
    /// for what must be kept for ever.
    const fn floor(self) -> Option<u16> {
        match self {
            Self::CertifiedKey | Self::DistinguishedName | Self::DataKey => None,
            Self::Enrolment
            | Self::RegisterAnswer
            | Self::Approval
            | Self::Delivery
            | Self::Card
            | Self::Certificate
            | Self::Revocation
            | Self::Crl
            | Self::Audit
            | Self::Policies
            | Self::CaKey => Some(SEVEN_YEARS),
            Self::Agency
            | Self::Person
            | Self::Employment
            | Self::Work
            | Self::Role
            | Self::OcspAnswer
            | Self::PersonalValue
            | Self::RelyingService
            | Self::TokenKey
            | Self::Notice
            | Self::Login
            | Self::RequestKey => Some(0),
        }
    }
}

impl Rule {
    /// The time in days, a year counted long; none if it never begins.
    pub fn whole_days(self) -> Option<i64> {
        self.years.map(|years| i64::from(years) * LONG_YEAR + i64::from(self.days))
    }
}

impl Retention {
    /// Reads `retention.toml`.
    ///
    /// # Errors
    /// [`RetentionError`] if it has another form, a kind has no rule, or a rule is below its floor.
    pub fn from_toml(text: &str) -> Result<Self, RetentionError> {
        let File { records } = toml::from_str(text).map_err(|error| RetentionError(error.to_string()))?;
        for kind in RecordKind::ALL {
            let rule = records.get(&kind).ok_or_else(|| RetentionError(format!("{kind:?} has no rule")))?;
            if (rule.after == Beginning::Never) != rule.years.is_none() {
                return Err(RetentionError(format!("{kind:?}: years belong to everything that is not kept for ever")));
            }
            // None, for ever, is more than any number of years.
            let enough = match (rule.years, kind.floor()) {
                (None, _) => true,
                (Some(_), None) => false,
                (Some(years), Some(floor)) => years >= floor,
            };
            if !enough {
                return Err(RetentionError(format!("{kind:?} must be kept longer")));
            }
        }
        Ok(Self(records))
    }

    /// The rule of a kind.
    pub fn rule(&self, kind: RecordKind) -> Rule {
        *self.0.get(&kind).expect("a file without a rule for each kind is refused")
    }
}

/// Days: what is kept for years is not forgotten a day early.
const LONG_YEAR: i64 = 366;
/// EN 319 411-1 clause 6.4.6.
const SEVEN_YEARS: u16 = 7;

#[cfg(test)]
mod tests {
    use super::*;

    const SHIPPED: &str = include_str!("../../../policies/retention.toml");

    #[test]
    fn every_kind_has_its_rule() {
        let retention = Retention::from_toml(SHIPPED).unwrap();
        let rule = Rule { after: Beginning::CertificateEnd, years: Some(10), days: 0 };
        assert_eq!(retention.rule(RecordKind::Enrolment), rule);
        assert_eq!(retention.rule(RecordKind::DistinguishedName).years, None);
        assert_eq!(retention.rule(RecordKind::RequestKey).days, 2);
    }

    #[test]
    fn mistakes_are_refused() {
        for (from, to) in [
            ("[records.revocation]", "[records.revocations]"),
            ("[records.revocation]\nafter = \"certificate-end\"\nyears = 10\n", ""),
            (
                "[records.certificate]\nafter = \"certificate-end\"\nyears = 10",
                "[records.certificate]\nafter = \"certificate-end\"\nyears = 6",
            ),
            ("after = \"never\"", "after = \"its-end\"\nyears = 100"),
            ("after = \"never\"", "after = \"never\"\nyears = 100"),
            ("after = \"its-writing\"\nyears = 10", "after = \"its-writing\""),
            ("after = \"its-end\"", "after = \"its-end\"\nextra = 1"),
        ] {
            assert!(SHIPPED.contains(from), "{from}");
            assert!(Retention::from_toml(&SHIPPED.replacen(from, to, 1)).is_err(), "{to}");
        }
    }
}
