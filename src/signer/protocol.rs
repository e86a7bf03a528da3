//! What is said over the socket: one request, one answer, in turn.
//!
//! A message is a frame of JSON and a frame of bytes (see [`frame`](super::frame)); only CRLs use
//! the second.

use super::digest::Digest;
use super::emergency::{EmergencyRequest, EmergencyStatus};
use super::error::Code;
use super::journal::Head;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use domain::evidence::{FunctionEvidence, IssueEvidence, Signed};
use domain::key::{KeyState, Stage};
use pki::issue::SubjectFacts;
use pki::profile::Purpose;
use pki::serial::SerialNumber;
use pki::time::UtcTime;
use serde::{Deserialize, Serialize};

/// What a caller may ask.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "request", content = "body", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Request {
    /// How are you?
    Hello,
    /// Sign the certificates of cards, on officers' signatures.
    Issue(IssueRequest),
    /// Sign a certificate that a standing approval covers.
    IssueStanding(StandingRequest),
    /// Sign the certificate of a system or an organisation, on officers' signatures.
    IssueFunction(FunctionRequest),
    /// Sign the CRL in the frame of bytes.
    Crl(CrlRequest),
    /// Read the policy folder again, and obey what officers approved.
    ReloadPolicies,
    /// Announce officers whom custodians appointed because too few are left.
    AnnounceEmergency(EmergencyRequest),
    /// Stop the emergency that is announced.
    CancelEmergency(Signed),
    /// Do what security officers approved with a CA's key, or trust a root.
    KeyAct(Signed),
}

/// Certificates of a tray of cards.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IssueRequest {
    /// Name of the CA.
    pub issuer: String,
    /// What the desk or bureau signed on the keys of all these cards.
    pub delivery: Signed,
    /// 1 to [`MAX_TRAY`](domain::operation::MAX_TRAY).
    pub cards: Vec<CardToSign>,
}

/// Certificates of one card.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CardToSign {
    /// Everything else that officers signed.
    pub evidence: IssueEvidence,
    /// One or two.
    pub certificates: Vec<CertificateToSign>,
}

/// One certificate, as its caller built it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CertificateToSign {
    /// What it is for.
    pub purpose: Purpose,
    /// DER of the SubjectPublicKeyInfo.
    #[serde(with = "base64_text")]
    pub spki: Vec<u8>,
    /// Its serial, never used before.
    pub serial: SerialNumber,
    /// First second of validity.
    pub not_before: UtcTime,
    /// Last second of validity.
    pub not_after: UtcTime,
    /// DER of the TBSCertificate. The signer builds its own and compares.
    #[serde(with = "base64_text")]
    pub tbs: Vec<u8>,
}

/// A certificate without a person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StandingRequest {
    /// Name of the CA.
    pub issuer: String,
    /// Name of the profile.
    pub profile: String,
    /// What becomes the subject; must be exactly what was approved.
    pub subject: SubjectFacts,
    /// DER of the SubjectPublicKeyInfo.
    #[serde(with = "base64_text")]
    pub spki: Vec<u8>,
    /// Its serial, never used before.
    pub serial: SerialNumber,
    /// First second of validity.
    pub not_before: UtcTime,
    /// Last second of validity.
    pub not_after: UtcTime,
    /// DER of the TBSCertificate. The signer builds its own and compares.
    #[serde(with = "base64_text")]
    pub tbs: Vec<u8>,
}

/// The certificate of a system or an organisation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FunctionRequest {
    /// Name of the CA.
    pub issuer: String,
    /// Everything that officers signed.
    pub evidence: FunctionEvidence,
    /// The certificate.
    pub certificate: CertificateToSign,
}

/// A CRL, whose TBSCertList is in the frame of bytes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CrlRequest {
    /// Name of the CA.
    pub issuer: String,
}

/// What the signer answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "answer", content = "body", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Answer {
    /// To [`Request::Hello`].
    Hello(Status),
    /// To [`Request::Issue`], for each card in the order of the request.
    Cards(Vec<CardAnswer>),
    /// To [`Request::IssueStanding`] and [`Request::IssueFunction`].
    Issued(SignedCertificate),
    /// To [`Request::Crl`]; the CRL is in the frame of bytes.
    Crl,
    /// To [`Request::KeyAct`]: how every key is from now on.
    Keys(Vec<KeyStatus>),
    /// To [`Request::ReloadPolicies`]: the digest of the bundle in force.
    Policies(Digest),
    /// To [`Request::AnnounceEmergency`] and [`Request::CancelEmergency`].
    Emergency(EmergencyStatus),
    /// No.
    Refused(Refusal),
}

