//! Where an agency and its services stand, and where they may go from there.

use super::{Agreement, AnyMove, Move, OnboardingError, Phase, Scope, Verdict};
use crate::eligibility::{EligibilityPolicy, Ineligible};
use crate::people::Tenant;
use pki::time::UtcTime;
use std::collections::BTreeMap;

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
    pub(super) fn allows<S>(&self, step: &Move<S>, policy: &EligibilityPolicy) -> Result<(), OnboardingError> {
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
