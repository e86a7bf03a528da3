//! Permission packages (behörighetspaket): versioned, named sets of permissions, as a policy has them.

use crate::access::{Action, Role, words};
use pki::time::UtcTime;
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};

/// A package at a version. A right follows the version that was approved.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct PackageRef {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: u32,
}

impl std::fmt::Display for PackageRef {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} version {}", self.name, self.version)
    }
}

/// A package.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Package {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: u32,
    /// What its holder may do.
    pub permissions: BTreeSet<Action>,
    /// What its holder's signature counts as.
    #[serde(default)]
    pub role: Option<Role>,
    /// What it is about.
    #[serde(default)]
    pub scope: PackageScope,
    /// Whether people hold it or systems.
    #[serde(default)]
    pub holder: PackageHolder,
    /// Whether its holder can hold no other.
    #[serde(default)]
    pub exclusive: bool,
    /// The training that its holder must have passed and that must not be too old.
    #[serde(default)]
    pub training: Option<String>,
    /// The longest time that it is given for, in days.
    pub max_days: u32,
}

impl Package {
    /// Name and version.
    pub fn reference(&self) -> PackageRef {
        PackageRef { name: self.name.clone(), version: self.version }
    }
}

words! {
    /// What a package is about.
    #[derive(Default)]
    PackageScope {
        /// The holder's own agency.
        #[default]
        Agency = "agency",
        /// All agencies: given only by people who hold such a package themselves.
        Service = "service",
    }
}

words! {
    /// Who holds a package.
    #[derive(Default)]
    PackageHolder {
        /// A person.
        #[default]
        Person = "person",
        /// A system with a function certificate, while the same person answers for it.
        System = "system",
    }
}

/// A training, as a policy has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
struct TrainingRule {
    valid_days: u32,
}

/// `policies/access/packages.toml`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Packages {
    everyone: BTreeSet<Action>,
    incompatible: Vec<BTreeSet<String>>,
    trainings: BTreeMap<String, TrainingRule>,
    by_version: BTreeMap<PackageRef, Package>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    everyone: BTreeSet<Action>,
    #[serde(default)]
    incompatible: Vec<BTreeSet<String>>,
    #[serde(default)]
    trainings: BTreeMap<String, TrainingRule>,
    #[serde(rename = "package")]
    packages: Vec<Package>,
}

/// A policy file that cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PolicyError {
    /// Not TOML of the expected form.
    #[error("packages: {0}")]
    Syntax(String),
    /// The same package at the same version twice.
    #[error("packages: {0} is there twice")]
    Twice(PackageRef),
    /// A role that no package gives would silently be powerless.
    #[error("packages: no package gives the role {0}")]
    RoleMissing(Role),
    /// A word that is no package of the file.
    #[error("packages: {0} is incompatible with others, but there is no such package")]
    NoSuchPackage(String),
    /// A training without a rule for how long it counts.
    #[error("packages: {package} asks for the training {training}, which has no rule")]
    NoSuchTraining {
        /// The package.
        package: PackageRef,
        /// The training.
        training: String,
    },
    /// The auditor must not change anything.
    #[error("packages: the auditor may only read, not {0}")]
    AuditorActs(Action),
    /// The auditor must be nothing else.
    #[error("packages: the auditor's package must be exclusive")]
    AuditorCombines,
    /// What systems do is no person's, and the other way round.
    #[error("packages: {package} is a {}'s and cannot have {action}", .holder.as_str())]
    OtherHolder {
        /// The package.
        package: PackageRef,
        /// Who would hold it.
        holder: PackageHolder,
        /// What they cannot do.
        action: Action,
    },
    /// Systems sign nothing and act for their own agency.
    #[error("packages: {0} is a system's: it has neither role nor scope")]
    SystemSigns(PackageRef),
    /// A package without an end is no package.
    #[error("packages: {package} may be given for 1 to {MOST_DAYS} days, not {found}")]
    Endless {
        /// The package.
        package: PackageRef,
        /// What the file says.
        found: u32,
    },
}

