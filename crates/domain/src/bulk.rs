//! Many cards revoked as one act: tried first, cleared by a second person above a number, done one by one.

use crate::access::words;
use crate::{BulkId, CardNumber, PersonId, TenantId};
use pki::Kind;
use pki::crl::Reason;
use pki::time::UtcTime;
use serde::Deserialize;
use std::collections::BTreeSet;

/// `policies/revocation.toml`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RevocationPolicy {
    /// More cards than this take a second person.
    second_person_above: u32,
    /// How often a revocation code is tried at one card number in an hour.
    code_tries_each: u32,
    /// How often revocation codes are tried in an hour, altogether.
    code_tries_all: u32,
}

/// A policy that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum RevocationPolicyError {
    /// Not TOML of the expected form.
    #[error("revocation policy: {0}")]
    Syntax(String),
    /// A number at which nobody would ever be asked.
    #[error("revocation policy: second_person_above is {found}, and at most {MOST_ALONE}")]
    Alone {
        /// What the file says.
        found: u32,
    },
    /// Tries that are no limit, or keep every holder out.
    #[error("revocation policy: code_tries_each is from 1 to {MOST_TRIES}, and code_tries_all no less")]
    Tries,
}

impl RevocationPolicy {
    /// Reads a policy.
    ///
    /// # Errors
    /// [`RevocationPolicyError`] if one person could revoke a whole agency.
    pub fn from_toml(text: &str) -> Result<Self, RevocationPolicyError> {
        let policy: Self = toml::from_str(text).map_err(|e| RevocationPolicyError::Syntax(e.to_string()))?;
        match policy.second_person_above {
            found if found > MOST_ALONE => Err(RevocationPolicyError::Alone { found }),
            _ if !(1..=MOST_TRIES).contains(&policy.code_tries_each) => Err(RevocationPolicyError::Tries),
            _ if policy.code_tries_all < policy.code_tries_each => Err(RevocationPolicyError::Tries),
            _ => Ok(policy),
        }
    }

    /// How often a revocation code is tried in an hour: at one card number, and altogether.
    pub const fn code_tries(&self) -> (u32, u32) {
        (self.code_tries_each, self.code_tries_all)
    }
}

/// What is to be revoked, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Order {
    /// The cards, each once.
    pub cards: BTreeSet<CardNumber>,
    /// `CRLReason`.
    pub reason: Reason,
    /// The grounds in words.
    pub grounds: String,
}

/// Many revocations as one act.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BulkRevocation {
    /// Its key.
    pub id: BulkId,
    /// The agency.
    pub tenant: TenantId,
    /// Why (RFC 5280 section 5.3.1).
    pub reason: Reason,
    /// The grounds in words.
    pub grounds: String,
    /// How many cards.
    pub total: u32,
    /// Who asked.
    pub requested_by: PersonId,
    /// When.
    pub requested_at: UtcTime,
    /// Where it is.
    pub state: BulkState,
    /// The second person, if one was needed and has cleared it.
    pub cleared_by: Option<(PersonId, UtcTime)>,
}

words! {
    /// Where it is.
    BulkState {
        /// Waits for a second person.
        Waiting = "waiting",
        /// Cards are being revoked.
        Running = "running",
        /// Every card has its outcome.
        Finished = "finished",
    }
}

words! {
    /// What became, or would become, of one card.
    Outcome {
        /// It is revoked by this act.
        Revoked = "revoked",
        /// It was before.
        AlreadyRevoked = "already-revoked",
        /// The agency has no such card.
        Unknown = "unknown",
    }
}

/// A card of the act.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// Which.
    pub card: CardNumber,
    /// None until it is its turn.
    pub outcome: Option<Outcome>,
}

/// Why many cards are not revoked as one act.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BulkError {
    /// Nothing, or too much at once.
    #[error("1 to {MAX_CARDS} cards, not {found}")]
    Size {
        /// How many were named.
        found: usize,
    },
    /// Whoever asked cannot clear it.
    #[error("four eyes: whoever asked for it cannot clear it")]
    SamePerson,
    /// Nobody needs to clear it any more.
    #[error("it is {found}, not waiting")]
    NotWaiting {
        /// Where it is.
        found: BulkState,
    },
}

impl BulkError {
    /// Coarse class for the edge.
    pub const fn kind(&self) -> Kind {
        match self {
            Self::Size { .. } => Kind::Invalid,
            Self::SamePerson => Kind::Denied,
            Self::NotWaiting { .. } => Kind::Conflict,
        }
    }

    /// Stable word for machines; part of the API.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Size { .. } => "bulk-size",
            Self::SamePerson => "four-eyes",
            Self::NotWaiting { .. } => "not-waiting",
        }
    }
}

