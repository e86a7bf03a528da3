//! A token is put back from its backup only if security officers signed for exactly that; a root's own, by whose host no
//! officer's certificate is known, if its custodians did.
//!
//! Whoever restores asks the stopped signer's own state: its list of officers, or its ceremony's transcript, says who may
//! approve, its journal which approvals were used. The record is written before the token is there.

use super::config::IssuerKind;
use super::core::{Core, refusal};
use super::digest::Digest;
use super::error::SignerError;
use super::journal::Record;
use super::protocol::Refusal;
use super::registry::Registry;
use domain::PersonId;
use domain::evidence::{
    CLOCK_SKEW_SECONDS, EvidenceError, KEY_ACT_APPROVALS, KEY_ACT_MAX_AGE_DAYS, MAX_STATEMENTS, Officers, Signed,
    verify_key_act,
};
use domain::operation::{Operation, RestoreToken};
use pki::time::UtcTime;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// A token as its backup describes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Restoring {
    /// SHA-256 of the backup.
    pub backup: Digest,
    /// Label of the token.
    pub token_label: String,
    /// Its serial number.
    pub token_serial: String,
    /// SHA-256 of each key's SubjectPublicKeyInfo, by label.
    pub keys: BTreeMap<String, Digest>,
}

/// A restore that officers approved and nobody carried out yet.
#[derive(Debug)]
#[must_use = "an approval is used up when the restore is recorded"]
pub struct ApprovedRestore {
    restoring: Restoring,
    operation: Digest,
    approvers: BTreeSet<PersonId>,
    custodians: BTreeSet<String>,
}

/// What a custodian signs: a JWS with `typ` [`RESTORE_TYPE`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RootRestore {
    /// Name of the ceremony.
    pub ceremony: String,
    /// Who approves.
    pub custodian: String,
    /// Hash of the exact operation.
    pub operation: Digest,
}

impl Restoring {
    /// What officers sign.
    pub fn operation(&self, asked_at: UtcTime) -> Operation {
        Operation::RestoreToken(RestoreToken {
            backup: self.backup.to_string(),
            keys: self.keys.iter().map(|(label, key)| (label.clone(), key.to_string())).collect(),
            token_label: self.token_label.clone(),
            token_serial: self.token_serial.clone(),
            asked_at,
        })
    }
}

impl ApprovedRestore {
    /// Who approved: officers, or custodians.
    pub fn approvers(&self) -> Vec<&str> {
        let officers = self.approvers.iter().map(PersonId::as_str);
        officers.chain(self.custodians.iter().map(String::as_str)).collect()
    }
}

impl Core {
    /// Whether two security officers, or for a root's own token as many custodians as act together, approved this
    /// restore, and nobody used their approval before.
    ///
    /// # Errors
    /// [`Refusal`]; nothing is used up.
    pub fn check_restore(&self, approval: &Signed, restoring: Restoring) -> Result<ApprovedRestore, Refusal> {
        self.judge_restore(approval, restoring).map_err(|error| refusal(&error))
    }

    /// Writes down that the token is about to be put back; the approval is used up.
    ///
    /// # Errors
    /// [`Refusal`] if another restore used the approval meanwhile, or the journal cannot be written.
    pub fn record_restore(&self, approved: ApprovedRestore) -> Result<(), Refusal> {
        let ApprovedRestore { restoring, operation, approvers, custodians } = approved;
        let record = Record::Restored {
            at: self.clock.now(),
            operation,
            approvers,
            custodians,
            backup: restoring.backup,
            token: restoring.token_label,
            serial: restoring.token_serial,
            keys: restoring.keys,
        };
        self.record(&record).map_err(|error| refusal(&error))
    }

    fn judge_restore(&self, approval: &Signed, restoring: Restoring) -> Result<ApprovedRestore, SignerError> {
        let asked = Operation::from_bytes(approval.operation.as_bytes());
        let Ok(Operation::RestoreToken(RestoreToken { asked_at, .. })) = asked else {
            return Err(EvidenceError::Mismatch("the approved operation is not the restoring of a token").into());
        };
        let act = restoring.operation(asked_at);
        let operation = Digest::of(approval.operation.as_bytes());
        let used = self.ledger().has_restored(operation);
        if self.authorities.iter().all(|authority| authority.kind == IssuerKind::Root) {
            if approval.operation.as_bytes() != act.to_bytes() {
                return Err(EvidenceError::OtherOperation.into());
            }
            if used {
                return Err(EvidenceError::Used.into());
            }
            let custodians = self.restored_by(&approval.statements, operation, asked_at)?;
            return Ok(ApprovedRestore { restoring, operation, approvers: BTreeSet::new(), custodians });
        }
        let judges = (&Registry::new(self) as &dyn Officers, self.clock.now());
        let found = verify_key_act(approval, &act, KEY_ACT_APPROVALS, |_| used, judges)?;
        Ok(ApprovedRestore { restoring, operation, approvers: found.approvers, custodians: BTreeSet::new() })
    }

    /// The different custodians who signed for this operation, if they are enough. Their signatures have no time: it
    /// counts since when the restore is asked for.
    fn restored_by(
        &self,
        statements: &[String],
        operation: Digest,
        asked_at: UtcTime,
    ) -> Result<BTreeSet<String>, SignerError> {
        let known = self.custodians.as_ref();
        let known = known.ok_or(SignerError::NotApproved("no transcript of the configuration names custodians"))?;
        let now = self.clock.now();
        if asked_at < now.plus_days(-KEY_ACT_MAX_AGE_DAYS) || asked_at > now.plus_seconds(CLOCK_SKEW_SECONDS) {
            return Err(EvidenceError::Expired.into());
        }
        let wanted = |custodian: &str| RootRestore {
            ceremony: known.ceremony.clone(),
            custodian: custodian.to_owned(),
            operation,
        };
        let mut by = BTreeSet::new();
        for jws in statements.iter().take(MAX_STATEMENTS) {
            let custodian = known.who_said(jws, RESTORE_TYPE, wanted);
            let custodian =
                custodian.ok_or(SignerError::NotApproved("a signature is no custodian's for this restore"))?;
            if !by.insert(custodian) {
                return Err(EvidenceError::FourEyes.into());
            }
        }
        if by.len() < known.needed {
            return Err(EvidenceError::TooFew { needed: known.needed, found: by.len() }.into());
        }
        Ok(by)
    }
}

/// The JWS `typ` of a [`RootRestore`].
pub const RESTORE_TYPE: &str = "sigill-restore+jws";
