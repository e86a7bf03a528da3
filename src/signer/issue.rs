//! Signs cards' certificates, on officers' signatures and nothing else.

use super::core::{Core, refusal};
use super::digest::Digest;
use super::draft::{Draft, Outcome, Wanted};
use super::error::SignerError;
use super::issuers::Authority;
use super::journal::{Authority as Why, Holder, Record};
use super::protocol::{CardAnswer, CardToSign, CertificateToSign, IssueRequest, MAX_CERTIFICATES, SignedCertificate};
use super::registry::Registry;
use domain::assurance::Identification;
use domain::evidence::{ApprovedIssuance, Delivery, IssueEvidence, verify_delivery, verify_issuance};
use domain::id::hex;
use domain::operation::{IssueCard, MAX_TRAY};
use domain::reserve::ReserveError;
use domain::subject::{CARD_NUMBER, ORGANISATION_NUMBER, SERIAL_NUMBER, check_person};
use pki::identifier::{PersonalNumber, PersonalNumberKind};
use pki::key::PublicKey;
use pki::profile::Purpose;
use pki::time::UtcTime;

/// Cards that were delivered together, under a signature that verifies.
struct Tray<'a> {
    authority: &'a Authority,
    delivery: Delivery,
    /// Of the delivery's operation.
    digest: Digest,
    now: UtcTime,
}

impl Core {
    /// Checks everything anew, as if whoever asks were an enemy. Each card stands for itself.
    pub(super) fn issue(&self, request: &IssueRequest) -> Result<Vec<CardAnswer>, SignerError> {
        let now = self.clock.now();
        let authority = self.authorities.get(&request.issuer)?;
        self.may_certify(authority, Purpose::PersonAuthentication)?;
        if request.cards.is_empty() || request.cards.len() > MAX_TRAY {
            return Err(SignerError::Malformed("a tray has some cards, and not too many"));
        }
        self.ready(authority)?;
        let delivery = verify_delivery(&request.delivery, &Registry::new(self), now)?;
        let digest = Digest::of(request.delivery.operation.as_bytes());
        let tray = Tray { authority, delivery, digest, now };
        let intents = request.cards.iter().map(|card| self.intent(&tray, card)).collect();
        let mut outcome = Outcome::default();
        let mut sign = |drafts| self.sign_all(drafts, &mut outcome);
        let cards = self.record_intents(intents)?.into_iter().map(|card| answer(card.and_then(&mut sign))).collect();
        self.settle(authority, outcome)?;
        Ok(cards)
    }

    /// A card's certificates, ready to be recorded and then signed.
    fn intent(&self, tray: &Tray<'_>, card: &CardToSign) -> Result<(Record, Vec<Draft>), SignerError> {
        if card.certificates.is_empty() || card.certificates.len() > MAX_CERTIFICATES {
            return Err(SignerError::Malformed("a card has one or two certificates"));
        }
        let officers = Registry::new(self);
        let approved = verify_issuance(&card.evidence, &tray.delivery, self.approvals_needed, &officers, tray.now)?;
        self.check_applicant(&approved.order)?;
        self.check_proof(&approved)?;
        self.check_reserve(&approved.order)?;
        let drafts = card.certificates.iter().map(|wanted| self.draft(tray, &approved, wanted));
        let drafts = drafts.collect::<Result<Vec<_>, _>>()?;
        Ok((tray.record(&approved, &card.evidence, &drafts), drafts))
    }

    /// Writes the intents that can follow, and comes back once all are on disk.
    fn record_intents(
        &self,
        intents: Vec<Result<(Record, Vec<Draft>), SignerError>>,
    ) -> Result<Vec<Result<Vec<Draft>, SignerError>>, SignerError> {
        let mut last = None;
        let mut write = |(record, drafts): (Record, Vec<Draft>)| {
            last = Some(self.write(&record)?);
            Ok(drafts)
        };
        let written = intents.into_iter().map(|intent| intent.and_then(&mut write)).collect();
        if let Some(last) = last {
            self.make_durable(last)?;
        }
        Ok(written)
    }

