//! Reserve cards: for the days while somebody's ordinary card is away.
//!
//! Two administrators meet the holder, one after the other, and each identifies them: the first checks the right to a
//! card, writes down its number and the days, and gives the unbroken envelope; the second checks all of it again and
//! approves. Only then the card fetches its certificates, once more for one extension, and never for anybody else.

use crate::access::Role;
use crate::card::{Card, CardState};
use crate::operation::{IdentityProof, PlannedProfile};
use crate::{CardNumber, EnrolmentId, PersonId, TenantId};
use pki::Kind;
use pki::identifier::{PersonalNumber, PersonalNumberKind};
use pki::profile::Purpose;
use pki::time::UtcTime;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// What an order of a reserve card says beyond one of an ordinary card. Both administrators sign it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReserveOrder {
    /// The holder's ordinary card at the agency, which is away.
    pub ordinary: CardNumber,
    /// For how many days its certificates are valid, from when they are fetched.
    pub days: u16,
    /// The order that this one extends; none for the first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub extends: Option<EnrolmentId>,
}

impl ReserveOrder {
    /// Which order of its card it is: 0, or 1 for the extension. A card has one of each.
    pub const fn turn(&self) -> i64 {
        if self.extends.is_some() { 1 } else { 0 }
    }
}

/// The second administrator's identification of the holder.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SecondIdentification {
    /// Who.
    pub by: PersonId,
    /// When.
    pub at: UtcTime,
    /// On what evidence.
    pub proof: IdentityProof,
    /// The signed statement, a compact JWS.
    pub statement: String,
}

/// A reserve card in its envelope, whose keys were born on it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StockedCard {
    /// The agency that keeps it.
    pub tenant: TenantId,
    /// Its number.
    pub number: CardNumber,
    /// [`Signed::id`](crate::evidence::Signed::id) of what the desk signed on its keys.
    pub delivery: String,
    /// When.
    pub at: UtcTime,
}

/// Which administrators give a reserve card: both are of this role, and they are two people.
pub const ADMINISTRATOR: Role = Role::RegistrationOfficer;

/// `policies/reserve.toml`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReservePolicy {
    authentication_profile: String,
    signature_profile: String,
    /// The longest time that a card is ordered for, and extended by.
    max_days: u16,
}

/// A policy that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("reserve.toml: {0}")]
pub struct ReservePolicyError(String);

/// Why there is no reserve card.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ReserveError {
    /// The order is of a reserve card and comes by the way of ordinary cards, or the other way round.
    #[error("reserve cards have a way of their own")]
    OtherWay,
    /// Longer than the policy allows, or not at all.
    #[error("from 1 to {most} days")]
    Days {
        /// What the policy allows.
        most: u16,
    },
    /// The holder has a coordination number.
    #[error("nobody with a coordination number gets a reserve card")]
    CoordinationNumber,
    /// The ordinary card is none of the holder's that was ever handed out, or is a reserve card itself.
    #[error("the ordinary card is none that the holder was given")]
    NoOrdinaryCard,
    /// The holder has a reserve card that still works.
    #[error("the holder has a reserve card")]
    HasOne,
    /// There is no such card in an envelope, or what was signed on its keys is too old.
    #[error("no such card is in stock")]
    NotStocked,
    /// It was extended once.
    #[error("a reserve card is extended once")]
    Extended,
    /// The card is not one that can be extended, for as long as it was ordered for.
    #[error("only a reserve card in use is extended, by as many days as it was ordered for")]
    NotExtendable,
    /// The second identification is of somebody else, or by the first administrator.
    #[error("the second administrator identifies the same holder anew, and is somebody else than the first")]
    Second,
}

impl ReserveError {
    /// Coarse class for the edge.
    pub const fn kind(&self) -> Kind {
        match self {
            Self::Days { .. } | Self::NoOrdinaryCard => Kind::Invalid,
            Self::CoordinationNumber | Self::Second => Kind::Denied,
            _ => Kind::Conflict,
        }
    }

    /// Stable word for machines; part of the API.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::OtherWay => "reserve-other-way",
            Self::Days { .. } => "reserve-days",
            Self::CoordinationNumber => "reserve-coordination-number",
            Self::NoOrdinaryCard => "reserve-no-ordinary-card",
            Self::HasOne => "reserve-has-one",
            Self::NotStocked => "reserve-not-stocked",
            Self::Extended => "reserve-extended",
            Self::NotExtendable => "reserve-not-extendable",
            Self::Second => "four-eyes",
        }
    }
}

impl ReservePolicy {
    /// Reads the policy. All fields are required, unknown ones refused.
    ///
    /// # Errors
    /// [`ReservePolicyError`] if it has another form, or allows longer than [`MOST_DAYS`].
    pub fn from_toml(text: &str) -> Result<Self, ReservePolicyError> {
        let policy: Self = toml::from_str(text).map_err(|error| ReservePolicyError(error.to_string()))?;
        if !(1..=MOST_DAYS).contains(&policy.max_days) {
            return Err(ReservePolicyError(format!("max_days is {}, and from 1 to {MOST_DAYS}", policy.max_days)));
        }
        Ok(policy)
    }

    /// The profiles of its certificates: authentication, signature.
    pub fn profiles(&self) -> [&str; 2] {
        [&self.authentication_profile, &self.signature_profile]
    }

