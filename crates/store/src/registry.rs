//! What is known of people beside their employments, and what waits because of it.

use crate::engine::sql::{batch, insert};
use crate::engine::{Batch, Columns, Row, Sql, Value};
use crate::enrolments::{self, enrolment};
use crate::people::{PERSON_COLUMNS, person};
use crate::seal::{Keys, NUMBER, Place};
use crate::word::{from_word, text, word};
use crate::writer::{Idle, Refusal, Statement};
use crate::{Database, MAX_LIST};
use async_trait::async_trait;
use domain::enrolment::AnyEnrolment;
use domain::people::{Employment, Person};
use domain::ports::{Conflict, Registry, StoreError};
use domain::register::Evidence;
use domain::work::{Closing, WorkItem};
use domain::{PersonId, TenantId, WorkId};
use pki::identifier::PersonalNumber;
use pki::time::UtcTime;
use std::collections::BTreeSet;

#[async_trait]
impl Registry for Database {
    async fn person_anywhere(&self, id: &PersonId) -> Result<Option<Person>, StoreError> {
        let row = self.pool.fetch_optional(PERSON, vec![Value::text(id)]).await?;
        row.map(|row| person(&row, &self.keys)).transpose()
    }

    async fn due_for_look_up(&self, before: UtcTime, limit: u32) -> Result<Vec<PersonId>, StoreError> {
        let rows = self.pool.fetch(DUE, vec![before.into(), limit.min(MAX_LIST).into()]).await?;
        rows.iter().map(|row| Columns::of(row, "person").parse()).collect()
    }

    async fn employments_of(&self, person: &PersonId) -> Result<Vec<Employment>, StoreError> {
        let rows = self.pool.fetch(EMPLOYMENTS, vec![Value::text(person), MAX_LIST.into()]).await?;
        let employment = |row: &Row| {
            let mut columns = Columns::of(row, "employment");
            let (tenant, since, until) = (columns.parse()?, columns.time()?, columns.time_or_null()?);
            Ok(Employment { tenant, person: person.clone(), since, until })
        };
        rows.iter().map(employment).collect()
    }

    async fn numbers_of(&self, person: &PersonId) -> Result<Vec<(PersonalNumber, Option<UtcTime>)>, StoreError> {
        let rows = self.pool.fetch(NUMBERS, vec![Value::text(person), MAX_LIST.into()]).await?;
        let number = |row: &Row| {
            let mut columns = Columns::opening(row, "identity number", &self.keys);
            let number = columns.opened(Place::of(NUMBER, person.as_str()))?.parse().map_err(|_| columns.corrupt())?;
            Ok((number, columns.time_or_null()?))
        };
        rows.iter().map(number).collect()
    }

    async fn protected_among(&self, people: &[PersonId]) -> Result<BTreeSet<PersonId>, StoreError> {
        let keys: Vec<_> = people.iter().map(|person| vec![Value::text(person)]).collect();
        let rows = self.pool.fetch_batch(&PROTECTED, &keys).await?;
        rows.iter().map(|row| Columns::of(row, "person").parse()).collect()
    }

    async fn register_answers(&self, person: &PersonId, limit: u32) -> Result<Vec<Evidence>, StoreError> {
        let rows = self.pool.fetch(ANSWERS, vec![Value::text(person), limit.min(MAX_LIST).into()]).await?;
        rows.iter().map(|row| answer(row, person, &self.keys)).collect()
    }

    async fn work(
        &self,
        tenant: &TenantId,
        open: bool,
        after: Option<&WorkId>,
        limit: u32,
    ) -> Result<Vec<WorkItem>, StoreError> {
        let after = after.map_or("", WorkId::as_str);
        let values = vec![Value::text(tenant), after.into(), limit.min(MAX_LIST).into()];
        let rows = self.pool.fetch(if open { OPEN_WORK } else { ALL_WORK }, values).await?;
        rows.iter().map(|row| work_item(row, &self.keys)).collect()
    }

    async fn work_item(&self, tenant: &TenantId, id: &WorkId) -> Result<Option<WorkItem>, StoreError> {
        let row = self.pool.fetch_optional(WORK_ITEM, vec![Value::text(tenant), Value::text(id)]).await?;
        row.map(|row| work_item(&row, &self.keys)).transpose()
    }

