//! Cards: bound once to one person, never to another.

use crate::{CardNumber, PersonId, TenantId};
use pki::time::UtcTime;

/// A card of an agency's employee.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Card {
    /// The agency that handed it out.
    pub tenant: TenantId,
    /// Its printed number, unique over all agencies.
    pub number: CardNumber,
    /// Whom it was bound to.
    pub holder: PersonId,
    /// When it was bound.
    pub bound_at: UtcTime,
    /// Where it is in its life.
    pub state: CardState,
}

/// The life of a card. Nothing leads back from [`Revoked`](CardState::Revoked).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CardState {
    /// Ordered for a person; not handed out.
    Bound,
    /// In the holder's hands.
    Active,
    /// Revoked, for ever.
    Revoked,
}

/// A card that is not in a state that allows the act.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the card is {found:?}, not {wanted:?}")]
pub struct WrongCardState {
    /// What the act needs.
    pub wanted: CardState,
    /// What the card is.
    pub found: CardState,
}

impl Card {
    /// Activates a bound card.
    ///
    /// # Errors
    /// [`WrongCardState`] if it is active already or revoked.
    pub fn activate(self) -> Result<Self, WrongCardState> {
        match self.state {
            CardState::Bound => Ok(Self { state: CardState::Active, ..self }),
            found => Err(WrongCardState { wanted: CardState::Bound, found }),
        }
    }

    /// Revokes the card.
    ///
    /// # Errors
    /// [`WrongCardState`] if it is revoked already: the first revocation stands.
    pub fn revoke(self) -> Result<Self, WrongCardState> {
        match self.state {
            CardState::Revoked => Err(WrongCardState { wanted: CardState::Active, found: CardState::Revoked }),
            CardState::Bound | CardState::Active => Ok(Self { state: CardState::Revoked, ..self }),
        }
    }
}

impl CardState {
    /// The word in rows and views.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Bound => "bound",
            Self::Active => "active",
            Self::Revoked => "revoked",
        }
    }
}

impl std::str::FromStr for CardState {
    type Err = crate::id::InvalidId;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        [Self::Bound, Self::Active, Self::Revoked]
            .into_iter()
            .find(|state| state.as_str() == text)
            .ok_or(crate::id::InvalidId { what: "card state" })
    }
}
