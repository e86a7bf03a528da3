//! Signs a card's certificates, on officers' signatures and nothing else.

use super::core::Core;
use super::digest::Digest;
use super::draft::{Draft, Wanted};
use super::error::SignerError;
use super::issuers::Authority;
use super::journal::{Authority as Why, Holder, Record};
use super::protocol::{CertificateToSign, IssueRequest, MAX_CERTIFICATES, SignedCertificate};
use super::registry::Registry;
use domain::evidence::{ApprovedIssuance, IssueEvidence, verify_issuance};
use domain::id::hex;
use domain::operation::IssueCard;
use pki::key::PublicKey;
use pki::time::UtcTime;

impl Core {
    /// Checks everything anew, as if whoever asks were an enemy.
    pub(super) fn issue(&self, request: &IssueRequest) -> Result<Vec<SignedCertificate>, SignerError> {
        let now = self.clock.now();
        let authority = self.authorities.get(&request.issuer)?;
        authority.serves()?;
        if request.certificates.is_empty() || request.certificates.len() > MAX_CERTIFICATES {
            return Err(SignerError::Malformed("a card has one or two certificates"));
        }
        self.ready(authority)?;
        let approved = verify_issuance(&request.evidence, self.approvals_needed, &Registry::new(self), now)?;
        self.check_applicant(&approved.order)?;
        let drafts = request.certificates.iter().map(|wanted| self.draft(authority, &approved, wanted, now));
        let drafts = drafts.collect::<Result<Vec<_>, _>>()?;
        self.record(&intent(authority, &approved, &request.evidence, &drafts, now))?;
        self.sign_all(authority, drafts)
    }

    /// The subject must be the agency's own, this card's, and not an officer under another name.
    fn check_applicant(&self, order: &IssueCard) -> Result<(), SignerError> {
        let organisation = self.officers.organisation(&order.tenant);
        let number = order.subject.get(ORGANISATION_NUMBER).map(|number| format!("NTRSE-{number}"));
        if organisation.is_none() || organisation != number.as_deref() {
            return Err(SignerError::NotApproved("the subject is of another organisation than the officers"));
        }
        if order.subject.get(CARD_NUMBER) != Some(order.card.as_str()) {
            return Err(SignerError::NotApproved("the subject names another card"));
        }
        let serial_number = order.subject.get(SERIAL_NUMBER);
        let known = serial_number.zip(organisation);
        if !known.is_some_and(|(serial, organisation)| self.officers.may_be(&order.applicant, serial, organisation)) {
            return Err(SignerError::NotApproved("the subject and the applicant are not the same person"));
        }
        Ok(())
    }

    fn draft(
        &self,
        authority: &Authority,
        approved: &ApprovedIssuance,
        wanted: &CertificateToSign,
        now: UtcTime,
    ) -> Result<Draft, SignerError> {
        if !wanted.purpose.is_person() {
            return Err(SignerError::NotApproved("officers approve certificates of people only"));
        }
        let planned = approved.order.certificates.get(&wanted.purpose);
        let planned = planned.ok_or(SignerError::NotApproved("a certificate for this purpose was not ordered"))?;
        let profile = self.profiles.get(&planned.profile)?;
        if profile.revision() != planned.revision {
            let name = profile.name().to_owned();
            return Err(SignerError::Revision { name, here: profile.revision(), wanted: planned.revision });
        }
        if profile.purpose() != wanted.purpose {
            return Err(SignerError::ProfilePurpose { name: profile.name().to_owned(), purpose: wanted.purpose });
        }
        let key = PublicKey::from_spki(&wanted.spki)?;
        if approved.keys.get(&wanted.purpose) != Some(&hex(&key.fingerprint())) {
            return Err(SignerError::NotApproved("another key was delivered on the card"));
        }
        let CertificateToSign { serial, not_before, not_after, tbs, .. } = wanted;
        let (serial, not_before, not_after) = (*serial, *not_before, *not_after);
        let bytes = Wanted { key: &key, serial, not_before, not_after, tbs };
        Draft::new(authority, profile, &approved.order.subject, &bytes, now)
    }
}

fn intent(
    authority: &Authority,
    approved: &ApprovedIssuance,
    evidence: &IssueEvidence,
    drafts: &[Draft],
    at: UtcTime,
) -> Record {
    let hash = |operation: &str| Digest::of(operation.as_bytes());
    Record::Intent {
        at,
        issuer: authority.issuer.name.clone(),
        authority: Why::Approval {
            operation: hash(&evidence.approval.operation),
            identification: hash(&evidence.identification.operation),
            delivery: hash(&evidence.delivery.operation),
            approvers: approved.approvers.clone(),
            delivered_by: approved.delivered_by.clone(),
            delivered_at: approved.delivered_at,
        },
        holder: Holder::Person { person: approved.order.applicant.clone(), card: Some(approved.order.card.clone()) },
        certificates: drafts.iter().map(|draft| draft.entry.clone()).collect(),
    }
}

const ORGANISATION_NUMBER: &str = "organisation.number";
const CARD_NUMBER: &str = "card.number";
const SERIAL_NUMBER: &str = "person.serial_number";
