//! The signer's state, and the one door to it: a request in, an answer out.

use super::emergency::{Custodians, EmergencyStatus};
use super::error::SignerError;
use super::issuers::{Authorities, Authority};
use super::journal::{Journal, Record, Ticket};
use super::ledger::Ledger;
use super::officers::OfficerList;
use super::policies::Policies;
use super::protocol::{Answer, Refusal, Request, Status};
use super::registry::VerifiedCertificates;
use super::revoked::Revoked;
use super::standing::StandingList;
use super::token::CaToken;
use crate::clock::Clock;
use crate::crash::Crash;
use pki::Kind;
use pki::certificate::Certificate;
use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, RwLock};

/// Everything that the signer knows. Shared by all connections.
pub struct Core {
    pub(super) approvals_needed: usize,
    pub(super) directory: PathBuf,
    pub(super) officers: OfficerList,
    pub(super) standing: StandingList,
    pub(super) authorities: Authorities,
    /// The roots of the configuration; only those on record are trusted.
    pub(super) anchors: Vec<Certificate>,
    pub(super) policy_folder: PathBuf,
    pub(super) policies: RwLock<Arc<Policies>>,
    /// Held while the folder is read again.
    pub(super) policies_turn: Mutex<()>,
    pub(super) journal: Journal,
    pub(super) ledger: Mutex<Ledger>,
    pub(super) revoked: Revoked,
    pub(super) verified: VerifiedCertificates,
    pub(super) token: Arc<dyn CaToken>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) custodians: Option<Custodians>,
    pub(super) emergency_delay_seconds: i64,
    /// Held over an act on a key: none begins on a key that another is about to destroy.
    pub(super) key_turn: Mutex<()>,
    /// Held while an emergency is announced: the list beside the journal is the one in it.
    pub(super) emergency_turn: Mutex<()>,
    pub(super) crash: Option<Crash>,
}

impl Core {
    /// Ends the process at a named step. Only for tests and for a signer outside production.
    #[must_use]
    pub fn crash_at(mut self, crash: Crash) -> Self {
        self.crash = Some(crash);
        self
    }

    /// Passes a point of [`POINTS`](super::fault::POINTS).
    pub(super) fn reach(&self, point: &'static str) {
        if let Some(crash) = &self.crash {
            crash.reach(point);
        }
    }

    /// Answers one request. The second part of the answer is its frame of bytes.
    pub fn answer(&self, request: &Request, blob: &[u8]) -> (Answer, Vec<u8>) {
        let answer = match request {
            Request::Hello => Ok((Answer::Hello(self.status()), Vec::new())),
            Request::Issue(request) => self.issue(request).map(|cards| (Answer::Cards(cards), Vec::new())),
            Request::IssueStanding(request) => {
                self.issue_standing(request).map(|signed| (Answer::Issued(signed), Vec::new()))
            }
            Request::IssueFunction(request) => {
                self.issue_function(request).map(|signed| (Answer::Issued(signed), Vec::new()))
            }
            Request::Crl(request) => self.crl(request, blob).map(|crl| (Answer::Crl, crl)),
            Request::AnnounceEmergency(request) => self.announce_emergency(request).map(emergency),
            Request::CancelEmergency(signed) => self.cancel_emergency(signed).map(emergency),
            Request::KeyAct(approval) => self.key_act(approval).map(|keys| (Answer::Keys(keys), Vec::new())),
            Request::ReloadPolicies => self.reload_policies().map(|bundle| (Answer::Policies(bundle), Vec::new())),
        };
        answer.unwrap_or_else(|error| (Answer::Refused(refusal(&error)), Vec::new()))
    }

    /// How the signer is.
    pub fn status(&self) -> Status {
        let serving = self.authorities.iter().filter(|authority| self.may_answer(authority).is_ok());
        // Its lock must be gone before the keys take it.
        let emergency = self.ledger().emergency();
        Status {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            issuers: serving.map(|authority| authority.issuer.name.clone()).collect(),
            token_problem: self.token.problem(),
            journal: self.journal.head(),
            policies: self.policies().bundle,
            emergency,
            keys: self.keys(),
        }
    }

    /// Writes down who opened the token, and checks the keys on it. Says why the token cannot be used all the same.
    pub(super) fn unlocked(&self, token: &str, custodians: BTreeSet<String>) -> Option<String> {
        let record = Record::Unlocked { at: self.clock.now(), token: token.to_owned(), custodians };
        if let Err(error) = self.record(&record) {
            tracing::error!(%error, "who opened the token was not written down");
            return Some(error.to_string());
        }
        if let Err(error) = self.check_keys() {
            tracing::error!(%error, "a key on the token is refused");
            return Some(error.to_string());
        }
        self.token.problem()
    }

    pub(super) fn ledger(&self) -> MutexGuard<'_, Ledger> {
        self.ledger.lock().expect("nothing panics while it holds the ledger")
    }

    /// Judges a record, writes it, and comes back once it is on disk.
    pub(super) fn record(&self, record: &Record) -> Result<(), SignerError> {
        let ticket = self.write(record)?;
        self.make_durable(ticket)
    }

    /// Judges a record and writes it; nothing may follow from it until it is [durable](Self::make_durable).
    pub(super) fn write(&self, record: &Record) -> Result<Ticket, SignerError> {
        self.reach("write");
        let mut ledger = self.ledger();
        ledger.admit(record)?;
        Ok(self.journal.write(record)?)
    }

    /// Comes back once everything up to this record is on disk.
    pub(super) fn make_durable(&self, ticket: Ticket) -> Result<(), SignerError> {
        self.reach("written");
        self.journal.make_durable(ticket)?;
        self.reach("durable");
        Ok(())
    }

    /// Judges and writes a record whose loss would only make the signer stricter.
    pub(super) fn note(&self, ledger: &mut Ledger, record: &Record) -> Result<(), SignerError> {
        ledger.admit(record)?;
        let _durable_with_a_later_one = self.journal.write(record)?;
        Ok(())
    }

    /// Whether this CA can sign now. Asked before anything is used up.
    pub(super) fn ready(&self, authority: &Authority) -> Result<(), SignerError> {
        if let Some(why) = self.token.problem() {
            return Err(SignerError::TokenUnavailable { why });
        }
        let issuer = &authority.issuer;
        if authority.key_checked.get().is_none() {
            let found = match self.token.check_key(&issuer.key, issuer.certificate.public_key()) {
                Err(error) if error.kind() == Kind::Busy => {
                    return Err(SignerError::TokenUnavailable { why: error.to_string() });
                }
                found => found.map_err(|error| error.to_string()),
            };
            authority.key_checked.get_or_init(|| found);
        }
        match authority.key_checked.get() {
            Some(Ok(())) => Ok(()),
            Some(Err(why)) => Err(SignerError::KeyRefused { issuer: issuer.name.clone(), why: why.clone() }),
            None => Err(SignerError::TokenUnavailable { why: "the key was not checked".to_owned() }),
        }
    }
}

fn emergency(status: EmergencyStatus) -> (Answer, Vec<u8>) {
    (Answer::Emergency(status), Vec::new())
}

/// Logs a failure once, with its causes, and gives the caller what it may know.
pub(super) fn refusal(error: &SignerError) -> Refusal {
    let code = error.code();
    let cause = std::error::Error::source(error).map(tracing::field::display);
    if code.kind() == Kind::Internal {
        tracing::error!(code = code.as_str(), %error, cause, "not signed");
    } else {
        tracing::warn!(code = code.as_str(), %error, cause, "not signed");
    }
    Refusal { code, detail: error.to_string() }
}
