//! Why a use case did not happen.

use crate::app::signer_link::{LinkError, Refusal};
use crate::service::conditions::KeyError;
use domain::Kind;
use domain::approval::ApprovalError;
use domain::assignment::AssignmentError;
use domain::bulk::BulkError;
use domain::enrolment::FourEyes;
use domain::evidence::EvidenceError;
use domain::function::ControlFault;
use domain::key::KeyState;
use domain::onboarding::{NotRunning, OnboardingError};
use domain::ports::{Conflict, StoreError};
use domain::register::RegisterError;
use domain::reserve::ReserveError;
use domain::rights::Denial;
use pki::Finding;
use pki::csr::CsrError;
use pki::issue::IssueError;

/// Why a use case did not happen. Nothing was changed unless the variant says so.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ServiceError {
    /// It does not exist, or not for this caller.
    #[error("not found")]
    NotFound,
    /// No client certificate.
    #[error("a client certificate is needed")]
    NoCertificate,
    /// A client certificate that is worth nothing here; the code says why.
    #[error("the client certificate is not accepted: {0}")]
    BadCertificate(&'static str),
    /// The caller's packages do not allow it.
    #[error("not allowed: {0}")]
    Denied(Denial),
    /// The service is not in use for the agency.
    #[error(transparent)]
    NotRunning(#[from] NotRunning),
    /// The agency's step into a phase is refused.
    #[error(transparent)]
    Onboarding(#[from] OnboardingError),
    /// The package is not ordered or given.
    #[error(transparent)]
    Assignment(#[from] AssignmentError),
    /// A field of the request is wrong.
    #[error("{field}: {problem}")]
    Invalid {
        /// Which field.
        field: &'static str,
        /// What is wrong, without the value.
        problem: String,
    },
    /// The application, card or order is not at the stage that the act needs.
    #[error("it is {found}, not {wanted}")]
    WrongStage {
        /// What the act needs.
        wanted: &'static str,
        /// What it is.
        found: &'static str,
    },
    /// A CA's key is not in the state that the act needs.
    #[error("the key of {issuer} is {found}, not {wanted}")]
    KeyState {
        /// Which CA.
        issuer: String,
        /// What it is.
        found: KeyState,
        /// What the act needs.
        wanted: KeyState,
    },
    /// The request's key forbids that it is done.
    #[error(transparent)]
    RequestKey(#[from] KeyError),
    /// The four-eyes rule.
    #[error(transparent)]
    FourEyes(#[from] FourEyes),
    /// Many cards are not revoked as one act.
    #[error(transparent)]
    Bulk(#[from] BulkError),
    /// There is no reserve card.
    #[error(transparent)]
    Reserve(#[from] ReserveError),
    /// Nobody does that to themselves.
    #[error("somebody else must do that")]
    OnSelf,
    /// The person's employment at the agency is over.
    #[error("the employment is over")]
    EmploymentOver,
    /// The order of a function's certificate is not as it must be.
    #[error(transparent)]
    Control(#[from] ControlFault),
    /// The approval cannot be given or used.
    #[error(transparent)]
    Approval(#[from] ApprovalError),
    /// The officer's signature does not carry the act.
    #[error(transparent)]
    Evidence(#[from] EvidenceError),
    /// The certificate request is refused.
    #[error("certificate request: {0}")]
    Csr(#[from] CsrError),
    /// The certificate cannot be made.
    #[error(transparent)]
    Issue(#[from] IssueError),
    /// The certificate that would be made does not pass its lints; nothing was signed.
    #[error("the certificate would break {}", rules(.0))]
    Lint(Vec<Finding>),
    /// What came back from the signer breaks rules; the serial is revoked, since the certificate exists.
    #[error("the certificate failed its checks after signing and was revoked: {}", rules(.0))]
    FailedAfterSigning(Vec<Finding>),
    /// The signer refused or was away.
    #[error("the signer did not sign")]
    Signer(#[from] LinkError),
    /// The signer refused an act on a key, and says why and what to do.
    #[error("the signer refuses: {}", .0.detail)]
    KeyRefused(Refusal),
    /// The service's own token failed.
    #[error("the token did not sign")]
    Token(#[from] pki::key::SignError),
    /// The person register gave no answer.
    #[error(transparent)]
    Register(#[from] RegisterError),
    /// The rules do not decide this order: it waits for somebody on the agency's work-list.
    #[error("the order waits on the work-list for somebody to look into it")]
    OnWorkList,
    /// The person's data is protected, and the caller has no package for that in force.
    #[error("personal data of this person is protected: it takes a package and a training of its own")]
    Protected,
    /// What was to be erased must still be kept.
    #[error("it is to be kept: an employment or a certificate's time is not over")]
    StillKept,
    /// The store refused or failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// So much was tried that nothing more is for a while.
    #[error("too many attempts; call an officer of the agency, or try again in an hour")]
    TooMany,
    /// As much of this is being done as may be at once, or it took too long.
    #[error("busy; try again")]
    Busy,
    /// The installation lacks something that it must have.
    #[error("the installation lacks {0}")]
    Incomplete(&'static str),
}

impl ServiceError {
    /// Coarse class; decides the HTTP status.
    pub fn kind(&self) -> Kind {
        match self {
            Self::NotFound => Kind::NotFound,
            Self::NoCertificate
            | Self::BadCertificate(_)
            | Self::Denied(_)
            | Self::FourEyes(_)
            | Self::OnSelf
            | Self::Protected => Kind::Denied,
            Self::Invalid { .. } | Self::Csr(_) => Kind::Invalid,
            Self::StillKept
            | Self::WrongStage { .. }
            | Self::KeyState { .. }
            | Self::NotRunning(_)
            | Self::EmploymentOver => Kind::Conflict,
            Self::RequestKey(e) => e.kind(),
            Self::Onboarding(e) => e.kind(),
            Self::Assignment(e) => e.kind(),
            Self::Bulk(e) => e.kind(),
            Self::Reserve(e) => e.kind(),
            Self::Control(e) => e.kind(),
            Self::Approval(e) => e.kind(),
            Self::Evidence(e) => e.kind(),
            Self::Issue(e) => e.kind(),
            Self::Lint(_) | Self::FailedAfterSigning(_) | Self::OnWorkList => Kind::Refused,
            Self::Signer(e) => e.kind(),
            Self::KeyRefused(refusal) => refusal.code.kind(),
            Self::Token(e) => e.kind(),
            Self::Store(e) => e.kind(),
            Self::Register(RegisterError::Malformed(_)) | Self::Incomplete(_) => Kind::Internal,
            Self::Busy | Self::TooMany | Self::Register(_) => Kind::Busy,
        }
    }

    /// What an audit record says of a serial that this error left without a certificate: the code, and for one
    /// that failed after signing the rules that it breaks.
    pub fn cause(&self) -> String {
        match self {
            Self::FailedAfterSigning(findings) => format!("{}: {}", self.code(), rules(findings)),
            _ => self.code().to_owned(),
        }
    }

    /// Stable word for machines; part of the API.
    pub fn code(&self) -> &'static str {
        match self {
            Self::NotFound => "not-found",
            Self::NoCertificate => "certificate-needed",
            Self::BadCertificate(code) => code,
            Self::Denied(denial) => denial.code(),
            Self::NotRunning(_) => "service-not-running",
            Self::RequestKey(e) => e.code(),
            Self::Onboarding(e) => e.code(),
            Self::Assignment(e) => e.code(),
            Self::Bulk(e) => e.code(),
            Self::Reserve(e) => e.code(),
            Self::Invalid { .. } => "invalid",
            Self::WrongStage { .. } => "wrong-stage",
            Self::KeyState { .. } => "key-state",
            Self::FourEyes(_) | Self::Store(StoreError::Conflict(Conflict::FourEyes)) => "four-eyes",
            Self::OnSelf => "on-self",
            Self::Protected => "protected-person",
            Self::OnWorkList => "on-work-list",
            Self::StillKept => "still-kept",
            Self::Register(RegisterError::Malformed(_)) => "register-malformed",
            Self::Register(_) => "register-away",
            Self::EmploymentOver => "employment-over",
            Self::Control(e) => e.code(),
            Self::Approval(e) => approval_code(e),
            Self::Evidence(e) => evidence_code(e),
            Self::Csr(e) => e.code(),
            Self::Issue(_) => "not-issuable",
            Self::Lint(_) => "lint",
            Self::FailedAfterSigning(_) => "failed-after-signing",
            Self::Signer(e) => e.code(),
            Self::KeyRefused(refusal) => refusal.code.as_str(),
            Self::Token(_) => "token-unavailable",
            Self::Store(StoreError::Conflict(Conflict::KeyTaken)) => "key-taken",
            Self::Store(StoreError::Conflict(Conflict::NameTaken)) => "name-taken",
            Self::Store(StoreError::Conflict(Conflict::AlreadyRevoked)) => "already-revoked",
            Self::Store(StoreError::Conflict(Conflict::RequestTaken)) => "request-under-way",
            Self::Store(StoreError::Conflict(_)) => "conflict",
            Self::Store(StoreError::NotAsSeen) => "not-as-seen",
            Self::Store(StoreError::Stale { .. }) => "stale",
            Self::TooMany => "too-many-attempts",
            Self::Busy | Self::Store(StoreError::Busy) => "busy",
            Self::Store(_) => "store-unavailable",
            Self::Incomplete(_) => "incomplete-installation",
        }
    }
}

/// The names of the rules that were broken.
fn rules(findings: &[Finding]) -> String {
    findings.iter().map(|finding| finding.rule).collect::<Vec<_>>().join(", ")
}

fn approval_code(error: &ApprovalError) -> &'static str {
    match error {
        ApprovalError::FourEyes => "four-eyes",
        ApprovalError::SamePerson => "approved-by-same-person",
        ApprovalError::Expired(_) => "approval-expired",
        ApprovalError::Used(_) => "approval-used",
        ApprovalError::OtherOperation => "other-operation",
        _ => "not-approved",
    }
}

fn evidence_code(error: &EvidenceError) -> &'static str {
    match error {
        EvidenceError::Malformed(_) => "statement-malformed",
        EvidenceError::BadSignature => "statement-signature",
        EvidenceError::NotAnOfficer => "not-an-officer",
        EvidenceError::OtherOperation => "other-operation",
        EvidenceError::OtherAct { .. } => "other-act",
        EvidenceError::Expired => "statement-expired",
        EvidenceError::WrongRole { .. } => "wrong-role",
        EvidenceError::FourEyes => "four-eyes",
        EvidenceError::Used => "approval-used",
        EvidenceError::TooFew { .. } => "not-approved",
        _ => "evidence-mismatch",
    }
}