impl Order {
    /// Whether the act is of a size that can be done.
    ///
    /// # Errors
    /// [`BulkError::Size`].
    pub fn check(&self) -> Result<(), BulkError> {
        let found = self.cards.len();
        if (1..=MAX_CARDS).contains(&found) { Ok(()) } else { Err(BulkError::Size { found }) }
    }
}

impl BulkRevocation {
    /// Asks for the act. It runs at once, or waits for a second person if the policy says so.
    ///
    /// # Errors
    /// [`BulkError::Size`].
    pub fn request(
        (id, tenant): (BulkId, TenantId),
        order: &Order,
        (requested_by, requested_at): (PersonId, UtcTime),
        policy: &RevocationPolicy,
    ) -> Result<Self, BulkError> {
        order.check()?;
        let total = u32::try_from(order.cards.len()).unwrap_or(u32::MAX);
        let state = if total > policy.second_person_above { BulkState::Waiting } else { BulkState::Running };
        let (reason, grounds) = (order.reason, order.grounds.clone());
        Ok(Self { id, tenant, reason, grounds, total, requested_by, requested_at, state, cleared_by: None })
    }

    /// A second person clears it.
    ///
    /// # Errors
    /// [`BulkError`] if `by` asked for it, or it is not waiting.
    pub fn clear(self, by: PersonId, at: UtcTime) -> Result<Self, BulkError> {
        if self.state != BulkState::Waiting {
            return Err(BulkError::NotWaiting { found: self.state });
        }
        if by == self.requested_by {
            return Err(BulkError::SamePerson);
        }
        Ok(Self { state: BulkState::Running, cleared_by: Some((by, at)), ..self })
    }

    /// Every card has its outcome.
    #[must_use]
    pub fn finish(self) -> Self {
        Self { state: BulkState::Finished, ..self }
    }
}

/// Most cards in one act.
pub const MAX_CARDS: usize = 10_000;
/// The largest number of tries at one card number that a policy may allow in an hour.
pub const MOST_TRIES: u32 = 20;
/// The largest number that a policy may leave to one person.
pub const MOST_ALONE: u32 = 100;

#[cfg(test)]
mod tests {
    use super::*;

    const POLICY: &str = include_str!("../../../policies/revocation.toml");

    fn order(cards: usize) -> Order {
        let cards = (0..cards).map(|n| format!("c{n}").parse().unwrap()).collect();
        Order { cards, reason: Reason::Superseded, grounds: "a batch".into() }
    }

    fn request(cards: usize) -> Result<BulkRevocation, BulkError> {
        let policy = RevocationPolicy::from_toml(POLICY).unwrap();
        let ids = ("b1".parse().unwrap(), "t1".parse().unwrap());
        BulkRevocation::request(ids, &order(cards), ("anna".parse().unwrap(), UtcTime::from_unix(0)), &policy)
    }

    #[test]
    fn more_than_a_few_cards_take_a_second_person() {
        assert_eq!(request(10).unwrap().state, BulkState::Running);
        let waiting = request(11).unwrap();
        assert_eq!(waiting.state, BulkState::Waiting);
        let clear = |by: &str| waiting.clone().clear(by.parse().unwrap(), UtcTime::from_unix(1));
        assert_eq!(clear("anna"), Err(BulkError::SamePerson));
        let running = clear("bo").unwrap();
        assert_eq!(running.state, BulkState::Running);
        let again = running.clear("eva".parse().unwrap(), UtcTime::from_unix(2));
        assert_eq!(again, Err(BulkError::NotWaiting { found: BulkState::Running }));
    }

    #[test]
    fn nothing_and_too_much_are_refused() {
        for cards in [0, MAX_CARDS + 1] {
            assert_eq!(request(cards), Err(BulkError::Size { found: cards }));
        }
        assert!(request(MAX_CARDS).is_ok());
    }

    #[test]
    fn a_policy_that_asks_nobody_is_refused() {
        let with = |from: &str, to: &str| {
            assert!(POLICY.contains(from));
            RevocationPolicy::from_toml(&POLICY.replace(from, to))
        };
        let alone = with("second_person_above = 10", "second_person_above = 101");
        for (from, to) in [("each = 5", "each = 0"), ("each = 5", "each = 21"), ("all = 600", "all = 4")] {
            assert!(matches!(with(from, to), Err(RevocationPolicyError::Tries)));
        }
        assert!(matches!(alone, Err(RevocationPolicyError::Alone { found: 101 })));
        assert!(matches!(RevocationPolicy::from_toml(""), Err(RevocationPolicyError::Syntax(_))));
    }
}
