//! Signs certificates without a person, within what the ceremony allowed.

use super::core::Core;
use super::digest::Digest;
use super::draft::{Draft, Outcome, Wanted};
use super::error::SignerError;
use super::journal::{Authority, Holder, Record};
use super::protocol::{SignedCertificate, StandingRequest};
use pki::key::PublicKey;

impl Core {
    /// Signs if a standing approval covers issuer, profile, exact subject and key.
    pub(super) fn issue_standing(&self, request: &StandingRequest) -> Result<SignedCertificate, SignerError> {
        let now = self.clock.now();
        let authority = self.authorities.get(&request.issuer)?;
        authority.serves()?;
        let policies = self.policies();
        let profile = policies.get(&request.profile)?;
        if profile.purpose().is_person() {
            return Err(SignerError::NoStandingApproval);
        }
        self.ready(authority)?;
        let key = PublicKey::from_spki(&request.spki)?;
        let approval = self
            .standing
            .covering(&request.issuer, &request.profile, &request.subject, Digest::from_bytes(key.fingerprint()))
            .ok_or(SignerError::NoStandingApproval)?;
        let StandingRequest { serial, not_before, not_after, ref tbs, .. } = *request;
        let bytes = Wanted { key: &key, serial, not_before, not_after, tbs };
        let draft = Draft::new(authority, profile, &request.subject, &bytes, now)?;
        self.record(&Record::Intent {
            at: now,
            issuer: request.issuer.clone(),
            authority: Authority::Standing { approval: approval.digest() },
            holder: Holder::service(&request.subject),
            certificates: vec![draft.entry.clone()],
        })?;
        let mut outcome = Outcome::default();
        let signed = self.sign(draft, &mut outcome);
        self.settle(authority, outcome)?;
        signed
    }
}
