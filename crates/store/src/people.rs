//! Agencies, people, employments.

use crate::engine::sql::insert;
use crate::engine::{Batch, Columns, Row, Sql, Value};
use crate::writer::{Refusal, Statement};
use crate::{Database, MAX_LIST};
use async_trait::async_trait;
use domain::people::{Employment, Person, Tenant};
use domain::ports::{Conflict, People, StoreError};
use domain::{PersonId, TenantId};
use pki::identifier::{OrganisationNumber, PersonalNumber};

#[async_trait]
impl People for Database {
    async fn tenant(&self, id: &TenantId) -> Result<Option<Tenant>, StoreError> {
        self.pool.fetch_optional(TENANT_BY_ID, vec![Value::text(id)]).await?.as_ref().map(tenant).transpose()
    }

    async fn tenant_by_number(&self, number: &OrganisationNumber) -> Result<Option<Tenant>, StoreError> {
        self.pool.fetch_optional(TENANT_BY_NUMBER, vec![number.as_str().into()]).await?.as_ref().map(tenant).transpose()
    }

    async fn tenants(&self, after: Option<&TenantId>, limit: u32) -> Result<Vec<Tenant>, StoreError> {
        let after = after.map_or("", TenantId::as_str);
        let rows = self.pool.fetch(TENANTS, vec![after.into(), limit.min(MAX_LIST).into()]).await?;
        rows.iter().map(tenant).collect()
    }

    async fn person(&self, tenant: &TenantId, id: &PersonId) -> Result<Option<Person>, StoreError> {
        let values = vec![Value::text(tenant), Value::text(id)];
        self.pool.fetch_optional(PERSON, values).await?.as_ref().map(person).transpose()
    }

    async fn person_by_identity(&self, number: &PersonalNumber) -> Result<Option<Person>, StoreError> {
        self.pool
            .fetch_optional(PERSON_BY_IDENTITY, vec![number.as_str().into()])
            .await?
            .as_ref()
            .map(person)
            .transpose()
    }

    async fn employment(&self, tenant: &TenantId, person: &PersonId) -> Result<Option<Employment>, StoreError> {
        let row = self.pool.fetch_optional(EMPLOYMENT, vec![Value::text(tenant), Value::text(person)]).await?;
        row.map(|row| {
            let since = Columns::of(&row, "employment").time()?;
            Ok(Employment { tenant: tenant.clone(), person: person.clone(), since })
        })
        .transpose()
    }
}

fn tenant(row: &Row) -> Result<Tenant, StoreError> {
    let mut columns = Columns::of(row, "tenant");
    Ok(Tenant {
        id: columns.parse()?,
        name: columns.take()?,
        organisation_number: columns.parse()?,
        kind: columns.parse()?,
    })
}

fn person(row: &Row) -> Result<Person, StoreError> {
    let mut columns = Columns::of(row, "person");
    Ok(Person {
        id: columns.parse()?,
        identity_number: columns.parse()?,
        given_name: columns.take()?,
        surname: columns.take()?,
    })
}

/// The row of a new agency.
pub(crate) fn tenant_row(tenant: &Tenant) -> Vec<Value> {
    vec![
        Value::text(&tenant.id),
        tenant.name.as_str().into(),
        tenant.organisation_number.as_str().into(),
        tenant.kind.as_str().into(),
    ]
}

/// The row of a new person.
pub(crate) fn person_row(person: &Person) -> Vec<Value> {
    vec![
        Value::text(&person.id),
        person.identity_number.as_str().into(),
        person.given_name.as_str().into(),
        person.surname.as_str().into(),
    ]
}

/// The row of a new employment.
pub(crate) fn employment_row(employment: &Employment) -> Vec<Value> {
    vec![Value::text(&employment.tenant), Value::text(&employment.person), employment.since.into()]
}

pub(crate) static TENANT: Statement =
    adding("tenant", insert!("tenant", (1 id text, 2 name text, 3 organisation_number text, 4 kind text)), "tenant");

pub(crate) static NEW_PERSON: Statement = adding(
    "person",
    insert!("person", (1 id text, 2 identity_number text, 3 given_name text, 4 surname text)),
    "person",
);

pub(crate) static NEW_EMPLOYMENT: Statement =
    adding("employment", insert!("employment", (1 tenant text, 2 person text, 3 since bigint)), "tenant or person");

/// Adds rows that must not be there yet. `what` is their name, both as a point and in a conflict.
const fn adding(what: &'static str, batch: Batch, refers_to: &'static str) -> Statement {
    Statement { point: what, batch, exists: Refusal::Conflict(Conflict::Exists(what)), refers_to, idle: None }
}

const TENANT_BY_ID: Sql = Sql::both("SELECT id, name, organisation_number, kind FROM tenant WHERE id = $1");
const TENANT_BY_NUMBER: Sql =
    Sql::both("SELECT id, name, organisation_number, kind FROM tenant WHERE organisation_number = $1");
const TENANTS: Sql =
    Sql::both("SELECT id, name, organisation_number, kind FROM tenant WHERE id > $1 ORDER BY id LIMIT $2");
const PERSON: Sql = Sql::both(
    "SELECT p.id, p.identity_number, p.given_name, p.surname FROM employment e JOIN person p ON p.id = e.person \
     WHERE e.tenant = $1 AND e.person = $2",
);
const PERSON_BY_IDENTITY: Sql =
    Sql::both("SELECT id, identity_number, given_name, surname FROM person WHERE identity_number = $1");
const EMPLOYMENT: Sql = Sql::both("SELECT since FROM employment WHERE tenant = $1 AND person = $2");