impl Packages {
    /// Reads a policy.
    ///
    /// # Errors
    /// [`PolicyError`] for unknown words, a role that nobody could hold, or an auditor who could act.
    pub fn from_toml(text: &str) -> Result<Self, PolicyError> {
        let file: File = toml::from_str(text).map_err(|e| PolicyError::Syntax(e.to_string()))?;
        let File { everyone, incompatible, trainings, packages: listed } = file;
        if let Some(action) = everyone.iter().find(|action| action.is_systems()) {
            return Err(PolicyError::Syntax(format!("{action} is a system's, and not everyone's")));
        }
        let mut packages = BTreeMap::new();
        for package in listed {
            check(&package, &trainings)?;
            let reference = package.reference();
            if packages.insert(reference.clone(), package).is_some() {
                return Err(PolicyError::Twice(reference));
            }
        }
        let policy = Self { everyone, incompatible, trainings, by_version: packages };
        let gives = |role: &Role| policy.by_version.values().any(|package| package.role == Some(*role));
        if let Some(missing) = Role::ALL.iter().find(|role| !gives(role)) {
            return Err(PolicyError::RoleMissing(*missing));
        }
        let unknown = policy.incompatible.iter().flatten().find(|name| policy.newest(name).is_none());
        unknown.map_or(Ok(()), |name| Err(PolicyError::NoSuchPackage(name.clone())))?;
        Ok(policy)
    }

    /// A package at exactly this version.
    pub fn get(&self, reference: &PackageRef) -> Option<&Package> {
        self.by_version.get(reference)
    }

    /// A package at its highest version: what is ordered.
    pub fn newest(&self, name: &str) -> Option<&Package> {
        self.by_version.values().rfind(|package| package.name == name)
    }

    /// The package at its highest version whose holders sign in `role`.
    pub fn of_role(&self, role: Role) -> Option<&Package> {
        self.by_version.values().rfind(|package| package.role == Some(role))
    }

    /// Every package, by name and version.
    pub fn iter(&self) -> impl Iterator<Item = &Package> {
        self.by_version.values()
    }

    /// The trainings that there are.
    pub fn trainings(&self) -> impl Iterator<Item = &str> {
        self.trainings.keys().map(String::as_str)
    }

    /// Whether every holder of a valid card may do `action`.
    pub fn everyone_may(&self, action: Action) -> bool {
        self.everyone.contains(&action)
    }

    /// The last second at which a training passed at `passed` counts; none if there is no such training.
    pub fn training_counts_until(&self, training: &str, passed: UtcTime) -> Option<UtcTime> {
        self.trainings.get(training).map(|rule| passed.plus_days(rule.valid_days.into()))
    }

    /// Two of `held` that no person may hold together, if there are such.
    pub fn conflict<'a>(&self, held: &BTreeSet<&'a str>) -> Option<(&'a str, &'a str)> {
        let forbidden = self.incompatible.iter().find_map(|set| {
            let mut both = held.iter().filter(|name| set.contains(**name));
            let pair = (both.next(), both.next());
            set.iter().all(|name| held.contains(name.as_str())).then_some(pair)
        });
        let exclusive =
            |name: &&&str| self.by_version.values().any(|package| package.name == **name && package.exclusive);
        let alone = held.iter().find(exclusive).map(|alone| (Some(alone), held.iter().find(|other| *other != alone)));
        let pairs = forbidden.into_iter().chain(alone);
        pairs.into_iter().find_map(|pair| Some((*pair.0?, *pair.1?)))
    }
}

