//! Approvals, the people excluded from them, and the signatures on them.

use crate::Database;
use crate::engine::sql::{batch, insert};
use crate::engine::{Batch, Columns, Sql, Value, keys};
use crate::seal::Place;
use crate::writer::{Idle, Refusal, Statement};
use domain::approval::{Approval, ApprovalRule, ApprovalSignature};
use domain::changes::{Stored, Version};
use domain::ports::{Conflict, StoreError};
use domain::{ApprovalId, PersonId, TenantId};
use std::collections::{BTreeMap, BTreeSet};

impl Database {
    /// Approvals with their signatures.
    ///
    /// Three reads: what a signature written in between would change is the version, which is read
    /// first, so that a write based on the result is refused as stale.
    pub(crate) async fn approvals<'a>(
        &self,
        tenant: &TenantId,
        ids: impl IntoIterator<Item = &'a ApprovalId>,
    ) -> Result<BTreeMap<ApprovalId, Stored<Approval>>, StoreError> {
        let keys = keys(tenant, ids);
        let mut approvals = BTreeMap::new();
        for row in self.pool.fetch_batch(&APPROVALS, &keys).await? {
            let approval = approval(&mut Columns::opening(&row, WHAT, &self.keys), tenant)?;
            approvals.insert(approval.value.id.clone(), approval);
        }
        for row in self.pool.fetch_batch(&EXCLUDED, &keys).await? {
            let mut columns = Columns::of(&row, WHAT);
            if let Some(approval) = approvals.get_mut(&columns.parse::<ApprovalId>()?) {
                approval.value.rule.excluded.insert(columns.parse()?);
            }
        }
        for row in self.pool.fetch_batch(&SIGNATURES, &keys).await? {
            let mut columns = Columns::opening(&row, "approval signature", &self.keys);
            let id: ApprovalId = columns.parse()?;
            if let Some(approval) = approvals.get_mut(&id) {
                approval.value.signatures.push(signature(&mut columns, &id)?);
            }
        }
        Ok(approvals)
    }
}

/// An approval of which only the signatures and who is excluded are missing.
fn approval(columns: &mut Columns<'_>, tenant: &TenantId) -> Result<Stored<Approval>, StoreError> {
    let id: ApprovalId = columns.parse()?;
    let value = Approval {
        operation: columns.opened(Place::within(OPERATION, tenant.as_str(), id.as_str()))?,
        id,
        tenant: tenant.clone(),
        rule: ApprovalRule { role: columns.parse()?, needed: columns.number()?, excluded: BTreeSet::new() },
        expires_at: columns.time()?,
        signatures: Vec::new(),
        used_at: columns.time_or_null()?,
    };
    Ok(Stored { value, version: Version(columns.take()?) })
}

fn signature(columns: &mut Columns<'_>, approval: &ApprovalId) -> Result<ApprovalSignature, StoreError> {
    let (by, at): (PersonId, _) = (columns.parse()?, columns.time()?);
    let statement = columns.opened(Place::within(STATEMENT, approval.as_str(), by.as_str()))?;
    let reason = columns.opened_or_null(Place::within(REASON, approval.as_str(), by.as_str()))?;
    Ok(ApprovalSignature { by, at, statement, reason })
}

/// The row of a new approval, not used yet.
pub(crate) fn new_row(approval: &Approval) -> Vec<Value> {
    vec![
        Value::text(&approval.tenant),
        Value::text(&approval.id),
        Value::sealed(Place::within(OPERATION, approval.tenant.as_str(), approval.id.as_str()), &approval.operation),
        approval.rule.role.as_str().into(),
        i64::from(approval.rule.needed).into(),
        approval.expires_at.into(),
    ]
}

/// A row for each person who can never approve it.
pub(crate) fn excluded_rows(approval: &Approval) -> impl Iterator<Item = Vec<Value>> {
    approval
        .rule
        .excluded
        .iter()
        .map(|person| vec![Value::text(&approval.tenant), Value::text(&approval.id), Value::text(person)])
}

