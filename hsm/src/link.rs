//! What workers, callers and the keeper know together of the token.

use std::sync::{Arc, Condvar, Mutex};
use std::time::{Duration, Instant};

use crate::clock::{left, now};
use crate::lock::{lock, wait, wait_for};
use crate::retry::Trouble;
use crate::token::{Anchor, TokenState};
use crate::{HsmError, metric};

/// The way to the token, as far as there is one.
pub(crate) struct Link {
    token: String,
    inner: Mutex<Inner>,
    /// For workers and callers: the anchor or the state changed.
    changed: Condvar,
    /// For the keeper: trouble was reported, or the pool is closing.
    reported: Condvar,
}

struct Inner {
    /// `None` while the keeper is at work.
    anchor: Option<Arc<Anchor>>,
    state: TokenState,
    trouble: Trouble,
    /// The last trouble's words.
    why: String,
    closing: bool,
}

impl Link {
    pub(crate) fn new(token: &str) -> Self {
        metric::state(token, &TokenState::Unprobed);
        let inner = Inner {
            anchor: None,
            state: TokenState::Unprobed,
            trouble: Trouble::None,
            why: String::new(),
            closing: false,
        };
        Self { token: token.to_owned(), inner: Mutex::new(inner), changed: Condvar::new(), reported: Condvar::new() }
    }

    /// The anchor, waiting for the keeper while it recovers one.
    ///
    /// # Errors
    /// [`HsmError::Unavailable`] as soon as the keeper finds the token unusable, [`HsmError::Timeout`] at `deadline`.
    pub(crate) fn anchor(&self, deadline: Instant) -> Result<Arc<Anchor>, HsmError> {
        let mut inner = lock(&self.inner);
        loop {
            if inner.closing {
                return Err(HsmError::Unavailable { why: "the pool is closed".to_owned() });
            }
            if let Some(anchor) = &inner.anchor {
                return Ok(Arc::clone(anchor));
            }
            if let TokenState::Unusable { why } = &inner.state {
                return Err(HsmError::Unavailable { why: why.clone() });
            }
            let limit = left(deadline);
            if limit.is_zero() {
                return Err(HsmError::Timeout);
            }
            inner = wait_for(&self.changed, inner, limit);
        }
    }

    /// The state, as last known.
    pub(crate) fn state(&self) -> TokenState {
        lock(&self.inner).state.clone()
    }

    /// Waits until the keeper has made up its mind for the first time, at most for `limit`.
    pub(crate) fn wait_until_probed(&self, limit: Duration) {
        let deadline = now() + limit;
        let mut inner = lock(&self.inner);
        while inner.state == TokenState::Unprobed && !left(deadline).is_zero() {
            inner = wait_for(&self.changed, inner, left(deadline));
        }
    }

    /// A worker had trouble with `anchor`; no news if the keeper has replaced it since.
    pub(crate) fn report(&self, anchor: &Arc<Anchor>, trouble: Trouble, error: &HsmError) {
        let mut inner = lock(&self.inner);
        if inner.anchor.as_ref().is_some_and(|current| Arc::ptr_eq(current, anchor)) {
            tracing::warn!(token = self.token, %error, ?trouble, "trouble with the token");
            inner.anchor = None;
            inner.trouble = trouble;
            inner.why = error.to_string();
            self.reported.notify_all();
        }
    }

    /// For the keeper: the token is usable through `anchor`.
    pub(crate) fn publish(&self, anchor: Arc<Anchor>) {
        let mut inner = lock(&self.inner);
        inner.anchor = Some(anchor);
        inner.trouble = Trouble::None;
        self.set(&mut inner, TokenState::Usable);
    }

    /// For the keeper: the token is not usable.
    pub(crate) fn withdraw(&self, why: String) {
        let mut inner = lock(&self.inner);
        inner.anchor = None;
        self.set(&mut inner, TokenState::Unusable { why });
    }

    /// For the keeper: the trouble that was reported last came back too soon; callers are told while it waits.
    pub(crate) fn hold_back(&self) {
        let mut inner = lock(&self.inner);
        if !matches!(inner.state, TokenState::Unusable { .. }) {
            let why = inner.why.clone();
            self.set(&mut inner, TokenState::Unusable { why });
        }
    }

    /// For the keeper: waits for trouble, at most for `limit`. [`Trouble::None`] if there was none.
    pub(crate) fn wait_for_trouble(&self, limit: Duration) -> Trouble {
        let deadline = now() + limit;
        let mut inner = lock(&self.inner);
        while inner.trouble == Trouble::None && !inner.closing && !left(deadline).is_zero() {
            inner = wait_for(&self.reported, inner, left(deadline));
        }
        std::mem::replace(&mut inner.trouble, Trouble::None)
    }

    /// For the keeper: waits for `limit`, or until the pool is closing.
    pub(crate) fn pause(&self, limit: Duration) {
        let deadline = now() + limit;
        let mut inner = lock(&self.inner);
        while !inner.closing && !left(deadline).is_zero() {
            inner = wait_for(&self.reported, inner, left(deadline));
        }
    }

    /// For the keeper: waits until the pool is closing.
    pub(crate) fn wait_for_close(&self) {
        let mut inner = lock(&self.inner);
        while !inner.closing {
            inner = wait(&self.reported, inner);
        }
    }

    /// Ends the keeper and every wait.
    pub(crate) fn close(&self) {
        lock(&self.inner).closing = true;
        self.changed.notify_all();
        self.reported.notify_all();
    }

    pub(crate) fn is_closing(&self) -> bool {
        lock(&self.inner).closing
    }

    fn set(&self, inner: &mut Inner, state: TokenState) {
        if inner.state != state {
            metric::state(&self.token, &state);
            if let TokenState::Unusable { why } = &state {
                tracing::warn!(token = self.token, why, "token unusable");
            } else {
                tracing::info!(token = self.token, "token usable");
            }
            inner.state = state;
        }
        self.changed.notify_all();
    }
}
