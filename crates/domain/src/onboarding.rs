//! How an agency, and each service for it, comes to where it may issue, and how it ends:
//! initiera → planera → paketera → köra → avslut.
//!
//! Each step is proposed by one person and decided by another. What is shown for it stands beside it.

mod error;
mod standing;

pub use error::OnboardingError;
pub use standing::{NotRunning, Standing};

use crate::access::words;
use crate::eligibility::EligibilityPolicy;
use crate::{MoveId, PersonId, TenantId};
use pki::time::UtcTime;
use std::collections::BTreeMap;

words! {
    /// What goes through the phases.
    Scope {
        /// The agency as such.
        Agency = "agency",
        /// Certificates for its staff.
        Certificates = "certificates",
        /// Login to relying services.
        Login = "login",
        /// Signing.
        Signing = "signing",
    }
}

words! {
    /// A phase of the connection model. Before the first there is only an interest.
    Phase {
        /// The agency said that it wants to.
        Initiera = "initiera",
        /// Who does what, and when.
        Planera = "planera",
        /// Set up and tried.
        Paketera = "paketera",
        /// In use.
        Kora = "köra",
        /// Over, for ever.
        Avslut = "avslut",
    }
}

words! {
    /// Something that is shown before a phase is entered.
    Criterion {
        /// A letter of intent (avsiktsförklaring).
        LetterOfIntent = "letter-of-intent",
        /// Who speaks for the agency.
        ContactPersons = "contact-persons",
        /// A plan for the connection.
        Plan = "plan",
        /// The plan was approved by the agency.
        PlanApproved = "plan-approved",
        /// The agency appointed its officers.
        OfficersAppointed = "officers-appointed",
        /// They passed their trainings.
        TrainingDone = "training-done",
        /// A trial run went well.
        TrialPassed = "trial-passed",
        /// The cards were collected and destroyed.
        CardsCollected = "cards-collected",
        /// It is decided where the records go.
        ArchivePlan = "archive-plan",
    }
}

/// An agreement with an agency (överenskommelse), kept elsewhere and named here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Agreement {
    /// The agency.
    pub tenant: TenantId,
    /// Where it is kept: a registry number (diarienummer).
    pub reference: String,
    /// SHA-256 of the signed document, hexadecimal.
    pub sha256: String,
    /// Who signed for the agency: an office, not a person.
    pub signatory: String,
    /// First second in force.
    pub from: UtcTime,
    /// Last second in force; none until further notice.
    pub until: Option<UtcTime>,
    /// Who put it on file; none for a ceremony.
    pub filed_by: Option<PersonId>,
    /// When.
    pub filed_at: UtcTime,
}

impl Agreement {
    /// Whether it is in force.
    pub fn in_force_at(&self, now: UtcTime) -> bool {
        self.from <= now && self.until.is_none_or(|until| now <= until)
    }
}

/// A step into a phase, at stage `S`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Move<S> {
    /// Its key.
    pub id: MoveId,
    /// The agency.
    pub tenant: TenantId,
    /// What of it.
    pub scope: Scope,
    /// Into which phase.
    pub to: Phase,
    /// What was shown, and where it is kept.
    pub shown: BTreeMap<Criterion, String>,
    stage: S,
}

/// Proposed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proposed {
    /// By whom; none for a ceremony, which decides by itself.
    pub by: Option<PersonId>,
    /// When.
    pub at: UtcTime,
}

/// Decided by somebody else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decided {
    /// The stage before.
    pub proposed: Proposed,
    /// Whether the step is taken.
    pub verdict: Verdict,
    /// By whom; none for a ceremony.
    pub by: Option<PersonId>,
    /// When.
    pub at: UtcTime,
    /// The decision's own grounds.
    pub reason: String,
}

words! {
    /// What was decided.
    Verdict {
        /// Yes.
        Accepted = "accepted",
        /// No.
        Refused = "refused",
    }
}

