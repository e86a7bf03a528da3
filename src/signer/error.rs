//! Why the signer does not sign, and the word for it on the wire.

use super::journal::JournalError;
use super::ledger::LedgerError;
use domain::assurance::ProofFault;
use domain::evidence::EvidenceError;
use domain::function::ControlFault;
use domain::key::KeyState;
use domain::reserve::ReserveError;
use domain::subject::SubjectFault;
use hsm::HsmError;
use pki::Kind;
use pki::crl::CrlError;
use pki::issue::IssueError;
use pki::key::{KeyError, SignError};
use pki::lint::Finding;
use pki::profile::Purpose;
use pki::time::UtcTime;
use serde::{Deserialize, Serialize};

/// Stable word for a refusal; decides its [`Kind`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Code {
    /// The request is not well-formed.
    BadRequest,
    /// There is no such CA, or its key does not sign this.
    WrongIssuer,
    /// The state of the CA's key does not allow it.
    KeyState,
    /// The officers' signatures do not carry this certificate.
    NotApproved,
    /// No standing approval covers this certificate.
    NoStandingApproval,
    /// The approval was used before.
    ApprovalUsed,
    /// Nobody may be certified under this name here.
    WrongSubject,
    /// The serial was used before.
    SerialUsed,
    /// The key is certified for somebody else or something else.
    KeyUsed,
    /// The card belongs to somebody else.
    CardUsed,
    /// The profile is unknown or has another revision here.
    WrongProfile,
    /// The policy folder cannot be used; those in force stay so.
    PoliciesUnusable,
    /// The time is too far from the signer's clock.
    WrongTime,
    /// The bytes are not what the signer builds from the approval.
    OtherBytes,
    /// The profile does not allow it.
    NotIssuable,
    /// The lints do not let it through.
    Lint,
    /// The CRL's number is not above the last one.
    CrlNumber,
    /// The CRL drops a serial that was revoked.
    CrlLosesRevocation,
    /// The CRL says of a revocation another time or reason than the last one did.
    CrlChangesRevocation,
    /// Too much is asked at once; nothing was signed.
    Busy,
    /// The token is away; nothing was signed, and an approval can be used again.
    TokenUnavailable,
    /// The token may have signed; what was to be used stays used.
    OutcomeUnknown,
    /// What was signed does not pass the checks; it is not released.
    FailedAfterSigning,
    /// A fault of the signer itself.
    Internal,
}

impl Code {
    /// The word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::BadRequest => "bad-request",
            Self::WrongIssuer => "wrong-issuer",
            Self::KeyState => "key-state",
            Self::NotApproved => "not-approved",
            Self::NoStandingApproval => "no-standing-approval",
            Self::ApprovalUsed => "approval-used",
            Self::WrongSubject => "wrong-subject",
            Self::SerialUsed => "serial-used",
            Self::KeyUsed => "key-used",
            Self::CardUsed => "card-used",
            Self::WrongProfile => "wrong-profile",
            Self::PoliciesUnusable => "policies-unusable",
            Self::WrongTime => "wrong-time",
            Self::OtherBytes => "other-bytes",
            Self::NotIssuable => "not-issuable",
            Self::Lint => "lint",
            Self::CrlNumber => "crl-number",
            Self::CrlLosesRevocation => "crl-loses-revocation",
            Self::CrlChangesRevocation => "crl-changes-revocation",
            Self::Busy => "busy",
            Self::TokenUnavailable => "token-unavailable",
            Self::OutcomeUnknown => "outcome-unknown",
            Self::FailedAfterSigning => "failed-after-signing",
            Self::Internal => "internal",
        }
    }

    /// Coarse class for the edge and for metrics.
    pub const fn kind(self) -> Kind {
        match self {
            Self::BadRequest => Kind::Invalid,
            Self::NotApproved | Self::NoStandingApproval | Self::WrongIssuer | Self::OtherBytes => Kind::Denied,
            Self::ApprovalUsed | Self::SerialUsed | Self::KeyUsed | Self::CardUsed | Self::CrlNumber => Kind::Conflict,
            Self::KeyState
            | Self::WrongProfile
            | Self::WrongSubject
            | Self::PoliciesUnusable
            | Self::WrongTime
            | Self::NotIssuable
            | Self::Lint
            | Self::CrlLosesRevocation
            | Self::CrlChangesRevocation => Kind::Refused,
            Self::Busy | Self::TokenUnavailable | Self::OutcomeUnknown => Kind::Busy,
            Self::FailedAfterSigning | Self::Internal => Kind::Internal,
        }
    }
}

