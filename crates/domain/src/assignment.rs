//! A package in a person's hands: ordered by one, approved by another, for a time.
//!
//! Nobody orders, approves or records anything for themselves.

mod error;

pub use error::AssignmentError;

use crate::packages::{Package, PackageHolder, PackageRef, PackageScope, Packages};
use crate::rights::{Held, Lapse, lapse};
use crate::{AssignmentId, FunctionId, PersonId, TenantId};
use pki::time::UtcTime;
use std::collections::BTreeSet;

/// A package for a person at an agency, at stage `S`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Assignment<S> {
    /// Its key.
    pub id: AssignmentId,
    /// The agency.
    pub tenant: TenantId,
    /// Who holds it or is to; of a system's, who answers for the system.
    pub person: PersonId,
    /// The system that holds it, if it is none for people. It is the system's as long as the same person answers for it.
    pub function: Option<FunctionId>,
    /// What, at the version that was ordered.
    pub package: PackageRef,
    /// First second.
    pub from: UtcTime,
    /// Last second.
    pub until: UtcTime,
    /// What the person needs it for.
    pub reason: String,
    stage: S,
}

/// Ordered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ordered {
    /// By whom; none for a ceremony, which approves by itself.
    pub by: Option<PersonId>,
    /// When.
    pub at: UtcTime,
}

/// Decided by somebody else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decided {
    /// The stage before.
    pub ordered: Ordered,
    /// By whom; none for a ceremony.
    pub by: Option<PersonId>,
    /// When.
    pub at: UtcTime,
    /// The decision's own grounds.
    pub reason: String,
}

/// In force, within its time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Active(pub Decided);

/// Not approved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused(pub Decided);

/// Taken back before its time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ended {
    /// The stage before.
    pub active: Active,
    /// By whom.
    pub by: PersonId,
    /// When.
    pub at: UtcTime,
    /// Why.
    pub reason: String,
}

/// What a row can hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AnyAssignment {
    /// Waits for its decision.
    Ordered(Assignment<Ordered>),
    /// In force, within its time.
    Active(Assignment<Active>),
    /// Not approved.
    Refused(Assignment<Refused>),
    /// Taken back.
    Ended(Assignment<Ended>),
}

/// A training that a person passed, recorded by somebody else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Training {
    /// The agency.
    pub tenant: TenantId,
    /// Who passed.
    pub person: PersonId,
    /// Which training.
    pub training: String,
    /// When it was passed.
    pub passed_at: UtcTime,
    /// Who recorded it; none for a ceremony.
    pub recorded_by: Option<PersonId>,
    /// When it was recorded.
    pub recorded_at: UtcTime,
}

/// An order: for whom, what, how long and what for.
#[derive(Debug, Clone)]
pub struct Order {
    /// For whom; for a system, who answers for it.
    pub person: PersonId,
    /// The system that it is for.
    pub function: Option<FunctionId>,
    /// Name of the package; its highest version is ordered.
    pub package: String,
    /// First second.
    pub from: UtcTime,
    /// Last second.
    pub until: UtcTime,
    /// What for.
    pub reason: String,
}

/// Somebody who orders or decides.
#[derive(Debug, Clone)]
pub struct Manager {
    /// Who.
    pub person: PersonId,
    /// Whether they hold a package about all agencies.
    pub of_service: bool,
}

impl Assignment<Ordered> {
    /// Orders a package.
    ///
    /// # Errors
    /// [`AssignmentError`] if it could not be given to that person.
    pub fn order(
        (id, tenant): (AssignmentId, TenantId),
        order: Order,
        (by, at): (&Manager, UtcTime),
        held: &Held<'_>,
        policy: &Packages,
    ) -> Result<Self, AssignmentError> {
        let Order { person, function, package, from, until, reason } = order;
        let package = policy.newest(&package).ok_or(AssignmentError::NoSuchPackage(package))?;
        let (package, max_days) = (package.reference(), package.max_days);
        let longest = from.plus_days(max_days.into());
        if from > until || until <= at || until > longest {
            return Err(AssignmentError::Time { max_days });
        }
        let stage = Ordered { by: Some(by.person.clone()), at };
        let assignment = Self { id, tenant, person, function, package, from, until, reason, stage };
        assignment.could_be_given((by, at), held, policy)?;
        Ok(assignment)
    }

