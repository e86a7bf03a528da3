//! One CA's certificates and their answers, in shards so that writers seldom meet readers.

use super::{Answer, Published};
use pki::serial::SerialNumber;
use pki::time::UtcTime;
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::{PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

/// How many locks the serials are spread over.
const SHARDS: usize = 16;

/// Serial → mark.
#[derive(Debug, Default)]
pub(super) struct Marks {
    /// By the last octet of the serial, which is random. Held for one look or one replacement, never across a wait.
    shards: [RwLock<HashMap<SerialNumber, Mark>>; SHARDS],
}

/// How a certificate stands. Moves down this list or stays; never up from revoked to good.
#[derive(Debug)]
enum Mark {
    /// Issued; no answer yet.
    Noted,
    /// Its answer says good.
    Good(Published),
    /// Revoked; no answer that says so yet.
    Withdrawn,
    /// Its answer says revoked.
    Revoked(Published),
}

impl Mark {
    fn published(&self) -> Option<&Published> {
        match self {
            Self::Good(published) | Self::Revoked(published) => Some(published),
            Self::Noted | Self::Withdrawn => None,
        }
    }

    fn is_revoked(&self) -> bool {
        matches!(self, Self::Withdrawn | Self::Revoked(_))
    }

    /// Whether `new`, which says `revoked` or good, may take its place.
    fn yields_to(&self, new: &Published, revoked: bool) -> bool {
        if self.is_revoked() != revoked {
            return revoked;
        }
        self.published().is_none_or(|old| old.this_update <= new.this_update)
    }
}

impl Marks {
    pub(super) fn answer(&self, serial: &SerialNumber, now: UtcTime) -> Answer {
        let shard = self.read(serial);
        let Some(mark) = shard.get(serial) else { return Answer::NeverIssued };
        match mark.published() {
            Some(published) if published.is_current(now) => Answer::Published(published.clone()),
            Some(published) if now > published.next_update => Answer::Lapsed,
            Some(_) | None => Answer::TryLater,
        }
    }

    pub(super) fn put(&self, serial: SerialNumber, published: Published, revoked: bool) -> bool {
        let mut shard = self.write(&serial);
        if shard.get(&serial).is_some_and(|mark| !mark.yields_to(&published, revoked)) {
            return false;
        }
        shard.insert(serial, if revoked { Mark::Revoked(published) } else { Mark::Good(published) });
        true
    }

    pub(super) fn note(&self, serial: SerialNumber) {
        self.write(&serial).entry(serial).or_insert(Mark::Noted);
    }

    pub(super) fn withdraw(&self, serial: SerialNumber) {
        match self.write(&serial).entry(serial) {
            Entry::Vacant(place) => {
                place.insert(Mark::Withdrawn);
            }
            Entry::Occupied(mut place) if !place.get().is_revoked() => {
                place.insert(Mark::Withdrawn);
            }
            Entry::Occupied(_) => {}
        }
    }

    pub(super) fn is_revoked(&self, serial: &SerialNumber) -> bool {
        self.read(serial).get(serial).is_some_and(Mark::is_revoked)
    }

    /// How many marks there are, and how many of them have no current answer.
    pub(super) fn count(&self, now: UtcTime) -> (usize, usize) {
        self.shards.iter().fold((0, 0), |(all, waiting), shard| {
            let shard = shard.read().unwrap_or_else(PoisonError::into_inner);
            let answered = shard.values().filter_map(Mark::published).filter(|p| p.is_current(now)).count();
            (all + shard.len(), waiting + shard.len() - answered)
        })
    }

    // A panic while a lock is held leaves at worst one mark unplaced: the map itself is whole, so it is used on.
    fn read(&self, serial: &SerialNumber) -> RwLockReadGuard<'_, HashMap<SerialNumber, Mark>> {
        self.shards[shard_of(serial)].read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self, serial: &SerialNumber) -> RwLockWriteGuard<'_, HashMap<SerialNumber, Mark>> {
        self.shards[shard_of(serial)].write().unwrap_or_else(PoisonError::into_inner)
    }
}

fn shard_of(serial: &SerialNumber) -> usize {
    usize::from(serial.as_bytes()[15]) % SHARDS
}