    async fn enrolments_of(
        &self,
        tenant: &TenantId,
        person: &PersonId,
        limit: u32,
    ) -> Result<Vec<AnyEnrolment>, StoreError> {
        let values = vec![Value::text(tenant), Value::text(person), limit.min(MAX_LIST).into()];
        let rows = self.pool.fetch(enrolments::OF_APPLICANT, values).await?;
        rows.iter().map(|row| enrolment(row, &self.keys).map(|stored| stored.value)).collect()
    }

    async fn policies_at(&self, at: UtcTime) -> Result<Option<String>, StoreError> {
        let row = self.pool.fetch_optional(POLICIES_AT, vec![at.into()]).await?;
        row.map(|row| Columns::of(&row, "policy bundle").take()).transpose()
    }
}

fn answer(row: &Row, person: &PersonId, keys: &Keys) -> Result<Evidence, StoreError> {
    let mut columns = Columns::opening(row, "register answer", keys);
    let id: String = columns.take()?;
    let (occasion, enrolment, source) = (from_word(&mut columns)?, columns.parse_or_null()?, columns.take()?);
    let said = columns.opened(Place::within(ANSWER, person.as_str(), &id))?;
    let said = serde_json::from_str(&said).map_err(|_| columns.corrupt())?;
    Ok(Evidence { id, person: person.clone(), occasion, enrolment, source, said, at: columns.time()? })
}

fn work_item(row: &Row, keys: &Keys) -> Result<WorkItem, StoreError> {
    let mut columns = Columns::opening(row, WHAT, keys);
    let (tenant, id): (TenantId, WorkId) = (columns.parse()?, columns.parse()?);
    let person = columns.parse_or_null()?;
    let about = columns.opened(Place::within(ABOUT, tenant.as_str(), id.as_str()))?;
    let about = serde_json::from_str(&about).map_err(|_| columns.corrupt())?;
    let reasons: String = columns.take()?;
    let reasons = reasons.split(' ').map(str::parse).collect::<Result<_, _>>().map_err(|_| columns.corrupt())?;
    let (since, asked_by) = (columns.time()?, columns.parse_or_null()?);
    let (by, at) = (columns.parse_or_null()?, columns.time_or_null()?);
    let reason = columns.opened_or_null(Place::within(CLOSED_REASON, tenant.as_str(), id.as_str()))?;
    let closing = match (by, at, reason) {
        (Some(by), Some(at), Some(reason)) => Some(Closing { by, at, reason }),
        (None, None, None) => None,
        _ => return Err(columns.corrupt()),
    };
    Ok(WorkItem { id, tenant, person, about, reasons, since, asked_by, closing })
}

/// The row of what a register said.
pub(crate) fn answer_row(evidence: &Evidence) -> Vec<Value> {
    let place = Place::within(ANSWER, evidence.person.as_str(), &evidence.id);
    vec![
        Value::text(&evidence.person),
        evidence.id.as_str().into(),
        word(&evidence.occasion),
        Value::text_or_null(evidence.enrolment.as_ref()),
        evidence.source.as_str().into(),
        Value::sealed(place, &text(&evidence.said)),
        evidence.at.into(),
    ]
}

/// The row of a person's next turn to be looked up.
pub(crate) fn checked_row(evidence: &Evidence) -> Vec<Value> {
    vec![Value::text(&evidence.person), evidence.at.into()]
}

/// The row of new work.
pub(crate) fn work_row(item: &WorkItem) -> Vec<Value> {
    let reasons: Vec<_> = item.reasons.iter().map(|reason| reason.as_str()).collect();
    vec![
        Value::text(&item.tenant),
        Value::text(&item.id),
        Value::text_or_null(item.person.as_ref()),
        Value::sealed(Place::within(ABOUT, item.tenant.as_str(), item.id.as_str()), &text(&item.about)),
        reasons.join(" ").as_str().into(),
        item.since.into(),
        Value::text_or_null(item.asked_by.as_ref()),
    ]
}

/// The row of work that is done.
pub(crate) fn done_row(item: &WorkItem) -> Vec<Value> {
    let closing = item.closing.as_ref();
    let place = Place::within(CLOSED_REASON, item.tenant.as_str(), item.id.as_str());
    vec![
        Value::text(&item.tenant),
        Value::text(&item.id),
        Value::text_or_null(closing.map(|closing| &closing.by)),
        Value::time_or_null(closing.map(|closing| closing.at)),
        Value::sealed_or_null(place, closing.map(|closing| closing.reason.as_str())),
    ]
}