/// What a row can hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AnyMove {
    /// Waits for its decision.
    Proposed(Move<Proposed>),
    /// Decided.
    Decided(Move<Decided>),
}

impl Move<Proposed> {
    /// Proposes a step.
    ///
    /// # Errors
    /// [`OnboardingError`] if the step could not be taken now.
    pub fn propose(
        id: MoveId,
        standing: &Standing,
        (scope, to): (Scope, Phase),
        shown: BTreeMap<Criterion, String>,
        proposed: Proposed,
        policy: &EligibilityPolicy,
    ) -> Result<Self, OnboardingError> {
        let step = Self { id, tenant: standing.tenant.id.clone(), scope, to, shown, stage: proposed };
        standing.allows(&step, policy).map(|()| step)
    }

    /// Decides a step. Refusing is always possible for somebody else.
    ///
    /// # Errors
    /// [`OnboardingError`] if `by` proposed it, or it cannot be taken as things stand now.
    pub fn decide(
        self,
        standing: &Standing,
        by: PersonId,
        at: UtcTime,
        (verdict, reason): (Verdict, String),
        policy: &EligibilityPolicy,
    ) -> Result<Move<Decided>, OnboardingError> {
        if self.stage.by.as_ref() == Some(&by) {
            return Err(OnboardingError::SamePerson);
        }
        if verdict == Verdict::Accepted {
            standing.allows(&self, policy)?;
        }
        Ok(self.advance(|proposed| Decided { proposed, verdict, by: Some(by), at, reason }))
    }
}

impl Move<Decided> {
    /// A step that a key ceremony takes: its participants confirmed the file that names the agency.
    pub fn founded(id: MoveId, tenant: TenantId, (scope, to): (Scope, Phase), at: UtcTime, reason: String) -> Self {
        let proposed = Proposed { by: None, at };
        let stage = Decided { proposed, verdict: Verdict::Accepted, by: None, at, reason };
        Self { id, tenant, scope, to, shown: BTreeMap::new(), stage }
    }
}

impl<S> Move<S> {
    /// What was recorded of the stage.
    pub const fn stage(&self) -> &S {
        &self.stage
    }

    /// Puts a stored step together again; for stores only.
    pub fn restore(
        (id, tenant): (MoveId, TenantId),
        (scope, to): (Scope, Phase),
        shown: BTreeMap<Criterion, String>,
        stage: S,
    ) -> Self {
        Self { id, tenant, scope, to, shown, stage }
    }

    fn advance<T>(self, to: impl FnOnce(S) -> T) -> Move<T> {
        let Self { id, tenant, scope, to: phase, shown, stage } = self;
        Move { id, tenant, scope, to: phase, shown, stage: to(stage) }
    }
}

impl AnyMove {
    /// Its key.
    pub const fn id(&self) -> &MoveId {
        match self {
            Self::Proposed(step) => &step.id,
            Self::Decided(step) => &step.id,
        }
    }

    /// What of which agency it is about, and the phase it leads to.
    pub const fn target(&self) -> (&TenantId, Scope, Phase) {
        match self {
            Self::Proposed(step) => (&step.tenant, step.scope, step.to),
            Self::Decided(step) => (&step.tenant, step.scope, step.to),
        }
    }

    /// What was shown for it.
    pub const fn shown(&self) -> &BTreeMap<Criterion, String> {
        match self {
            Self::Proposed(step) => &step.shown,
            Self::Decided(step) => &step.shown,
        }
    }

    /// Who proposed it, and when.
    pub const fn proposed(&self) -> &Proposed {
        match self {
            Self::Proposed(step) => &step.stage,
            Self::Decided(step) => &step.stage.proposed,
        }
    }

    /// The decision, if there is one.
    pub const fn decided(&self) -> Option<&Decided> {
        match self {
            Self::Proposed(_) => None,
            Self::Decided(step) => Some(&step.stage),
        }
    }
}

#[cfg(test)]
mod tests;
