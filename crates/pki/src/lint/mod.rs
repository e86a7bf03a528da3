//! Lints: rules on the very octets that will be, or were, signed.
//!
//! A rule is a name, the clause it comes from, what it is for, and a check; the registers of rules stand in the
//! files of their areas, and `docs/lints.md` lists them all. The rules read the octets with a strict reader of
//! their own; nothing of what built them is trusted. Every finding refuses the signature, unless the profile
//! waives the rule by name, with a reason and an end, and the rule is one of the few that may be waived.

mod certificate;
mod crl;
mod entries;
mod etsi;
mod extension;
mod location;
mod name;
mod ocsp;
mod policy;
mod profile;
mod qualified;
mod rfc5280;
mod rule;
mod signed;
mod status;
#[cfg(test)]
mod tests;
mod usage;
mod values;
mod view;
mod waivable;

pub(crate) use certificate::{certificate, issued, returned};
pub(crate) use crl::check as crl;
pub(crate) use ocsp::check as ocsp;
use rule::Rule;
pub use rule::Scope;
pub use waivable::may_be_waived;

use std::fmt;

/// A rule that was broken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// Name of the rule.
    pub rule: &'static str,
    /// The clause that demands it.
    pub source: &'static str,
    /// What was found.
    pub detail: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({}): {}", self.rule, self.source, self.detail)
    }
}

/// A rule of the register, for documents and tests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Registered {
    /// Its name.
    pub name: &'static str,
    /// The clause that demands it.
    pub source: &'static str,
    /// What it demands, in a sentence.
    pub demands: &'static str,
    /// What it is for.
    pub scope: Scope,
}

impl<F> From<&Rule<F>> for Registered {
    fn from(rule: &Rule<F>) -> Self {
        Self { name: rule.name, source: rule.source, demands: rule.demands.trim_ascii(), scope: rule.scope }
    }
}

/// Every rule.
pub fn register() -> Vec<Registered> {
    let mut all = vec![Registered::from(&NOT_DER)];
    all.extend(certificate::rules().map(Registered::from));
    all.push(Registered::from(&signed::NOT_DER));
    all.extend(signed::RULES.iter().map(Registered::from));
    all.push(Registered::from(&signed::DOES_NOT_VERIFY));
    all.push(Registered::from(&crl::NOT_DER));
    all.extend(crl::RULES.iter().map(Registered::from));
    all.push(Registered::from(&ocsp::NOT_DER));
    all.extend(ocsp::RULES.iter().map(Registered::from));
    all
}

/// Whether there is a rule of this name.
pub fn is_rule(name: &str) -> bool {
    register().iter().any(|rule| rule.name == name)
}

/// The rule that a TBSCertificate can be read.
const NOT_DER: Rule<()> = Rule {
    name: "e_not_der",
    source: "RFC 5280 4.1, X.690 10",
    demands: " A TBSCertificate is DER: definite minimal lengths, fields in their order, nothing left over.",
    scope: Scope::Certificates,
    check: (),
};
