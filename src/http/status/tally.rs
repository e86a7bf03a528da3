//! How OCSP requests were answered, counted.

use metrics::{Counter, counter};

/// One counter for each way of answering, looked up once.
pub(super) struct Tally {
    pub(super) published: Counter,
    pub(super) live: Counter,
    pub(super) try_later: Counter,
    pub(super) unauthorized: Counter,
    pub(super) malformed: Counter,
    pub(super) internal: Counter,
}

impl Default for Tally {
    fn default() -> Self {
        let answered = |how: &'static str| counter!("sigill_ocsp_requests_total", "answer" => how);
        Self {
            published: answered("published"),
            live: answered("live"),
            try_later: answered("try_later"),
            unauthorized: answered("unauthorized"),
            malformed: answered("malformed"),
            internal: answered("internal"),
        }
    }
}