    /// Whether a plan is one of reserve cards if and only if its order is: what two administrators may give is no
    /// ordinary card, and what others approve is no reserve card.
    ///
    /// # Errors
    /// [`ReserveError::OtherWay`], or [`ReserveError::Days`].
    pub fn accept(
        &self,
        reserve: Option<&ReserveOrder>,
        certificates: &BTreeMap<Purpose, PlannedProfile>,
    ) -> Result<(), ReserveError> {
        let own: BTreeSet<_> = self.profiles().into();
        let of_reserve = |planned: &PlannedProfile| own.contains(planned.profile.as_str());
        if certificates.values().any(|planned| of_reserve(planned) != reserve.is_some()) {
            return Err(ReserveError::OtherWay);
        }
        reserve.map_or(Ok(()), |order| self.check_days(order.days))
    }

    /// Whether a card may be ordered for so many days.
    ///
    /// # Errors
    /// [`ReserveError::Days`].
    pub fn check_days(&self, days: u16) -> Result<(), ReserveError> {
        if (1..=self.max_days).contains(&days) { Ok(()) } else { Err(ReserveError::Days { most: self.max_days }) }
    }
}

/// Whether somebody may have a reserve card: `ordinary` is what they name, `reserve` the numbers of their reserve cards.
///
/// # Errors
/// [`ReserveError`], the first thing that is missing.
pub fn entitled(
    holder: (&PersonId, &PersonalNumber),
    ordinary: Option<&Card>,
    reserve: &[CardNumber],
) -> Result<(), ReserveError> {
    let (person, number) = holder;
    if number.kind() == PersonalNumberKind::Coordination {
        return Err(ReserveError::CoordinationNumber);
    }
    // Lost and revoked, or left at home: in both cases it was the holder's.
    let theirs = |card: &&Card| card.holder == *person && card.state != CardState::Bound;
    match ordinary.filter(theirs) {
        Some(card) if !reserve.contains(&card.number) => Ok(()),
        _ => Err(ReserveError::NoOrdinaryCard),
    }
}

/// The longest time that a policy may allow: six months.
pub const MOST_DAYS: u16 = 183;

#[cfg(test)]
mod tests {
    use super::*;

    const SHIPPED: &str = include_str!("../../../policies/reserve.toml");

    fn plan(profile: &str) -> BTreeMap<Purpose, PlannedProfile> {
        let planned = PlannedProfile { profile: profile.to_owned(), revision: 1 };
        BTreeMap::from([(Purpose::PersonAuthentication, planned)])
    }

    fn order(days: u16) -> ReserveOrder {
        ReserveOrder { ordinary: "c1".parse().unwrap(), days, extends: None }
    }

    #[test]
    fn an_order_and_its_profiles_go_one_way() {
        let policy = ReservePolicy::from_toml(SHIPPED).unwrap();
        let (reserve, ordinary) = (plan("person-authentication-reserve"), plan("person-authentication-loa4"));
        assert_eq!(policy.accept(Some(&order(30)), &reserve), Ok(()));
        assert_eq!(policy.accept(None, &ordinary), Ok(()));
        assert_eq!(policy.accept(None, &reserve), Err(ReserveError::OtherWay));
        assert_eq!(policy.accept(Some(&order(30)), &ordinary), Err(ReserveError::OtherWay));
        for days in [0, 31] {
            assert_eq!(policy.accept(Some(&order(days)), &reserve), Err(ReserveError::Days { most: 30 }));
        }
    }

    #[test]
    fn a_policy_of_years_is_refused() {
        for days in ["0", "184"] {
            let text = SHIPPED.replace("max_days = 30", &format!("max_days = {days}"));
            assert_ne!(text, SHIPPED);
            assert!(ReservePolicy::from_toml(&text).is_err());
        }
        assert!(ReservePolicy::from_toml(&format!("{SHIPPED}extra = 1\n")).is_err());
    }

    #[test]
    fn whoever_was_given_an_ordinary_card_is_entitled() {
        let card = |state, holder: &str| Card {
            tenant: "t1".parse().unwrap(),
            number: "c1".parse().unwrap(),
            holder: holder.parse().unwrap(),
            bound_at: UtcTime::from_unix(0),
            state,
        };
        let (eva, number) = ("eva".parse().unwrap(), "199001012385".parse().unwrap());
        let judge = |card: Option<Card>, reserve: &[CardNumber]| entitled((&eva, &number), card.as_ref(), reserve);
        assert_eq!(judge(Some(card(CardState::Active, "eva")), &[]), Ok(()));
        assert_eq!(judge(Some(card(CardState::Revoked, "eva")), &[]), Ok(()));
        for (card, reserve) in [
            (None, vec![]),
            (Some(card(CardState::Bound, "eva")), vec![]),
            (Some(card(CardState::Active, "anna")), vec![]),
            (Some(card(CardState::Active, "eva")), vec!["c1".parse().unwrap()]),
        ] {
            assert_eq!(judge(card, &reserve), Err(ReserveError::NoOrdinaryCard));
        }
        let coordination = coordination_number();
        let refused = entitled((&eva, &coordination), Some(&card(CardState::Active, "eva")), &[]);
        assert_eq!(refused, Err(ReserveError::CoordinationNumber));
    }

    /// A coordination number of the series that is never given to anybody.
    fn coordination_number() -> PersonalNumber {
        let eleven = "19900161980";
        (0..10).find_map(|check| format!("{eleven}{check}").parse().ok()).expect("one digit is the check digit")
    }
}
