//! Acts on CA keys and trust anchors: two security officers' signatures, this process's own journal, and then the act.

use super::core::Core;
use super::digest::Digest;
use super::error::SignerError;
use super::issuers::Authority;
use super::journal::Record;
use super::protocol::KeyStatus;
use super::registry::Registry;
use domain::evidence::{ApprovedAct, KEY_ACT_APPROVALS, Signed, verify_key_act};
use domain::key::KeyState;
use domain::operation::{AddTrustAnchor, MoveKey, Operation};
use pki::profile::Purpose;
use pki::time::UtcTime;

impl Core {
    /// Does what security officers approved, once.
    pub(super) fn key_act(&self, approval: &Signed) -> Result<Vec<KeyStatus>, SignerError> {
        let _one_at_a_time = self.key_turn.lock().expect("nothing panics while it acts on a key");
        let now = self.clock.now();
        let act = Operation::from_bytes(approval.operation.as_bytes());
        let act = act.map_err(|_| SignerError::Malformed("not an operation in its one form"))?;
        let used = |hash: &domain::operation::OperationHash| self.is_used(Digest::from_bytes(*hash.as_bytes()));
        let approved = verify_key_act(approval, &act, KEY_ACT_APPROVALS, used, (&Registry::new(self), now))?;
        match &act {
            Operation::MoveKey(moved) => self.move_key(moved, approved, now)?,
            Operation::AddTrustAnchor(anchor) => self.trust(anchor, approved, now)?,
            _ => return Err(SignerError::NotApproved("the signer process does not do this")),
        }
        Ok(self.keys())
    }

    /// How every CA key of the configuration is.
    pub(super) fn keys(&self) -> Vec<KeyStatus> {
        let ledger = self.ledger();
        let status = |authority: &Authority| {
            let issuer = &authority.issuer.name;
            let life = ledger.keys().get(issuer).map(|key| &key.life);
            KeyStatus {
                issuer: issuer.clone(),
                state: ledger.keys().state(issuer),
                stages: life.map(|life| life.stages().to_vec()).unwrap_or_default(),
                compromised: life.and_then(domain::key::KeyLife::compromised),
                crl_number: ledger.last_crl(issuer).map(|crl| crl.number),
                has_last_crl: ledger.has_last_crl(issuer),
            }
        };
        self.authorities.iter().map(status).collect()
    }

    /// Whether a CA's key may sign certificates for this purpose now.
    pub(super) fn may_certify(&self, authority: &Authority, purpose: Purpose) -> Result<(), SignerError> {
        authority.may_certify(purpose)?;
        let issuer = &authority.issuer.name;
        let ledger = self.ledger();
        let (state, compromised) = (ledger.keys().state(issuer), ledger.keys().is_compromised(issuer));
        let may = if purpose == Purpose::OcspSigner { state.may_answer() } else { state.may_issue() && !compromised };
        if may { Ok(()) } else { Err(SignerError::KeyState { issuer: issuer.clone(), state }) }
    }

    /// Whether a CA's key may sign CRLs now.
    pub(super) fn may_answer(&self, authority: &Authority) -> Result<(), SignerError> {
        authority.serves()?;
        let issuer = &authority.issuer.name;
        let state = self.ledger().keys().state(issuer);
        if state.may_answer() { Ok(()) } else { Err(SignerError::KeyState { issuer: issuer.clone(), state }) }
    }

    fn is_used(&self, act: Digest) -> bool {
        self.ledger().keys().is_used(act)
    }

    fn move_key(&self, moved: &MoveKey, approved: ApprovedAct, at: UtcTime) -> Result<(), SignerError> {
        let authority = self.authorities.get(&moved.issuer)?;
        authority.serves()?;
        let certificate = &authority.issuer.certificate;
        let key = Digest::from_bytes(certificate.public_key().fingerprint());
        if moved.key != key.to_string() || moved.certificate != authority.seal().certificate.to_string() {
            return Err(SignerError::NotApproved("another key or certificate of this CA was approved"));
        }
        // Judged before anything is done, and again when it is recorded.
        let ApprovedAct { hash, approvers } = approved;
        let operation = Digest::from_bytes(*hash.as_bytes());
        let record = Record::KeyMoved { at, operation, approvers, ca: authority.kind, moved: moved.clone() };
        self.ledger().may_move(&record)?;
        match moved.to {
            KeyState::Active => {
                self.check_anchor(authority)?;
                self.ready(authority)?;
            }
            KeyState::Destroyed => self.token.destroy_key(&authority.issuer.key, certificate.public_key())?,
            _ => {}
        }
        self.record(&record)?;
        tracing::warn!(issuer = moved.issuer, from = %moved.from, to = %moved.to, compromised = moved.compromised, "CA key");
        Ok(())
    }

    /// A key becomes active only under a root that is trusted.
    fn check_anchor(&self, authority: &Authority) -> Result<(), SignerError> {
        let ledger = self.ledger();
        let trusted = self.anchors.iter().filter(|root| ledger.keys().trusts(Digest::from_bytes(root.fingerprint())));
        let mut trusted = trusted.filter(|root| authority.issuer.certificate.verify_issued_by(root).is_ok());
        match trusted.next() {
            Some(_) => Ok(()),
            None => Err(SignerError::NoAnchor { issuer: authority.issuer.name.clone() }),
        }
    }

    fn trust(&self, anchor: &AddTrustAnchor, approved: ApprovedAct, at: UtcTime) -> Result<(), SignerError> {
        let wanted = |root: &&pki::certificate::Certificate| {
            Digest::from_bytes(root.fingerprint()).to_string() == anchor.certificate
                && Digest::from_bytes(root.public_key().fingerprint()).to_string() == anchor.key
        };
        let root = self.anchors.iter().find(wanted);
        let root = root.ok_or(SignerError::NotApproved("no root of the configuration is the approved one"))?;
        if root.verify_issued_by(root).is_err() {
            return Err(SignerError::NotApproved("the root did not sign itself"));
        }
        let ApprovedAct { hash, approvers } = approved;
        let operation = Digest::from_bytes(*hash.as_bytes());
        self.record(&Record::AnchorAdded { at, operation, approvers, anchor: anchor.clone() })?;
        tracing::warn!(root = anchor.name, certificate = anchor.certificate, "trust anchor");
        Ok(())
    }
}
