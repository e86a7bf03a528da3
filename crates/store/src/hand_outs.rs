//! What is kept of a card's hand-out.

use crate::Database;
use crate::engine::sql::insert;
use crate::engine::{Columns, Row, Sql, Value};
use crate::seal::{Keys, Place};
use crate::word::{from_word, word};
use crate::writer::{Refusal, Statement};
use domain::hand_out::HandOut;
use domain::operation::{ShownDocument, TermsRef};
use domain::ports::{Conflict, StoreError};
use domain::{EnrolmentId, TenantId};

impl Database {
    /// What is kept of the hand-out of an application's card.
    pub(crate) async fn find_hand_out(
        &self,
        tenant: &TenantId,
        id: &EnrolmentId,
    ) -> Result<Option<HandOut>, StoreError> {
        let row = self.pool.fetch_optional(HAND_OUT, vec![Value::text(tenant), Value::text(id)]).await?;
        row.map(|row| hand_out(&row, &self.keys)).transpose()
    }
}

fn hand_out(row: &Row, keys: &Keys) -> Result<HandOut, StoreError> {
    let mut columns = Columns::opening(row, WHAT, keys);
    let (tenant, enrolment): (TenantId, EnrolmentId) = (columns.parse()?, columns.parse()?);
    Ok(HandOut {
        card: columns.parse()?,
        document: ShownDocument {
            document: from_word(&mut columns)?,
            number: columns.opened(Place::within(NUMBER, tenant.as_str(), enrolment.as_str()))?,
            expires: columns.take()?,
        },
        terms: TermsRef { version: columns.take()?, language: columns.take()?, sha256: columns.take()? },
        receipt: columns.opened(Place::within(RECEIPT, tenant.as_str(), enrolment.as_str()))?,
        tenant,
        enrolment,
        by: columns.parse()?,
        at: columns.time()?,
    })
}

/// The row of a hand-out.
pub(crate) fn row(hand_out: &HandOut) -> Vec<Value> {
    let (document, terms) = (&hand_out.document, &hand_out.terms);
    let place = |column| Place::within(column, hand_out.tenant.as_str(), hand_out.enrolment.as_str());
    vec![
        Value::text(&hand_out.tenant),
        Value::text(&hand_out.enrolment),
        Value::text(&hand_out.card),
        word(&document.document),
        Value::sealed(place(NUMBER), &document.number),
        document.expires.as_str().into(),
        terms.version.as_str().into(),
        terms.language.as_str().into(),
        terms.sha256.as_str().into(),
        Value::sealed(place(RECEIPT), &hand_out.receipt),
        Value::text(&hand_out.by),
        hand_out.at.into(),
    ]
}

pub(crate) static NEW: Statement = Statement {
    point: "hand-out",
    batch: insert!(
        "hand_out",
        (
            1 tenant text, 2 enrolment text, 3 card text, 4 document text, 5 number text, 6 expires text,
            7 terms_version text, 8 terms_language text, 9 terms_sha256 text, 10 receipt text, 11 handed_by text,
            12 at bigint
        )
    ),
    exists: Refusal::Conflict(Conflict::Exists(WHAT)),
    refers_to: "enrolment or person",
    idle: None,
};

const HAND_OUT: Sql = Sql::both(
    "SELECT tenant, enrolment, card, document, number, expires, terms_version, terms_language, terms_sha256, receipt, \
     handed_by, at FROM hand_out WHERE tenant = $1 AND enrolment = $2",
);
const WHAT: &str = "hand-out";
const NUMBER: &str = "hand_out.number";
const RECEIPT: &str = "hand_out.receipt";