    /// Approves an order: from now on the right is there, within its time.
    ///
    /// # Errors
    /// [`AssignmentError`] if `by` ordered it or is the person, or it cannot be given as things stand now.
    pub fn approve(
        self,
        (by, at): (&Manager, UtcTime),
        reason: String,
        held: &Held<'_>,
        policy: &Packages,
    ) -> Result<Assignment<Active>, AssignmentError> {
        self.other_than_orderer(by)?;
        self.could_be_given((by, at), held, policy)?;
        let by = Some(by.person.clone());
        Ok(self.advance(|ordered| Active(Decided { ordered, by, at, reason })))
    }

    /// Refuses an order.
    ///
    /// # Errors
    /// [`AssignmentError`] if `by` ordered it or is the person.
    pub fn refuse(self, (by, at): (&Manager, UtcTime), reason: String) -> Result<Assignment<Refused>, AssignmentError> {
        self.other_than_orderer(by)?;
        if by.person == self.person {
            return Err(AssignmentError::OnSelf);
        }
        let by = Some(by.person.clone());
        Ok(self.advance(|ordered| Refused(Decided { ordered, by, at, reason })))
    }

    fn other_than_orderer(&self, by: &Manager) -> Result<(), AssignmentError> {
        if self.stage.by.as_ref() == Some(&by.person) { Err(AssignmentError::SamePerson) } else { Ok(()) }
    }

    fn could_be_given(
        &self,
        (by, now): (&Manager, UtcTime),
        held: &Held<'_>,
        policy: &Packages,
    ) -> Result<(), AssignmentError> {
        if by.person == self.person {
            return Err(AssignmentError::OnSelf);
        }
        let name = &self.package.name;
        let package = policy.get(&self.package).ok_or_else(|| AssignmentError::NoSuchPackage(name.clone()))?;
        let holder = if self.function.is_some() { PackageHolder::System } else { PackageHolder::Person };
        if package.holder != holder {
            return Err(AssignmentError::OtherHolder { package: name.clone(), holder: package.holder });
        }
        if package.scope == PackageScope::Service && !by.of_service {
            return Err(AssignmentError::NotForAgencies(name.clone()));
        }
        if self.until < now {
            return Err(AssignmentError::Time { max_days: package.max_days });
        }
        self.goes_with(held, policy)?;
        trained(package, held, policy, now)
    }

    /// Packages of the same holder that are or will be in force while this one is, or that wait for their decision.
    fn goes_with(&self, held: &Held<'_>, policy: &Packages) -> Result<(), AssignmentError> {
        let meets = |other: &&AnyAssignment| {
            other.is_open_or_active() && other.id() != &self.id && other.function() == self.function.as_ref() && {
                let (from, until) = other.time();
                from <= self.until && self.from <= until
            }
        };
        let names: BTreeSet<&str> =
            held.assignments.iter().filter(meets).map(|other| other.package().name.as_str()).collect();
        for held in names {
            if policy.conflict(&[held, self.package.name.as_str()].into()).is_some() {
                return Err(AssignmentError::Incompatible { wanted: self.package.name.clone(), held: held.to_owned() });
            }
        }
        Ok(())
    }
}

fn trained(package: &Package, held: &Held<'_>, policy: &Packages, now: UtcTime) -> Result<(), AssignmentError> {
    let untrained = |training: &String| AssignmentError::Untrained(training.clone());
    match &package.training {
        Some(training) if lapse(training, held.trainings, policy, now) == Some(Lapse::Training) => {
            Err(untrained(training))
        }
        _ => Ok(()),
    }
}

impl Assignment<Active> {
    /// A package that a key ceremony gives: its participants confirmed the file that names the person.
    pub fn founded(
        (id, tenant): (AssignmentId, TenantId),
        person: PersonId,
        package: &Package,
        at: UtcTime,
        reason: String,
    ) -> Self {
        let decided = Decided { ordered: Ordered { by: None, at }, by: None, at, reason: reason.clone() };
        let until = at.plus_days(package.max_days.into());
        let (package, stage) = (package.reference(), Active(decided));
        Self { id, tenant, person, function: None, package, from: at, until, reason, stage }
    }

    /// Takes the package back.
    ///
    /// # Errors
    /// [`AssignmentError::OnSelf`]: whoever wants to be rid of a package asks another.
    pub fn end(self, by: PersonId, at: UtcTime, reason: String) -> Result<Assignment<Ended>, AssignmentError> {
        if by == self.person {
            return Err(AssignmentError::OnSelf);
        }
        Ok(self.advance(|active| Ended { active, by, at, reason }))
    }

