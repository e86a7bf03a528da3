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

/// What became of the drafts of one intent.
#[derive(Default)]
struct Outcome {
    certificates: Vec<SignedCertificate>,
    signed: Vec<SerialNumber>,
    freed: Vec<SerialNumber>,
    failure: Option<SignerError>,
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
        let entry = Entry::new(profile, serial, key, linted.tbs());
        Ok(Self { linted, entry })
    }
}

impl Entry {
    /// The record of a certificate with these bytes.
    pub(super) fn new(profile: &Profile, serial: SerialNumber, key: &PublicKey, tbs: &[u8]) -> Self {
        Self {
            serial,
            purpose: profile.purpose(),
            profile: profile.name().to_owned(),
            revision: profile.revision(),
            key: Digest::from_bytes(key.fingerprint()),
            tbs: Digest::of(tbs),
        }
    }
}

impl Core {
    /// Signs the drafts of an intent that is on disk, and records what became of each.
    pub(super) fn sign_all(
        &self,
        authority: &Authority,
        drafts: Vec<Draft>,
    ) -> Result<Vec<SignedCertificate>, SignerError> {
        let mut outcome = Outcome::default();
        for draft in drafts {
            if outcome.failure.is_some() {
                outcome.freed.push(draft.entry.serial);
            } else {
                self.sign(draft, &mut outcome);
                self.reach("first-signed");
            }
        }
        self.reach("signed");
        let Outcome { certificates, signed, freed, failure } = outcome;
        tracing::info!(issuer = authority.issuer.name, signed = signed.len(), freed = freed.len(), "certificates");
        if !signed.is_empty() || !freed.is_empty() {
            let issuer = authority.issuer.name.clone();
            self.note(&Record::Outcome { at: self.clock.now(), issuer, signed, freed })?;
            self.reach("noted");
        }
        failure.map_or(Ok(certificates), Err)
    }

    fn sign(&self, draft: Draft, outcome: &mut Outcome) {
        let serial = draft.entry.serial;
        match draft.linted.sign(&*self.token) {
            Ok(der) => {
                // The octets are those that were linted, and the token's pool has verified the signature.
                outcome.signed.push(serial);
                outcome.certificates.push(SignedCertificate { serial, certificate: der.into_bytes() });
            }
            Err(error) if nothing_signed(&error) => {
                outcome.freed.push(serial);
                outcome.failure = Some(SignerError::NotSigned(error));
            }
            Err(error) => outcome.failure = Some(SignerError::Unknown(error)),
        }
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
