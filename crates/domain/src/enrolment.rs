//! Enrolment: from an agency's application to an activated card.
//!
//! Each stage is a type. A move that is not written here does not compile.

use crate::operation::{IdentifyApplicant, IdentityProof, IssueCard, Operation, PlannedProfile};
use crate::reserve::{ReserveOrder, SecondIdentification};
use crate::{ApprovalId, CardNumber, EnrolmentId, PersonId, TenantId};
use pki::issue::SubjectFacts;
use pki::profile::Purpose;
use pki::serial::SerialNumber;
use pki::time::UtcTime;
use std::collections::BTreeMap;

/// One application for a card, at stage `S`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Enrolment<S> {
    /// Its key.
    pub id: EnrolmentId,
    /// The agency.
    pub tenant: TenantId,
    /// Who is to get the card.
    pub applicant: PersonId,
    /// The card that was ordered.
    pub card: CardNumber,
    /// What becomes the subject of the certificates; fixed at submission.
    pub subject: SubjectFacts,
    /// The profile of each certificate; fixed at submission.
    pub certificates: BTreeMap<Purpose, PlannedProfile>,
    /// What the order of a reserve card says more; fixed at submission.
    pub reserve: Option<ReserveOrder>,
    stage: S,
}

/// Applied for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Submitted {
    /// By whom.
    pub by: PersonId,
    /// When.
    pub at: UtcTime,
}

/// The applicant was identified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identified {
    /// The stage before.
    pub submitted: Submitted,
    /// By whom.
    pub by: PersonId,
    /// When.
    pub at: UtcTime,
    /// On what evidence.
    pub proof: IdentityProof,
    /// The officer's signed statement, a compact JWS.
    pub statement: String,
    /// The approval that was opened for it.
    pub approval: ApprovalId,
}

/// Approved by someone else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Approved {
    /// The stage before.
    pub identified: Identified,
    /// By whom.
    pub by: PersonId,
    /// When.
    pub at: UtcTime,
    /// How the approver of a reserve card identified the holder anew.
    pub second: Option<SecondIdentification>,
}

/// The certificates exist.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Issued {
    /// The stage before.
    pub approved: Approved,
    /// Serial of each certificate.
    pub serials: BTreeMap<Purpose, SerialNumber>,
    /// When.
    pub at: UtcTime,
    /// Which signed delivery brought the keys: its [`Signed::id`](crate::evidence::Signed::id).
    pub delivery: String,
}

/// The card is in the holder's hands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Activated {
    /// The stage before.
    pub issued: Issued,
    /// By whom.
    pub by: PersonId,
    /// When.
    pub at: UtcTime,
}

/// The four-eyes rule was about to be broken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("four eyes: whoever submitted, identified or is the applicant cannot do this")]
pub struct FourEyes {
    /// Who tried.
    pub actor: PersonId,
}

impl Enrolment<Submitted> {
    /// A new application.
    ///
    /// # Errors
    /// [`FourEyes`] if the officer applies for themselves.
    pub fn submit(
        (id, tenant): (EnrolmentId, TenantId),
        (applicant, card): (PersonId, CardNumber),
        subject: SubjectFacts,
        (certificates, reserve): (BTreeMap<Purpose, PlannedProfile>, Option<ReserveOrder>),
        submitted: Submitted,
    ) -> Result<Self, FourEyes> {
        if submitted.by == applicant {
            return Err(FourEyes { actor: submitted.by });
        }
        Ok(Self { id, tenant, applicant, card, subject, certificates, reserve, stage: submitted })
    }

    /// The identification that `by` must sign.
    pub fn identification(&self, by: &PersonId, proof: &IdentityProof) -> Operation {
        self.identify_applicant(&self.stage, by, proof)
    }

    /// Records that the applicant was identified. The caller has verified `statement`.
    ///
    /// # Errors
    /// [`FourEyes`] if `by` is the applicant.
    pub fn identify(
        self,
        by: PersonId,
        at: UtcTime,
        proof: IdentityProof,
        statement: String,
        approval: ApprovalId,
    ) -> Result<Enrolment<Identified>, FourEyes> {
        if by == self.applicant {
            return Err(FourEyes { actor: by });
        }
        Ok(self.advance(|submitted| Identified { submitted, by, at, proof, statement, approval }))
    }
}

impl Enrolment<Identified> {
    /// Approves the enrolment. The caller has verified the approver's signature.
    ///
    /// # Errors
    /// [`FourEyes`] if `by` submitted it, identified the applicant, or is the applicant (four eyes, CP section 5.2.2), or
    /// if the card is a reserve card, whose approver identifies the holder anew.
    pub fn approve(self, by: PersonId, at: UtcTime) -> Result<Enrolment<Approved>, FourEyes> {
        if self.reserve.is_some() || self.officers().contains(&by) {
            return Err(FourEyes { actor: by });
        }
        Ok(self.advance(|identified| Approved { identified, by, at, second: None }))
    }