pub(crate) static NEW_ANSWER: Statement = Statement {
    point: "register-answer",
    batch: insert!(
        "register_answer",
        (1 person text, 2 id text, 3 occasion text, 4 enrolment text, 5 source text, 6 answer text, 7 at bigint)
    ),
    exists: Refusal::Conflict(Conflict::Exists("register answer")),
    refers_to: "person",
    idle: None,
};

pub(crate) static CHECKED: Statement = Statement {
    point: "person-checked",
    batch: batch!(
        (1 id text, 2 at bigint),
        "UPDATE person SET checked_at = r.at FROM r WHERE person.id = r.id"
    ),
    exists: Refusal::Conflict(Conflict::Exists("person")),
    refers_to: "person",
    idle: Some(Idle::Always(Refusal::Conflict(Conflict::Missing("person")))),
};

pub(crate) static NEW_WORK: Statement = Statement {
    point: "work",
    batch: insert!("work_item", (1 tenant text, 2 id text, 3 person text, 4 about text, 5 reasons text, 6 since bigint, 7 asked_by text)),
    exists: Refusal::Conflict(Conflict::Exists(WHAT)),
    refers_to: "tenant or person",
    idle: None,
};

pub(crate) static WORK_DONE: Statement = Statement {
    point: "work-done",
    batch: batch!(
        (1 tenant text, 2 id text, 3 closed_by text, 4 closed_at bigint, 5 closed_reason text),
        "UPDATE work_item SET closed_by = r.closed_by, closed_at = r.closed_at, closed_reason = r.closed_reason FROM r \
         WHERE work_item.tenant = r.tenant AND work_item.id = r.id AND work_item.closed_at IS NULL"
    ),
    exists: Refusal::Conflict(Conflict::Exists(WHAT)),
    refers_to: "person",
    idle: Some(Idle::Versioned {
        what: WHAT,
        probe: Sql::both("SELECT 1 FROM work_item WHERE tenant = $1 AND id = $2"),
    }),
};

const PERSON: Sql = Sql::both(concat!("SELECT ", PERSON_COLUMNS!(), " FROM person p WHERE p.id = $1"));
/// Along the index of turns; whoever has no card is passed over.
const DUE: Sql = Sql::both(
    "SELECT p.id FROM person p WHERE p.checked_at < $1 \
     AND EXISTS (SELECT 1 FROM card c WHERE c.holder = p.id AND c.state <> 'revoked') \
     ORDER BY p.checked_at, p.id LIMIT $2",
);
const EMPLOYMENTS: Sql = Sql::both(
    "SELECT tenant, since, until_at FROM employment WHERE person = $1 AND closed = 0 ORDER BY tenant LIMIT $2",
);
const NUMBERS: Sql = Sql::both(
    "SELECT number, replaced_at FROM person_number WHERE person = $1 \
     ORDER BY coalesce(replaced_at, 9223372036854775807) DESC, digest LIMIT $2",
);
static PROTECTED: Batch =
    batch!((1 id text), "SELECT p.id FROM person p JOIN r ON r.id = p.id WHERE p.protection IS NOT NULL");
const ANSWERS: Sql = Sql::both(
    "SELECT id, occasion, enrolment, source, answer, at FROM register_answer WHERE person = $1 \
     ORDER BY at DESC, id LIMIT $2",
);

/// The columns in the order in which [`work_item`] reads them.
macro_rules! select {
    ($rest:literal) => {
        Sql::both(concat!(
            "SELECT tenant, id, person, about, reasons, since, asked_by, closed_by, closed_at, closed_reason FROM work_item WHERE ",
            $rest
        ))
    };
}
const OPEN_WORK: Sql = select!("tenant = $1 AND id > $2 AND closed_at IS NULL ORDER BY id LIMIT $3");
const ALL_WORK: Sql = select!("tenant = $1 AND id > $2 ORDER BY id LIMIT $3");
const WORK_ITEM: Sql = select!("tenant = $1 AND id = $2");
const POLICIES_AT: Sql = Sql::both("SELECT digest FROM policy_bundle WHERE at <= $1 ORDER BY position DESC LIMIT 1");
const ANSWER: &str = "register_answer.answer";
const ABOUT: &str = "work_item.about";
const CLOSED_REASON: &str = "work_item.closed_reason";
const WHAT: &str = "work";
