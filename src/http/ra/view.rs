//! What `/ra/v1` reads and writes.

use domain::card::Card;
use domain::certificate::{CertificateRecord, CertificateRef};
use domain::enrolment::AnyEnrolment;
use domain::operation::{DocumentKind, IdentityProof, Operation, ProofMethod, ShownDocument, TermsRef};
use domain::reserve::ReserveOrder;
use domain::revocation_code::RevocationCode;
use domain::subject::is_masked;
use pki::certificate::Certificate;
use pki::crl::Reason;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// An application for a card.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewEnrolment {
    /// Who is to get the card.
    pub applicant: Applicant,
    /// The number printed on the card.
    #[schema(example = "9752269900000000017", max_length = 64)]
    pub card_number: String,
    /// For a reserve card.
    #[serde(default)]
    pub reserve: Option<ReserveWish>,
}

/// What the first administrator asks for beyond a card.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReserveWish {
    /// The number of the holder's ordinary card, which is away.
    #[schema(example = "9752269900000000017", max_length = 64)]
    pub ordinary_card: String,
    /// For how many days.
    #[schema(example = 30, minimum = 1)]
    pub days: u16,
}

/// A person as the population register knows them.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Applicant {
    /// Personnummer or samordningsnummer, twelve digits.
    #[schema(example = "199001012385")]
    pub identity_number: String,
    /// Given name.
    #[schema(example = "Åsa", max_length = 64)]
    pub given_name: String,
    /// Surname.
    #[schema(example = "Öberg", max_length = 64)]
    pub surname: String,
}

/// How the applicant's identity was proven.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Proof {
    /// The document that was shown.
    #[schema(value_type = String, example = "passport")]
    pub document: DocumentKind,
    /// Its number.
    #[schema(example = "AA1234567")]
    pub number: String,
    /// Its last day, `YYYY-MM-DD`.
    #[schema(example = "2031-05-01")]
    pub expires: String,
    /// How it was checked.
    #[schema(value_type = String, example = "in-person")]
    pub method: ProofMethod,
    /// Where.
    #[schema(example = "Stockholm")]
    pub place: String,
}

impl From<Proof> for IdentityProof {
    fn from(proof: Proof) -> Self {
        let Proof { document, number, expires, method, place } = proof;
        Self { document, number, expires, method, place }
    }
}

/// An identification that is about to be signed.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct IdentificationDraft {
    /// The evidence.
    pub proof: Proof,
}

/// A signed identification.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Identification {
    /// The evidence.
    pub proof: Proof,
    /// Compact JWS over the statement `identify`, made with the officer's card.
    pub statement: String,
}

/// A signed approval.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ApprovalSignature {
    /// Compact JWS over the statement `approve`, made with the approver's card.
    pub statement: String,
    /// Why, in the approver's own words. Production demands it.
    #[schema(example = "Anställningen är styrkt, behovet framgår av ärende 2026-17", max_length = 200)]
    pub reason: Option<String>,
}

/// A hand-out. Production demands the receipt.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Activation {
    /// What the holder showed and signed.
    pub receipt: Option<ReceiptOfCard>,
}

/// What the holder showed, and the statement that the new card signed.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReceiptOfCard {
    /// The document that was shown.
    pub document: Document,
    /// Language of the terms that the holder read.
    #[schema(example = "sv")]
    pub language: String,
    /// Compact JWS over the statement `receive`, made with the card that is handed out.
    pub statement: String,
}

/// A hand-out that is about to be signed for.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReceiptDraft {
    /// The document that was shown.
    pub document: Document,
    /// Language of the terms that the holder read.
    #[schema(example = "sv")]
    pub language: String,
}

/// A document that was shown at a desk.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Document {
    /// Its kind.
    #[schema(value_type = String, example = "passport")]
    pub kind: DocumentKind,
    /// Its number.
    #[schema(example = "AA1234567")]
    pub number: String,
    /// Its last day, `YYYY-MM-DD`.
    #[schema(example = "2031-05-01")]
    pub expires: String,
}

impl From<Document> for ShownDocument {
    fn from(document: Document) -> Self {
        let Document { kind, number, expires } = document;
        Self { document: kind, number, expires }
    }
}

/// Terms that holders accept.
#[derive(Serialize, ToSchema)]
pub struct TermsView {
    version: String,
    language: String,
    /// SHA-256 of the text, hexadecimal.
    sha256: String,
    text: String,
}

