//! The acts on CA keys, trust anchors and tokens that security officers approve.
//!
//! Each names exactly what it is about, so that a signature under it means nothing else.

use super::Operation;
use crate::key::KeyState;
use pki::issue::SubjectFacts;
use pki::time::UtcTime;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A CA's key in a later state of its life. States never come back, so that it happens once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MoveKey {
    /// Name of the CA.
    pub issuer: String,
    /// SHA-256 of its key's SubjectPublicKeyInfo, hexadecimal.
    pub key: String,
    /// SHA-256 of its certificate's DER, hexadecimal.
    pub certificate: String,
    /// The state now.
    pub from: KeyState,
    /// The state from then on.
    pub to: KeyState,
    /// Whether somebody else may have used the key: then nothing that it signed is believed from then on.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub compromised: bool,
    /// When it becomes active: the subject of its OCSP signers, which it may certify from then on unasked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ocsp_signer: Option<SubjectFacts>,
}

/// A root that is to be trusted from now on, beside those that are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AddTrustAnchor {
    /// Name of the root.
    pub name: String,
    /// SHA-256 of its key's SubjectPublicKeyInfo, hexadecimal.
    pub key: String,
    /// SHA-256 of its certificate's DER, hexadecimal.
    pub certificate: String,
}

/// The certificates of CAs that roots' keys are about to sign in a ceremony: all of them, and no others.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CertifyAuthorities {
    /// Name of the ceremony.
    pub ceremony: String,
    /// SHA-256 of its reviewed file, hexadecimal.
    pub script: String,
    /// SHA-256 of the policies whose profiles are followed, hexadecimal.
    pub policies: String,
    /// Each of them.
    pub certificates: Vec<CaCertificate>,
}

/// One certificate of a CA.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CaCertificate {
    /// Where the ceremony puts it.
    pub file: String,
    /// Name of the root whose key signs; a root's own names itself.
    pub issuer: String,
    /// What becomes the subject.
    pub subject: SubjectFacts,
    /// Its profile.
    pub profile: String,
    /// The profile's revision.
    pub revision: u32,
    /// SHA-256 of the key's SubjectPublicKeyInfo, hexadecimal.
    pub key: String,
    /// Validity in days.
    pub days: i64,
}

/// A backup of a token, restored onto another one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RestoreToken {
    /// SHA-256 of the backup, hexadecimal.
    pub backup: String,
    /// The keys that it must bring: SHA-256 of each SubjectPublicKeyInfo, hexadecimal, by label.
    pub keys: BTreeMap<String, String>,
    /// Label of the token that it goes to.
    pub token_label: String,
    /// Serial number of that token.
    pub token_serial: String,
    /// When it was asked for: the same restore at another time is another act.
    pub asked_at: UtcTime,
}

impl Operation {
    /// Whether it is an act on keys, tokens or trust: such need security officers.
    pub const fn is_key_act(&self) -> bool {
        use Operation::{AddTrustAnchor, CertifyAuthorities, MoveKey, RestoreToken};
        matches!(self, MoveKey(_) | AddTrustAnchor(_) | CertifyAuthorities(_) | RestoreToken(_))
    }
}