fn check(package: &Package, trainings: &BTreeMap<String, TrainingRule>) -> Result<(), PolicyError> {
    if let Some(training) = package.training.as_ref().filter(|training| !trainings.contains_key(*training)) {
        return Err(PolicyError::NoSuchTraining { package: package.reference(), training: training.clone() });
    }
    if !(1..=MOST_DAYS).contains(&package.max_days) {
        return Err(PolicyError::Endless { package: package.reference(), found: package.max_days });
    }
    let (holder, of_system) = (package.holder, package.holder == PackageHolder::System);
    if let Some(action) = package.permissions.iter().find(|action| action.is_systems() != of_system) {
        return Err(PolicyError::OtherHolder { package: package.reference(), holder, action: *action });
    }
    if of_system && (package.role.is_some() || package.scope != PackageScope::Agency) {
        return Err(PolicyError::SystemSigns(package.reference()));
    }
    if package.role == Some(Role::Auditor) {
        if let Some(acts) = package.permissions.iter().find(|action| !action.only_reads()) {
            return Err(PolicyError::AuditorActs(*acts));
        }
        if !package.exclusive {
            return Err(PolicyError::AuditorCombines);
        }
    }
    Ok(())
}

/// The longest time that a policy may give a package for, in days.
pub const MOST_DAYS: u32 = 1_096;

#[cfg(test)]
mod tests {
    use super::*;

    const POLICY: &str = include_str!("../../../policies/access/packages.toml");

    fn refused(from: &str, to: &str) -> PolicyError {
        assert!(POLICY.contains(from), "{from}");
        Packages::from_toml(&POLICY.replacen(from, to, 1)).unwrap_err()
    }

    #[test]
    fn the_shipped_policy_keeps_duties_apart() {
        let policy = Packages::from_toml(POLICY).unwrap();
        let may = |name: &str, action| policy.newest(name).unwrap().permissions.contains(&action);
        assert!(may("approver", Action::ApproveEnrolment) && !may("registration-officer", Action::ApproveEnrolment));
        assert!(may("administrator", Action::ProposePhase) && !may("administrator", Action::DecidePhase));
        assert!(!may("administrator", Action::ReadEnrolment) && policy.everyone_may(Action::ReadSelf));
        let conflict = |names: &[&str]| policy.conflict(&names.iter().copied().collect()).is_some();
        assert!(conflict(&["approver", "card-desk"]) && conflict(&["auditor", "access-manager"]));
        assert!(!conflict(&["registration-officer", "approver"]) && !conflict(&["auditor"]) && !conflict(&[]));
    }

    #[test]
    fn a_policy_that_cannot_be_meant_is_refused() {
        let auditor = "exclusive = true\npermissions = [";
        assert!(matches!(
            refused(auditor, "exclusive = true\npermissions = [\"revoke\", "),
            PolicyError::AuditorActs(Action::Revoke)
        ));
        assert!(matches!(refused("exclusive = true", "exclusive = false"), PolicyError::AuditorCombines));
        assert!(matches!(
            refused("\"report-employment\"", "\"approve-enrolment\""),
            PolicyError::OtherHolder { action: Action::ApproveEnrolment, .. }
        ));
        assert!(matches!(
            refused("holder = \"system\"\n", ""),
            PolicyError::OtherHolder { action: Action::ReportEmployment, .. }
        ));
        let service = "holder = \"system\"\nscope = \"service\"";
        assert!(matches!(refused("holder = \"system\"", service), PolicyError::SystemSigns(_)));
        assert!(matches!(refused("role = \"approver\"\n", ""), PolicyError::RoleMissing(Role::Approver)));
        assert!(matches!(
            refused("training = \"security\"", "training = \"none\""),
            PolicyError::NoSuchTraining { .. }
        ));
        assert!(matches!(refused("max_days = 730", "max_days = 36500"), PolicyError::Endless { found: 36500, .. }));
        assert!(matches!(refused("name = \"auditor\"", "name = \"auditor\"\nsurprise = 1"), PolicyError::Syntax(_)));
        assert!(matches!(
            refused("\"security-officer\", \"administrator\"", "\"x\", \"y\""),
            PolicyError::NoSuchPackage(_)
        ));
        let again = "[[package]]\nname = \"approver\"\nversion = 1\npermissions = []\nmax_days = 1\n\n[[package]]";
        assert!(matches!(refused("[[package]]", again), PolicyError::Twice(_)));
    }
}
