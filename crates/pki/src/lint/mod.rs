//! Lints: rules on the very octets that will be, or were, signed.
//!
//! A rule is a name, the clause it comes from, and a check. The rules read the
//! octets with a strict reader of their own; nothing of what built them is
//! trusted. Every finding refuses the signature, unless the profile waives the
//! rule by name, with a reason and an end.

mod certificate;
mod crl;
mod etsi;
mod extension;
mod location;
mod name;
mod ocsp;
mod profile;
mod rfc5280;
#[cfg(test)]
mod tests;
mod view;

pub(crate) use certificate::{certificate, issued};
pub(crate) use crl::check as crl;
pub(crate) use ocsp::check as ocsp;

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

/// One rule about a subject of type `C`.
struct Rule<F> {
    name: &'static str,
    source: &'static str,
    check: F,
}

/// `Err` says what breaks the rule.
type Outcome = Result<(), String>;

impl<F> Rule<F> {
    fn finding(&self, detail: String) -> Finding {
        Finding { rule: self.name, source: self.source, detail }
    }
}

/// Turns a condition into an outcome.
fn ensure(holds: bool, detail: impl FnOnce() -> String) -> Outcome {
    if holds { Ok(()) } else { Err(detail()) }
}

/// Names and clauses of every rule, for documents and tests.
pub fn catalogue() -> Vec<(&'static str, &'static str)> {
    let certificate = certificate::rules().map(|rule| (rule.name, rule.source));
    let frame = [certificate::NOT_DER, certificate::SIGNATURE, crl::NOT_DER, ocsp::NOT_DER];
    let crl = crl::RULES.iter().map(|rule| (rule.name, rule.source));
    let ocsp = ocsp::RULES.iter().map(|rule| (rule.name, rule.source));
    frame.into_iter().chain(certificate).chain(crl).chain(ocsp).collect()
}
