//! How an agency, and each service for it, comes to where it may issue, and how it ends:
//! initiera → planera → paketera → köra → avslut.
//!
//! Each step is proposed by one person and decided by another. What is shown for it stands beside it.

use crate::access::words;
use crate::eligibility::{EligibilityPolicy, Ineligible};
use crate::people::Tenant;
use crate::{MoveId, PersonId, TenantId};
use pki::Kind;
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

/// Where an agency and its services stand, from their steps.
#[derive(Debug, Clone)]
pub struct Standing {
    /// The agency.
    pub tenant: Tenant,
    phases: BTreeMap<Scope, Phase>,
    agreed: bool,
    production: bool,
}

impl Standing {
    /// What `moves` and `agreements` say at `now`.
    pub fn of<'a>(
        tenant: Tenant,
        moves: impl IntoIterator<Item = &'a AnyMove>,
        agreements: &[Agreement],
        (now, production): (UtcTime, bool),
    ) -> Self {
        let mut phases = BTreeMap::new();
        for step in moves {
            if let AnyMove::Decided(step) = step
                && step.stage.verdict == Verdict::Accepted
            {
                let phase = phases.entry(step.scope).or_insert(step.to);
                *phase = step.to.max(*phase);
            }
        }
        let agreed = agreements.iter().any(|agreement| agreement.in_force_at(now));
        Self { tenant, phases, agreed, production }
    }

    /// The phase of the agency or of a service; none if there is but an interest.
    pub fn phase(&self, scope: Scope) -> Option<Phase> {
        self.phases.get(&scope).copied()
    }

    /// Whether an agreement is in force.
    pub const fn is_agreed(&self) -> bool {
        self.agreed
    }

    /// Whether a service may be given: agency and service are in a phase for it, the organisation is eligible, and in
    /// [`Phase::Kora`] an agreement is in force.
    ///
    /// # Errors
    /// [`NotRunning`] says where it stands.
    pub fn serves(&self, scope: Scope, policy: &EligibilityPolicy) -> Result<(), NotRunning> {
        let (agency, service) = (self.phase(Scope::Agency), self.phase(scope));
        let refused = NotRunning { scope, agency, service };
        let in_phase = policy.issues_in(agency, self.production) && policy.issues_in(service, self.production);
        let running = agency == Some(Phase::Kora);
        if !in_phase || (running && !self.agreed) || self.eligible(policy).is_err() {
            return Err(refused);
        }
        Ok(())
    }

    fn eligible(&self, policy: &EligibilityPolicy) -> Result<(), Ineligible> {
        policy.admits(self.tenant.kind, &self.tenant.organisation_number, self.production)
    }

    /// Whether `step` may be taken now; asked when it is proposed and again when it is decided.
    fn allows<S>(&self, step: &Move<S>, policy: &EligibilityPolicy) -> Result<(), OnboardingError> {
        let from = self.phase(step.scope);
        if !follows(from, step.to) {
            return Err(OnboardingError::OutOfOrder { from, to: step.to });
        }
        if step.to == Phase::Avslut {
            self.may_end(step.scope)?;
        } else {
            self.eligible(policy)?;
            let agency = self.phase(Scope::Agency);
            if step.scope != Scope::Agency && agency.is_none_or(|agency| agency < step.to || agency == Phase::Avslut) {
                return Err(OnboardingError::AheadOfAgency(step.to));
            }
        }
        if step.to == Phase::Kora && !self.agreed {
            return Err(OnboardingError::NoAgreement);
        }
        let missing = policy.criteria(step.to).find(|criterion| !step.shown.contains_key(criterion));
        missing.map_or(Ok(()), |criterion| Err(OnboardingError::NotShown(criterion)))
    }

    fn may_end(&self, scope: Scope) -> Result<(), OnboardingError> {
        let remains =
            |(other, phase): (&Scope, &Phase)| (*other != Scope::Agency && *phase != Phase::Avslut).then_some(*other);
        match self.phases.iter().find_map(remains) {
            Some(other) if scope == Scope::Agency => Err(OnboardingError::ServiceRemains(other)),
            _ => Ok(()),
        }
    }
}

/// A service that may not be given to an agency now.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{scope} is not in use: the agency is in {}, the service in {}", name(*agency), name(*service))]
pub struct NotRunning {
    /// Which service.
    pub scope: Scope,
    /// Where the agency is.
    pub agency: Option<Phase>,
    /// Where the service is.
    pub service: Option<Phase>,
}

fn name(phase: Option<Phase>) -> &'static str {
    phase.map_or("no phase", Phase::as_str)
}

/// One after the other; whoever began may end.
fn follows(from: Option<Phase>, to: Phase) -> bool {
    match from {
        None => to == Phase::Initiera,
        Some(Phase::Avslut) => false,
        Some(from) => to == Phase::Avslut || to as u8 == from as u8 + 1,
    }
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
