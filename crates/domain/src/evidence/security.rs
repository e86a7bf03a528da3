//! What security officers approve: policies, and acts on keys and trust.

use super::{EvidenceError, Officers, Signed, Stated, different_people, operation};
use crate::PersonId;
use crate::access::Role;
use crate::operation::{Operation, OperationHash};
use pki::time::UtcTime;
use std::collections::BTreeSet;

/// An act on keys or trust that enough security officers approved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApprovedAct {
    /// What they signed. Whoever executes the act records this, and never executes it again.
    pub hash: OperationHash,
    /// Who they are.
    pub approvers: BTreeSet<PersonId>,
}

/// Verifies that officers approved `bundle` in place of `replaces`, both hexadecimal digests, of which the latter is in
/// force since `since`.
///
/// An approval from before then is spent: it carried these policies into force once, and others have replaced them.
///
/// At least [`POLICY_APPROVALS`] security officers must have signed, whatever the policies say: a bundle cannot lower
/// the bar for its successor.
///
/// # Errors
/// [`EvidenceError`], the first thing found wrong.
pub fn verify_policies(
    approval: &Signed,
    bundle: &str,
    (replaces, since): (&str, UtcTime),
    officers: &dyn Officers,
    now: UtcTime,
) -> Result<BTreeSet<PersonId>, EvidenceError> {
    let Operation::LoadPolicies(load) = operation(approval)? else {
        return Err(EvidenceError::Mismatch("the approved operation is not the loading of policies"));
    };
    if load.bundle != bundle {
        return Err(EvidenceError::Mismatch("other policies were approved"));
    }
    if load.replaces != replaces {
        return Err(EvidenceError::Mismatch("the approval is for replacing other policies than those in force"));
    }
    different_people(approval, POLICY_APPROVALS, (officers, now), |stated| {
        is_security_officer(stated)?;
        if stated.at < since { Err(EvidenceError::Expired) } else { Ok(()) }
    })
}

/// Verifies that `needed` security officers, and never fewer than [`KEY_ACT_APPROVALS`], approved exactly `act`, which
/// is about to be executed, at most [`KEY_ACT_MAX_AGE_DAYS`] ago.
///
/// `used` says whether the operation with this hash was executed before.
///
/// # Errors
/// [`EvidenceError`], the first thing found wrong.
pub fn verify_key_act(
    approval: &Signed,
    act: &Operation,
    needed: usize,
    used: impl FnOnce(&OperationHash) -> bool,
    (officers, now): (&dyn Officers, UtcTime),
) -> Result<ApprovedAct, EvidenceError> {
    if !act.is_key_act() {
        return Err(EvidenceError::Mismatch("the operation is no act on keys"));
    }
    if approval.operation.as_bytes() != act.to_bytes() {
        return Err(EvidenceError::OtherOperation);
    }
    let hash = act.hash();
    if used(&hash) {
        return Err(EvidenceError::Used);
    }
    let oldest = now.plus_days(-KEY_ACT_MAX_AGE_DAYS);
    let approvers = different_people(approval, needed.max(KEY_ACT_APPROVALS), (officers, now), |stated| {
        is_security_officer(stated)?;
        if stated.at < oldest { Err(EvidenceError::Expired) } else { Ok(()) }
    })?;
    Ok(ApprovedAct { hash, approvers })
}

pub(super) fn is_security_officer(stated: &Stated) -> Result<(), EvidenceError> {
    let role = Role::SecurityOfficer;
    if stated.officer.roles.contains(&role) { Ok(()) } else { Err(EvidenceError::WrongRole { role }) }
}

/// How many security officers must approve policies.
pub const POLICY_APPROVALS: usize = 2;
/// How many security officers must approve an act on keys or trust: nobody is alone with a key.
pub const KEY_ACT_APPROVALS: usize = 2;
/// How long an approval of an act on keys or trust can wait for its execution.
pub const KEY_ACT_MAX_AGE_DAYS: i64 = 7;
