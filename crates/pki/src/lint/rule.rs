//! What a rule is. The registers of rules stand in the files of their areas.

use super::Finding;
use crate::profile::Purpose;

/// One rule: one demand of one clause.
#[derive(Debug, Clone, Copy)]
pub(super) struct Rule<F> {
    /// Unique. `e_` says that a finding refuses the signature, `e_crl_` and `e_ocsp_` what it is about.
    pub(super) name: &'static str,
    /// The clause that demands it.
    pub(super) source: &'static str,
    /// What it demands, in a sentence.
    pub(super) demands: &'static str,
    /// What it is for.
    pub(super) scope: Scope,
    /// `Err` says what breaks the rule.
    pub(super) check: F,
}

/// `Err` says what breaks the rule.
pub(super) type Outcome = Result<(), String>;

impl<F> Rule<F> {
    /// What is reported if the rule is broken.
    pub(super) fn finding(&self, detail: String) -> Finding {
        Finding { rule: self.name, source: self.source, detail }
    }
}

/// What a rule is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Scope {
    /// Every certificate.
    Certificates,
    /// Certificates of CAs.
    Authorities,
    /// Certificates of anybody but CAs.
    EndEntities,
    /// Certificates of people.
    NaturalPersons,
    /// Certificates of anybody but CAs and people: everything else belongs to an organisation.
    LegalPersons,
    /// Certificates of OCSP signers.
    OcspSigners,
    /// Every certificate once it is signed.
    SignedCertificates,
    /// CRLs.
    Crls,
    /// OCSP answers.
    OcspAnswers,
}

impl Scope {
    /// Whether a rule about certificates is for those of this purpose.
    pub(super) fn covers(self, purpose: Purpose) -> bool {
        match self {
            Self::Certificates | Self::SignedCertificates => true,
            Self::Authorities => purpose.is_ca(),
            Self::EndEntities => !purpose.is_ca(),
            Self::NaturalPersons => purpose.is_person(),
            Self::LegalPersons => !purpose.is_ca() && !purpose.is_person(),
            Self::OcspSigners => purpose == Purpose::OcspSigner,
            Self::Crls | Self::OcspAnswers => false,
        }
    }

    /// The scope in words.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Certificates => "all certificates",
            Self::Authorities => "CAs",
            Self::EndEntities => "end entities",
            Self::NaturalPersons => "natural persons",
            Self::LegalPersons => "legal persons",
            Self::OcspSigners => "OCSP signers",
            Self::SignedCertificates => "signed certificates",
            Self::Crls => "CRLs",
            Self::OcspAnswers => "OCSP answers",
        }
    }
}

/// Turns a condition into an outcome.
pub(super) fn ensure(holds: bool, detail: impl FnOnce() -> String) -> Outcome {
    if holds { Ok(()) } else { Err(detail()) }
}

/// No finding if there is nothing, else one that says what.
pub(super) fn none(found: Option<String>) -> Outcome {
    found.map_or(Ok(()), Err)
}

/// A register of rules: what each demands, its name, what it is for, the clause, and the check.
macro_rules! rules {
    ($kind:ty; $(#[doc = $demands:literal] $name:ident: $scope:ident, $source:literal => $check:expr;)+) => {
        pub(super) const RULES: &[$kind] = &[$($crate::lint::rule::Rule {
            name: stringify!($name),
            source: $source,
            demands: $demands,
            scope: $crate::lint::rule::Scope::$scope,
            check: $check,
        }),+];
    };
}
pub(super) use rules;