    /// Whether it is in force at `now`; the policy and the training have their own say.
    pub fn in_time(&self, now: UtcTime) -> bool {
        (self.from..=self.until).contains(&now)
    }
}

impl<S> Assignment<S> {
    /// What was recorded of the stage.
    pub const fn stage(&self) -> &S {
        &self.stage
    }

    /// Puts a stored assignment together again; for stores only.
    pub fn restore(
        (id, tenant): (AssignmentId, TenantId),
        (person, function): (PersonId, Option<FunctionId>),
        package: PackageRef,
        (from, until): (UtcTime, UtcTime),
        reason: String,
        stage: S,
    ) -> Self {
        Self { id, tenant, person, function, package, from, until, reason, stage }
    }

    /// The assignment without its stage.
    pub fn bare(&self) -> Assignment<()>
    where
        S: Clone,
    {
        self.clone().advance(|_| ())
    }

    /// The assignment at another stage; for stores only outside this module.
    pub fn advance<T>(self, to: impl FnOnce(S) -> T) -> Assignment<T> {
        let Self { id, tenant, person, function, package, from, until, reason, stage } = self;
        Assignment { id, tenant, person, function, package, from, until, reason, stage: to(stage) }
    }
}

macro_rules! at_any_stage {
    ($any:expr, $assignment:ident => $part:expr) => {
        match $any {
            AnyAssignment::Ordered($assignment) => $part,
            AnyAssignment::Active($assignment) => $part,
            AnyAssignment::Refused($assignment) => $part,
            AnyAssignment::Ended($assignment) => $part,
        }
    };
}

impl AnyAssignment {
    /// The word in rows and views.
    pub const fn stage_name(&self) -> &'static str {
        match self {
            Self::Ordered(_) => "ordered",
            Self::Active(_) => "active",
            Self::Refused(_) => "refused",
            Self::Ended(_) => "ended",
        }
    }

    /// Its key.
    pub const fn id(&self) -> &AssignmentId {
        at_any_stage!(self, assignment => &assignment.id)
    }

    /// The package.
    pub const fn package(&self) -> &PackageRef {
        at_any_stage!(self, assignment => &assignment.package)
    }

    /// The system that holds it, if it is none for people.
    pub const fn function(&self) -> Option<&FunctionId> {
        at_any_stage!(self, assignment => assignment.function.as_ref())
    }

    /// First and last second.
    pub const fn time(&self) -> (UtcTime, UtcTime) {
        at_any_stage!(self, assignment => (assignment.from, assignment.until))
    }

    /// The parts that every stage shares.
    pub fn bare(&self) -> Assignment<()> {
        at_any_stage!(self, assignment => assignment.bare())
    }

    /// The order.
    pub const fn ordered(&self) -> &Ordered {
        match self {
            Self::Ordered(a) => &a.stage,
            Self::Active(a) => &a.stage.0.ordered,
            Self::Refused(a) => &a.stage.0.ordered,
            Self::Ended(a) => &a.stage.active.0.ordered,
        }
    }

    /// The decision, if there is one.
    pub const fn decided(&self) -> Option<&Decided> {
        match self {
            Self::Ordered(_) => None,
            Self::Active(a) => Some(&a.stage.0),
            Self::Refused(a) => Some(&a.stage.0),
            Self::Ended(a) => Some(&a.stage.active.0),
        }
    }

    /// How it ended, if it was taken back.
    pub const fn ended(&self) -> Option<&Ended> {
        match self {
            Self::Ended(a) => Some(&a.stage),
            _ => None,
        }
    }

    const fn is_open_or_active(&self) -> bool {
        matches!(self, Self::Ordered(_) | Self::Active(_))
    }
}

impl Training {
    /// Records that somebody passed a training.
    ///
    /// # Errors
    /// [`AssignmentError`] if it is the recorder's own, of no known kind, or in the future.
    pub fn record(self, policy: &Packages) -> Result<Self, AssignmentError> {
        if self.recorded_by.as_ref() == Some(&self.person) {
            return Err(AssignmentError::OnSelf);
        }
        if policy.training_counts_until(&self.training, self.passed_at).is_none() {
            return Err(AssignmentError::NoSuchTraining(self.training));
        }
        if self.passed_at > self.recorded_at {
            return Err(AssignmentError::NotPassed);
        }
        Ok(self)
    }
}

#[cfg(test)]
mod tests;
