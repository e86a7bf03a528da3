//! Packages in people's hands, and the trainings that they ask for.

use crate::engine::sql::{batch, insert};
use crate::engine::{Columns, Row, Sql, Value};
use crate::writer::{Idle, Refusal, Statement};
use crate::{Database, MAX_LIST};
use async_trait::async_trait;
use domain::assignment::{Active, AnyAssignment, Assignment, Decided, Ended, Ordered, Refused, Training};
use domain::changes::{Stored, Version};
use domain::packages::PackageRef;
use domain::ports::{Assignments, Conflict, StoreError};
use domain::{AssignmentId, PersonId, TenantId};

#[async_trait]
impl Assignments for Database {
    async fn assignment(
        &self,
        tenant: &TenantId,
        id: &AssignmentId,
    ) -> Result<Option<Stored<AnyAssignment>>, StoreError> {
        let row = self.pool.fetch_optional(ASSIGNMENT, vec![Value::text(tenant), Value::text(id)]).await?;
        row.as_ref().map(assignment).transpose()
    }

    async fn assignments(
        &self,
        tenant: &TenantId,
        after: Option<&AssignmentId>,
        limit: u32,
    ) -> Result<Vec<Stored<AnyAssignment>>, StoreError> {
        let after = after.map_or("", AssignmentId::as_str);
        let values = vec![Value::text(tenant), after.into(), limit.min(MAX_LIST).into()];
        self.pool.fetch(ASSIGNMENTS, values).await?.iter().map(assignment).collect()
    }

    async fn assignments_of(&self, person: &PersonId) -> Result<Vec<Stored<AnyAssignment>>, StoreError> {
        let rows = self.pool.fetch(ASSIGNMENTS_OF, vec![Value::text(person), MAX_LIST.into()]).await?;
        rows.iter().map(assignment).collect()
    }

    async fn trainings_of(&self, tenant: &TenantId, person: &PersonId) -> Result<Vec<Training>, StoreError> {
        let values = vec![Value::text(tenant), Value::text(person), MAX_LIST.into()];
        self.pool.fetch(TRAININGS_OF, values).await?.iter().map(training).collect()
    }
}

fn assignment(row: &Row) -> Result<Stored<AnyAssignment>, StoreError> {
    let mut columns = Columns::of(row, WHAT);
    let version = Version(columns.take()?);
    let stage: String = columns.take()?;
    let bare = Assignment::restore(
        (columns.parse()?, columns.parse()?),
        (columns.parse()?, columns.parse_or_null()?),
        PackageRef { name: columns.take()?, version: columns.number()? },
        (columns.time()?, columns.time()?),
        columns.take()?,
        (),
    );
    let ordered = Ordered { by: columns.parse_or_null()?, at: columns.time()? };
    if stage == "ordered" {
        return Ok(Stored { value: AnyAssignment::Ordered(bare.advance(|()| ordered)), version });
    }
    let decided = Decided { ordered, by: columns.parse_or_null()?, at: columns.time()?, reason: columns.take()? };
    let value = match stage.as_str() {
        "active" => AnyAssignment::Active(bare.advance(|()| Active(decided))),
        "refused" => AnyAssignment::Refused(bare.advance(|()| Refused(decided))),
        "ended" => {
            let (by, at, reason) = (columns.parse()?, columns.time()?, columns.take()?);
            AnyAssignment::Ended(bare.advance(|()| Ended { active: Active(decided), by, at, reason }))
        }
        _ => return Err(columns.corrupt()),
    };
    Ok(Stored { value, version })
}

fn training(row: &Row) -> Result<Training, StoreError> {
    let mut columns = Columns::of(row, "training");
    Ok(Training {
        tenant: columns.parse()?,
        person: columns.parse()?,
        training: columns.take()?,
        passed_at: columns.time()?,
        recorded_by: columns.parse_or_null()?,
        recorded_at: columns.time()?,
    })
}

/// The row of a new assignment.
pub(crate) fn new_row(new: &AnyAssignment) -> Vec<Value> {
    let (bare, ordered) = (new.bare(), new.ordered());
    let mut row = vec![
        Value::text(&bare.tenant),
        Value::text(&bare.id),
        Value::text(&bare.person),
        Value::text_or_null(bare.function.as_ref()),
        bare.package.name.as_str().into(),
        bare.package.version.into(),
        bare.from.into(),
        bare.until.into(),
        bare.reason.as_str().into(),
        Value::text_or_null(ordered.by.as_ref()),
        ordered.at.into(),
        new.stage_name().into(),
    ];
    row.extend(decision(new));
    row
}

