//! Signs CRLs. A number comes once, and no revocation is ever lost or told otherwise.

use super::core::Core;
use super::digest::Digest;
use super::draft::near;
use super::error::SignerError;
use super::issuers::Authority;
use super::journal::Record;
use super::ledger::LedgerError;
use super::protocol::CrlRequest;
use super::revoked::{self, Unsaid};
use domain::key::KeyState;
use pki::crl::{CrlContents, CrlTbs, LintedCrl, RevokedEntry, lint_crl, verify_crl};
use pki::issue::Issuer;
use pki::time::UtcTime;
use std::sync::Arc;

impl Core {
    /// Signs the TBSCertList in `tbs`, and from then on knows its entries as revoked.
    pub(super) fn crl(&self, request: &CrlRequest, tbs: &[u8]) -> Result<Vec<u8>, SignerError> {
        let now = self.clock.now();
        let authority = self.authorities.get(&request.issuer)?;
        self.may_answer(authority)?;
        let issuer = &authority.issuer;
        let linted = lint_crl(CrlTbs::from_bytes(tbs.to_vec()), &issuer.certificate, issuer.key.clone());
        let linted = linted.map_err(SignerError::Lint)?;
        let contents = linted.contents().map_err(|_| SignerError::Malformed("the CRL's number is over 64 bits"))?;
        let is_last = self.is_last(issuer, &contents, now)?;
        check_times(&contents, is_last, now)?;

        let _turn = authority.crl_turn.lock().expect("nothing panics while a CRL is made");
        self.check_number(&issuer.name, contents.number, now)?;
        match self.revoked.unsaid_in(&issuer.name, &contents.revoked) {
            Unsaid { lost: 0, changed: 0 } => {}
            Unsaid { lost: 0, changed } => return Err(SignerError::CrlChangesRevocation { changed }),
            Unsaid { lost, .. } => return Err(SignerError::CrlLosesRevocation { lost }),
        }
        self.ready(authority)?;
        self.remember(&issuer.name, contents, (Digest::of(tbs), is_last), now)?;
        self.sign_crl(authority, linted)
    }

    fn sign_crl(&self, authority: &Authority, linted: LintedCrl) -> Result<Vec<u8>, SignerError> {
        self.reach("crl-recorded");
        let crl = linted.sign(&*self.token).map_err(SignerError::Unknown)?.into_bytes();
        self.reach("crl-signed");
        verify_crl(&crl, &authority.issuer.certificate).map_err(SignerError::WrongCrl)?;
        tracing::info!(issuer = authority.issuer.name, bytes = crl.len(), "CRL");
        Ok(crl)
    }

    /// Whether it is a CA's last CRL, which outlives the CA (EN 319 411-1 clause 6.3.9): only for as long as the policy
    /// says, of a key that issues nothing more, and when every certificate is over or listed. Nothing else follows it.
    fn is_last(&self, issuer: &Issuer, contents: &CrlContents, now: UtcTime) -> Result<bool, SignerError> {
        let (last, found) = (contents.next_update > issuer.certificate.not_after(), contents.next_update);
        if last && found != self.policies().end_of_ca.last_crl_until() {
            return Err(SignerError::Time { what: "nextUpdate", found, now });
        }
        let (issuer, ledger) = (issuer.name.as_str(), self.ledger());
        if !last && ledger.has_last_crl(issuer) {
            return Err(SignerError::KeyState { issuer: issuer.to_owned(), state: KeyState::Retired });
        }
        if !last {
            return Ok(false);
        }
        let state = ledger.keys().state(issuer);
        if state != KeyState::StatusOnly {
            return Err(SignerError::KeyState { issuer: issuer.to_owned(), state });
        }
        match ledger.living(issuer, now, &contents.revoked) {
            0 => Ok(true),
            living => Err(SignerError::Living { issuer: issuer.to_owned(), living }),
        }
    }

    /// Above the last one, but not so far that nothing could follow.
    fn check_number(&self, issuer: &str, number: u64, now: UtcTime) -> Result<(), SignerError> {
        let last = self.ledger().last_crl(issuer).map(|crl| crl.number);
        if let Some(last) = last.filter(|last| number <= *last) {
            return Err(LedgerError::CrlNumber { number, last }.into());
        }
        let clock = u64::try_from(now.plus_seconds(MAX_NUMBER_AHEAD).unix()).unwrap_or_default();
        let limit = clock.max(last.unwrap_or_default().saturating_add(1));
        if number > limit { Err(SignerError::CrlNumberAhead { number, limit }) } else { Ok(()) }
    }

    /// Keeps entries and number before anything is signed: first the file, then the record that names its hash.
    fn remember(
        &self,
        issuer: &str,
        contents: CrlContents,
        (tbs, last): (Digest, bool),
        at: UtcTime,
    ) -> Result<(), SignerError> {
        let CrlContents { number, revoked: entries, .. } = contents;
        let before = self.ledger().last_crl(issuer).map(|crl| crl.number);
        revoked::write(&self.directory, issuer, number, &entries).map_err(SignerError::Revoked)?;
        self.reach("crl-serials");
        let (revoked, count) = (revoked::digest(&entries), entries.len());
        self.record(&Record::Crl { at, issuer: issuer.to_owned(), number, tbs, revoked, count, last })?;
        let listed: Arc<[RevokedEntry]> = entries.into();
        self.revoked.replace(issuer, Arc::clone(&listed));
        if let Some(before) = before
            && let Err(error) = revoked::remove(&self.directory, issuer, before)
        {
            tracing::warn!(issuer, number = before, %error, "cannot remove the entries of an older CRL");
        }
        self.release_approvals(issuer, &listed, at)
    }

    /// A certificate that never reached anybody, and is revoked for ever, holds its approval no longer.
    fn release_approvals(&self, issuer: &str, listed: &[RevokedEntry], at: UtcTime) -> Result<(), SignerError> {
        let mut ledger = self.ledger();
        let serials = ledger.releasable(issuer, listed, at);
        if serials.is_empty() {
            return Ok(());
        }
        self.note(&mut ledger, &Record::Released { at, issuer: issuer.to_owned(), serials })
    }
}

fn check_times(contents: &CrlContents, last: bool, now: UtcTime) -> Result<(), SignerError> {
    near("thisUpdate", contents.this_update, now)?;
    if !last && contents.next_update > now.plus_days(MAX_CRL_DAYS) {
        return Err(SignerError::Time { what: "nextUpdate", found: contents.next_update, now });
    }
    Ok(())
}

/// A CRL that lives longer could hide later revocations for as long (EN 319 411-1 clause 6.3.9 asks for a new one daily).
const MAX_CRL_DAYS: i64 = 10;
/// Numbers may follow the clock, in seconds since 1970; this many more are allowed for its error.
const MAX_NUMBER_AHEAD: i64 = 300;
