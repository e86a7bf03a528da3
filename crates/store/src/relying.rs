//! Relying services, and the keys that sign for them.

use crate::engine::sql::{batch, insert};
use crate::engine::{Columns, Row, Sql, Value};
use crate::writer::{Idle, Refusal, Statement};
use crate::{Database, MAX_LIST};
use async_trait::async_trait;
use domain::TenantId;
use domain::ports::{Conflict, Relying, StoreError};
use domain::relying::{Registration, TokenKey};

#[async_trait]
impl Relying for Database {
    async fn registration(&self, client_id: &str) -> Result<Option<Registration>, StoreError> {
        let row = self.pool.fetch_optional(IN_FORCE, vec![client_id.into()]).await?;
        row.as_ref().map(registration).transpose()
    }

    async fn latest_registration(&self, client_id: &str) -> Result<Option<Registration>, StoreError> {
        let row = self.pool.fetch_optional(LATEST, vec![client_id.into()]).await?;
        row.as_ref().map(registration).transpose()
    }

    async fn registrations(
        &self,
        tenant: &TenantId,
        after: Option<&str>,
        limit: u32,
    ) -> Result<Vec<Registration>, StoreError> {
        let values = vec![Value::text(tenant), after.unwrap_or_default().into(), limit.min(MAX_LIST).into()];
        self.pool.fetch(OF_TENANT, values).await?.iter().map(registration).collect()
    }

    async fn token_keys(&self) -> Result<Vec<TokenKey>, StoreError> {
        let rows = self.pool.fetch(KEYS, vec![MAX_LIST.into()]).await?;
        rows.iter()
            .map(|row| {
                let mut columns = Columns::of(row, "token key");
                Ok(TokenKey {
                    label: columns.take()?,
                    algorithm: columns.take()?,
                    spki: columns.take()?,
                    certificate: columns.take()?,
                    made_at: columns.time()?,
                    signs_from: columns.time()?,
                })
            })
            .collect()
    }
}

fn registration(row: &Row) -> Result<Registration, StoreError> {
    let mut columns = Columns::of(row, "registration");
    Ok(Registration {
        client_id: columns.take()?,
        revision: columns.take()?,
        tenant: columns.parse()?,
        body: columns.take()?,
        proposed_by: columns.parse()?,
        proposed_at: columns.time()?,
        approved_by: columns.parse_or_null()?,
        approved_at: columns.time_or_null()?,
    })
}

/// The row of a proposed registration.
pub(crate) fn new_row(new: &Registration) -> Vec<Value> {
    vec![
        new.client_id.as_str().into(),
        new.revision.into(),
        Value::text(&new.tenant),
        new.body.as_str().into(),
        Value::text(&new.proposed_by),
        new.proposed_at.into(),
    ]
}

/// The row of an approved registration.
pub(crate) fn approved_row(new: &Registration) -> Vec<Value> {
    vec![
        new.client_id.as_str().into(),
        new.revision.into(),
        Value::text_or_null(new.approved_by.as_ref()),
        Value::time_or_null(new.approved_at),
    ]
}

/// The row of a token key.
pub(crate) fn key_row(key: &TokenKey) -> Vec<Value> {
    vec![
        key.label.as_str().into(),
        key.algorithm.as_str().into(),
        key.spki.as_slice().into(),
        Value::Blob(key.certificate.clone()),
        key.made_at.into(),
        key.signs_from.into(),
    ]
}

/// A client id stays with its agency, and revisions only rise.
pub(crate) static NEW: Statement = Statement {
    point: "registration",
    batch: batch!(
        (1 client_id text, 2 revision bigint, 3 tenant text, 4 body text, 5 proposed_by text, 6 proposed_at bigint),
        "INSERT INTO relying_registration (client_id, revision, tenant, body, proposed_by, proposed_at) \
         SELECT r.client_id, r.revision, r.tenant, r.body, r.proposed_by, r.proposed_at FROM r \
         WHERE NOT EXISTS (SELECT 1 FROM relying_registration k WHERE k.client_id = r.client_id \
         AND (k.tenant <> r.tenant OR k.revision >= r.revision))"
    ),
    exists: Refusal::Conflict(Conflict::Exists("registration")),
    refers_to: "tenant or person",
    idle: Some(Idle::Always(Refusal::Conflict(Conflict::Exists("registration")))),
};

pub(crate) static APPROVE: Statement = Statement {
    point: "registration-approval",
    batch: batch!(
        (1 client_id text, 2 revision bigint, 3 approved_by text, 4 approved_at bigint),
        "UPDATE relying_registration SET approved_by = r.approved_by, approved_at = r.approved_at FROM r \
         WHERE relying_registration.client_id = r.client_id AND relying_registration.revision = r.revision \
         AND relying_registration.approved_by IS NULL"
    ),
    exists: Refusal::Conflict(Conflict::Exists("registration")),
    refers_to: "person",
    idle: Some(Idle::Always(Refusal::Stale("registration"))),
};

pub(crate) static NEW_KEY: Statement = Statement {
    point: "token-key",
    batch: insert!(
        "token_key",
        (1 label text, 2 algorithm text, 3 spki bytea, 4 certificate bytea, 5 made_at bigint, 6 signs_from bigint)
    ),
    exists: Refusal::Conflict(Conflict::Exists("token key")),
    refers_to: "token key",
    idle: None,
};

const IN_FORCE: Sql = Sql::both(
    "SELECT client_id, revision, tenant, body, proposed_by, proposed_at, approved_by, approved_at \
     FROM relying_registration WHERE client_id = $1 AND approved_by IS NOT NULL ORDER BY revision DESC LIMIT 1",
);
const LATEST: Sql = Sql::both(
    "SELECT client_id, revision, tenant, body, proposed_by, proposed_at, approved_by, approved_at \
     FROM relying_registration WHERE client_id = $1 ORDER BY revision DESC LIMIT 1",
);
const OF_TENANT: Sql = Sql::both(
    "SELECT client_id, revision, tenant, body, proposed_by, proposed_at, approved_by, approved_at \
     FROM relying_registration k WHERE tenant = $1 AND client_id > $2 AND revision = \
     (SELECT max(revision) FROM relying_registration l WHERE l.client_id = k.client_id AND l.approved_by IS NOT NULL) \
     ORDER BY client_id LIMIT $3",
);
const KEYS: Sql = Sql::both(
    "SELECT label, algorithm, spki, certificate, made_at, signs_from FROM token_key ORDER BY made_at DESC, label LIMIT $1",
);
