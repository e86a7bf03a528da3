//! What the journal says. No names and no identity numbers: people and cards stand by their keys.

use crate::signer::config::{IssuerKind, Mode};
use crate::signer::digest::Digest;
use domain::operation::{AddTrustAnchor, MoveKey};
use domain::{CardNumber, FunctionId, PersonId, TenantId};
use pki::issue::SubjectFacts;
use pki::profile::Purpose;
use pki::serial::SerialNumber;
use pki::time::UtcTime;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// One line of the journal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Record {
    /// The ceremony began. The first record, and only there.
    Founded {
        /// When.
        at: UtcTime,
        /// What the installation is for; a journal never changes sides.
        mode: Mode,
        /// Of `officers.json`.
        officers: Digest,
        /// Of `standing.json`.
        standing: Digest,
        /// Of the first policies.
        policies: Digest,
    },
    /// The ceremony is about to sign a certificate.
    Ceremony {
        /// When.
        at: UtcTime,
        /// Name of the CA that signs; a root names itself.
        issuer: String,
        /// Whom it is for.
        holder: Holder,
        /// The certificate.
        certificate: Entry,
    },
    /// The ceremony is over; from here on only approved work is done.
    Closed {
        /// When.
        at: UtcTime,
        /// The CAs that may be served, by name.
        issuers: BTreeMap<String, IssuerSeal>,
        /// The roots that are trusted, by name: their certificates.
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
        anchors: BTreeMap<String, Digest>,
    },
    /// A CA's key goes on in its life.
    KeyMoved {
        /// When.
        at: UtcTime,
        /// Hash of the approved operation.
        operation: Digest,
        /// Who approved.
        approvers: BTreeSet<PersonId>,
        /// What the key may sign.
        ca: IssuerKind,
        /// What was approved.
        moved: MoveKey,
    },
    /// A root is trusted from here on.
    AnchorAdded {
        /// When.
        at: UtcTime,
        /// Hash of the approved operation.
        operation: Digest,
        /// Who approved.
        approvers: BTreeSet<PersonId>,
        /// What was approved.
        anchor: AddTrustAnchor,
    },
    /// The policies in force from here on.
    Policies {
        /// When.
        at: UtcTime,
        /// Of the bundle.
        bundle: Digest,
        /// Of the one before; none for the first, which is the ceremony's.
        replaces: Option<Digest>,
        /// Who approved; nobody for the first.
        approvers: BTreeSet<PersonId>,
        /// The content of each profile, by name: what a revision once said it says for ever.
        revisions: BTreeMap<String, Revision>,
    },
    /// Custodians opened the token.
    Unlocked {
        /// When.
        at: UtcTime,
        /// Label of the token.
        token: String,
        /// Who gave their shares, as the ceremony named them.
        custodians: BTreeSet<String>,
    },
    /// Custodians appointed other officers, because too few are left to approve anything.
    EmergencyAnnounced {
        /// When.
        at: UtcTime,
        /// Of the new list of officers.
        officers: Digest,
        /// From when on they are officers, unless a security officer cancels it before.
        effective: UtcTime,
        /// Who appointed them, as the ceremony named them.
        custodians: BTreeSet<String>,
    },
    /// The officers who were announced will not take office.
    EmergencyCancelled {
        /// When.
        at: UtcTime,
        /// Of the list that was announced.
        officers: Digest,
        /// Which security officer cancelled it.
        by: PersonId,
    },
    /// The officers who were announced are the officers from here on.
    OfficersReplaced {
        /// When.
        at: UtcTime,
        /// Of the new `officers.json`.
        officers: Digest,
    },
    /// A token is about to be put back from its backup.
    Restored {
        /// When.
        at: UtcTime,
        /// Hash of the approved operation; it is used up.
        operation: Digest,
        /// Which officers approved; none of a root's own token.
        approvers: BTreeSet<PersonId>,
        /// Which custodians approved, of a root's own token.
        #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
        custodians: BTreeSet<String>,
        /// Of the backup.
        backup: Digest,
        /// Label of the token.
        token: String,
        /// Its serial number.
        serial: String,
        /// Of each key's SubjectPublicKeyInfo, by label.
        keys: BTreeMap<String, Digest>,
    },
    /// Certificates are about to be signed.
    Intent {
        /// When.
        at: UtcTime,
        /// Name of the CA.
        issuer: String,
        /// Why it may sign.
        authority: Authority,
        /// Whom they are for.
        holder: Holder,
        /// The certificates.
        certificates: Vec<Entry>,
    },
    /// What became of an intent. Serials that never get one count as signed.
    Outcome {
        /// When.
        at: UtcTime,
        /// Name of the CA.
        issuer: String,
        /// Signed and verified.
        signed: Vec<SerialNumber>,
        /// Certainly not signed: the approval may be used again, the serial may not.
        freed: Vec<SerialNumber>,
    },
    /// Certificates that never reached anybody are revoked for ever, as a CRL says. Their approvals can be
    /// used again, but only for a delivery that the desk signs after this.
    Released {
        /// When.
        at: UtcTime,
        /// Name of the CA.
        issuer: String,
        /// The revoked serials.
        serials: Vec<SerialNumber>,
    },
    /// A CRL is about to be signed.
    Crl {
        /// When.
        at: UtcTime,
        /// Name of the CA.
        issuer: String,
        /// Its number.
        number: u64,
        /// Of the TBSCertList.
        tbs: Digest,
        /// Of the file with the revoked certificates.
        revoked: Digest,
        /// How many they are.
        count: usize,
        /// Whether it is the CA's last one, which outlives it.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        last: bool,
    },
}

