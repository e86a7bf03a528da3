//! Why a step is not taken.

use super::{Criterion, Phase, Scope};
use crate::eligibility::Ineligible;
use pki::Kind;

/// Why a step cannot be taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum OnboardingError {
    /// Whoever proposed cannot decide.
    #[error("four eyes: whoever proposed the step cannot decide it")]
    SamePerson,
    /// The phases come one after the other, and the last is final.
    #[error("{to} does not follow {}", from.map_or("an interest", Phase::as_str))]
    OutOfOrder {
        /// Where it is.
        from: Option<Phase>,
        /// Where it was to go.
        to: Phase,
    },
    /// A service cannot be ahead of its agency.
    #[error("the agency itself is not in {0}")]
    AheadOfAgency(Phase),
    /// The agency does not end before its services.
    #[error("{0} is not at its end")]
    ServiceRemains(Scope),
    /// Something was not shown.
    #[error("{0} is not shown")]
    NotShown(Criterion),
    /// The organisation may not be connected.
    #[error(transparent)]
    Ineligible(#[from] Ineligible),
    /// No agreement is in force.
    #[error("no agreement is in force")]
    NoAgreement,
}

impl OnboardingError {
    /// Coarse class for the edge.
    pub const fn kind(&self) -> Kind {
        match self {
            Self::SamePerson => Kind::Denied,
            Self::NotShown(_) => Kind::Invalid,
            Self::Ineligible(_) => Kind::Refused,
            _ => Kind::Conflict,
        }
    }

    /// Stable word for machines; part of the API.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::SamePerson => "four-eyes",
            Self::OutOfOrder { .. } => "phase-out-of-order",
            Self::AheadOfAgency(_) => "phase-ahead-of-agency",
            Self::ServiceRemains(_) => "service-remains",
            Self::NotShown(_) => "criterion-not-shown",
            Self::Ineligible(_) => "not-eligible",
            Self::NoAgreement => "no-agreement",
        }
    }
}
