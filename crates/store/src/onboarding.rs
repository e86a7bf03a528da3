//! Agreements, and the steps of agencies and their services.

use crate::engine::sql::{batch, insert};
use crate::engine::{Columns, Row, Sql, Value};
use crate::word::{from_json, json};
use crate::writer::{Idle, Refusal, Statement};
use crate::{Database, MAX_LIST};
use async_trait::async_trait;
use domain::TenantId;
use domain::changes::{Stored, Version};
use domain::onboarding::{Agreement, AnyMove, Decided, Move, Proposed, Verdict};
use domain::ports::{Conflict, Onboardings, StoreError};

#[async_trait]
impl Onboardings for Database {
    async fn moves(&self, tenant: &TenantId) -> Result<Vec<Stored<AnyMove>>, StoreError> {
        let rows = self.pool.fetch(MOVES, vec![Value::text(tenant), MAX_LIST.into()]).await?;
        rows.iter().map(any_move).collect()
    }

    async fn agreements(&self, tenant: &TenantId) -> Result<Vec<Agreement>, StoreError> {
        let rows = self.pool.fetch(AGREEMENTS, vec![Value::text(tenant), MAX_LIST.into()]).await?;
        rows.iter().map(agreement).collect()
    }
}

fn any_move(row: &Row) -> Result<Stored<AnyMove>, StoreError> {
    let mut columns = Columns::of(row, WHAT);
    let version = Version(columns.take()?);
    let (id, scope) = ((columns.parse()?, columns.parse()?), (columns.parse()?, columns.parse()?));
    let shown = from_json(&mut columns)?;
    let proposed = Proposed { by: columns.parse_or_null()?, at: columns.time()? };
    let verdict: Option<Verdict> = columns.parse_or_null()?;
    let value = match verdict {
        None => AnyMove::Proposed(Move::restore(id, scope, shown, proposed)),
        Some(verdict) => {
            let (by, at, reason) = (columns.parse_or_null()?, columns.time()?, columns.take()?);
            AnyMove::Decided(Move::restore(id, scope, shown, Decided { proposed, verdict, by, at, reason }))
        }
    };
    Ok(Stored { value, version })
}

fn agreement(row: &Row) -> Result<Agreement, StoreError> {
    let mut columns = Columns::of(row, "agreement");
    Ok(Agreement {
        tenant: columns.parse()?,
        reference: columns.take()?,
        sha256: columns.take()?,
        signatory: columns.take()?,
        from: columns.time()?,
        until: columns.time_or_null()?,
        filed_by: columns.parse_or_null()?,
        filed_at: columns.time()?,
    })
}

/// The row of an agreement.
pub(crate) fn agreement_row(agreement: &Agreement) -> Vec<Value> {
    vec![
        Value::text(&agreement.tenant),
        agreement.reference.as_str().into(),
        agreement.sha256.as_str().into(),
        agreement.signatory.as_str().into(),
        agreement.from.into(),
        Value::time_or_null(agreement.until),
        Value::text_or_null(agreement.filed_by.as_ref()),
        agreement.filed_at.into(),
    ]
}

/// The row of a new step.
pub(crate) fn new_row(new: &AnyMove) -> Vec<Value> {
    let (tenant, scope, phase) = new.target();
    let proposed = new.proposed();
    let mut row = vec![
        Value::text(tenant),
        Value::text(new.id()),
        scope.as_str().into(),
        phase.as_str().into(),
        json(new.shown()),
        Value::text_or_null(proposed.by.as_ref()),
        proposed.at.into(),
    ];
    row.extend(decision(new));
    row
}

/// The row of a step's decision.
pub(crate) fn decided_row(new: &AnyMove, seen: Version) -> Vec<Value> {
    let mut row = vec![Value::text(new.target().0), Value::text(new.id()), seen.0.into()];
    row.extend(decision(new));
    row
}

fn decision(step: &AnyMove) -> [Value; 4] {
    let decided = step.decided();
    [
        Value::text_or_null(decided.map(|d| d.verdict.as_str())),
        Value::text_or_null(decided.and_then(|d| d.by.as_ref())),
        Value::time_or_null(decided.map(|d| d.at)),
        Value::text_or_null(decided.map(|d| d.reason.as_str())),
    ]
}

pub(crate) static AGREEMENT: Statement = Statement {
    point: "agreement",
    batch: insert!(
        "agreement",
        (
            1 tenant text, 2 reference text, 3 sha256 text, 4 signatory text, 5 from_at bigint, 6 until_at bigint,
            7 filed_by text, 8 filed_at bigint
        )
    ),
    exists: Refusal::Conflict(Conflict::Exists("agreement")),
    refers_to: "tenant",
    idle: None,
};

pub(crate) static NEW: Statement = Statement {
    point: "move-new",
    batch: insert!(
        "onboarding_move",
        (
            1 tenant text, 2 id text, 3 scope text, 4 phase text, 5 shown text, 6 proposed_by text,
            7 proposed_at bigint, 8 verdict text, 9 decided_by text, 10 decided_at bigint, 11 reason text
        )
    ),
    exists: Refusal::Conflict(Conflict::Exists("open step")),
    refers_to: "tenant or person",
    idle: None,
};

pub(crate) static DECIDE: Statement = Statement {
    point: "move",
    batch: batch!(
        (
            1 tenant text, 2 id text, 3 seen bigint, 4 verdict text, 5 decided_by text, 6 decided_at bigint,
            7 reason text
        ),
        "UPDATE onboarding_move SET verdict = r.verdict, decided_by = r.decided_by, decided_at = r.decided_at, \
         reason = r.reason, version = onboarding_move.version + 1 FROM r \
         WHERE onboarding_move.tenant = r.tenant AND onboarding_move.id = r.id AND onboarding_move.version = r.seen"
    ),
    exists: Refusal::Conflict(Conflict::Exists(WHAT)),
    refers_to: "person",
    idle: Some(Idle::Versioned {
        what: WHAT,
        probe: Sql::both("SELECT version FROM onboarding_move WHERE tenant = $1 AND id = $2"),
    }),
};

const MOVES: Sql = Sql::both(
    "SELECT version, id, tenant, scope, phase, shown, proposed_by, proposed_at, verdict, decided_by, decided_at, reason \
     FROM onboarding_move WHERE tenant = $1 ORDER BY proposed_at, id LIMIT $2",
);
const AGREEMENTS: Sql = Sql::both(
    "SELECT tenant, reference, sha256, signatory, from_at, until_at, filed_by, filed_at \
     FROM agreement WHERE tenant = $1 ORDER BY reference LIMIT $2",
);
const WHAT: &str = "step";
