//! The outbox.

use crate::engine::sql::{batch, insert};
use crate::engine::{Columns, Row, Sql, Value};
use crate::seal::Place;
use crate::word::{from_json, json};
use crate::writer::{Idle, Refusal, Statement};
use crate::{Database, MAX_LIST};
use async_trait::async_trait;
use domain::changes::{Stored, Version};
use domain::notice::{Addressee, Attempted, Channel, Delivery, DeliveryState, Ending, Notice, NoticeKind};
use domain::ports::{Conflict, Notices, StoreError};
use domain::{NoticeId, PersonId, TenantId};
use pki::time::UtcTime;

#[async_trait]
impl Notices for Database {
    async fn due_notices(&self, now: UtcTime, limit: u32) -> Result<Vec<Stored<Delivery>>, StoreError> {
        let rows = self.pool.fetch(DUE, vec![now.into(), limit.min(MAX_LIST).into()]).await?;
        rows.iter().map(delivery).collect()
    }

    async fn notices(
        &self,
        tenant: &TenantId,
        state: DeliveryState,
        after: Option<(&NoticeId, Channel)>,
        limit: u32,
    ) -> Result<Vec<Stored<Delivery>>, StoreError> {
        let (id, channel) = after.map_or(("", ""), |(id, channel)| (id.as_str(), channel.as_str()));
        let limit = limit.min(MAX_LIST).into();
        let values = vec![Value::text(tenant), state.as_str().into(), id.into(), channel.into(), limit];
        self.pool.fetch(OF_TENANT, values).await?.iter().map(delivery).collect()
    }

    async fn notice(
        &self,
        tenant: &TenantId,
        id: &NoticeId,
        channel: Channel,
    ) -> Result<Option<Stored<Delivery>>, StoreError> {
        let values = vec![Value::text(tenant), Value::text(id), channel.as_str().into()];
        self.pool.fetch_optional(ONE, values).await?.as_ref().map(delivery).transpose()
    }

    async fn endings(
        &self,
        kind: NoticeKind,
        (now, days): (UtcTime, u16),
        limit: u32,
    ) -> Result<Vec<Ending>, StoreError> {
        let sql = match kind {
            NoticeKind::CardExpiring => CARDS_ENDING,
            NoticeKind::FunctionExpiring => FUNCTIONS_ENDING,
            _ => return Ok(Vec::new()),
        };
        let seconds = i64::from(days) * 86_400;
        let until = now.plus_seconds(seconds);
        let values = vec![now.into(), until.into(), seconds.into(), limit.min(MAX_LIST).into()];
        self.pool.fetch(sql, values).await?.iter().map(ending).collect()
    }

    async fn address(&self, tenant: &TenantId, person: &PersonId) -> Result<Option<String>, StoreError> {
        let row = self.pool.fetch_optional(ADDRESS, vec![Value::text(tenant), Value::text(person)]).await?;
        let Some(row) = row else { return Ok(None) };
        let mut columns = Columns::opening(&row, "employment", &self.keys);
        columns.opened_or_null(place(tenant, person))
    }
}

fn addressee(columns: &mut Columns<'_>) -> Result<Addressee, StoreError> {
    let (person, contact) = (columns.parse_or_null()?, columns.take::<Option<String>>()?);
    person.map(Addressee::Employee).or(contact.map(Addressee::Group)).ok_or(columns.corrupt())
}

fn delivery(row: &Row) -> Result<Stored<Delivery>, StoreError> {
    let mut columns = Columns::of(row, WHAT);
    let version = Version(columns.take()?);
    let channel = columns.parse()?;
    let notice = Notice {
        tenant: columns.parse()?,
        id: columns.parse()?,
        kind: columns.parse()?,
        about: columns.take()?,
        to: addressee(&mut columns)?,
        facts: from_json(&mut columns)?,
        at: columns.time()?,
    };
    let value = Delivery {
        notice,
        channel,
        state: columns.parse()?,
        attempts: columns.number()?,
        next_at: columns.time()?,
        outcome: columns.take()?,
    };
    Ok(Stored { value, version })
}

fn ending(row: &Row) -> Result<Ending, StoreError> {
    let mut columns = Columns::of(row, "certificate");
    Ok(Ending {
        tenant: columns.parse()?,
        about: columns.take()?,
        to: addressee(&mut columns)?,
        not_after: columns.time()?,
    })
}

/// The row of a notice on one of its ways.
pub(crate) fn row(notice: &Notice, channel: Channel) -> Vec<Value> {
    let (person, contact) = match &notice.to {
        Addressee::Employee(person) => (Some(person.as_str()), None),
        Addressee::Group(contact) => (None, Some(contact.as_str())),
    };
    vec![
        Value::text(&notice.tenant),
        Value::text(&notice.id),
        channel.as_str().into(),
        notice.kind.as_str().into(),
        notice.about.as_str().into(),
        Value::text_or_null(person),
        Value::text_or_null(contact),
        json(&notice.facts),
        notice.at.into(),
        notice.at.into(),
    ]
}

