//! What a person may do at a moment: packages in their time, with the training that they ask for.

use crate::access::{Action, Role};
use crate::assignment::{AnyAssignment, Training};
use crate::packages::{PackageHolder, PackageScope, Packages};
use crate::{FunctionId, TenantId};
use pki::time::UtcTime;
use std::collections::BTreeSet;

/// What is on record of one person.
#[derive(Debug, Clone, Copy)]
pub struct Held<'a> {
    /// Everything ever ordered or given, at whatever agency.
    pub assignments: &'a [AnyAssignment],
    /// The trainings at the agency in question.
    pub trainings: &'a [Training],
}

/// What a person may do at one agency. Asked anew with the time at every act: a right ends on its second, also for
/// somebody who is in the middle of their work.
#[derive(Debug, Clone, Default)]
pub struct Rights {
    everyone: BTreeSet<Action>,
    grants: Vec<Grant>,
    conflict: Option<(String, String)>,
}

#[derive(Debug, Clone)]
struct Grant {
    permissions: BTreeSet<Action>,
    role: Option<Role>,
    scope: PackageScope,
    from: UtcTime,
    until: UtcTime,
    trained_until: Option<UtcTime>,
}

/// Why a right that was given is without effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Lapse {
    /// The package's time is over, or has not begun.
    Package,
    /// The training is missing or too old.
    Training,
}

/// Why somebody may not do something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Denial {
    /// No package of theirs has it.
    NoPackage,
    /// A package has it, but is without effect.
    Lapsed(Lapse),
    /// Two packages that must not meet in one person did: none of them counts.
    Together,
}

impl Denial {
    /// Stable word for machines; part of the API.
    pub const fn code(self) -> &'static str {
        match self {
            Self::NoPackage => "denied",
            Self::Lapsed(Lapse::Package) => "package-expired",
            Self::Lapsed(Lapse::Training) => "training-expired",
            Self::Together => "incompatible-packages",
        }
    }
}

impl std::fmt::Display for Denial {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::NoPackage => "no package of the caller's has it",
            Self::Lapsed(Lapse::Package) => "the caller's package is not in its time",
            Self::Lapsed(Lapse::Training) => "the caller's training is missing or too old",
            Self::Together => "the caller holds packages that exclude each other; none of them counts",
        })
    }
}

impl Rights {
    /// The rights of a person at `tenant`, from what is on record. If two packages that exclude each other are in force
    /// at `now`, at whatever agencies, none of them counts. What systems hold that the person answers for is not theirs.
    pub fn of(policy: &Packages, tenant: &TenantId, held: &Held<'_>, now: UtcTime) -> Self {
        let everyone = Action::ALL.iter().copied().filter(|action| policy.everyone_may(*action)).collect();
        Self { everyone, ..Self::held_by(None, policy, tenant, held, now) }
    }

    /// The rights of a system, from what is on record of the person who answers for it: what was given to the system,
    /// under that person, and nothing else. It has none that everybody has.
    pub fn of_system(system: &FunctionId, policy: &Packages, tenant: &TenantId, held: &Held<'_>, now: UtcTime) -> Self {
        Self::held_by(Some(system), policy, tenant, held, now)
    }

    fn held_by(
        system: Option<&FunctionId>,
        policy: &Packages,
        tenant: &TenantId,
        held: &Held<'_>,
        now: UtcTime,
    ) -> Self {
        let active = held.assignments.iter().filter_map(|assignment| match assignment {
            AnyAssignment::Active(active) if active.function.as_ref() == system => Some(active),
            _ => None,
        });
        let in_force: BTreeSet<&str> =
            active.clone().filter(|active| active.in_time(now)).map(|active| active.package.name.as_str()).collect();
        let conflict = policy.conflict(&in_force).map(|(one, other)| (one.to_owned(), other.to_owned()));
        let here = active.filter(|active| active.tenant == *tenant);
        let grants = here.filter_map(|active| {
            let package = policy.get(&active.package)?;
            let of_system = package.holder == PackageHolder::System;
            if of_system != system.is_some() {
                return None;
            }
            let training = package.training.as_ref();
            let trained_until =
                training.map(|training| counts_until(training, held.trainings, policy).unwrap_or(NEVER));
            Some(Grant {
                permissions: package.permissions.clone(),
                role: package.role,
                scope: package.scope,
                from: active.from,
                until: active.until,
                trained_until,
            })
        });
        Self { everyone: BTreeSet::new(), grants: grants.collect(), conflict }
    }

    /// Whether the person may do `action` at `now`.
    ///
    /// # Errors
    /// [`Denial`] says whether a package is missing or lapsed.
    pub fn allow(&self, action: Action, now: UtcTime) -> Result<(), Denial> {
        if self.everyone.contains(&action) {
            return Ok(());
        }
        if self.conflict.is_some() {
            return Err(Denial::Together);
        }
        let states =
            self.grants.iter().filter(|grant| grant.permissions.contains(&action)).map(|grant| grant.state(now));
        let mut denial = Denial::NoPackage;
        for state in states {
            match state {
                Ok(()) => return Ok(()),
                Err(lapse) => denial = Denial::Lapsed(lapse),
            }
        }
        Err(denial)
    }

    /// The roles in which the person signs at `now`.
    pub fn roles(&self, now: UtcTime) -> BTreeSet<Role> {
        self.in_force(now).filter_map(|grant| grant.role).collect()
    }

    /// Whether a package about all agencies is in force at `now`.
    pub fn of_service(&self, now: UtcTime) -> bool {
        self.in_force(now).any(|grant| grant.scope == PackageScope::Service)
    }

    fn in_force(&self, now: UtcTime) -> impl Iterator<Item = &Grant> {
        let counts = self.conflict.is_none();
        self.grants.iter().filter(move |grant| counts && grant.state(now).is_ok())
    }

    /// Two packages in force that exclude each other, if there are such.
    pub fn conflict(&self) -> Option<(&str, &str)> {
        self.conflict.as_ref().map(|(one, other)| (one.as_str(), other.as_str()))
    }
}

impl Grant {
    fn state(&self, now: UtcTime) -> Result<(), Lapse> {
        if !(self.from..=self.until).contains(&now) {
            return Err(Lapse::Package);
        }
        if self.trained_until.is_some_and(|until| until < now) { Err(Lapse::Training) } else { Ok(()) }
    }
}

/// Whether the person lacks a training at `now`.
pub(crate) fn lapse(training: &str, trainings: &[Training], policy: &Packages, now: UtcTime) -> Option<Lapse> {
    counts_until(training, trainings, policy).is_none_or(|until| until < now).then_some(Lapse::Training)
}

/// Until when the latest training of a kind counts.
fn counts_until(training: &str, trainings: &[Training], policy: &Packages) -> Option<UtcTime> {
    let passed = trainings.iter().filter(|passed| passed.training == training);
    passed.filter_map(|passed| policy.training_counts_until(training, passed.passed_at)).max()
}

/// Before every time that is.
const NEVER: UtcTime = UtcTime::from_unix(i64::MIN);