impl From<(TermsRef, &str)> for TermsView {
    fn from((terms, text): (TermsRef, &str)) -> Self {
        let TermsRef { version, language, sha256 } = terms;
        Self { version, language, sha256, text: text.to_owned() }
    }
}

/// Why something is revoked.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RevocationRequest {
    /// `CRLReason` of RFC 5280; `certificateHold` does not exist here, since nothing is reinstated.
    #[schema(value_type = String, example = "keyCompromise")]
    pub reason: Reason,
}

/// A card to revoke.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CardRevocation {
    /// `CRLReason` of RFC 5280; `certificateHold` does not exist here, since nothing is reinstated.
    #[schema(value_type = String, example = "keyCompromise")]
    pub reason: Reason,
    /// If somebody asked for it whom nobody could authenticate, such as by telephone.
    #[serde(default)]
    pub unauthenticated: Option<UnauthenticatedRequest>,
}

/// A request that an officer took and believed.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct UnauthenticatedRequest {
    /// Who the one who asked says to be.
    #[schema(example = "Åsa Öberg", max_length = 200)]
    pub claimed_by: String,
    /// How it came.
    #[schema(example = "telefon", max_length = 200)]
    pub via: String,
    /// Why the officer believes it.
    #[schema(example = "Motringd på känt nummer", max_length = 200)]
    pub grounds: String,
}

/// A card that was handed out.
#[derive(Serialize, ToSchema)]
pub struct ActivatedView {
    #[serde(flatten)]
    enrolment: EnrolmentView,
    /// What the holder revokes the card with when it is lost. Shown once, to nobody else.
    #[schema(example = "7Q2M-X0KD-4HTB")]
    revocation_code: String,
}

impl From<&(AnyEnrolment, RevocationCode)> for ActivatedView {
    fn from((enrolment, code): &(AnyEnrolment, RevocationCode)) -> Self {
        Self { enrolment: EnrolmentView::from(enrolment), revocation_code: code.reveal() }
    }
}

/// Which applications to list.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct EnrolmentPage {
    /// Only those at this stage.
    #[param(inline)]
    pub stage: Option<Stage>,
    /// Where the list goes on: `next` of the page before.
    pub cursor: Option<String>,
    /// At most so many: 50 unless it is said, 200 at most.
    #[param(minimum = 1, maximum = 200)]
    pub limit: Option<u32>,
}

/// A stage of an application.
#[derive(Debug, Clone, Copy, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Stage {
    /// Applied for.
    Submitted,
    /// Applicant identified.
    Identified,
    /// Approved.
    Approved,
    /// Certificates exist.
    Issued,
    /// Card handed out.
    Activated,
}

impl Stage {
    /// The word in rows.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Submitted => "submitted",
            Self::Identified => "identified",
            Self::Approved => "approved",
            Self::Issued => "issued",
            Self::Activated => "activated",
        }
    }
}

/// An application.
#[derive(Serialize, ToSchema)]
pub struct EnrolmentView {
    id: String,
    /// `submitted`, `identified`, `approved`, `issued` or `activated`.
    stage: &'static str,
    applicant_id: String,
    card_number: String,
    submitted_by: String,
    submitted_at: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    identified_by: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    approved_by: Option<String>,
    /// Of a reserve card.
    #[serde(skip_serializing_if = "Option::is_none")]
    reserve: Option<ReserveView>,
    #[serde(skip_serializing_if = "Option::is_none")]
    serials: Option<Vec<String>>,
    /// Once identified: the exact bytes that an approver signs the hash of.
    #[serde(skip_serializing_if = "Option::is_none")]
    operation: Option<String>,
    /// SHA-256 of the operation, hexadecimal.
    #[serde(skip_serializing_if = "Option::is_none")]
    operation_hash: Option<String>,
}

impl From<&AnyEnrolment> for EnrolmentView {
    fn from(enrolment: &AnyEnrolment) -> Self {
        let bare = enrolment.bare();
        let operation = match enrolment {
            // Whoever may not see who the applicant is, signs nothing about them.
            _ if is_masked(&bare.subject) => None,
            AnyEnrolment::Identified(e) => Some(e.operation()),
            AnyEnrolment::Approved(e) => Some(e.operation()),
            _ => None,
        }
        .map(|operation| OperationView::from(&operation));
        let (operation, operation_hash) = operation.map(|o| (o.operation, o.operation_hash)).unzip();
        Self {
            id: bare.id.to_string(),
            stage: enrolment.stage_name(),
            applicant_id: bare.applicant.to_string(),
            card_number: bare.card.to_string(),
            submitted_by: enrolment.submitted().by.to_string(),
            submitted_at: enrolment.submitted().at.to_string(),
            identified_by: enrolment.identified().map(|i| i.by.to_string()),
            approved_by: enrolment.approved().map(|a| a.by.to_string()),
            reserve: bare.reserve.map(ReserveView::from),
            serials: enrolment.issued().map(|i| i.serials.values().map(ToString::to_string).collect()),
            operation,
            operation_hash,
        }
    }
}

