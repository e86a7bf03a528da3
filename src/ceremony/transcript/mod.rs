//! The transcript: what was done, when, confirmed by whom, each entry chained to the one before.
//!
//! While the ceremony lasts it is a draft, one line an entry, on disk before the next thing is done; so it is also
//! what an interrupted ceremony goes on from. In the end a key that was made in the ceremony seals it.
//! [`text`] is the same for people; [`verify`] judges it with nothing but itself and the files it names.

mod approval;
mod certificates;
mod draft;
mod rules;
pub mod text;
pub mod verify;

#[cfg(test)]
mod tests;

use super::participant::ParticipantRole;
use super::script::Host;
use super::step::Step;
use crate::signer::digest::Digest;
use domain::{CardNumber, PersonId};
use hsm::{KeyAttributes, KeyRole};
use pki::key::KeyKind;
use pki::serial::SerialNumber;
use pki::time::UtcTime;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

pub(crate) use draft::Draft;

/// A sealed transcript: the content of `transcript.json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sealed {
    /// What happened, in order.
    pub entries: Vec<Entry>,
    /// Compact JWS over the end of the chain, by the key of the host's seal.
    pub seal: String,
}

/// One thing that happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// 1 for the first.
    pub sequence: u64,
    /// When, by the host's clock.
    pub at: UtcTime,
    /// [`Entry::digest`] of the one before; zeros for the first.
    pub previous: Digest,
    /// What.
    pub what: Event,
}

/// What can happen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Event {
    /// The ceremony began. The first entry, and only there.
    Opened {
        /// Its name.
        ceremony: String,
        /// Which part of it this host holds.
        host: Host,
        /// Version of this program.
        software: String,
        /// The whole file that was reviewed.
        script: String,
        /// Of the first policies, as the signer's journal has it.
        policies: Digest,
        /// Whether it is only tried out. A rehearsal never passes for a ceremony.
        rehearsal: bool,
    },
    /// It went on after an interruption.
    Resumed {
        /// Version of this program.
        software: String,
    },
    /// A participant confirmed a step.
    Confirmed {
        /// Which step.
        step: Step,
        /// Who.
        participant: String,
        /// What they are there for.
        role: ParticipantRole,
        /// Compact JWS of a [`Confirmation`] with the participant's key.
        confirmation: String,
    },
    /// The signer's journal began.
    Founded {
        /// Of the list of officers.
        officers: Digest,
        /// Of the standing approvals.
        standing: Digest,
    },
    /// A token was made.
    Token {
        /// Its label.
        label: String,
        /// Its serial number.
        serial: String,
        /// Its model.
        model: String,
        /// Its firmware.
        firmware: String,
        /// File name of the PKCS#11 module.
        module: String,
        /// Whether it is a person's card.
        card: bool,
        /// Whether an earlier ceremony made it.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        earlier: bool,
    },
    /// A key pair was generated.
    Key {
        /// Its label.
        label: String,
        /// Label of its token.
        token: String,
        /// Algorithm and size.
        kind: KeyKind,
        /// What it is for.
        role: KeyRole,
        /// SHA-256 of the SubjectPublicKeyInfo.
        fingerprint: Digest,
        /// The SubjectPublicKeyInfo in base64.
        public: String,
        /// What the token says of the private half.
        attributes: KeyAttributes,
        /// Whether an earlier ceremony generated it.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        earlier: bool,
    },
    /// A trusted wrapping key was made: keys of backup mode `wrap` leave the token under it and in no other way.
    WrappingKey {
        /// Its label.
        label: String,
        /// Label of its token.
        token: String,
    },
    /// An issuing CA's key asked the root's host for a certificate.
    Request {
        /// The CA's name.
        authority: String,
        /// Compact JWS with the CA's own key: the proof that whoever asks has it.
        proof: String,
    },
    /// The root's host read such a request.
    Requested {
        /// The CA's name.
        authority: String,
        /// SHA-256 of its SubjectPublicKeyInfo.
        fingerprint: Digest,
    },
    /// Security officers approved what the roots' keys certify next, in a later ceremony.
    Approved {
        /// Hash of what they signed for.
        operation: Digest,
        /// Who they are.
        approvers: BTreeSet<PersonId>,
        /// What they signed, and their signatures: JSON of the approval.
        approval: String,
    },
    /// A person's card got its number.
    Card {
        /// Whose.
        person: PersonId,
        /// The number.
        number: CardNumber,
        /// Label of the token.
        token: String,
    },
    /// A certificate was signed.
    Certificate {
        /// The step that it belongs to.
        step: Step,
        /// Where it is, PEM.
        file: String,
        /// Name of the CA that signed.
        issuer: String,
        /// Its serial number.
        serial: SerialNumber,
        /// Its profile.
        profile: String,
        /// The profile's revision.
        revision: u32,
        /// SHA-256 of the SubjectPublicKeyInfo.
        key: Digest,
        /// The person that it is for; none for a service's.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        person: Option<PersonId>,
        /// Last second of validity.
        not_after: UtcTime,
        /// SHA-256 of the file.
        sha256: Digest,
    },
    /// A CA's first CRL was signed.
    Crl {
        /// Name of the CA.
        issuer: String,
        /// cRLNumber.
        number: u64,
        /// nextUpdate.
        next_update: UtcTime,
        /// Where it is, DER.
        file: String,
        /// SHA-256 of the file.
        sha256: Digest,
    },
    /// A file that the root's host made was taken in.
    Imported {
        /// Where.
        file: String,
        /// SHA-256 of the file.
        sha256: Digest,
    },
    /// A file that an earlier ceremony left was taken.
    Taken {
        /// Where.
        file: String,
        /// SHA-256 of the file.
        sha256: Digest,
    },
    /// Another file was left.
    Output {
        /// Where.
        file: String,
        /// SHA-256 of the file.
        sha256: Digest,
    },
    /// The signer's door closed for ever.
    Closed {
        /// End of the signer's journal.
        journal: Digest,
        /// Its records.
        records: u64,
    },
}

/// What a participant signs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Confirmation {
    /// The ceremony.
    pub ceremony: String,
    /// SHA-256 of its file.
    pub script: Digest,
    /// The step.
    pub step: Step,
    /// Who confirms.
    pub participant: String,
    /// The end of the transcript before: everything that was done so far.
    pub after: Digest,
    /// What was shown.
    pub statement: String,
}

/// What the seal signs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Seal {
    /// The ceremony.
    pub ceremony: String,
    /// SHA-256 of its file.
    pub script: Digest,
    /// How many entries there are.
    pub entries: u64,
    /// The end of the chain.
    pub head: Digest,
}

impl Entry {
    /// What the next entry names as the one before it.
    pub fn digest(&self) -> Digest {
        Digest::of(&serde_json::to_vec(self).expect("an entry holds only strings, numbers and their structures"))
    }
}

impl Sealed {
    /// The one form of the file.
    pub fn to_json(&self) -> String {
        let mut text =
            serde_json::to_string_pretty(self).expect("an entry holds only strings, numbers and their structures");
        text.push('\n');
        text
    }
}

/// The JWS `typ` of a confirmation.
pub const CONFIRMATION_TYPE: &str = "sigill-ceremony-confirmation+jws";
/// The JWS `typ` of a seal.
pub const SEAL_TYPE: &str = "sigill-ceremony+jws";
