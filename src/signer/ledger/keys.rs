//! What the journal says of CA keys and trust anchors.

use super::LedgerError;
use crate::signer::config::IssuerKind;
use crate::signer::digest::Digest;
use crate::signer::journal::{Entry, IssuerSeal};
use domain::evidence::KEY_ACT_APPROVALS;
use domain::key::{KeyLife, KeyState};
use domain::operation::{AddTrustAnchor, MoveKey};
use pki::issue::SubjectFacts;
use pki::profile::Purpose;
use pki::time::UtcTime;
use std::collections::{BTreeMap, BTreeSet, HashSet};

/// A CA's key that was active once.
#[derive(Debug)]
pub(in crate::signer) struct CaKey {
    pub(in crate::signer) seal: IssuerSeal,
    pub(in crate::signer) life: KeyLife,
    /// Whom it may certify as its OCSP signer unasked; none for a key of the ceremony, which has standing approvals.
    pub(in crate::signer) ocsp_signer: Option<SubjectFacts>,
}

/// All keys by the name of their CA, and the roots that are trusted.
#[derive(Debug, Default)]
pub(in crate::signer) struct Keys {
    by_issuer: BTreeMap<String, CaKey>,
    anchors: BTreeSet<Digest>,
    acts: HashSet<Digest>,
}

/// Who approved an act, and when it is done.
#[derive(Debug, Clone, Copy)]
pub(super) struct Approved {
    /// Hash of the operation.
    pub(super) act: Digest,
    /// How many people signed it.
    pub(super) approvers: usize,
    pub(super) at: UtcTime,
}

impl Keys {
    /// The keys that the ceremony left are active, and its root is trusted.
    pub(super) fn begin(
        &mut self,
        issuers: &BTreeMap<String, IssuerSeal>,
        anchors: &BTreeMap<String, Digest>,
        at: UtcTime,
    ) {
        let active = |(name, seal): (&String, &IssuerSeal)| (name.clone(), CaKey::active(seal.clone(), None, at));
        self.by_issuer = issuers.iter().map(active).collect();
        self.anchors = anchors.values().copied().collect();
    }

    /// What is known of a CA's key; nothing of one that was never active.
    pub(in crate::signer) fn get(&self, issuer: &str) -> Option<&CaKey> {
        self.by_issuer.get(issuer)
    }

    /// The state of a CA's key. One that the journal does not know was made in a ceremony and waits for its approval.
    pub(in crate::signer) fn state(&self, issuer: &str) -> KeyState {
        self.get(issuer).map_or(KeyState::Generated, |key| key.life.state())
    }

    /// Whether a CA's key may be in other hands.
    pub(in crate::signer) fn is_compromised(&self, issuer: &str) -> bool {
        self.get(issuer).is_some_and(|key| key.life.compromised().is_some())
    }

    /// Whether a CA's key may sign these certificates now. Whoever asked before its state changed asks again here: the
    /// record of the act comes first, and nothing is written after it that it forbids.
    pub(super) fn may_certify(&self, issuer: &str, certificates: &[Entry]) -> Result<(), LedgerError> {
        if certificates.iter().all(|entry| entry.purpose == Purpose::OcspSigner) {
            return self.may_answer(issuer);
        }
        let may = self.get(issuer).is_some_and(|key| key.life.may_issue());
        if may { Ok(()) } else { Err(self.not_now(issuer)) }
    }

    /// Whether a CA's key may sign CRLs, and certificates of OCSP signers, now.
    pub(super) fn may_answer(&self, issuer: &str) -> Result<(), LedgerError> {
        if self.state(issuer).may_answer() { Ok(()) } else { Err(self.not_now(issuer)) }
    }

    fn not_now(&self, issuer: &str) -> LedgerError {
        LedgerError::KeyState { issuer: issuer.to_owned(), found: self.state(issuer), wanted: KeyState::Active }
    }

    /// Whether the operation with this hash was executed.
    pub(in crate::signer) fn is_used(&self, act: Digest) -> bool {
        self.acts.contains(&act)
    }

    /// Whether the root with this certificate is trusted.
    pub(in crate::signer) fn trusts(&self, certificate: Digest) -> bool {
        self.anchors.contains(&certificate)
    }

    /// Takes in a move, if it can follow. `has_last_crl` says whether the CA's last CRL is the last for ever.
    pub(super) fn move_on(
        &mut self,
        moved: &MoveKey,
        kind: IssuerKind,
        has_last_crl: bool,
        approved: Approved,
    ) -> Result<(), LedgerError> {
        self.may_move(moved, has_last_crl, approved)?;
        let certificate: Digest = moved.certificate.parse().map_err(|_| LedgerError::OutOfPlace)?;
        let seal = IssuerSeal { kind, certificate };
        match self.by_issuer.get_mut(&moved.issuer) {
            Some(key) if key.seal != seal => {
                return Err(LedgerError::OtherCertificate { issuer: moved.issuer.clone() });
            }
            Some(key) => {
                key.life.advance(moved.to, approved.at).expect("the move was looked at above");
                if moved.compromised {
                    key.life.compromise(approved.at);
                }
            }
            None => {
                let mut key = CaKey::active(seal, moved.ocsp_signer.clone(), approved.at);
                if moved.to != KeyState::Active {
                    key.life = KeyLife::begin(moved.to, approved.at);
                }
                self.by_issuer.insert(moved.issuer.clone(), key);
            }
        }
        self.acts.insert(approved.act);
        Ok(())
    }

    /// Whether a move can follow.
    pub(super) fn may_move(&self, moved: &MoveKey, has_last_crl: bool, approved: Approved) -> Result<(), LedgerError> {
        self.check_approval(approved)?;
        let (issuer, found) = (moved.issuer.clone(), self.state(&moved.issuer));
        if found != moved.from {
            return Err(LedgerError::KeyState { issuer, found, wanted: moved.from });
        }
        if !moved.from.precedes(moved.to) {
            return Err(LedgerError::NoSuchMove { from: moved.from, to: moved.to });
        }
        if moved.to == KeyState::Retired && !has_last_crl {
            return Err(LedgerError::NoLastCrl { issuer });
        }
        Ok(())
    }

    /// Takes in a root, if it is new.
    pub(super) fn trust(&mut self, anchor: &AddTrustAnchor, approved: Approved) -> Result<(), LedgerError> {
        self.check_approval(approved)?;
        let certificate: Digest = anchor.certificate.parse().map_err(|_| LedgerError::OutOfPlace)?;
        if !self.anchors.insert(certificate) {
            return Err(LedgerError::AnchorKnown { name: anchor.name.clone() });
        }
        self.acts.insert(approved.act);
        Ok(())
    }

    fn check_approval(&self, Approved { act, approvers, .. }: Approved) -> Result<(), LedgerError> {
        if approvers < KEY_ACT_APPROVALS {
            return Err(LedgerError::KeyActNotApproved);
        }
        if self.is_used(act) { Err(LedgerError::ApprovalUsed) } else { Ok(()) }
    }
}

impl CaKey {
    fn active(seal: IssuerSeal, ocsp_signer: Option<SubjectFacts>, at: UtcTime) -> Self {
        Self { seal, life: KeyLife::begin(KeyState::Active, at), ocsp_signer }
    }
}
