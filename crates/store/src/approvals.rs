//! Approvals, the people excluded from them, and the signatures on them.

use crate::engine::sql::{batch, insert};
use crate::engine::{Columns, Row, Sql, Value};
use crate::writer::{Idle, Refusal, Statement};
use crate::{Database, MAX_LIST};
use domain::approval::{Approval, ApprovalRule, ApprovalSignature};
use domain::changes::{Stored, Version};
use domain::ports::{Conflict, StoreError};
use domain::{ApprovalId, TenantId};
use std::collections::BTreeSet;

impl Database {
    /// One approval with its signatures.
    ///
    /// Three reads: what a signature written in between would change is the version, which is read
    /// first, so that a write based on the result is refused as stale.
    pub(crate) async fn find_approval(
        &self,
        tenant: &TenantId,
        id: &ApprovalId,
    ) -> Result<Option<Stored<Approval>>, StoreError> {
        let key = vec![Value::text(tenant), Value::text(id)];
        let Some(row) = self.pool.fetch_optional(APPROVAL, key.clone()).await? else { return Ok(None) };
        let mut listed = key;
        listed.push(MAX_LIST.into());
        let excluded = self.pool.fetch(EXCLUDED, listed.clone()).await?;
        let signatures = self.pool.fetch(SIGNATURES, listed).await?;
        approval(&row, (tenant, id), &excluded, &signatures).map(Some)
    }
}

fn approval(
    row: &Row,
    (tenant, id): (&TenantId, &ApprovalId),
    excluded: &[Row],
    signatures: &[Row],
) -> Result<Stored<Approval>, StoreError> {
    let mut columns = Columns::of(row, WHAT);
    let operation = columns.take()?;
    let role = columns.parse()?;
    let needed = columns.number()?;
    let expires_at = columns.time()?;
    let used_at = columns.time_or_null()?;
    let version = Version(columns.take()?);
    let excluded: Result<BTreeSet<_>, _> = excluded.iter().map(|row| Columns::of(row, WHAT).parse()).collect();
    let signatures: Result<Vec<_>, _> = signatures.iter().map(signature).collect();
    let value = Approval {
        id: id.clone(),
        tenant: tenant.clone(),
        operation,
        rule: ApprovalRule { role, needed, excluded: excluded? },
        expires_at,
        signatures: signatures?,
        used_at,
    };
    Ok(Stored { value, version })
}

fn signature(row: &Row) -> Result<ApprovalSignature, StoreError> {
    let mut columns = Columns::of(row, "approval signature");
    Ok(ApprovalSignature { by: columns.parse()?, at: columns.time()?, statement: columns.take()? })
}

/// The row of a new approval, not used yet.
pub(crate) fn new_row(approval: &Approval) -> Vec<Value> {
    vec![
        Value::text(&approval.tenant),
        Value::text(&approval.id),
        approval.operation.as_str().into(),
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
            signature.statement.as_str().into(),
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
        (1 tenant text, 2 approval text, 3 person text, 4 position bigint, 5 at bigint, 6 statement text),
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

const APPROVAL: Sql = Sql::both(
    "SELECT operation, role, needed, expires_at, used_at, version FROM approval WHERE tenant = $1 AND id = $2",
);
const EXCLUDED: Sql =
    Sql::both("SELECT person FROM approval_excluded WHERE tenant = $1 AND approval = $2 ORDER BY person LIMIT $3");
const SIGNATURES: Sql = Sql::both(
    "SELECT person, at, statement FROM approval_signature \
     WHERE tenant = $1 AND approval = $2 ORDER BY position LIMIT $3",
);
const WHAT: &str = "approval";
