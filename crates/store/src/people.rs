//! Agencies, people, employments.

use crate::engine::sql::{batch, insert};
use crate::engine::{Batch, Columns, Row, Sql, Value};
use crate::seal::{Keys, NUMBER, Place};
use crate::writer::{Idle, Refusal, Statement};
use crate::{Database, MAX_LIST};
use async_trait::async_trait;
use domain::people::{Employment, Person, Tenant};
use domain::ports::{Conflict, People, StoreError};
use domain::{PersonId, TenantId};
use pki::identifier::{OrganisationNumber, PersonalNumber};
use pki::time::UtcTime;

/// The columns of `person p` in the order in which [`person`] reads them.
macro_rules! PERSON_COLUMNS {
    () => {
        "p.id, p.identity_number, p.given_name, p.surname, p.protection"
    };
}
pub(crate) use PERSON_COLUMNS;

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
        let row = self.pool.fetch_optional(PERSON, values).await?;
        row.map(|row| person(&row, &self.keys)).transpose()
    }

    async fn person_by_identity(&self, number: &PersonalNumber) -> Result<Option<Person>, StoreError> {
        let digest = self.keys.get()?.digest(number.as_str());
        let row = self.pool.fetch_optional(PERSON_BY_IDENTITY, vec![digest.as_slice().into()]).await?;
        row.map(|row| person(&row, &self.keys)).transpose()
    }

    async fn employment(&self, tenant: &TenantId, person: &PersonId) -> Result<Option<Employment>, StoreError> {
        let row = self.pool.fetch_optional(EMPLOYMENT, vec![Value::text(tenant), Value::text(person)]).await?;
        row.map(|row| {
            let mut columns = Columns::of(&row, "employment");
            let (since, until) = (columns.time()?, columns.time_or_null()?);
            Ok(Employment { tenant: tenant.clone(), person: person.clone(), since, until })
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

/// Reads [`PERSON_COLUMNS`].
pub(crate) fn person(row: &Row, keys: &Keys) -> Result<Person, StoreError> {
    let mut columns = Columns::opening(row, "person", keys);
    let id: PersonId = columns.parse()?;
    let row = id.as_str();
    Ok(Person {
        identity_number: columns.opened(Place::of(IDENTITY_NUMBER, row))?.parse().map_err(|_| columns.corrupt())?,
        given_name: columns.opened(Place::of(GIVEN_NAME, row))?,
        surname: columns.opened(Place::of(SURNAME, row))?,
        protection: columns.parse_or_null()?,
        id,
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
    let row = person.id.as_str();
    vec![
        row.into(),
        Value::sealed(Place::of(IDENTITY_NUMBER, row), person.identity_number.as_str()),
        Value::sealed(Place::of(GIVEN_NAME, row), &person.given_name),
        Value::sealed(Place::of(SURNAME, row), &person.surname),
        Value::text_or_null(person.protection.as_ref()),
    ]
}

/// The row of the number that another takes the place of at `at`.
pub(crate) fn replaced_row(person: &Person, at: UtcTime) -> Vec<Value> {
    vec![Value::text(&person.id), at.into()]
}

/// The row of the number that a person has from now on.
pub(crate) fn number_row(person: &Person) -> Vec<Value> {
    let (row, number) = (person.id.as_str(), person.identity_number.as_str());
    vec![Value::Digest(number.to_owned()), Value::DigestKey, row.into(), Value::sealed(Place::of(NUMBER, row), number)]
}

/// The row of a new employment.
pub(crate) fn employment_row(employment: &Employment) -> Vec<Value> {
    vec![
        Value::text(&employment.tenant),
        Value::text(&employment.person),
        employment.since.into(),
        Value::time_or_null(employment.until),
    ]
}

/// The row of an employment's end.
pub(crate) fn employment_end_row(employment: &Employment, closed: bool) -> Vec<Value> {
    vec![
        Value::text(&employment.tenant),
        Value::text(&employment.person),
        Value::time_or_null(employment.until),
        i64::from(closed).into(),
    ]
}

pub(crate) static TENANT: Statement =
    adding("tenant", insert!("tenant", (1 id text, 2 name text, 3 organisation_number text, 4 kind text)), "tenant");

pub(crate) static NEW_PERSON: Statement = adding(
    "person",
    insert!("person", (1 id text, 2 identity_number text, 3 given_name text, 4 surname text, 5 protection text)),
    "person",
);

pub(crate) static NEW_NUMBER: Statement = Statement {
    point: "person-number",
    batch: insert!("person_number", (1 digest bytea, 2 digest_key bigint, 3 person text, 4 number text)),
    exists: Refusal::Conflict(Conflict::Exists("person")),
    refers_to: "person",
    idle: None,
};

pub(crate) static CHANGED: Statement = Statement {
    point: "person-changed",
    batch: batch!(
        (1 id text, 2 identity_number text, 3 given_name text, 4 surname text, 5 protection text),
        "UPDATE person SET identity_number = r.identity_number, given_name = r.given_name, surname = r.surname, \
         protection = r.protection FROM r WHERE person.id = r.id"
    ),
    exists: Refusal::Conflict(Conflict::Exists("person")),
    refers_to: "person",
    idle: Some(Idle::Always(Refusal::Conflict(Conflict::Missing("person")))),
};

pub(crate) static NUMBER_REPLACED: Statement = Statement {
    point: "person-number-replaced",
    batch: batch!(
        (1 person text, 2 at bigint),
        "UPDATE person_number SET replaced_at = r.at FROM r \
         WHERE person_number.person = r.person AND person_number.replaced_at IS NULL"
    ),
    exists: Refusal::Conflict(Conflict::Exists("person")),
    refers_to: "person",
    idle: Some(Idle::Always(Refusal::Conflict(Conflict::Missing("person")))),
};

pub(crate) static NEW_EMPLOYMENT: Statement = adding(
    "employment",
    insert!("employment", (1 tenant text, 2 person text, 3 since bigint, 4 until_at bigint)),
    "tenant or person",
);

pub(crate) static EMPLOYMENT_END: Statement = Statement {
    point: "employment-end",
    batch: batch!(
        (1 tenant text, 2 person text, 3 until_at bigint, 4 closed bigint),
        "UPDATE employment SET until_at = r.until_at, closed = r.closed FROM r \
         WHERE employment.tenant = r.tenant AND employment.person = r.person"
    ),
    exists: Refusal::Conflict(Conflict::Exists("employment")),
    refers_to: "employment",
    idle: Some(Idle::Always(Refusal::Conflict(Conflict::Missing("employment")))),
};

/// Adds rows that must not be there yet. `what` is their name, both as a point and in a conflict.
const fn adding(what: &'static str, batch: Batch, refers_to: &'static str) -> Statement {
    Statement { point: what, batch, exists: Refusal::Conflict(Conflict::Exists(what)), refers_to, idle: None }
}

const TENANT_BY_ID: Sql = Sql::both("SELECT id, name, organisation_number, kind FROM tenant WHERE id = $1");
const TENANT_BY_NUMBER: Sql =
    Sql::both("SELECT id, name, organisation_number, kind FROM tenant WHERE organisation_number = $1");
const TENANTS: Sql =
    Sql::both("SELECT id, name, organisation_number, kind FROM tenant WHERE id > $1 ORDER BY id LIMIT $2");
const PERSON: Sql = Sql::both(concat!(
    "SELECT ",
    PERSON_COLUMNS!(),
    " FROM employment e JOIN person p ON p.id = e.person WHERE e.tenant = $1 AND e.person = $2"
));
/// Former numbers find a person too, but for one whose data is protected: an earlier identity leads nowhere.
const PERSON_BY_IDENTITY: Sql = Sql::both(concat!(
    "SELECT ",
    PERSON_COLUMNS!(),
    " FROM person_number n JOIN person p ON p.id = n.person WHERE n.digest = $1 \
     AND (n.replaced_at IS NULL OR p.protection IS NULL)"
));
const IDENTITY_NUMBER: &str = "person.identity_number";
const GIVEN_NAME: &str = "person.given_name";
const SURNAME: &str = "person.surname";
const EMPLOYMENT: Sql = Sql::both("SELECT since, until_at FROM employment WHERE tenant = $1 AND person = $2");