/// What an order of a reserve card says more.
#[derive(Serialize, ToSchema)]
pub struct ReserveView {
    ordinary_card: String,
    days: u16,
    /// The application that this one extends.
    #[serde(skip_serializing_if = "Option::is_none")]
    extends: Option<String>,
}

impl From<ReserveOrder> for ReserveView {
    fn from(order: ReserveOrder) -> Self {
        let ReserveOrder { ordinary, days, extends } = order;
        Self { ordinary_card: ordinary.into(), days, extends: extends.map(String::from) }
    }
}

/// What is to be signed.
#[derive(Serialize, ToSchema)]
pub struct OperationView {
    /// The exact bytes.
    pub operation: String,
    /// Their SHA-256, hexadecimal; this goes into the statement.
    pub operation_hash: String,
}

impl From<&Operation> for OperationView {
    fn from(operation: &Operation) -> Self {
        let bytes = operation.to_bytes();
        let operation_hash = domain::operation::OperationHash::of(&bytes).to_string();
        Self { operation: String::from_utf8_lossy(&bytes).into_owned(), operation_hash }
    }
}

/// A card and what it carries.
#[derive(Serialize, ToSchema)]
pub struct CardView {
    number: String,
    holder_id: String,
    /// `bound`, `active` or `revoked`.
    state: &'static str,
    bound_at: String,
    certificates: Vec<CertificateView>,
}

impl From<(&Card, &[CertificateRecord])> for CardView {
    fn from((card, certificates): (&Card, &[CertificateRecord])) -> Self {
        Self {
            number: card.number.to_string(),
            holder_id: card.holder.to_string(),
            state: card.state.as_str(),
            bound_at: card.bound_at.to_string(),
            certificates: certificates.iter().map(CertificateView::from).collect(),
        }
    }
}

/// A certificate as the record has it.
#[derive(Serialize, ToSchema)]
pub struct CertificateView {
    issuer: String,
    serial: String,
    purpose: String,
    profile: String,
    profile_revision: u32,
    reserved_at: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pem: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    revoked_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'static str>,
}

impl From<&CertificateRecord> for CertificateView {
    fn from(record: &CertificateRecord) -> Self {
        let intent = &record.intent;
        Self {
            issuer: intent.certificate.issuer.clone(),
            serial: intent.certificate.serial.to_string(),
            purpose: intent.purpose.as_str().to_owned(),
            profile: intent.profile.clone(),
            profile_revision: intent.revision,
            reserved_at: intent.at.to_string(),
            pem: record
                .issued
                .as_ref()
                .and_then(|issued| Certificate::parse(&issued.der).ok())
                .map(|c| c.der().to_pem()),
            revoked_at: record.revocation.as_ref().map(|r| r.at.to_string()),
            reason: record.revocation.as_ref().map(|r| r.reason.as_str()),
        }
    }
}

/// What a revocation did.
#[derive(Serialize, ToSchema)]
pub struct RevokedView {
    /// The certificates that are revoked now.
    certificates: Vec<RevokedCertificate>,
    /// `CRLReason` of RFC 5280.
    reason: &'static str,
    /// Since when.
    revoked_at: String,
}

/// A revoked certificate.
#[derive(Serialize, ToSchema)]
pub struct RevokedCertificate {
    issuer: String,
    serial: String,
}

impl From<&CertificateRef> for RevokedCertificate {
    fn from(certificate: &CertificateRef) -> Self {
        Self { issuer: certificate.issuer.clone(), serial: certificate.serial.to_string() }
    }
}

impl From<&crate::service::revoke::Revoked> for RevokedView {
    fn from(revoked: &crate::service::revoke::Revoked) -> Self {
        Self {
            certificates: revoked.certificates.iter().map(RevokedCertificate::from).collect(),
            reason: revoked.reason.as_str(),
            revoked_at: revoked.at.to_string(),
        }
    }
}