/// Why the signer does not sign. Texts name no person.
#[derive(Debug, thiserror::Error)]
pub(super) enum SignerError {
    #[error("{0}")]
    Malformed(&'static str),
    #[error("the public key is not accepted")]
    Key(#[from] KeyError),
    #[error("there is no CA {name:?}")]
    NoIssuer { name: String },
    #[error("the key of {issuer} does not sign certificates for {}", .purpose.as_str())]
    IssuerRole { issuer: String, purpose: Purpose },
    #[error("the key of {issuer} signs nothing outside the ceremony")]
    IssuerSigns { issuer: String },
    #[error("the key of {issuer} is {state}: {}", advice(*.state))]
    KeyState { issuer: String, state: KeyState },
    #[error("no trusted root certified {issuer}: add the root first, with `sigill key trust`")]
    NoAnchor { issuer: String },
    #[error("{living} certificates of {issuer} are neither over nor revoked: its last CRL must wait")]
    Living { issuer: String, living: usize },
    #[error(transparent)]
    Evidence(#[from] EvidenceError),
    #[error("the subject: {0}")]
    Subject(#[from] SubjectFault),
    #[error("the identification: {0}")]
    Proof(#[from] ProofFault),
    #[error(transparent)]
    Reserve(#[from] ReserveError),
    #[error("the order: {0}")]
    Control(#[from] ControlFault),
    #[error("not approved: {0}")]
    NotApproved(&'static str),
    #[error("{0}")]
    Emergency(&'static str),
    #[error("no standing approval covers this issuer, profile, subject and key")]
    NoStandingApproval,
    #[error("there is no profile {name:?} here")]
    NoProfile { name: String },
    #[error("profile {name} has revision {here} here, {wanted} was approved")]
    Revision { name: String, here: u32, wanted: u32 },
    #[error("profile {name} makes no certificates for {}", .purpose.as_str())]
    ProfilePurpose { name: String, purpose: Purpose },
    #[error("{what} is {found}, the signer's clock says {now}")]
    Time { what: &'static str, found: UtcTime, now: UtcTime },
    #[error("the bytes to sign are not what the approval gives")]
    OtherBytes,
    #[error(transparent)]
    Issue(#[from] IssueError),
    #[error("lints: {}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))]
    Lint(Vec<Finding>),
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    #[error("CRL number {number} is above {limit}: nothing could follow it")]
    CrlNumberAhead { number: u64, limit: u64 },
    #[error("the signed CRL fails its check")]
    WrongCrl(#[source] CrlError),
    #[error("{lost} revoked serials are missing in the CRL")]
    CrlLosesRevocation { lost: usize },
    #[error("{changed} revocations have another time or reason in the CRL")]
    CrlChangesRevocation { changed: usize },
    #[error("the policies cannot be used: {0}")]
    Policies(String),
    #[error("the token is unavailable: {why}")]
    TokenUnavailable { why: String },
    #[error("the key of {issuer} is refused: {why}")]
    KeyRefused { issuer: String, why: String },
    #[error("{0}")]
    NotSigned(SignError),
    #[error("the outcome is unknown: {0}")]
    Unknown(SignError),
    #[error("the token did not sign: {0}")]
    Token(#[from] HsmError),
    #[error("the journal is not available")]
    Journal(#[from] JournalError),
    #[error("the list of revocations cannot be kept")]
    Revoked(#[source] std::io::Error),
}

impl SignerError {
    /// A folder that cannot be used, with every cause.
    pub(super) fn policies(error: super::start::StartError) -> Self {
        Self::Policies(format!("{:#}", anyhow::Error::from(error)))
    }

    /// The word on the wire.
    pub(super) const fn code(&self) -> Code {
        match self {
            Self::Malformed(_) | Self::Key(_) | Self::Evidence(EvidenceError::Malformed(_)) => Code::BadRequest,
            Self::NoProfile { .. }
            | Self::Revision { .. }
            | Self::ProfilePurpose { .. }
            | Self::Proof(ProofFault::NoLevel(_)) => Code::WrongProfile,
            Self::NoIssuer { .. } | Self::IssuerRole { .. } | Self::IssuerSigns { .. } => Code::WrongIssuer,
            Self::Subject(_) => Code::WrongSubject,
            Self::KeyState { .. }
            | Self::Living { .. }
            | Self::Ledger(
                LedgerError::KeyState { .. }
                | LedgerError::NoSuchMove { .. }
                | LedgerError::OtherCertificate { .. }
                | LedgerError::NoLastCrl { .. }
                | LedgerError::AfterLastCrl { .. }
                | LedgerError::AnchorKnown { .. },
            ) => Code::KeyState,
            Self::NoStandingApproval => Code::NoStandingApproval,
            Self::Time { .. } => Code::WrongTime,
            Self::OtherBytes => Code::OtherBytes,
            Self::Issue(_) => Code::NotIssuable,
            Self::Lint(_) => Code::Lint,
            Self::Ledger(LedgerError::SerialUsed(_)) => Code::SerialUsed,
            Self::Ledger(LedgerError::KeyUsed) => Code::KeyUsed,
            Self::Ledger(LedgerError::CardUsed) => Code::CardUsed,
            Self::Ledger(LedgerError::ApprovalUsed) | Self::Evidence(EvidenceError::Used) => Code::ApprovalUsed,
            Self::Evidence(_)
            | Self::Proof(_)
            | Self::Reserve(_)
            | Self::Control(_)
            | Self::NotApproved(_)
            | Self::Emergency(_)
            | Self::NoAnchor { .. }
            | Self::Ledger(LedgerError::PoliciesNotApproved | LedgerError::KeyActNotApproved) => Code::NotApproved,
            Self::Policies(_) | Self::Ledger(LedgerError::ProfileChanged { .. }) => Code::PoliciesUnusable,
            Self::Ledger(LedgerError::CrlNumber { .. }) | Self::CrlNumberAhead { .. } => Code::CrlNumber,
            Self::CrlLosesRevocation { .. } => Code::CrlLosesRevocation,
            Self::CrlChangesRevocation { .. } => Code::CrlChangesRevocation,
            Self::NotSigned(SignError::Busy) => Code::Busy,
            Self::TokenUnavailable { .. } | Self::NotSigned(_) => Code::TokenUnavailable,
            Self::Unknown(_) => Code::OutcomeUnknown,
            Self::WrongCrl(_) => Code::FailedAfterSigning,
            Self::Ledger(_) | Self::KeyRefused { .. } | Self::Token(_) | Self::Journal(_) | Self::Revoked(_) => {
                Code::Internal
            }
        }
    }
}

/// What whoever is refused can do.
const fn advice(state: KeyState) -> &'static str {
    match state {
        KeyState::Planned | KeyState::Generated => "two security officers activate it with `sigill key activate`",
        KeyState::Active => "it issues",
        KeyState::StatusOnly => "it only answers for what it issued; the next generation issues",
        KeyState::Retired | KeyState::Destroyed => "it signs nothing any more",
    }
}
