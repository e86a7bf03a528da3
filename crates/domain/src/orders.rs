//! When the news of a personnel system becomes an order by itself: `policies/orders.toml`.

use crate::calendar::Day;
use crate::register::Reason;
use pki::identifier::{PersonalNumber, PersonalNumberKind};
use pki::time::UtcTime;
use serde::Deserialize;

/// The rules.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OrderPolicy {
    /// Whether anything is ordered by itself.
    orders: bool,
    /// The lowest age at the order, in years.
    minimum_age: u8,
    /// Whether holders of coordination numbers are among those for whom something is.
    coordination_numbers: bool,
    /// The shortest employment, in days; one without an end is long enough.
    shortest_days: u16,
    /// How many days before the first one.
    ahead_days: u16,
    /// Whether somebody who has a card gets another.
    further_cards: bool,
}

/// What the rules ask about a new employment.
#[derive(Debug, Clone, Copy)]
pub struct Beginning<'a> {
    /// Whose it is.
    pub number: &'a PersonalNumber,
    /// Its first day.
    pub first: Day,
    /// Its last day, if it has one.
    pub last: Option<Day>,
    /// Whether the number of a card was given that is to be theirs.
    pub card: bool,
    /// Whether they have a card of the agency that is not revoked.
    pub has_card: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    feed: OrderPolicy,
}

/// An `orders.toml` that is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("orders.toml: {0}")]
pub struct OrderPolicyError(String);

impl OrderPolicy {
    /// Reads a policy.
    ///
    /// # Errors
    /// [`OrderPolicyError`] if it has another form, or orders more than three months ahead.
    pub fn from_toml(text: &str) -> Result<Self, OrderPolicyError> {
        let File { feed } = toml::from_str(text).map_err(|error| OrderPolicyError(error.to_string()))?;
        if feed.ahead_days > MOST_AHEAD_DAYS {
            return Err(OrderPolicyError(format!("ahead_days is {MOST_AHEAD_DAYS} at most")));
        }
        Ok(feed)
    }

    /// Why nothing is ordered by itself at `now`, every reason; none if it is.
    pub fn hindrances(&self, beginning: &Beginning<'_>, now: UtcTime) -> Vec<Reason> {
        let Beginning { number, first, last, card, has_card } = *beginning;
        let raised = number.kind() == PersonalNumberKind::Coordination;
        let short = last.is_some_and(|last| first.days_to(last) + 1 < i64::from(self.shortest_days));
        let early = first.start().is_none_or(|start| now.plus_days(self.ahead_days.into()) < start);
        let rules = [
            (!self.orders, Reason::ByHand),
            (!number.is_of_age(self.minimum_age, now), Reason::TooYoung),
            (raised && !self.coordination_numbers, Reason::CoordinationNumber),
            (short, Reason::ShortEmployment),
            (early, Reason::TooEarly),
            (has_card && !self.further_cards, Reason::HasCard),
            (!card, Reason::NoCardNumber),
        ];
        rules.into_iter().filter(|(hinders, _)| *hinders).map(|(_, reason)| reason).collect()
    }
}

/// No card is made more than three months before its holder comes: it would lie uncollected until it is revoked.
const MOST_AHEAD_DAYS: u16 = 92;

#[cfg(test)]
mod tests {
    use super::*;

    const POLICY: &str = include_str!("../../../policies/orders.toml");

    fn day(text: &str) -> Day {
        text.parse().unwrap()
    }

    const ANNA: &str = "189001019802";

    /// Of a beginning on the first of February, seen in the middle of January.
    fn hindrances(policy: &str, number: &str, change: impl FnOnce(&mut Beginning<'_>)) -> Vec<&'static str> {
        let number: PersonalNumber = number.parse().unwrap();
        let mut beginning =
            Beginning { number: &number, first: day("2026-02-01"), last: None, card: true, has_card: false };
        change(&mut beginning);
        let policy = OrderPolicy::from_toml(policy).unwrap();
        let found = policy.hindrances(&beginning, "2026-01-15T08:00:00Z".parse().unwrap());
        found.into_iter().map(Reason::as_str).collect()
    }

    #[test]
    fn an_ordinary_beginning_becomes_an_order() {
        assert_eq!(hindrances(POLICY, ANNA, |_| {}), [""; 0]);
    }

    #[test]
    fn whatever_falls_outside_a_rule_waits_with_its_reason() {
        let check = |wanted: &[&str], change: &dyn Fn(&mut Beginning<'_>)| {
            assert_eq!(hindrances(POLICY, ANNA, |beginning| change(beginning)), wanted);
        };
        check(&["no-card-number"], &|b| b.card = false);
        check(&["has-card"], &|b| b.has_card = true);
        // 90 days, both included: until the first of May.
        check(&[], &|b| b.last = Some(day("2026-05-01")));
        check(&["short-employment"], &|b| b.last = Some(day("2026-04-30")));
        check(&["short-employment"], &|b| b.last = Some(day("2026-01-01")));
        check(&[], &|b| b.first = day("2026-03-01"));
        check(&["too-early"], &|b| b.first = day("2026-03-02"));
        assert_eq!(hindrances(POLICY, "201501019804", |_| {}), ["too-young"]);
        assert_eq!(hindrances(POLICY, "191401682396", |_| {}), ["coordination-number"]);
        let by_hand = POLICY.replace("orders = true", "orders = false");
        assert_eq!(hindrances(&by_hand, ANNA, |b| b.card = false), ["orders-by-hand", "no-card-number"]);
    }

    #[test]
    fn a_policy_that_cannot_be_meant_is_refused() {
        for (from, to) in [
            ("ahead_days = 45", "ahead_days = 93"),
            ("further_cards = false", "surprise = false"),
            ("minimum_age = 18", "minimum_age = 18\napproves = true"),
        ] {
            assert!(POLICY.contains(from), "{from}");
            assert!(OrderPolicy::from_toml(&POLICY.replacen(from, to, 1)).is_err(), "{to}");
        }
    }
}
