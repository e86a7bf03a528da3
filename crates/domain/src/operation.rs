//! The acts that officers put their signature on, as exact bytes.
//!
//! An officer never signs "yes": the signature is over the hash of one [`Operation`], and whoever
//! executes it recomputes that hash from what it is about to do.

pub use self::emergency::CancelEmergency;
pub use self::function::{ControlEvidence, ControlProof, IssueFunction};
pub use self::key_act::{AddTrustAnchor, CaCertificate, CertifyAuthorities, MoveKey, RestoreToken};

use crate::id::hex;
use crate::reserve::ReserveOrder;
use crate::{CardNumber, EnrolmentId, PersonId, TenantId};
use pki::issue::SubjectFacts;
use pki::profile::Purpose;
use pki::time::UtcTime;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

mod emergency;
mod function;
mod key_act;

/// An act under dual control, or one of its steps. The serialised form is what is hashed; field
/// order is fixed by the types, maps are sorted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "operation", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Operation {
    /// The applicant was identified.
    IdentifyApplicant(IdentifyApplicant),
    /// Certificates for a card are to be issued.
    IssueCard(IssueCard),
    /// These keys were born on these cards.
    DeliverCards(DeliverCards),
    /// These keys were born on these reserve cards, which wait in envelopes.
    StockCards(StockCards),
    /// A certificate for a system or an organisation is to be issued.
    IssueFunction(IssueFunction),
    /// These policies are to be in force.
    LoadPolicies(LoadPolicies),
    /// A CA's key is to be in a later state of its life.
    MoveKey(MoveKey),
    /// A root is to be trusted.
    AddTrustAnchor(AddTrustAnchor),
    /// CAs are to be certified in a ceremony.
    CertifyAuthorities(CertifyAuthorities),
    /// A backup is to be restored onto a token.
    RestoreToken(RestoreToken),
    /// Officers who were announced in an emergency are not to take office.
    CancelEmergency(CancelEmergency),
    /// The holder has this card.
    ReceiveCard(ReceiveCard),
}

/// How an applicant was identified (FACTS of registration: EN 319 411-1 clause 6.2.2).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IdentifyApplicant {
    /// The application.
    pub enrolment: EnrolmentId,
    /// The agency.
    pub tenant: TenantId,
    /// Who was identified.
    pub applicant: PersonId,
    /// Name and number of the one who stood there: what becomes the subject. Without it an id alone
    /// would be vouched for, and whoever writes the register could hang another name on it.
    pub subject: SubjectFacts,
    /// Who submitted the application.
    pub submitted_by: PersonId,
    /// Who did it.
    pub identified_by: PersonId,
    /// On what evidence.
    pub proof: IdentityProof,
    /// What the officer saw of a reserve card's order.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reserve: Option<ReserveOrder>,
}

/// The evidence of an identification.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IdentityProof {
    /// Kind of document shown.
    pub document: DocumentKind,
    /// Its number.
    pub number: String,
    /// Its last day, `YYYY-MM-DD`.
    pub expires: String,
    /// How it was checked.
    pub method: ProofMethod,
    /// Where.
    pub place: String,
}

/// Hides the document's number.
impl std::fmt::Debug for IdentityProof {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("IdentityProof").field("document", &self.document).finish_non_exhaustive()
    }
}

/// Approved Swedish identity documents (fullgoda ID-handlingar).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DocumentKind {
    /// Swedish passport.
    Passport,
    /// National identity card.
    NationalIdentityCard,
    /// Driving licence.
    DrivingLicence,
    /// Identity card of the Tax Agency.
    TaxAgencyIdentityCard,
    /// SIS-marked identity card.
    SisIdentityCard,
}

/// How an identity was proven.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ProofMethod {
    /// The applicant stood before the officer. The only way to the highest level.
    InPerson,
}

/// The certificates of one card for one person, bound to the application they come from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IssueCard {
    /// The application.
    pub enrolment: EnrolmentId,
    /// The agency.
    pub tenant: TenantId,
    /// Who gets the card.
    pub applicant: PersonId,
    /// The card.
    pub card: CardNumber,
    /// What becomes the subject.
    pub subject: SubjectFacts,
    /// Which certificates.
    pub certificates: BTreeMap<Purpose, PlannedProfile>,
    /// Who submitted.
    pub submitted_by: PersonId,
    /// Who identified.
    pub identified_by: PersonId,
    /// Hash of the [`IdentifyApplicant`] operation.
    pub identification: OperationHash,
    /// For a reserve card, what its order says more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reserve: Option<ReserveOrder>,
}

/// A card in its holder's hands. Signed with that very card, by nobody else.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReceiveCard {
    /// The application.
    pub enrolment: EnrolmentId,
    /// The agency.
    pub tenant: TenantId,
    /// Whose card it is.
    pub holder: PersonId,
    /// The card.
    pub card: CardNumber,
    /// What the holder showed.
    pub document: ShownDocument,
    /// What the holder accepts.
    pub terms: TermsRef,
    /// Who saw the document.
    pub handed_out_by: PersonId,
}

