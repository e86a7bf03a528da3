//! A token is put back from its backup only if security officers signed for exactly that.
//!
//! Whoever restores asks the stopped signer's own state: its list of officers says who may approve, its journal which
//! approvals were used. The record is written before the token is there.

use super::core::{Core, refusal};
use super::digest::Digest;
use super::error::SignerError;
use super::journal::Record;
use super::protocol::Refusal;
use super::registry::Registry;
use domain::PersonId;
use domain::evidence::{EvidenceError, KEY_ACT_APPROVALS, Officers, Signed, verify_key_act};
use domain::operation::{Operation, RestoreToken};
use pki::time::UtcTime;
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
    /// Who approved.
    pub const fn approvers(&self) -> &BTreeSet<PersonId> {
        &self.approvers
    }
}

impl Core {
    /// Whether two security officers approved this restore, and nobody used their approval before.
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
        let ApprovedRestore { restoring, operation, approvers } = approved;
        let record = Record::Restored {
            at: self.clock.now(),
            operation,
            approvers,
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
        let judges = (&Registry::new(self) as &dyn Officers, self.clock.now());
        let found = verify_key_act(approval, &act, KEY_ACT_APPROVALS, |_| used, judges)?;
        Ok(ApprovedRestore { restoring, operation, approvers: found.approvers })
    }
}
