//! Who gave a share so far. Shares wait for each other within a window, and no longer.

use super::shared_pin::{Share, SharedPin};
use pki::time::UtcTime;
use secrecy::SecretString;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// Shares on their way to a PIN.
pub struct Quorum {
    pin: SharedPin,
    window_seconds: i64,
    given: BTreeMap<String, Share>,
    /// When they are forgotten: the window begins with the first.
    until: Option<UtcTime>,
}

/// How far the custodians are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// How many gave their shares.
    pub given: usize,
    /// How many are needed.
    pub needed: usize,
}

/// What a share brought.
pub enum Given {
    /// Others are needed.
    Waiting(Progress),
    /// The PIN, and who opened it. The shares are forgotten.
    Complete(SecretString, BTreeSet<String>),
}

/// Why a share is not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NotTaken {
    /// No custodian of this token, or not their share. Which of both is not said.
    #[error("the share is not taken")]
    Wrong,
    /// They gave it before.
    #[error("{0} gave their share before: another custodian is needed")]
    Again(String),
    /// The right shares do not fit the file: somebody changed it.
    #[error("the shares do not open the PIN: the file with the shares was changed")]
    Apart,
}

impl Quorum {
    /// Nobody gave anything yet. A share is forgotten `window_seconds` after the first.
    pub const fn new(pin: SharedPin, window_seconds: i64) -> Self {
        Self { pin, window_seconds, given: BTreeMap::new(), until: None }
    }

    /// Takes a custodian's share.
    ///
    /// # Errors
    /// [`NotTaken`]; nothing was tried, and the other shares stay.
    pub fn give(&mut self, custodian: &str, share: Share, now: UtcTime) -> Result<Given, NotTaken> {
        self.expire(now);
        if !self.pin.is_share_of(custodian, &share) {
            return Err(NotTaken::Wrong);
        }
        if self.given.contains_key(custodian) {
            return Err(NotTaken::Again(custodian.to_owned()));
        }
        self.given.insert(custodian.to_owned(), share);
        self.until.get_or_insert(now.plus_seconds(self.window_seconds));
        let progress = self.progress();
        if progress.given < progress.needed {
            return Ok(Given::Waiting(progress));
        }
        let given = std::mem::take(&mut self.given);
        self.until = None;
        let pin = self.pin.join(given.values()).map_err(|_| NotTaken::Apart)?;
        Ok(Given::Complete(pin, given.into_keys().collect()))
    }

    /// Forgets the shares if their window is over. Says whether there were any.
    pub fn expire(&mut self, now: UtcTime) -> bool {
        let over = self.until.is_some_and(|until| now >= until);
        if over {
            self.given.clear();
            self.until = None;
        }
        over
    }

    /// How far it is.
    pub fn progress(&self) -> Progress {
        Progress { given: self.given.len(), needed: usize::from(self.pin.needed) }
    }

    /// When shares that wait now will be forgotten; none if there are none.
    pub const fn until(&self) -> Option<UtcTime> {
        self.until
    }

    /// Label of the token.
    pub fn token(&self) -> &str {
        &self.pin.token
    }
}

impl fmt::Display for Progress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} of {} given", self.given, self.needed)
    }
}
