//! The revocation journal.

use crate::certificates::write::reference;
use crate::engine::sql::batch;
use crate::engine::{Columns, Value};
use crate::word::word;
use crate::writer::{Refusal, Statement};
use domain::certificate::CertificateRef;
use domain::ports::{Conflict, StoreError};
use domain::revocation::{Requester, Revocation};

/// Reads reason, time, person, system; all of them missing if there is no revocation.
pub(crate) fn revocation(
    certificate: CertificateRef,
    columns: &mut Columns<'_>,
) -> Result<Option<Revocation>, StoreError> {
    let reason = columns.word_or_null()?;
    let at = columns.time_or_null()?;
    let person = columns.parse_or_null()?;
    let system: Option<String> = columns.take()?;
    let requester = person.map(Requester::Person).or(system.map(Requester::System));
    match (reason, at, requester) {
        (Some(reason), Some(at), Some(requester)) => Ok(Some(Revocation { certificate, reason, at, requester })),
        (None, None, None) => Ok(None),
        _ => Err(columns.corrupt()),
    }
}

/// The row of the `ordinal`-th revocation of a transaction.
pub(crate) fn new_row(revocation: &Revocation, ordinal: i64) -> Vec<Value> {
    let (person, system) = match &revocation.requester {
        Requester::Person(person) => (Some(person.as_str()), None),
        Requester::System(name) => (None, Some(name.as_str())),
    };
    let mut row = reference(&revocation.certificate);
    row.extend([
        ordinal.into(),
        word(&revocation.reason),
        revocation.at.into(),
        Value::text_or_null(person),
        Value::text_or_null(system),
    ]);
    row
}

/// The writer holds the journal alone, so the greatest position is the last. A trigger withdraws the
/// published answer.
pub(crate) static NEW: Statement = Statement {
    point: "revocation",
    batch: batch!(
        (
            1 issuer text, 2 serial text, 3 ordinal bigint, 4 reason text, 5 at bigint,
            6 requester_person text, 7 requester_system text
        ),
        "INSERT INTO revocation (position, issuer, serial, reason, at, requester_person, requester_system) \
         SELECT (SELECT coalesce(max(position), 0) FROM revocation) + r.ordinal, r.issuer, r.serial, \
         r.reason, r.at, r.requester_person, r.requester_system FROM r"
    ),
    exists: Refusal::Conflict(Conflict::AlreadyRevoked),
    refers_to: "certificate",
    idle: None,
};