/// The row of an assignment's later stage.
pub(crate) fn moved_row(new: &AnyAssignment, seen: Version) -> Vec<Value> {
    let (bare, ended) = (new.bare(), new.ended());
    let mut row = vec![Value::text(&bare.tenant), Value::text(&bare.id), seen.0.into(), new.stage_name().into()];
    row.extend(decision(new));
    row.extend([
        Value::text_or_null(ended.map(|e| &e.by)),
        Value::time_or_null(ended.map(|e| e.at)),
        Value::text_or_null(ended.map(|e| e.reason.as_str())),
    ]);
    row
}

fn decision(assignment: &AnyAssignment) -> [Value; 3] {
    let decided = assignment.decided();
    [
        Value::text_or_null(decided.and_then(|d| d.by.as_ref())),
        Value::time_or_null(decided.map(|d| d.at)),
        Value::text_or_null(decided.map(|d| d.reason.as_str())),
    ]
}

/// The row of a training.
pub(crate) fn training_row(training: &Training) -> Vec<Value> {
    vec![
        Value::text(&training.tenant),
        Value::text(&training.person),
        training.training.as_str().into(),
        training.passed_at.into(),
        Value::text_or_null(training.recorded_by.as_ref()),
        training.recorded_at.into(),
    ]
}

pub(crate) static NEW: Statement = Statement {
    point: "assignment-new",
    batch: insert!(
        "assignment",
        (
            1 tenant text, 2 id text, 3 person text, 4 function text, 5 package text, 6 package_version bigint,
            7 from_at bigint, 8 until_at bigint, 9 reason text, 10 ordered_by text, 11 ordered_at bigint, 12 stage text,
            13 decided_by text, 14 decided_at bigint, 15 decided_reason text
        )
    ),
    exists: Refusal::Conflict(Conflict::Exists(WHAT)),
    refers_to: "employment",
    idle: None,
};

pub(crate) static MOVE: Statement = Statement {
    point: "assignment",
    batch: batch!(
        (
            1 tenant text, 2 id text, 3 seen bigint, 4 stage text, 5 decided_by text, 6 decided_at bigint,
            7 decided_reason text, 8 ended_by text, 9 ended_at bigint, 10 ended_reason text
        ),
        "UPDATE assignment SET stage = r.stage, \
         decided_by = coalesce(assignment.decided_by, r.decided_by), \
         decided_at = coalesce(assignment.decided_at, r.decided_at), \
         decided_reason = coalesce(assignment.decided_reason, r.decided_reason), \
         ended_by = r.ended_by, ended_at = r.ended_at, ended_reason = r.ended_reason, \
         version = assignment.version + 1 \
         FROM r WHERE assignment.tenant = r.tenant AND assignment.id = r.id AND assignment.version = r.seen"
    ),
    exists: Refusal::Conflict(Conflict::Exists(WHAT)),
    refers_to: "person",
    idle: Some(Idle::Versioned {
        what: WHAT,
        probe: Sql::both("SELECT version FROM assignment WHERE tenant = $1 AND id = $2"),
    }),
};

pub(crate) static TRAINING: Statement = Statement {
    point: "training",
    batch: insert!(
        "training",
        (1 tenant text, 2 person text, 3 training text, 4 passed_at bigint, 5 recorded_by text, 6 recorded_at bigint)
    ),
    exists: Refusal::Conflict(Conflict::Exists("training")),
    refers_to: "employment",
    idle: None,
};

/// The columns in the order in which [`assignment`] reads them.
macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT version, stage, id, tenant, person, function, package, package_version, from_at, until_at, reason, \
             ordered_by, ordered_at, decided_by, decided_at, decided_reason, ended_by, ended_at, ended_reason FROM assignment WHERE ",
            $rest
        )
    };
}

const ASSIGNMENT: Sql = Sql::both(select!("tenant = $1 AND id = $2"));
const ASSIGNMENTS: Sql = Sql::both(select!("tenant = $1 AND id > $2 ORDER BY id LIMIT $3"));
const ASSIGNMENTS_OF: Sql = Sql::both(select!("person = $1 ORDER BY tenant, id LIMIT $2"));
const TRAININGS_OF: Sql = Sql::both(
    "SELECT tenant, person, training, passed_at, recorded_by, recorded_at FROM training \
     WHERE tenant = $1 AND person = $2 ORDER BY training, passed_at LIMIT $3",
);
const WHAT: &str = "assignment";
