//! How fast the same caller may come back: a bucket in memory for each, refilled as the policy says.

use domain::session::pace::{LoginPolicy, Pace};
use governor::clock::{Clock, DefaultClock};
use governor::{DefaultDirectRateLimiter, DefaultKeyedRateLimiter, Quota, RateLimiter};
use std::hash::Hash;
use std::net::{IpAddr, Ipv6Addr};
use std::num::NonZeroU32;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

/// Who comes back.
#[derive(Debug, Clone, Copy)]
pub enum Who<'a> {
    /// Whoever is behind an address.
    Address(IpAddr),
    /// The holder of a certificate, by its SHA-256.
    Card([u8; 32]),
    /// A relying service.
    Client(&'a str),
}

/// Too fast: nothing before this.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TooFast(pub Duration);

/// The buckets.
#[derive(Debug, Default)]
pub struct Pacer(RwLock<Option<Arc<Buckets>>>);

#[derive(Debug)]
struct Buckets {
    policy: LoginPolicy,
    addresses: DefaultKeyedRateLimiter<IpAddr>,
    cards: DefaultKeyedRateLimiter<[u8; 32]>,
    clients: DefaultKeyedRateLimiter<String>,
}

impl Pacer {
    /// Takes one out of the bucket of `who`. Under another policy than before all begin anew.
    ///
    /// # Errors
    /// [`TooFast`] if it is empty.
    pub fn admit(&self, policy: &LoginPolicy, who: Who<'_>) -> Result<(), TooFast> {
        let buckets = self.buckets(policy);
        match who {
            Who::Address(address) => take(&buckets.addresses, &network(address)),
            Who::Card(digest) => take(&buckets.cards, &digest),
            Who::Client(id) => take(&buckets.clients, &id.to_owned()),
        }
    }

    fn buckets(&self, policy: &LoginPolicy) -> Arc<Buckets> {
        let known = self.0.read().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some(known) = known.filter(|known| known.policy == *policy) {
            return known;
        }
        let fresh = Arc::new(Buckets {
            policy: *policy,
            addresses: RateLimiter::keyed(quota(policy.address)),
            cards: RateLimiter::keyed(quota(policy.card)),
            clients: RateLimiter::keyed(quota(policy.client)),
        });
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = Some(Arc::clone(&fresh));
        fresh
    }
}

/// A door that everybody may come to: a bucket for each address, and one for all who were let in by theirs.
#[derive(Debug, Default)]
pub struct Gate(RwLock<Option<Arc<GateBuckets>>>);

/// How fast it goes through a [`Gate`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GatePace {
    /// All together: how many in one go, how many in a second, on and on.
    pub all: (NonZeroU32, NonZeroU32),
    /// The same for one address.
    pub address: (NonZeroU32, NonZeroU32),
}

#[derive(Debug)]
struct GateBuckets {
    pace: GatePace,
    all: DefaultDirectRateLimiter,
    addresses: DefaultKeyedRateLimiter<IpAddr>,
}

impl Gate {
    /// Takes one out of the bucket of an address. Under another pace than before all begin anew.
    ///
    /// # Errors
    /// [`TooFast`] if it is empty.
    pub fn admit_from(&self, pace: GatePace, address: IpAddr) -> Result<(), TooFast> {
        take(&self.buckets(pace).addresses, &network(address))
    }

    /// Takes one out of the bucket of all.
    ///
    /// # Errors
    /// As [`admit_from`](Self::admit_from).
    pub fn admit(&self, pace: GatePace) -> Result<(), TooFast> {
        let until = self.buckets(pace).all.check();
        until.map_err(|until| TooFast(until.wait_time_from(DefaultClock::default().now())))
    }

    fn buckets(&self, pace: GatePace) -> Arc<GateBuckets> {
        let known = self.0.read().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some(known) = known.filter(|known| known.pace == pace) {
            return known;
        }
        let each = |(at_once, a_second)| Quota::per_second(a_second).allow_burst(at_once);
        let (all, addresses) = (RateLimiter::direct(each(pace.all)), RateLimiter::keyed(each(pace.address)));
        let fresh = Arc::new(GateBuckets { pace, all, addresses });
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = Some(Arc::clone(&fresh));
        fresh
    }
}

fn quota(pace: Pace) -> Quota {
    Quota::per_minute(pace.a_minute).allow_burst(pace.at_once)
}

fn take<K: Clone + Hash + Eq>(buckets: &DefaultKeyedRateLimiter<K>, key: &K) -> Result<(), TooFast> {
    if buckets.len() > MOST_KEPT {
        // Full buckets are as good as none.
        buckets.retain_recent();
    }
    buckets.check_key(key).map_err(|until| TooFast(until.wait_time_from(DefaultClock::default().now())))
}

/// Who has one address of IPv6 has the 64 bits behind it.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(v6) => IpAddr::V6(Ipv6Addr::from_bits(v6.to_bits() >> 64 << 64)),
        v4 @ IpAddr::V4(_) => v4,
    }
}

/// Most callers that are remembered before those that may come again are forgotten.
const MOST_KEPT: usize = 100_000;

#[cfg(test)]
mod tests {
    use super::*;

    fn policy(at_once: u32) -> LoginPolicy {
        let pace = format!("at_once = {at_once}\na_minute = 1\n");
        LoginPolicy::from_toml(&["address", "card", "client"].map(|name| format!("[{name}]\n{pace}")).concat()).unwrap()
    }

    #[test]
    fn a_bucket_is_one_caller_s() {
        let (pacer, two) = (Pacer::default(), policy(2));
        let (one, other) = (Who::Card([1; 32]), Who::Card([2; 32]));
        assert_eq!([pacer.admit(&two, one), pacer.admit(&two, one)], [Ok(()), Ok(())]);
        let TooFast(wait) = pacer.admit(&two, one).unwrap_err();
        assert!(wait > Duration::from_secs(30) && wait <= Duration::from_mins(1), "{wait:?}");
        assert_eq!(pacer.admit(&two, other), Ok(()));
        assert_eq!(pacer.admit(&two, Who::Client("rp")), Ok(()));
        assert_eq!(pacer.admit(&policy(3), one), Ok(()), "another policy begins anew");
    }

    #[test]
    fn one_address_does_not_use_up_what_is_for_all() {
        let number = |number: u32| NonZeroU32::new(number).unwrap();
        let pace = GatePace { all: (number(3), number(1)), address: (number(2), number(1)) };
        let (gate, one, other) = (Gate::default(), IpAddr::from([192, 0, 2, 1]), IpAddr::from([192, 0, 2, 2]));
        assert_eq!([gate.admit_from(pace, one), gate.admit_from(pace, one)], [Ok(()), Ok(())]);
        assert!(gate.admit_from(pace, one).is_err());
        assert_eq!(gate.admit_from(pace, other), Ok(()));
        assert!((0..3).all(|_| gate.admit(pace).is_ok()));
        assert!(gate.admit(pace).is_err());
    }

    #[test]
    fn a_network_is_one_caller() {
        let (pacer, one) = (Pacer::default(), policy(1));
        let from = |text: &str| pacer.admit(&one, Who::Address(text.parse().unwrap()));
        assert_eq!(from("2001:db8:0:1::1"), Ok(()));
        assert!(from("2001:db8:0:1:ffff::2").is_err());
        assert_eq!(from("2001:db8:0:2::1"), Ok(()));
        assert_eq!(from("192.0.2.1"), Ok(()));
        assert!(from("::ffff:192.0.2.1").is_err());
        assert_eq!(from("192.0.2.2"), Ok(()));
    }
}