/// How the signer is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Status {
    /// Version of the program.
    pub version: String,
    /// Names of the CAs that sign.
    pub issuers: Vec<String>,
    /// Why the token cannot be used; none if it can.
    pub token_problem: Option<String>,
    /// The end of the journal. Kept elsewhere, it shows later whether the journal was cut.
    pub journal: Head,
    /// Digest of the policies in force.
    pub policies: Digest,
    /// Emergencies: whether other officers are about to take office.
    pub emergency: EmergencyStatus,
    /// How every CA key is.
    pub keys: Vec<KeyStatus>,
}

/// How a CA's key is, by the signer's own journal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeyStatus {
    /// Name of the CA.
    pub issuer: String,
    /// Where it is in its life.
    pub state: KeyState,
    /// The states since it was active, with dates.
    pub stages: Vec<Stage>,
    /// Since when it may be in other hands.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub compromised: Option<UtcTime>,
    /// Number of its newest CRL.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub crl_number: Option<u64>,
    /// Whether that is its last one, which outlives it.
    pub has_last_crl: bool,
}

/// What became of one card of a tray.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "card", content = "body", rename_all = "kebab-case", deny_unknown_fields)]
pub enum CardAnswer {
    /// Its certificates, in the order of the request.
    Signed(Vec<SignedCertificate>),
    /// No.
    Refused(Refusal),
}

/// A certificate that was signed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SignedCertificate {
    /// Its serial.
    pub serial: SerialNumber,
    /// DER.
    #[serde(with = "base64_text")]
    pub certificate: Vec<u8>,
}

/// Why not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{detail}")]
#[serde(deny_unknown_fields)]
pub struct Refusal {
    /// For programs.
    pub code: Code,
    /// For operators; names no person.
    pub detail: String,
}

/// Longest JSON of a message, in bytes: a full tray, with three statements and two TBS for each card, has room.
pub const MAX_JSON_BYTES: usize = 2 * 1024 * 1024;
/// Longest second frame of a message that is no CRL, in bytes.
pub const MAX_BLOB_BYTES: usize = 64 * 1024;
/// Longest CRL, in bytes.
pub const MAX_CRL_BYTES: usize = 256 * 1024 * 1024;
/// Most certificates of one card.
pub const MAX_CERTIFICATES: usize = 2;

impl Request {
    /// How long the second frame may be, in bytes.
    pub const fn max_blob_bytes(&self) -> usize {
        if matches!(self, Self::Crl(_)) { MAX_CRL_BYTES } else { MAX_BLOB_BYTES }
    }
}

impl Answer {
    /// How long the second frame may be, in bytes.
    pub const fn max_blob_bytes(&self) -> usize {
        if matches!(self, Self::Crl) { MAX_CRL_BYTES } else { MAX_BLOB_BYTES }
    }
}

/// Bytes as text in JSON.
pub(super) mod base64_text {
    use super::{Engine, STANDARD};
    use serde::{Deserialize, Deserializer, Serializer};
    use std::borrow::Cow;

    pub(in crate::signer) fn serialize<S: Serializer>(bytes: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&STANDARD.encode(bytes))
    }

    pub(in crate::signer) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u8>, D::Error> {
        let text = Cow::<'de, str>::deserialize(deserializer)?;
        STANDARD.decode(text.as_bytes()).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_have_one_form() {
        let crl = Request::Crl(CrlRequest { issuer: "person".to_owned() });
        let text = serde_json::to_string(&crl).unwrap();
        assert_eq!(text, r#"{"request":"crl","body":{"issuer":"person"}}"#);
        assert_eq!(serde_json::from_str::<Request>(&text).unwrap(), crl);
        assert_eq!(serde_json::to_string(&Request::Hello).unwrap(), r#"{"request":"hello"}"#);
        for bad in [
            r#"{"request":"crl","body":{"issuer":"person","force":true}}"#,
            r#"{"request":"sign","body":{}}"#,
            r#"{"request":"crl","body":{"issuer":"person"},"and":1}"#,
            "[]",
        ] {
            assert!(serde_json::from_str::<Request>(bad).is_err(), "{bad}");
        }
    }
}