/// A document that was shown at a desk.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ShownDocument {
    /// Its kind.
    pub document: DocumentKind,
    /// Its number.
    pub number: String,
    /// Its last day, `YYYY-MM-DD`.
    pub expires: String,
}

/// Hides the document's number.
impl std::fmt::Debug for ShownDocument {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ShownDocument").field("document", &self.document).finish_non_exhaustive()
    }
}

/// Terms in one language.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TermsRef {
    /// Version.
    pub version: String,
    /// Language, such as `sv`.
    pub language: String,
    /// SHA-256 of the text, hexadecimal.
    pub sha256: String,
}

/// A profile at a revision.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlannedProfile {
    /// Profile name.
    pub profile: String,
    /// The revision that was approved.
    pub revision: u32,
}

/// Which keys the cards of a tray carry, as the desk or bureau saw them. Never signed by an approver.
///
/// A desk delivers one card at a time, a bureau as many as it makes in one run, with one signature.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DeliverCards {
    /// 1 to [`MAX_TRAY`], each application once.
    pub cards: Vec<DeliveredCard>,
}

/// A card in a tray.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DeliveredCard {
    /// The application.
    pub enrolment: EnrolmentId,
    /// The card.
    pub card: CardNumber,
    /// SHA-256 of each key's SubjectPublicKeyInfo, hexadecimal.
    pub keys: BTreeMap<Purpose, String>,
}

/// Which keys reserve cards carry, as the desk or bureau saw them before the cards went into their envelopes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StockCards {
    /// 1 to [`MAX_TRAY`], each number once.
    pub cards: Vec<StockedKeys>,
}

/// A reserve card in its envelope.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StockedKeys {
    /// The card.
    pub card: CardNumber,
    /// SHA-256 of each key's SubjectPublicKeyInfo, hexadecimal.
    pub keys: BTreeMap<Purpose, String>,
}

/// A [bundle](crate::bundle::Bundle) in place of the one in force. Naming both, an approval cannot bring an old bundle back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LoadPolicies {
    /// Digest of the new bundle, hexadecimal.
    pub bundle: String,
    /// Digest of the one that it replaces, hexadecimal.
    pub replaces: String,
}

/// SHA-256 over the bytes of an operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OperationHash([u8; 32]);

impl Operation {
    /// The exact bytes: compact JSON in declaration order.
    pub fn to_bytes(&self) -> Vec<u8> {
        serde_json::to_vec(self).expect("operations hold only strings, numbers and string-keyed maps")
    }

    /// Reads an operation and checks that `bytes` is its one form.
    ///
    /// # Errors
    /// [`NotAnOperation`] for anything but exactly what [`to_bytes`](Self::to_bytes) writes.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, NotAnOperation> {
        let operation: Self = serde_json::from_slice(bytes).map_err(|_| NotAnOperation)?;
        if operation.to_bytes() == bytes { Ok(operation) } else { Err(NotAnOperation) }
    }

    /// The hash that officers sign.
    pub fn hash(&self) -> OperationHash {
        OperationHash::of(&self.to_bytes())
    }
}

/// Bytes that are no operation in its one form.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not an operation in canonical form")]
pub struct NotAnOperation;

impl OperationHash {
    /// Hash of an operation's bytes.
    pub fn of(bytes: &[u8]) -> Self {
        let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, bytes);
        Self(digest.as_ref().try_into().expect("SHA-256 gives 32 bytes"))
    }

    /// The raw hash.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl std::fmt::Display for OperationHash {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&hex(&self.0))
    }
}

impl std::str::FromStr for OperationHash {
    type Err = NotAnOperation;

    fn from_str(text: &str) -> Result<Self, NotAnOperation> {
        if text.len() != 64 || !text.is_ascii() {
            return Err(NotAnOperation);
        }
        let mut bytes = [0; 32];
        for (byte, pair) in bytes.iter_mut().zip(text.as_bytes().chunks_exact(2)) {
            let pair = std::str::from_utf8(pair).map_err(|_| NotAnOperation)?;
            *byte = u8::from_str_radix(pair, 16).map_err(|_| NotAnOperation)?;
        }
        Ok(Self(bytes))
    }
}

impl Serialize for OperationHash {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for OperationHash {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

/// What an officer signs: the payload of a JWS (RFC 7515) with `typ` [`STATEMENT_TYPE`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Statement {
    /// What the officer does with the operation.
    pub act: Act,
    /// The operation.
    pub operation: OperationHash,
    /// When, by the officer's clock.
    pub at: UtcTime,
}

/// What a signature under an operation means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Act {
    /// "I identified this person."
    Identify,
    /// "I approve this."
    Approve,
    /// "These keys are on this card."
    Deliver,
    /// "My agency wants this, and what it says is so."
    Order,
    /// "I have this card, and I accept the terms."
    Receive,
}

/// Most cards that are delivered with one signature.
pub const MAX_TRAY: usize = 50;
/// The JWS `typ` of a statement.
pub const STATEMENT_TYPE: &str = "sigill-statement+jws";
