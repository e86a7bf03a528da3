//! Orders of certificates for systems and organisations.

use crate::engine::sql::{batch, insert};
use crate::engine::{Columns, Row, Sql, Value};
use crate::seal::{Keys, Place};
use crate::word::{from_json, from_word, json, word};
use crate::writer::{Idle, Refusal, Statement};
use crate::{Database, MAX_LIST};
use async_trait::async_trait;
use domain::changes::{Stored, Version};
use domain::function::{AnyFunction, Approved, Function, Issued, Keeper, Ordered, Requested, Wish};
use domain::operation::PlannedProfile;
use domain::ports::{Conflict, Functions, StoreError};
use domain::{FunctionId, TenantId};
use pki::time::UtcTime;

#[async_trait]
impl Functions for Database {
    async fn function(&self, tenant: &TenantId, id: &FunctionId) -> Result<Option<Stored<AnyFunction>>, StoreError> {
        let row = self.pool.fetch_optional(FUNCTION, vec![Value::text(tenant), Value::text(id)]).await?;
        row.map(|row| function(&row, &self.keys)).transpose()
    }

    async fn functions(
        &self,
        tenant: &TenantId,
        stage: Option<&str>,
        after: Option<&FunctionId>,
        limit: u32,
    ) -> Result<Vec<Stored<AnyFunction>>, StoreError> {
        let after = after.map_or("", FunctionId::as_str);
        let mut values = vec![Value::text(tenant), after.into(), limit.min(MAX_LIST).into()];
        let sql = match stage {
            Some(stage) => {
                values.push(stage.into());
                FUNCTIONS_AT
            }
            None => FUNCTIONS,
        };
        self.pool.fetch(sql, values).await?.iter().map(|row| function(row, &self.keys)).collect()
    }

    async fn functions_in_want(
        &self,
        tenant: &TenantId,
        (now, ends_before): (UtcTime, UtcTime),
        limit: u32,
    ) -> Result<Vec<Stored<AnyFunction>>, StoreError> {
        let values = vec![Value::text(tenant), now.into(), ends_before.into(), limit.min(MAX_LIST).into()];
        self.pool.fetch(IN_WANT, values).await?.iter().map(|row| function(row, &self.keys)).collect()
    }
}

fn function(row: &Row, keys: &Keys) -> Result<Stored<AnyFunction>, StoreError> {
    let mut columns = Columns::opening(row, WHAT, keys);
    let version = Version(columns.take()?);
    let stage: String = columns.take()?;
    let wish = wish(&mut columns)?;
    let keeper = Keeper { responsible: columns.parse()?, contact: columns.take()? };
    let key = (wish.tenant.clone(), wish.id.clone());
    let value = match stage.as_str() {
        "requested" => AnyFunction::Requested(Function::restore(wish, keeper, Requested)),
        "ordered" => AnyFunction::Ordered(Function::restore(wish, keeper, ordered(&mut columns, &key)?)),
        "approved" => AnyFunction::Approved(Function::restore(wish, keeper, approved(&mut columns, &key)?)),
        "issued" => AnyFunction::Issued(Function::restore(wish, keeper, issued(&mut columns, &key)?)),
        _ => return Err(columns.corrupt()),
    };
    Ok(Stored { value, version })
}

fn wish(columns: &mut Columns<'_>) -> Result<Wish, StoreError> {
    Ok(Wish {
        tenant: columns.parse()?,
        id: columns.parse()?,
        subject: from_json(columns)?,
        certificate: PlannedProfile { profile: columns.take()?, revision: columns.number()? },
        purpose: from_word(columns)?,
        spki: columns.take()?,
        challenge: columns.take()?,
        renews: columns.parse_or_null()?,
        ordered_by: columns.parse()?,
        at: columns.time()?,
    })
}

fn ordered(columns: &mut Columns<'_>, (tenant, id): &(TenantId, FunctionId)) -> Result<Ordered, StoreError> {
    Ok(Ordered {
        control: from_json(columns)?,
        statement: columns.opened(place(tenant, id))?,
        approval: columns.parse()?,
        at: columns.time()?,
    })
}

fn approved(columns: &mut Columns<'_>, key: &(TenantId, FunctionId)) -> Result<Approved, StoreError> {
    Ok(Approved { ordered: ordered(columns, key)?, by: columns.parse()?, at: columns.time()? })
}

fn issued(columns: &mut Columns<'_>, key: &(TenantId, FunctionId)) -> Result<Issued, StoreError> {
    Ok(Issued {
        approved: approved(columns, key)?,
        issuer: columns.take()?,
        serial: columns.parse()?,
        not_after: columns.time()?,
        at: columns.time()?,
    })
}

/// An officer's signature says who they are.
fn place<'a>(tenant: &'a TenantId, id: &'a FunctionId) -> Place<'a> {
    Place::within("function_order.statement", tenant.as_str(), id.as_str())
}

/// The row of a new order.
pub(crate) fn new_row(function: &AnyFunction) -> Vec<Value> {
    let (wish, keeper) = (function.wish(), function.keeper());
    vec![
        Value::text(&wish.tenant),
        Value::text(&wish.id),
        function.stage_name().into(),
        json(&wish.subject),
        wish.certificate.profile.as_str().into(),
        wish.certificate.revision.into(),
        word(&wish.purpose),
        wish.spki.as_slice().into(),
        wish.challenge.as_str().into(),
        Value::text_or_null(wish.renews.as_ref()),
        Value::text(&wish.ordered_by),
        wish.at.into(),
        Value::text(&keeper.responsible),
        keeper.contact.as_str().into(),
    ]
}

