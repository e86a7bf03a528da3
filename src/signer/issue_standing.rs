//! Signs certificates without a person, within what the ceremony allowed.

use super::config::Mode;
use super::core::Core;
use super::digest::Digest;
use super::draft::{Draft, Outcome, Wanted};
use super::error::SignerError;
use super::journal::{Authority, Holder, Record};
use super::protocol::{SignedCertificate, StandingRequest};
use super::standing::StandingApproval;
use pki::key::PublicKey;
use pki::profile::Purpose;

impl Core {
    /// Signs if a standing approval covers issuer, profile, exact subject and key.
    pub(super) fn issue_standing(&self, request: &StandingRequest) -> Result<SignedCertificate, SignerError> {
        let now = self.clock.now();
        let authority = self.authorities.get(&request.issuer)?;
        let policies = self.policies();
        let profile = policies.get(&request.profile)?;
        if profile.purpose().is_person() {
            return Err(SignerError::NoStandingApproval);
        }
        // In production officers order and approve those of agencies; the service's own seal is the ceremony's.
        let of_agencies = matches!(profile.purpose(), Purpose::FunctionServer | Purpose::FunctionClient);
        if policies.mode == Mode::Production && of_agencies {
            return Err(SignerError::NoStandingApproval);
        }
        let key = PublicKey::from_spki(&request.spki)?;
        let approval = self.standing_approval(request, Digest::from_bytes(key.fingerprint()))?;
        self.may_certify(authority, profile.purpose())?;
        self.ready(authority)?;
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

    /// What the ceremony allowed, or officers when they activated the CA: its own OCSP signers.
    fn standing_approval(&self, request: &StandingRequest, key: Digest) -> Result<StandingApproval, SignerError> {
        let StandingRequest { issuer, profile, subject, .. } = request;
        if let Some(approval) = self.standing.covering(issuer, profile, subject, key) {
            return Ok(approval.clone());
        }
        let ledger = self.ledger();
        let allowed = ledger.keys().get(issuer).and_then(|key| key.ocsp_signer.as_ref());
        if profile == OCSP_PROFILE && allowed == Some(subject) {
            let (issuer, profile, subject) = (issuer.clone(), profile.clone(), subject.clone());
            return Ok(StandingApproval { issuer, profile, subject, key: None });
        }
        Err(SignerError::NoStandingApproval)
    }
}

/// Profile of OCSP signers' certificates.
const OCSP_PROFILE: &str = "ocsp-signer";
