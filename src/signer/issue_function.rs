//! Signs certificates of systems and organisations, on the order of one officer and the approval of others.

use super::core::Core;
use super::digest::Digest;
use super::draft::{Draft, Outcome, Wanted};
use super::error::SignerError;
use super::journal::{Authority as Why, Holder, Record};
use super::protocol::{FunctionRequest, SignedCertificate};
use super::registry::Registry;
use domain::evidence::{ApprovedFunction, verify_function};
use domain::id::hex;
use domain::operation::IssueFunction;
use domain::subject::ORGANISATION_NUMBER;
use pki::key::PublicKey;
use pki::time::UtcTime;

impl Core {
    /// Checks everything anew, as if whoever asks were an enemy.
    pub(super) fn issue_function(&self, request: &FunctionRequest) -> Result<SignedCertificate, SignerError> {
        let now = self.clock.now();
        let authority = self.authorities.get(&request.issuer)?;
        let wanted = &request.certificate;
        self.may_certify(authority, wanted.purpose)?;
        self.ready(authority)?;
        let approved = verify_function(&request.evidence, self.approvals_needed, &Registry::new(self), now)?;
        self.check_function(&approved.order, now)?;
        let policies = self.policies();
        let planned = &approved.order.certificate;
        let profile = policies.get(&planned.profile)?;
        if profile.revision() != planned.revision {
            let (name, here) = (profile.name().to_owned(), profile.revision());
            return Err(SignerError::Revision { name, here, wanted: planned.revision });
        }
        if profile.purpose() != wanted.purpose || !wanted.purpose.is_function() {
            return Err(SignerError::ProfilePurpose { name: profile.name().to_owned(), purpose: wanted.purpose });
        }
        let key = PublicKey::from_spki(&wanted.spki)?;
        if approved.order.key != hex(&key.fingerprint()) {
            return Err(SignerError::NotApproved("another key was ordered"));
        }
        let (serial, not_before, not_after) = (wanted.serial, wanted.not_before, wanted.not_after);
        let bytes = Wanted { key: &key, serial, not_before, not_after, tbs: &wanted.tbs };
        let draft = Draft::new(authority, profile, &approved.order.subject, &bytes, now)?;
        self.record(&intent(&request.issuer, &request.evidence.operation, &approved, (&draft, now)))?;
        let mut outcome = Outcome::default();
        let signed = self.sign(draft, &mut outcome);
        self.settle(authority, outcome)?;
        signed
    }

    /// The subject must be the agency's own, say nothing that it may not, and every name in it must have been shown.
    fn check_function(&self, order: &IssueFunction, now: UtcTime) -> Result<(), SignerError> {
        let organisation = self.officers.organisation(&order.tenant);
        let number = order.subject.get(ORGANISATION_NUMBER).map(|number| format!("NTRSE-{number}"));
        if organisation.is_none() || organisation != number.as_deref() {
            return Err(SignerError::NotApproved("the subject is of another organisation than the officers"));
        }
        Ok(self.policies().functions.accept_order(order, now)?)
    }
}

fn intent(issuer: &str, operation: &str, approved: &ApprovedFunction, (draft, at): (&Draft, UtcTime)) -> Record {
    let order = &approved.order;
    Record::Intent {
        at,
        issuer: issuer.to_owned(),
        authority: Why::Function {
            operation: Digest::of(operation.as_bytes()),
            approvers: approved.approvers.clone(),
            ordered_by: order.ordered_by.clone(),
            ordered_at: approved.ordered_at,
        },
        holder: Holder::Function { tenant: order.tenant.clone(), function: order.function.clone() },
        certificates: vec![draft.entry.clone()],
    }
}