/// A row for each signature, in the order in which they came.
pub(crate) fn signature_rows(approval: &Approval) -> impl Iterator<Item = Vec<Value>> {
    (1_i64..).zip(&approval.signatures).map(|(position, signature)| {
        vec![
            Value::text(&approval.tenant),
            Value::text(&approval.id),
            Value::text(&signature.by),
            position.into(),
            signature.at.into(),
            Value::sealed(Place::within(STATEMENT, approval.id.as_str(), signature.by.as_str()), &signature.statement),
            Value::sealed_or_null(
                Place::within(REASON, approval.id.as_str(), signature.by.as_str()),
                signature.reason.as_deref(),
            ),
        ]
    })
}

/// The row of an approval that was signed or used.
pub(crate) fn moved_row(approval: &Approval, seen: Version) -> Vec<Value> {
    vec![Value::text(&approval.tenant), Value::text(&approval.id), seen.0.into(), Value::time_or_null(approval.used_at)]
}

pub(crate) static NEW: Statement = Statement {
    point: "approval-new",
    batch: insert!("approval", (1 tenant text, 2 id text, 3 operation text, 4 role text, 5 needed bigint, 6 expires_at bigint)),
    exists: Refusal::Conflict(Conflict::Exists(WHAT)),
    refers_to: "tenant",
    idle: None,
};

pub(crate) static EXCLUDE: Statement = Statement {
    point: "approval-excluded",
    batch: insert!("approval_excluded", (1 tenant text, 2 approval text, 3 person text)),
    exists: Refusal::Conflict(Conflict::Exists(WHAT)),
    refers_to: "person",
    idle: None,
};

/// Signatures that are there already stay as they are: an approval is written with all of its.
pub(crate) static SIGN: Statement = Statement {
    point: "approval-signature",
    batch: insert!(
        "approval_signature",
        (
            1 tenant text, 2 approval text, 3 person text, 4 position bigint, 5 at bigint, 6 statement text, 7 reason text
        ),
        "ON CONFLICT (tenant, approval, person) DO NOTHING"
    ),
    exists: Refusal::Conflict(Conflict::Exists("approval signature")),
    refers_to: "person or approval",
    idle: None,
};

pub(crate) static MOVE: Statement = Statement {
    point: "approval",
    batch: batch!(
        (1 tenant text, 2 id text, 3 seen bigint, 4 used_at bigint),
        "UPDATE approval SET used_at = r.used_at, version = approval.version + 1 FROM r \
         WHERE approval.tenant = r.tenant AND approval.id = r.id AND approval.version = r.seen"
    ),
    exists: Refusal::Conflict(Conflict::Exists(WHAT)),
    refers_to: "tenant",
    idle: Some(Idle::Versioned {
        what: WHAT,
        probe: Sql::both("SELECT version FROM approval WHERE tenant = $1 AND id = $2"),
    }),
};

static APPROVALS: Batch = batch!(
    (1 tenant text, 2 id text),
    "SELECT id, operation, role, needed, expires_at, used_at, version FROM approval \
     WHERE (tenant, id) IN (SELECT tenant, id FROM r)"
);
static EXCLUDED: Batch = batch!(
    (1 tenant text, 2 id text),
    "SELECT approval, person FROM approval_excluded WHERE (tenant, approval) IN (SELECT tenant, id FROM r)"
);
static SIGNATURES: Batch = batch!(
    (1 tenant text, 2 id text),
    "SELECT approval, person, at, statement, reason FROM approval_signature \
     WHERE (tenant, approval) IN (SELECT tenant, id FROM r) ORDER BY position"
);
const WHAT: &str = "approval";
const OPERATION: &str = "approval.operation";
const STATEMENT: &str = "approval_signature.statement";
const REASON: &str = "approval_signature.reason";