/// The row of an attempt.
pub(crate) fn attempted_row(attempted: &Attempted) -> Vec<Value> {
    vec![
        Value::text(&attempted.tenant),
        Value::text(&attempted.id),
        attempted.channel.as_str().into(),
        attempted.seen.0.into(),
        attempted.state.as_str().into(),
        attempted.attempts.into(),
        attempted.next_at.into(),
        Value::text_or_null(attempted.outcome.as_ref()),
    ]
}

/// Where an employee's address is sealed.
fn place<'a>(tenant: &'a TenantId, person: &'a PersonId) -> Place<'a> {
    Place::within("employment.email", tenant.as_str(), person.as_str())
}

/// The row of an employee's address.
pub(crate) fn address_row((tenant, person): (&TenantId, &PersonId), email: Option<&str>) -> Vec<Value> {
    vec![Value::text(tenant), Value::text(person), Value::sealed_or_null(place(tenant, person), email)]
}

/// The same fact is told once.
pub(crate) static NEW: Statement = Statement {
    point: "notice-new",
    batch: insert!(
        "notice",
        (
            1 tenant text, 2 id text, 3 channel text, 4 kind text, 5 about text, 6 person text, 7 contact text,
            8 facts text, 9 at bigint, 10 next_at bigint
        ),
        "ON CONFLICT (tenant, id, channel) DO NOTHING"
    ),
    exists: Refusal::Conflict(Conflict::Exists(WHAT)),
    refers_to: "tenant or person",
    idle: None,
};

pub(crate) static ATTEMPTED: Statement = Statement {
    point: "notice",
    batch: batch!(
        (
            1 tenant text, 2 id text, 3 channel text, 4 seen bigint, 5 state text, 6 attempts bigint, 7 next_at bigint,
            8 outcome text
        ),
        "UPDATE notice SET state = r.state, attempts = r.attempts, next_at = r.next_at, outcome = r.outcome, \
         version = notice.version + 1 FROM r \
         WHERE notice.tenant = r.tenant AND notice.id = r.id AND notice.channel = r.channel AND notice.version = r.seen"
    ),
    exists: Refusal::Conflict(Conflict::Exists(WHAT)),
    refers_to: "tenant",
    idle: Some(Idle::Versioned {
        what: WHAT,
        probe: Sql::both("SELECT version FROM notice WHERE tenant = $1 AND id = $2"),
    }),
};

pub(crate) static ADDRESS_SET: Statement = Statement {
    point: "address",
    batch: batch!(
        (1 tenant text, 2 person text, 3 email text),
        "UPDATE employment SET email = r.email FROM r \
         WHERE employment.tenant = r.tenant AND employment.person = r.person"
    ),
    exists: Refusal::Conflict(Conflict::Exists("employment")),
    refers_to: "employment",
    idle: Some(Idle::Always(Refusal::Conflict(Conflict::Missing("employment")))),
};

/// The columns in the order in which [`delivery`] reads them.
macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT version, channel, tenant, id, kind, about, person, contact, facts, at, state, attempts, next_at, \
             outcome FROM notice WHERE ",
            $rest
        )
    };
}

const DUE: Sql =
    Sql::both(select!("state = 'waiting' AND next_at <= $1 ORDER BY next_at, tenant, id, channel LIMIT $2"));
const OF_TENANT: Sql =
    Sql::both(select!("tenant = $1 AND state = $2 AND (id, channel) > ($3, $4) ORDER BY id, channel LIMIT $5"));
const ONE: Sql = Sql::both(select!("tenant = $1 AND id = $2 AND channel = $3"));
/// What was announced within the same time before the end is not announced again.
const CARDS_ENDING: Sql = Sql::both(
    "SELECT c.tenant, c.card, c.person, NULL, c.not_after FROM certificate c \
     JOIN card k ON k.tenant = c.tenant AND k.number = c.card \
     WHERE c.purpose = 'person-authentication' AND c.card IS NOT NULL AND c.not_after > $1 AND c.not_after <= $2 \
     AND k.state = 'active' AND NOT EXISTS (SELECT 1 FROM notice n WHERE n.tenant = c.tenant \
     AND n.kind = 'card-expiring' AND n.about = c.card AND n.at >= c.not_after - $3) \
     ORDER BY c.not_after, c.tenant, c.card LIMIT $4",
);
const FUNCTIONS_ENDING: Sql = Sql::both(
    "SELECT f.tenant, f.id, NULL, f.contact, f.not_after FROM function_order f \
     LEFT JOIN revocation v ON v.issuer = f.issuer AND v.serial = f.serial \
     WHERE f.stage = 'issued' AND v.position IS NULL AND f.not_after > $1 AND f.not_after <= $2 \
     AND NOT EXISTS (SELECT 1 FROM function_order m WHERE m.tenant = f.tenant AND m.renews = f.id AND m.stage = 'issued') \
     AND NOT EXISTS (SELECT 1 FROM notice n WHERE n.tenant = f.tenant AND n.kind = 'function-expiring' \
     AND n.about = f.id AND n.at >= f.not_after - $3) ORDER BY f.not_after, f.tenant, f.id LIMIT $4",
);
const ADDRESS: Sql = Sql::both("SELECT email FROM employment WHERE tenant = $1 AND person = $2");
const WHAT: &str = "notice";
