//! Samples, and what the rules, or the rules with a change, find in them.

use std::collections::BTreeSet;

use super::crls::Fields;
use super::fixture::Fixture;
use super::ocsp::Answer;
use super::parts::Parts;
use super::signed::Whole;
use crate::lint::certificate::Context;
use crate::lint::rule::{Outcome, Rule};
use crate::lint::{NOT_DER, certificate, crl, ocsp, signed};

/// What breaks a rule.
pub(super) struct Sample {
    /// The rule.
    pub(super) rule: &'static str,
    /// Rules of other clauses that the same fault breaks.
    pub(super) companions: &'static [&'static str],
    pub(super) fault: Fault,
}

/// One change to a good document.
pub(super) enum Fault {
    /// In the TBSCertificate of a profile.
    Certificate(&'static str, fn(&mut Parts)),
    /// Around a TBSCertificate.
    Signed(fn(&mut Whole)),
    Crl(fn(&mut Fields)),
    Ocsp(fn(&mut Answer)),
}

/// How the register of rules is changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mutant {
    /// Not at all.
    None,
    /// Without the rule of this name.
    Without(&'static str),
    /// The rule of this name finds nothing.
    Silent(&'static str),
    /// The rule of this name finds something everywhere.
    Loud(&'static str),
}

/// Names of the rules that were broken.
pub(super) type Broken = BTreeSet<&'static str>;

impl Sample {
    /// What a register with this change must report, for the test of the rule to pass.
    pub(super) fn wanted(&self) -> Broken {
        self.companions.iter().copied().chain([self.rule]).collect()
    }

    /// What a register with this change reports of the sample.
    pub(super) fn broken(&self, mutant: Mutant) -> Broken {
        self.fault.broken(mutant, true)
    }

    /// What a register with this change reports of the document before it was spoilt.
    pub(super) fn broken_before(&self, mutant: Mutant) -> Broken {
        self.fault.broken(mutant, false)
    }
}

impl Fault {
    /// What the service reports.
    pub(super) fn reported(&self) -> Broken {
        let fixture = Fixture::shared();
        let findings = match self {
            Self::Certificate(profile, spoil) => {
                let good = fixture.good(profile);
                let mut parts = Parts::of(&good.tbs);
                spoil(&mut parts);
                let issuer = parts.under.issuer(fixture, profile);
                certificate::certificate(&parts.encode(), &good.profile, issuer).err().unwrap_or_default()
            }
            Self::Signed(spoil) => {
                let mut whole = Whole::good(fixture);
                spoil(&mut whole);
                whole.reported(fixture)
            }
            Self::Crl(spoil) => {
                let mut fields = Fields::good(fixture);
                spoil(&mut fields);
                crl::check(&fields.encode(), fields.under.certificate(fixture)).err().unwrap_or_default()
            }
            Self::Ocsp(spoil) => {
                let mut answer = Answer::good(fixture);
                spoil(&mut answer);
                ocsp::check(&answer.encode(), &answer.responder, answer.last.as_ref())
            }
        };
        findings.into_iter().map(|finding| finding.rule).collect()
    }

    pub(super) fn broken(&self, mutant: Mutant, spoilt: bool) -> Broken {
        let fixture = Fixture::shared();
        match self {
            Self::Certificate(profile, spoil) => {
                let good = fixture.good(profile);
                let mut parts = Parts::of(&good.tbs);
                if spoilt {
                    spoil(&mut parts);
                }
                let (der, issuer) = (parts.encode(), parts.under.issuer(fixture, profile));
                match Context::read(&der, &good.profile, issuer) {
                    Ok(context) => {
                        mutant.report(certificate::rules(), |rules| certificate::judge(&context, rules.iter()))
                    }
                    Err(_) => mutant.unless(NOT_DER.name),
                }
            }
            Self::Signed(spoil) => {
                let mut whole = Whole::good(fixture);
                if spoilt {
                    spoil(&mut whole);
                }
                whole.broken(mutant, fixture)
            }
            Self::Crl(spoil) => {
                let mut fields = Fields::good(fixture);
                if spoilt {
                    spoil(&mut fields);
                }
                let der = fields.encode();
                match crl::Context::read(&der, fields.under.certificate(fixture)) {
                    Ok(context) => mutant.report(crl::RULES.iter(), |rules| crl::judge(&context, rules.iter())),
                    Err(_) => mutant.unless(crl::NOT_DER.name),
                }
            }
            Self::Ocsp(spoil) => {
                let mut answer = Answer::good(fixture);
                if spoilt {
                    spoil(&mut answer);
                }
                match ocsp::Context::read(&answer.encode(), &answer.responder, answer.last.as_ref()) {
                    Ok(context) => mutant.report(ocsp::RULES.iter(), |rules| ocsp::judge(&context, rules.iter())),
                    Err(_) => mutant.unless(ocsp::NOT_DER.name),
                }
            }
        }
    }
}

/// A check that can be replaced by one that always, or never, finds something.
pub(super) trait Check: Copy + 'static {
    const SILENT: Self;
    const LOUD: Self;
}

macro_rules! checks {
    ($($context:ty),+) => {$(
        impl Check for for<'c, 'a> fn(&'c $context) -> Outcome {
            const SILENT: Self = |_| Ok(());
            const LOUD: Self = |_| Err(String::new());
        }
    )+};
}
checks!(Context<'a>, signed::Signed<'a>, crl::Context<'a>, ocsp::Context<'a>);

impl Mutant {
    /// What the rules report after the change.
    pub(super) fn report<F: Check>(
        self,
        rules: impl Iterator<Item = &'static Rule<F>>,
        judge: impl FnOnce(&[Rule<F>]) -> Vec<crate::Finding>,
    ) -> Broken {
        let changed = rules.filter_map(|rule| match self {
            Self::Without(name) if name == rule.name => None,
            Self::Silent(name) if name == rule.name => Some(Rule { check: F::SILENT, ..*rule }),
            Self::Loud(name) if name == rule.name => Some(Rule { check: F::LOUD, ..*rule }),
            _ => Some(*rule),
        });
        judge(&changed.collect::<Vec<_>>()).into_iter().map(|finding| finding.rule).collect()
    }

    /// This rule, which is the reading itself or costs a signature, is broken, unless it was taken out.
    pub(super) fn unless(self, rule: &'static str) -> Broken {
        let is_gone = self == Self::Without(rule) || self == Self::Silent(rule);
        if is_gone { Broken::new() } else { [rule].into() }
    }
}

/// Whether the test of the rule passes on a register with this change.
///
/// # Errors
/// What was reported instead.
pub(super) fn test_passes(rule: &str, mutant: Mutant) -> Result<(), String> {
    let mut count = 0;
    for sample in super::samples().filter(|sample| sample.rule == rule) {
        count += 1;
        let before = sample.broken_before(mutant);
        if !before.is_empty() {
            return Err(format!("sample {count} of {rule}: before it is spoilt: {before:?}"));
        }
        let (found, wanted) = (sample.broken(mutant), sample.wanted());
        if found != wanted {
            return Err(format!("sample {count} of {rule}: {found:?} instead of {wanted:?}"));
        }
    }
    if count == 0 { Err(format!("{rule} has no sample")) } else { Ok(()) }
}

/// Samples of rules, each with the other rules that it breaks too, and a test of each rule's name.
macro_rules! samples {
    ($($rule:ident { $($fault:expr $(, $companion:ident)*;)+ })+) => {
        pub(super) const SAMPLES: &[$crate::lint::tests::sample::Sample] = &[$($($crate::lint::tests::sample::Sample {
            rule: stringify!($rule),
            companions: &[$(stringify!($companion)),*],
            fault: $fault,
        }),+),+];
        $(
            #[test]
            fn $rule() {
                use $crate::lint::tests::sample::{Mutant, test_passes};
                assert_eq!(test_passes(stringify!($rule), Mutant::None), Ok(()));
            }
        )+
    };
}
pub(super) use samples;