    /// The second administrator's identification, for `by` to sign.
    pub fn second_identification(&self, by: &PersonId, proof: &IdentityProof) -> Operation {
        self.identify_applicant(&self.stage.submitted, by, proof)
    }

    /// The second administrator of a reserve card approves. The caller has verified both signatures.
    ///
    /// # Errors
    /// As [`approve`](Self::approve), and [`FourEyes`] for an ordinary card.
    pub fn approve_reserve(self, second: SecondIdentification) -> Result<Enrolment<Approved>, FourEyes> {
        if self.reserve.is_none() || self.officers().contains(&second.by) {
            return Err(FourEyes { actor: second.by });
        }
        let (by, at) = (second.by.clone(), second.at);
        Ok(self.advance(|identified| Approved { identified, by, at, second: Some(second) }))
    }

    /// Everyone who can never approve this enrolment.
    pub fn officers(&self) -> Vec<PersonId> {
        vec![self.stage.submitted.by.clone(), self.stage.by.clone(), self.applicant.clone()]
    }

    /// What approvers sign.
    pub fn operation(&self) -> Operation {
        self.issue_card(&self.stage)
    }
}

impl Enrolment<Approved> {
    /// What was approved.
    pub fn operation(&self) -> Operation {
        self.issue_card(&self.stage.identified)
    }

    /// The identification that the approval names.
    pub fn identification(&self) -> Operation {
        let identified = &self.stage.identified;
        self.identify_applicant(&identified.submitted, &identified.by, &identified.proof)
    }

    /// The second identification of a reserve card's holder, with its statement.
    pub fn second_identification(&self) -> Option<(Operation, &str)> {
        let second = self.stage.second.as_ref()?;
        let operation = self.identify_applicant(&self.stage.identified.submitted, &second.by, &second.proof);
        Some((operation, &second.statement))
    }

    /// Records the certificates.
    ///
    /// # Errors
    /// [`FourEyes`] if the approver also delivered the keys.
    pub fn issue(
        self,
        serials: BTreeMap<Purpose, SerialNumber>,
        at: UtcTime,
        delivered_by: &PersonId,
        delivery: String,
    ) -> Result<Enrolment<Issued>, FourEyes> {
        if *delivered_by == self.stage.by || *delivered_by == self.applicant {
            return Err(FourEyes { actor: delivered_by.clone() });
        }
        Ok(self.advance(|approved| Issued { approved, serials, at, delivery }))
    }
}

impl Enrolment<Issued> {
    /// Records that the card was handed out.
    ///
    /// # Errors
    /// [`FourEyes`] if `by` is the applicant or approved it.
    pub fn activate(self, by: PersonId, at: UtcTime) -> Result<Enrolment<Activated>, FourEyes> {
        if by == self.applicant || by == self.stage.approved.by {
            return Err(FourEyes { actor: by });
        }
        Ok(self.advance(|issued| Activated { issued, by, at }))
    }
}

impl<S> Enrolment<S> {
    /// The same for eyes that must not see who the applicant is. It is no application any more: nobody can sign for it.
    #[must_use]
    pub fn masked(self) -> Self {
        Self { subject: crate::subject::masked(self.subject), ..self }
    }

    /// The stage and what was recorded in it.
    pub const fn stage(&self) -> &S {
        &self.stage
    }

    /// Puts a stored enrolment together again; for stores only.
    pub fn restore(enrolment: Enrolment<()>, stage: S) -> Self {
        enrolment.advance(|()| stage)
    }

    /// The enrolment without its stage; for stores only.
    pub fn bare(&self) -> Enrolment<()>
    where
        S: Clone,
    {
        self.clone().advance(|_| ())
    }

    fn identify_applicant(&self, submitted: &Submitted, by: &PersonId, proof: &IdentityProof) -> Operation {
        Operation::IdentifyApplicant(IdentifyApplicant {
            enrolment: self.id.clone(),
            tenant: self.tenant.clone(),
            applicant: self.applicant.clone(),
            subject: self.subject.clone(),
            submitted_by: submitted.by.clone(),
            identified_by: by.clone(),
            proof: proof.clone(),
            reserve: self.reserve.clone(),
        })
    }

    fn issue_card(&self, identified: &Identified) -> Operation {
        Operation::IssueCard(IssueCard {
            enrolment: self.id.clone(),
            tenant: self.tenant.clone(),
            applicant: self.applicant.clone(),
            card: self.card.clone(),
            subject: self.subject.clone(),
            certificates: self.certificates.clone(),
            submitted_by: identified.submitted.by.clone(),
            identified_by: identified.by.clone(),
            identification: self.identify_applicant(&identified.submitted, &identified.by, &identified.proof).hash(),
            reserve: self.reserve.clone(),
        })
    }

