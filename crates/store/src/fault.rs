//! Faults on purpose, at named points of every write, for tests that kill or fail the store.
//!
//! Nothing happens unless a hook was handed to [`Options::faults`](crate::Options::faults).

use std::fmt;
use std::sync::Arc;

/// Every point, in the order in which one transaction passes them. A point named after a kind of
/// row is reached just before the statement that writes rows of that kind.
pub const POINTS: &[&str] = &[
    "begin",
    "tenant",
    "person",
    "person-changed",
    "person-number-replaced",
    "person-number",
    "employment",
    "employment-end",
    "agreement",
    "move-new",
    "move",
    "assignment-new",
    "assignment",
    "training",
    "card-new",
    "card",
    "approval-new",
    "approval-excluded",
    "approval-signature",
    "approval",
    "delivery",
    "enrolment-new",
    "enrolment",
    "reserve-stock",
    "reserve-order",
    "hand-out",
    "function-new",
    "function",
    "address",
    "notice-new",
    "notice",
    "certified-key",
    "distinguished-name",
    "intent",
    "certificate",
    "revocation",
    "revocation-code",
    "bulk-new",
    "bulk-item",
    "bulk",
    "bulk-outcome",
    "crl",
    "policies",
    "ca-key",
    "registration",
    "registration-approval",
    "token-key",
    "session",
    "ticket",
    "ticket-spent",
    "session-ended",
    "tickets-forgotten",
    "sessions-forgotten",
    "register-answer",
    "person-checked",
    "work",
    "work-done",
    "request-key",
    "request-answer",
    "requests-forgotten",
    "ocsp",
    "erase",
    "audit",
    "audit-personal",
    "commit",
    "committed",
];

/// A fault was injected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("injected fault at {point}")]
pub struct Injected {
    /// Where.
    pub point: &'static str,
}

type Hook = dyn Fn(&'static str) -> Result<(), Injected> + Send + Sync;

/// What happens at the points; by default nothing.
#[derive(Clone, Default)]
pub struct Faults(Option<Arc<Hook>>);

impl fmt::Debug for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Faults").field(&self.0.is_some()).finish()
    }
}

impl Faults {
    /// Calls `hook` at each point; its error fails the transaction as a broken database would.
    pub fn hook(hook: impl Fn(&'static str) -> Result<(), Injected> + Send + Sync + 'static) -> Self {
        Self(Some(Arc::new(hook)))
    }

    /// Passes a point.
    pub(crate) fn reach(&self, point: &'static str) -> Result<(), Injected> {
        self.0.as_ref().map_or(Ok(()), |hook| hook(point))
    }
}
