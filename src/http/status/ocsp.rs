//! One OCSP request, answered.

use super::behind::LiveError;
use super::site::Site;
use crate::board::{Answer, Published};
use crate::config::status::UnknownSerial;
use bytes::Bytes;
use pki::ocsp::{CertId, INTERNAL_ERROR, MALFORMED_REQUEST, TRY_LATER, UNAUTHORIZED, parse_request};
use pki::time::UtcTime;

/// What is sent.
#[derive(Debug)]
pub(super) enum Reply {
    /// From the board; caches may keep it.
    Published(Published),
    /// Signed for this caller.
    Live(Bytes),
    /// An unsigned error, as HTTP 200: clients read it only so (RFC 6960 appendix A.2).
    Error(&'static [u8]),
}

/// What the board says to a whole request.
enum Look {
    Done(Reply),
    /// Something must be signed: all of these.
    Live(Vec<CertId>),
}

impl Site {
    /// Answers the DER of an OCSPRequest.
    ///
    /// A nonce is ignored: answers are made before they are asked for (RFC 9919 section 4.1.2).
    pub(super) async fn ocsp(&self, request: &[u8], now: UtcTime) -> Reply {
        match self.look(request, now) {
            Look::Done(reply) => reply,
            Look::Live(asked) => self.sign(&asked).await,
        }
    }

    fn look(&self, request: &[u8], now: UtcTime) -> Look {
        let asked = match parse_request(request) {
            Ok(request) => request.cert_ids,
            Err(error) if error.response() == UNAUTHORIZED => return Look::Done(self.unauthorized()),
            Err(_) => return Look::Done(self.malformed()),
        };
        match &asked[..] {
            [one] => self.look_at_one(one, now).map_or_else(|| Look::Live(asked), Look::Done),
            several if several.iter().all(|id| self.may_sign(&self.board.ocsp(id, now))) => Look::Live(asked),
            _ => Look::Done(self.unauthorized()),
        }
    }

    /// None if an answer must be signed first.
    fn look_at_one(&self, id: &CertId, now: UtcTime) -> Option<Reply> {
        match self.board.ocsp(id, now) {
            Answer::Published(page) => {
                self.tally.published.increment(1);
                Some(Reply::Published(page))
            }
            Answer::TryLater => Some(self.try_later()),
            Answer::Lapsed => None,
            other => (!self.may_sign(&other)).then(|| self.unauthorized()),
        }
    }

    /// Whether a live answer about it may be given.
    fn may_sign(&self, answer: &Answer) -> bool {
        match answer {
            Answer::Published(_) | Answer::TryLater | Answer::Lapsed => true,
            Answer::NeverIssued => self.ocsp.unknown == UnknownSerial::SignedUnknown,
            Answer::NotOurs => false,
        }
    }

    async fn sign(&self, asked: &[CertId]) -> Reply {
        let Ok(_permit) = self.live.try_acquire() else { return self.try_later() };
        match self.behind.answer(asked).await {
            Ok(answer) => {
                self.tally.live.increment(1);
                Reply::Live(answer)
            }
            Err(LiveError::TryLater) => self.try_later(),
            Err(LiveError::Unauthorized) => self.unauthorized(),
            Err(LiveError::Internal) => {
                self.tally.internal.increment(1);
                Reply::Error(INTERNAL_ERROR)
            }
        }
    }

    pub(super) fn malformed(&self) -> Reply {
        self.tally.malformed.increment(1);
        Reply::Error(MALFORMED_REQUEST)
    }

    fn unauthorized(&self) -> Reply {
        self.tally.unauthorized.increment(1);
        Reply::Error(UNAUTHORIZED)
    }

    fn try_later(&self) -> Reply {
        self.tally.try_later.increment(1);
        Reply::Error(TRY_LATER)
    }
}