    fn advance<T>(self, to: impl FnOnce(S) -> T) -> Enrolment<T> {
        let Self { id, tenant, applicant, card, subject, certificates, reserve, stage } = self;
        Enrolment { id, tenant, applicant, card, subject, certificates, reserve, stage: to(stage) }
    }
}

impl Enrolment<()> {
    /// The parts that every stage shares; for stores only.
    pub fn from_parts(
        (id, tenant): (EnrolmentId, TenantId),
        (applicant, card): (PersonId, CardNumber),
        subject: SubjectFacts,
        (certificates, reserve): (BTreeMap<Purpose, PlannedProfile>, Option<ReserveOrder>),
    ) -> Self {
        Self { id, tenant, applicant, card, subject, certificates, reserve, stage: () }
    }
}

/// What a row can hold; the only place stages are told apart at run time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AnyEnrolment {
    /// Applied for.
    Submitted(Enrolment<Submitted>),
    /// Applicant identified.
    Identified(Enrolment<Identified>),
    /// Approved.
    Approved(Enrolment<Approved>),
    /// Certificates exist.
    Issued(Enrolment<Issued>),
    /// Card handed out.
    Activated(Enrolment<Activated>),
}

/// What every stage has, from whichever stage this is.
macro_rules! at_any_stage {
    ($any:expr, $enrolment:ident => $part:expr) => {
        match $any {
            AnyEnrolment::Submitted($enrolment) => $part,
            AnyEnrolment::Identified($enrolment) => $part,
            AnyEnrolment::Approved($enrolment) => $part,
            AnyEnrolment::Issued($enrolment) => $part,
            AnyEnrolment::Activated($enrolment) => $part,
        }
    };
}

impl AnyEnrolment {
    /// The word in rows and views.
    pub const fn stage_name(&self) -> &'static str {
        match self {
            Self::Submitted(_) => "submitted",
            Self::Identified(_) => "identified",
            Self::Approved(_) => "approved",
            Self::Issued(_) => "issued",
            Self::Activated(_) => "activated",
        }
    }

    /// As [`Enrolment::masked`].
    #[must_use]
    pub fn masked(self) -> Self {
        match self {
            Self::Submitted(e) => Self::Submitted(e.masked()),
            Self::Identified(e) => Self::Identified(e.masked()),
            Self::Approved(e) => Self::Approved(e.masked()),
            Self::Issued(e) => Self::Issued(e.masked()),
            Self::Activated(e) => Self::Activated(e.masked()),
        }
    }

    /// The parts that every stage shares.
    pub fn bare(&self) -> Enrolment<()> {
        at_any_stage!(self, enrolment => enrolment.bare())
    }

    /// Its id.
    pub const fn id(&self) -> &EnrolmentId {
        at_any_stage!(self, enrolment => &enrolment.id)
    }

    /// The card that is applied for.
    pub const fn card(&self) -> &CardNumber {
        at_any_stage!(self, enrolment => &enrolment.card)
    }

    /// The application, however far it came.
    pub const fn submitted(&self) -> &Submitted {
        match self {
            Self::Submitted(e) => &e.stage,
            Self::Identified(e) => &e.stage.submitted,
            Self::Approved(e) => &e.stage.identified.submitted,
            Self::Issued(e) => &e.stage.approved.identified.submitted,
            Self::Activated(e) => &e.stage.issued.approved.identified.submitted,
        }
    }

    /// The identification, if it came that far.
    pub const fn identified(&self) -> Option<&Identified> {
        match self {
            Self::Submitted(_) => None,
            Self::Identified(e) => Some(&e.stage),
            Self::Approved(e) => Some(&e.stage.identified),
            Self::Issued(e) => Some(&e.stage.approved.identified),
            Self::Activated(e) => Some(&e.stage.issued.approved.identified),
        }
    }

    /// The approval, if it came that far.
    pub const fn approved(&self) -> Option<&Approved> {
        match self {
            Self::Submitted(_) | Self::Identified(_) => None,
            Self::Approved(e) => Some(&e.stage),
            Self::Issued(e) => Some(&e.stage.approved),
            Self::Activated(e) => Some(&e.stage.issued.approved),
        }
    }

    /// The certificates, if it came that far.
    pub const fn issued(&self) -> Option<&Issued> {
        match self {
            Self::Submitted(_) | Self::Identified(_) | Self::Approved(_) => None,
            Self::Issued(e) => Some(&e.stage),
            Self::Activated(e) => Some(&e.stage.issued),
        }
    }

    /// The hand-out, if it came that far.
    pub const fn activated(&self) -> Option<&Activated> {
        match self {
            Self::Activated(e) => Some(&e.stage),
            _ => None,
        }
    }
}