/// The row of an order that moved on, or that others answer for.
pub(crate) fn moved_row(function: &AnyFunction, seen: Version) -> Vec<Value> {
    let (wish, keeper) = (function.wish(), function.keeper());
    let (ordered, approved, issued) = (function.ordered(), function.approved(), function.issued());
    vec![
        Value::text(&wish.tenant),
        Value::text(&wish.id),
        seen.0.into(),
        function.stage_name().into(),
        Value::text(&keeper.responsible),
        keeper.contact.as_str().into(),
        ordered.map_or(Value::Text(None), |o| json(&o.control)),
        Value::sealed_or_null(place(&wish.tenant, &wish.id), ordered.map(|o| o.statement.as_str())),
        Value::text_or_null(ordered.map(|o| &o.approval)),
        Value::time_or_null(ordered.map(|o| o.at)),
        Value::text_or_null(approved.map(|a| &a.by)),
        Value::time_or_null(approved.map(|a| a.at)),
        Value::text_or_null(issued.map(|i| &i.issuer)),
        Value::text_or_null(issued.map(|i| &i.serial)),
        Value::time_or_null(issued.map(|i| i.not_after)),
        Value::time_or_null(issued.map(|i| i.at)),
    ]
}

pub(crate) static NEW: Statement = Statement {
    point: "function-new",
    batch: insert!("function_order", (
        1 tenant text, 2 id text, 3 stage text, 4 subject text, 5 profile text, 6 revision bigint, 7 purpose text,
        8 spki bytea, 9 challenge text, 10 renews text, 11 ordered_by text, 12 requested_at bigint,
        13 responsible text, 14 contact text
    )),
    exists: Refusal::Conflict(Conflict::Exists(WHAT)),
    refers_to: "employment or function",
    idle: None,
};

/// What a stage recorded stays as it is, unread and unwritten.
pub(crate) static MOVE: Statement = Statement {
    point: "function",
    batch: batch!(
        (
            1 tenant text, 2 id text, 3 seen bigint, 4 stage text, 5 responsible text, 6 contact text, 7 control text,
            8 statement text, 9 approval text, 10 ordered_at bigint, 11 approved_by text, 12 approved_at bigint,
            13 issuer text, 14 serial text, 15 not_after bigint, 16 issued_at bigint
        ),
        "UPDATE function_order SET stage = r.stage, responsible = r.responsible, contact = r.contact, \
         control = coalesce(function_order.control, r.control), \
         statement = coalesce(function_order.statement, r.statement), \
         approval = coalesce(function_order.approval, r.approval), \
         ordered_at = coalesce(function_order.ordered_at, r.ordered_at), \
         approved_by = coalesce(function_order.approved_by, r.approved_by), \
         approved_at = coalesce(function_order.approved_at, r.approved_at), \
         issuer = coalesce(function_order.issuer, r.issuer), \
         serial = coalesce(function_order.serial, r.serial), \
         not_after = coalesce(function_order.not_after, r.not_after), \
         issued_at = coalesce(function_order.issued_at, r.issued_at), \
         version = function_order.version + 1 \
         FROM r WHERE function_order.tenant = r.tenant AND function_order.id = r.id \
         AND function_order.version = r.seen"
    ),
    exists: Refusal::Conflict(Conflict::Exists(WHAT)),
    refers_to: "employment, person or approval",
    idle: Some(Idle::Versioned {
        what: WHAT,
        probe: Sql::both("SELECT version FROM function_order WHERE tenant = $1 AND id = $2"),
    }),
};

/// The columns in the order in which [`function`] reads them.
macro_rules! select {
    ($from:literal, $rest:literal) => {
        concat!(
            "SELECT f.version, f.stage, f.tenant, f.id, f.subject, f.profile, f.revision, f.purpose, f.spki, f.challenge, \
             f.renews, f.ordered_by, f.requested_at, f.responsible, f.contact, f.control, f.statement, f.approval, \
             f.ordered_at, f.approved_by, f.approved_at, f.issuer, f.serial, f.not_after, f.issued_at FROM ",
            $from,
            " WHERE ",
            $rest
        )
    };
}

const FUNCTION: Sql = Sql::both(select!("function_order f", "f.tenant = $1 AND f.id = $2"));
const FUNCTIONS: Sql = Sql::both(select!("function_order f", "f.tenant = $1 AND f.id > $2 ORDER BY f.id LIMIT $3"));
const FUNCTIONS_AT: Sql =
    Sql::both(select!("function_order f", "f.tenant = $1 AND f.id > $2 AND f.stage = $4 ORDER BY f.id LIMIT $3"));
/// What was revoked, is over, or was renewed wants nobody any more.
const IN_WANT: Sql = Sql::both(select!(
    "function_order f JOIN employment e ON e.tenant = f.tenant AND e.person = f.responsible \
     LEFT JOIN revocation v ON v.issuer = f.issuer AND v.serial = f.serial",
    "f.tenant = $1 AND f.stage = 'issued' AND v.position IS NULL AND f.not_after >= $2 \
     AND (f.not_after < $3 OR e.until_at < $2) \
     AND NOT EXISTS (SELECT 1 FROM function_order n WHERE n.tenant = f.tenant AND n.renews = f.id AND n.stage = 'issued') \
     ORDER BY f.not_after, f.id LIMIT $4"
));
const WHAT: &str = "function";
