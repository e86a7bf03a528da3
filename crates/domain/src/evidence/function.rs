//! What must be signed before a function's certificate can be.

use super::{EvidenceError, Officers, Signed, different_people, has_role, operation, the_one};
use crate::PersonId;
use crate::access::Role;
use crate::operation::{Act, IssueFunction, Operation};
use pki::time::UtcTime;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// One operation under two kinds of signatures: of whoever orders it, and of those who approve it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FunctionEvidence {
    /// The exact bytes of [`Operation::IssueFunction`].
    pub operation: String,
    /// Compact JWS that orders it.
    pub order: String,
    /// Compact JWSs that approve it.
    pub approvals: Vec<String>,
}

/// An order that every needed officer signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApprovedFunction {
    /// What was ordered.
    pub order: IssueFunction,
    /// When, by the clock of whoever ordered it.
    pub ordered_at: UtcTime,
    /// Who approved.
    pub approvers: BTreeSet<PersonId>,
}

/// Verifies an order: by a function administrator of the agency, for exactly this, with as many approvals as are
/// `needed`, of others than who ordered it and who answers for the function.
///
/// # Errors
/// [`EvidenceError`], the first thing found wrong.
pub fn verify_function(
    evidence: &FunctionEvidence,
    needed: usize,
    officers: &dyn Officers,
    now: UtcTime,
) -> Result<ApprovedFunction, EvidenceError> {
    let ordered = Signed { operation: evidence.operation.clone(), statements: vec![evidence.order.clone()] };
    let Operation::IssueFunction(order) = operation(&ordered)? else {
        return Err(EvidenceError::Mismatch("the approved operation is not the certificate of a function"));
    };
    let stated = the_one(&ordered, Act::Order, officers, now)?;
    has_role(&stated.officer, Role::FunctionAdministrator, &order.tenant)?;
    if stated.officer.person != order.ordered_by {
        return Err(EvidenceError::FourEyes);
    }
    let approval = Signed { operation: evidence.operation.clone(), statements: evidence.approvals.clone() };
    let involved = [&order.ordered_by, &order.responsible];
    let approvers = different_people(&approval, needed.max(1), (officers, now), |approver| {
        has_role(&approver.officer, Role::Approver, &order.tenant)?;
        if involved.contains(&&approver.officer.person) { Err(EvidenceError::FourEyes) } else { Ok(()) }
    })?;
    Ok(ApprovedFunction { order, ordered_at: stated.at, approvers })
}