/// A profile at a revision.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Revision {
    /// Its number.
    pub revision: u32,
    /// Of its values, without comments and layout.
    pub content: Digest,
}

/// A CA as the ceremony left it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IssuerSeal {
    /// What it may sign.
    pub kind: IssuerKind,
    /// Of its certificate's DER.
    pub certificate: Digest,
}

/// One certificate of an intent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// Its serial.
    pub serial: SerialNumber,
    /// What it is for.
    pub purpose: Purpose,
    /// Its profile.
    pub profile: String,
    /// The profile's revision.
    pub revision: u32,
    /// Of the SubjectPublicKeyInfo.
    pub key: Digest,
    /// Of the TBSCertificate.
    pub tbs: Digest,
    /// Its last second; none in journals of older versions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_after: Option<UtcTime>,
}

/// Whom a certificate is for.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Holder {
    /// A person.
    Person {
        /// Who.
        person: PersonId,
        /// The card that carries the key; none for a key in software.
        card: Option<CardNumber>,
    },
    /// A system of an agency, or the agency itself.
    Function {
        /// The agency.
        tenant: TenantId,
        /// The order.
        function: FunctionId,
    },
    /// A part of the service.
    Service {
        /// Its common name.
        name: String,
    },
}

/// Why the signer may sign.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Authority {
    /// Officers signed for exactly this.
    Approval {
        /// Hash of the approved operation; each of its purposes is used once.
        operation: Digest,
        /// Hash of the identification.
        identification: Digest,
        /// Hash of the second identification of a reserve card's holder.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        second: Option<Digest>,
        /// Hash of the delivery.
        delivery: Digest,
        /// Who approved.
        approvers: BTreeSet<PersonId>,
        /// Who delivered.
        delivered_by: PersonId,
        /// When the delivery was signed.
        delivered_at: UtcTime,
    },
    /// One officer ordered exactly this, and others approved it.
    Function {
        /// Hash of the approved operation; it is used once.
        operation: Digest,
        /// Who approved.
        approvers: BTreeSet<PersonId>,
        /// Who ordered it.
        ordered_by: PersonId,
        /// When the order was signed.
        ordered_at: UtcTime,
    },
    /// The ceremony allowed it once and for all.
    Standing {
        /// Of the standing approval.
        approval: Digest,
    },
}

impl Holder {
    /// The part of the service with these facts: its common name, or its first host name.
    pub fn service(subject: &SubjectFacts) -> Self {
        let name = subject.get("common_name").or(subject.dns_names.first().map(String::as_str));
        Self::Service { name: name.unwrap_or_default().to_owned() }
    }
}
