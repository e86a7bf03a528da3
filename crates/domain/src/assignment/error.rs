//! Why a package is not ordered or given.

use crate::packages::PackageHolder;
use pki::Kind;

/// Why a package is not ordered or given.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AssignmentError {
    /// Nobody acts on themselves.
    #[error("nobody orders, decides or records anything for themselves")]
    OnSelf,
    /// Whoever ordered cannot decide.
    #[error("four eyes: whoever ordered the package cannot decide the order")]
    SamePerson,
    /// The policy has no such package.
    #[error("there is no package {0}")]
    NoSuchPackage(String),
    /// The policy has no such training.
    #[error("there is no training {0}")]
    NoSuchTraining(String),
    /// A package about all agencies is given by people who hold one.
    #[error("{0} is about all agencies; whoever orders or decides it must hold such a package")]
    NotForAgencies(String),
    /// A system's package for a person, or a person's for a system.
    #[error("{package} is held by a {}", .holder.as_str())]
    OtherHolder {
        /// What was ordered.
        package: String,
        /// Who holds such a package.
        holder: PackageHolder,
    },
    /// Two packages that exclude each other.
    #[error("{wanted} cannot be held together with {held}")]
    Incompatible {
        /// What was ordered.
        wanted: String,
        /// What stands against it.
        held: String,
    },
    /// The person lacks the training.
    #[error("the training {0} is missing or too old")]
    Untrained(String),
    /// A training that is still to come.
    #[error("a training counts once it is passed")]
    NotPassed,
    /// Times that cannot be.
    #[error("the time must begin before it ends, end in the future and last {max_days} days at most")]
    Time {
        /// The longest time for this package.
        max_days: u32,
    },
}

impl AssignmentError {
    /// Coarse class for the edge.
    pub const fn kind(&self) -> Kind {
        match self {
            Self::OnSelf | Self::SamePerson | Self::NotForAgencies(_) => Kind::Denied,
            Self::NoSuchPackage(_) | Self::NoSuchTraining(_) | Self::NotPassed | Self::Time { .. } => Kind::Invalid,
            Self::OtherHolder { .. } | Self::Incompatible { .. } | Self::Untrained(_) => Kind::Conflict,
        }
    }

    /// Stable word for machines; part of the API.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::OnSelf => "on-self",
            Self::SamePerson => "four-eyes",
            Self::NoSuchPackage(_) => "no-such-package",
            Self::NoSuchTraining(_) => "no-such-training",
            Self::NotForAgencies(_) => "service-package",
            Self::OtherHolder { .. } => "package-holder",
            Self::Incompatible { .. } => "incompatible-packages",
            Self::Untrained(_) => "untrained",
            Self::NotPassed => "not-passed",
            Self::Time { .. } => "assignment-time",
        }
    }
}
