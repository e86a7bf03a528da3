//! The policies in force, and those before them.

use crate::Database;
use crate::engine::sql::batch;
use crate::engine::{Columns, Sql, Value};
use crate::writer::{Idle, Refusal, Statement};
use async_trait::async_trait;
use domain::bundle::LoadedBundle;
use domain::evidence::Signed;
use domain::ports::{Conflict, Policies, StoreError};

#[async_trait]
impl Policies for Database {
    async fn policies_in_force(&self) -> Result<Option<LoadedBundle>, StoreError> {
        let Some(row) = self.pool.fetch_optional(LATEST, Vec::new()).await? else { return Ok(None) };
        let mut columns = Columns::of(&row, "policy bundle");
        let (digest, listing) = (columns.take()?, columns.take()?);
        let (operation, statements): (Option<String>, Option<String>) = (columns.take()?, columns.take()?);
        let approval = operation.zip(statements).map(|(operation, statements)| Signed {
            operation,
            statements: statements.lines().map(str::to_owned).collect(),
        });
        Ok(Some(LoadedBundle { digest, listing, approval, at: columns.time()? }))
    }
}

/// The row of a bundle that takes the place of the one with the digest `replaces`; of none, if that is empty.
pub(crate) fn row(bundle: &LoadedBundle, replaces: Option<&str>) -> Vec<Value> {
    let statements = bundle.approval.as_ref().map(|approval| approval.statements.join("\n"));
    vec![
        bundle.digest.as_str().into(),
        bundle.listing.as_str().into(),
        Value::text_or_null(bundle.approval.as_ref().map(|approval| approval.operation.as_str())),
        Value::text_or_null(statements.as_deref()),
        bundle.at.into(),
        replaces.unwrap_or_default().into(),
    ]
}

/// The writer holds the table alone, so the greatest position is the last.
pub(crate) static NEW: Statement = Statement {
    point: "policies",
    batch: batch!(
        (1 digest text, 2 listing text, 3 operation text, 4 statement text, 5 at bigint, 6 replaces text),
        "INSERT INTO policy_bundle (position, digest, listing, operation, statement, at) \
         SELECT (SELECT coalesce(max(position), 0) FROM policy_bundle) + 1, r.digest, r.listing, r.operation, \
         r.statement, r.at FROM r WHERE r.replaces = \
         coalesce((SELECT digest FROM policy_bundle ORDER BY position DESC LIMIT 1), '')"
    ),
    exists: Refusal::Conflict(Conflict::Exists("policy bundle")),
    refers_to: "policy bundle",
    idle: Some(Idle::Always(Refusal::Stale("policies"))),
};

const LATEST: Sql =
    Sql::both("SELECT digest, listing, operation, statement, at FROM policy_bundle ORDER BY position DESC LIMIT 1");
