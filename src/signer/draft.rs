//! From a request to certificates: the signer builds the bytes itself, compares, lints, records, signs.

use super::core::Core;
use super::digest::Digest;
use super::error::SignerError;
use super::issuers::Authority;
use super::journal::{Entry, Record};
use super::protocol::SignedCertificate;
use super::token::nothing_signed;
use pki::issue::{LintIssuer, Linted, Request, SubjectFacts, lint, prepare};
use pki::key::PublicKey;
use pki::profile::Profile;
use pki::serial::SerialNumber;
use pki::time::UtcTime;

/// What the caller chose, and the bytes that it expects to be signed.
pub(super) struct Wanted<'a> {
    pub(super) key: &'a PublicKey,
    pub(super) serial: SerialNumber,
    pub(super) not_before: UtcTime,
    pub(super) not_after: UtcTime,
    pub(super) tbs: &'a [u8],
}

/// A certificate that passed every check and waits for its signature.
pub(super) struct Draft {
    linted: Linted,
    pub(super) entry: Entry,
}

/// What became of the certificates that were about to be signed.
#[derive(Default)]
pub(super) struct Outcome {
    signed: Vec<SerialNumber>,
    freed: Vec<SerialNumber>,
    /// Why nothing more is signed: the token is asked no further after it failed once.
    stopped: Option<String>,
}

impl Draft {
    /// Builds the bytes from what was approved; `wanted` must hold exactly these.
    pub(super) fn new(
        authority: &Authority,
        profile: &Profile,
        subject: &SubjectFacts,
        wanted: &Wanted<'_>,
        now: UtcTime,
    ) -> Result<Self, SignerError> {
        authority.may_certify(profile.purpose())?;
        near("notBefore", wanted.not_before, now)?;
        let Wanted { key, serial, not_before, not_after, .. } = *wanted;
        let request = Request { profile, subject, key, serial, not_before, not_after };
        let tbs = prepare(&request, &authority.issuer)?;
        if tbs.as_bytes() != wanted.tbs {
            return Err(SignerError::OtherBytes);
        }
        let linted = lint(tbs, profile, LintIssuer::from(&authority.issuer)).map_err(SignerError::Lint)?;
        let entry = Entry::new(profile, serial, key, linted.tbs(), not_after);
        Ok(Self { linted, entry })
    }
}

impl Entry {
    /// The record of a certificate with these bytes.
    pub(super) fn new(
        profile: &Profile,
        serial: SerialNumber,
        key: &PublicKey,
        tbs: &[u8],
        not_after: UtcTime,
    ) -> Self {
        Self {
            serial,
            purpose: profile.purpose(),
            profile: profile.name().to_owned(),
            revision: profile.revision(),
            key: Digest::from_bytes(key.fingerprint()),
            tbs: Digest::of(tbs),
            not_after: Some(not_after),
        }
    }
}

impl Core {
    /// Signs the drafts of an intent that is on disk: the caller gets all of them, or none.
    pub(super) fn sign_all(
        &self,
        drafts: Vec<Draft>,
        outcome: &mut Outcome,
    ) -> Result<Vec<SignedCertificate>, SignerError> {
        let (mut certificates, mut failure) = (Vec::with_capacity(drafts.len()), None);
        for draft in drafts {
            match self.sign(draft, outcome) {
                Ok(certificate) => certificates.push(certificate),
                Err(error) => failure = failure.or(Some(error)),
            }
            self.reach("first-signed");
        }
        failure.map_or(Ok(certificates), Err)
    }

    pub(super) fn sign(&self, draft: Draft, outcome: &mut Outcome) -> Result<SignedCertificate, SignerError> {
        let serial = draft.entry.serial;
        if let Some(why) = outcome.stopped.clone() {
            outcome.freed.push(serial);
            return Err(SignerError::TokenUnavailable { why });
        }
        let error = match draft.linted.sign(&*self.token) {
            Ok(der) => {
                // The octets are those that were linted, and the token's pool has verified the signature.
                outcome.signed.push(serial);
                return Ok(SignedCertificate { serial, certificate: der.into_bytes() });
            }
            Err(error) => error,
        };
        outcome.stopped = Some(error.to_string());
        if nothing_signed(&error) {
            outcome.freed.push(serial);
            return Err(SignerError::NotSigned(error));
        }
        Err(SignerError::Unknown(error))
    }

    /// Records what became of certificates of a CA. What a CRL revoked meanwhile has its end on record already, and
    /// must not stand in the way of the others.
    pub(super) fn settle(&self, authority: &Authority, outcome: Outcome) -> Result<(), SignerError> {
        self.reach("signed");
        let Outcome { mut signed, mut freed, .. } = outcome;
        let issuer = authority.issuer.name.clone();
        tracing::info!(issuer, signed = signed.len(), freed = freed.len(), "certificates");
        let mut ledger = self.ledger();
        signed.retain(|serial| ledger.is_open(&issuer, serial));
        freed.retain(|serial| ledger.is_open(&issuer, serial));
        if signed.is_empty() && freed.is_empty() {
            return Ok(());
        }
        self.note(&mut ledger, &Record::Outcome { at: self.clock.now(), issuer, signed, freed })?;
        drop(ledger);
        self.reach("noted");
        Ok(())
    }
}

/// Whether a time that the caller chose is close to the signer's clock.
pub(super) fn near(what: &'static str, found: UtcTime, now: UtcTime) -> Result<(), SignerError> {
    if found < now.plus_seconds(-SKEW_SECONDS) || found > now.plus_seconds(SKEW_SECONDS) {
        return Err(SignerError::Time { what, found, now });
    }
    Ok(())
}

/// How far the caller's clock may be from the signer's.
const SKEW_SECONDS: i64 = 300;