    /// The subject must be of a person whom this installation may certify, the agency's own, this card's, and not an officer under another name.
    fn check_applicant(&self, order: &IssueCard) -> Result<(), SignerError> {
        check_person(&order.subject, self.policies().mode)?;
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

    /// How the applicant was identified must be enough for the level of every certificate that was ordered.
    fn check_proof(&self, approved: &ApprovedIssuance) -> Result<(), SignerError> {
        let number = approved.order.subject.get(SERIAL_NUMBER).and_then(|text| text.parse().ok());
        let assurance = &self.policies().assurance;
        let first = (&approved.proof, approved.identified_at);
        let second = approved.second.as_ref().map(|(proof, at)| (proof, *at));
        for (proof, at) in [first].into_iter().chain(second) {
            let found = Identification { proof, number: number.as_ref(), at };
            let mut planned = approved.order.certificates.values();
            planned.try_for_each(|planned| assurance.accept(&planned.profile, &found))?;
        }
        Ok(())
    }

    /// What two administrators may give is a reserve card, for some days, and nothing else; nobody else gives one.
    fn check_reserve(&self, order: &IssueCard) -> Result<(), SignerError> {
        self.policies().reserve.accept(order.reserve.as_ref(), &order.certificates)?;
        let number = order.subject.get(SERIAL_NUMBER).and_then(|text| text.parse::<PersonalNumber>().ok());
        let coordination = number.is_some_and(|number| number.kind() == PersonalNumberKind::Coordination);
        if order.reserve.is_some() && coordination {
            return Err(ReserveError::CoordinationNumber.into());
        }
        Ok(())
    }

    fn draft(
        &self,
        tray: &Tray<'_>,
        approved: &ApprovedIssuance,
        wanted: &CertificateToSign,
    ) -> Result<Draft, SignerError> {
        if !wanted.purpose.is_person() {
            return Err(SignerError::NotApproved("officers approve certificates of people only"));
        }
        let planned = approved.order.certificates.get(&wanted.purpose);
        let planned = planned.ok_or(SignerError::NotApproved("a certificate for this purpose was not ordered"))?;
        let policies = self.policies();
        let profile = policies.get(&planned.profile)?;
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
        let days = approved.order.reserve.as_ref().map(|reserve| i64::from(reserve.days));
        if days.is_some_and(|days| *not_after > not_before.plus_days(days)) {
            return Err(SignerError::NotApproved("more days than the reserve card was ordered for"));
        }
        let (serial, not_before, not_after) = (*serial, *not_before, *not_after);
        let bytes = Wanted { key: &key, serial, not_before, not_after, tbs };
        Draft::new(tray.authority, profile, &approved.order.subject, &bytes, tray.now)
    }
}

impl Tray<'_> {
    fn record(&self, approved: &ApprovedIssuance, evidence: &IssueEvidence, drafts: &[Draft]) -> Record {
        let order = &approved.order;
        Record::Intent {
            at: self.now,
            issuer: self.authority.issuer.name.clone(),
            authority: Why::Approval {
                operation: Digest::of(evidence.approval.operation.as_bytes()),
                identification: Digest::of(evidence.identification.operation.as_bytes()),
                second: evidence.second.as_ref().map(|second| Digest::of(second.operation.as_bytes())),
                delivery: self.digest,
                approvers: approved.approvers.clone(),
                delivered_by: approved.delivered_by.clone(),
                delivered_at: approved.delivered_at,
            },
            holder: Holder::Person { person: order.applicant.clone(), card: Some(order.card.clone()) },
            certificates: drafts.iter().map(|draft| draft.entry.clone()).collect(),
        }
    }
}

fn answer(card: Result<Vec<SignedCertificate>, SignerError>) -> CardAnswer {
    card.map_or_else(|error| CardAnswer::Refused(refusal(&error)), CardAnswer::Signed)
}
