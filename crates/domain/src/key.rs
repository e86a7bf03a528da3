//! The life of a CA's key: from the plan to its destruction, never backwards.

use crate::Kind;
use crate::access::words;
use pki::time::UtcTime;
use serde::{Deserialize, Serialize};

words! {
    /// Where a CA's key is in its life.
    KeyState {
        /// A reviewed ceremony's file names it; there is no key.
        Planned = "planned",
        /// A ceremony made and certified it; it signs nothing.
        Generated = "generated",
        /// It issues, and answers for what it issued.
        Active = "active",
        /// It issues nothing; it signs CRLs, and certificates of OCSP signers, for what it issued before.
        StatusOnly = "status-only",
        /// It signs nothing: its last CRL stands.
        Retired = "retired",
        /// It is gone from its token.
        Destroyed = "destroyed",
    }
}

impl KeyState {
    /// Whether a key can go from here to `next`: step by step, and what was never used can be destroyed at once.
    pub const fn precedes(self, next: Self) -> bool {
        matches!(
            (self, next),
            (Self::Planned, Self::Generated)
                | (Self::Generated, Self::Active | Self::Destroyed)
                | (Self::Active, Self::StatusOnly)
                | (Self::StatusOnly, Self::Retired)
                | (Self::Retired, Self::Destroyed)
        )
    }

    /// Whether it may sign certificates of people, services and servers.
    pub const fn may_issue(self) -> bool {
        matches!(self, Self::Active)
    }

    /// Whether it may sign CRLs and certify OCSP signers.
    pub const fn may_answer(self) -> bool {
        matches!(self, Self::Active | Self::StatusOnly)
    }
}

/// One state of a key, and since when.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Stage {
    /// The state.
    pub state: KeyState,
    /// Its first second.
    pub since: UtcTime,
}

/// The states that a key went through, with dates.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyLife {
    stages: Vec<Stage>,
    compromised: Option<UtcTime>,
}

/// A move that the life of a key does not know.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a key that is {from} cannot become {to}")]
pub struct NoSuchMove {
    /// The state now.
    pub from: KeyState,
    /// The state that was asked for.
    pub to: KeyState,
}

impl NoSuchMove {
    /// Coarse class for the edge.
    pub const fn kind(&self) -> Kind {
        Kind::Conflict
    }
}

impl KeyLife {
    /// A life that begins in `state`.
    pub fn begin(state: KeyState, since: UtcTime) -> Self {
        Self { stages: vec![Stage { state, since }], compromised: None }
    }

    /// The state now.
    pub fn state(&self) -> KeyState {
        self.stages.last().expect("a life has a beginning").state
    }

    /// Every state so far, the first one first.
    pub fn stages(&self) -> &[Stage] {
        &self.stages
    }

    /// Since when somebody else may have used the key.
    pub const fn compromised(&self) -> Option<UtcTime> {
        self.compromised
    }

    /// Whether it may sign certificates of people, services and servers.
    pub fn may_issue(&self) -> bool {
        self.state().may_issue() && self.compromised.is_none()
    }

    /// Moves on.
    ///
    /// # Errors
    /// [`NoSuchMove`]; the life is as it was.
    pub fn advance(&mut self, to: KeyState, at: UtcTime) -> Result<(), NoSuchMove> {
        let from = self.state();
        if !from.precedes(to) {
            return Err(NoSuchMove { from, to });
        }
        self.stages.push(Stage { state: to, since: at });
        Ok(())
    }

    /// The same life, of a key that somebody else may have used since `at`.
    #[must_use]
    pub fn compromised_at(mut self, at: UtcTime) -> Self {
        self.compromise(at);
        self
    }

    /// Notes that somebody else may have used the key. The first time stands.
    pub fn compromise(&mut self, at: UtcTime) {
        self.compromised.get_or_insert(at);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> UtcTime {
        UtcTime::from_unix(second)
    }

    #[test]
    fn a_life_goes_forward_and_keeps_its_dates() {
        let mut life = KeyLife::begin(KeyState::Planned, at(1));
        for (second, state) in KeyState::ALL.iter().skip(1).enumerate() {
            let second = i64::try_from(second).unwrap() + 2;
            life.advance(*state, at(second)).unwrap();
            assert_eq!(life.stages().last(), Some(&Stage { state: *state, since: at(second) }));
            for earlier in life.stages().to_vec() {
                let from = life.state();
                assert_eq!(life.advance(earlier.state, at(9)), Err(NoSuchMove { from, to: earlier.state }));
            }
        }
        assert_eq!(life.stages().len(), KeyState::ALL.len());
    }

    #[test]
    fn only_an_active_key_issues_and_none_that_others_may_have() {
        let issuing: Vec<_> = KeyState::ALL.iter().filter(|state| state.may_issue()).collect();
        let answering: Vec<_> = KeyState::ALL.iter().filter(|state| state.may_answer()).collect();
        assert_eq!(issuing, [&KeyState::Active]);
        assert_eq!(answering, [&KeyState::Active, &KeyState::StatusOnly]);
        let mut life = KeyLife::begin(KeyState::Active, at(1));
        assert!(life.may_issue());
        life.compromise(at(2));
        life.compromise(at(3));
        assert!(!life.may_issue() && life.compromised() == Some(at(2)));
    }

    #[test]
    fn an_active_key_is_not_destroyed_and_an_unused_one_can_be() {
        assert!(!KeyState::Active.precedes(KeyState::Destroyed));
        assert!(!KeyState::StatusOnly.precedes(KeyState::Destroyed));
        assert!(KeyState::Generated.precedes(KeyState::Destroyed));
        assert!(!KeyState::Active.precedes(KeyState::Retired), "a last CRL comes between");
    }
}
