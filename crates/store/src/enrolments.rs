//! Applications: every stage has its columns, and the tables check that they fit the stage.

use crate::engine::sql::{batch, insert};
use crate::engine::{Batch, Columns, Row, Sql, Value, keys};
use crate::seal::{Keys, Place};
use crate::word::{from_json, from_json_or_null, from_word, json, json_or_null, text, word};
use crate::writer::{Idle, Refusal, Statement};
use crate::{Database, MAX_LIST};
use async_trait::async_trait;
use domain::approval::Approval;
use domain::changes::{Dossier, Stored, Version};
use domain::enrolment::{Activated, AnyEnrolment, Approved, Enrolment, Identified, Issued, Submitted};
use domain::evidence::Signed;
use domain::hand_out::HandOut;
use domain::operation::IdentityProof;
use domain::ports::{Conflict, Enrolments, StoreError};
use domain::reserve::SecondIdentification;
use domain::{ApprovalId, CardNumber, EnrolmentId, TenantId};

#[async_trait]
impl Enrolments for Database {
    async fn enrolment(&self, tenant: &TenantId, id: &EnrolmentId) -> Result<Option<Stored<AnyEnrolment>>, StoreError> {
        let row = self.pool.fetch_optional(ENROLMENT, vec![Value::text(tenant), Value::text(id)]).await?;
        row.map(|row| enrolment(&row, &self.keys)).transpose()
    }

    async fn enrolments(
        &self,
        tenant: &TenantId,
        stage: Option<&str>,
        after: Option<&EnrolmentId>,
        limit: u32,
    ) -> Result<Vec<Stored<AnyEnrolment>>, StoreError> {
        let mut values = vec![Value::text(tenant), after.map_or("", EnrolmentId::as_str).into()];
        values.push(limit.min(MAX_LIST).into());
        let rows = match stage {
            None => self.pool.fetch(ENROLMENTS, values).await?,
            Some(stage) => {
                values.push(stage.into());
                self.pool.fetch(ENROLMENTS_AT, values).await?
            }
        };
        rows.iter().map(|row| enrolment(row, &self.keys)).collect()
    }

    async fn hand_out(&self, tenant: &TenantId, id: &EnrolmentId) -> Result<Option<HandOut>, StoreError> {
        self.find_hand_out(tenant, id).await
    }

    async fn enrolment_of_card(
        &self,
        tenant: &TenantId,
        number: &CardNumber,
    ) -> Result<Option<AnyEnrolment>, StoreError> {
        let row = self.pool.fetch_optional(OF_CARD, vec![Value::text(tenant), Value::text(number)]).await?;
        Ok(row.map(|row| enrolment(&row, &self.keys)).transpose()?.map(|row| row.value))
    }

    async fn delivery(&self, tenant: &TenantId, id: &str) -> Result<Option<Signed>, StoreError> {
        self.find_delivery(tenant, id).await
    }

    async fn approval(&self, tenant: &TenantId, id: &ApprovalId) -> Result<Option<Stored<Approval>>, StoreError> {
        Ok(self.approvals(tenant, [id]).await?.remove(id))
    }

    async fn dossiers(&self, tenant: &TenantId, ids: &[EnrolmentId]) -> Result<Vec<Dossier>, StoreError> {
        let rows = self.pool.fetch_batch(&AMONG, &keys(tenant, ids)).await?;
        let enrolments = rows.iter().map(|row| enrolment(row, &self.keys)).collect::<Result<Vec<_>, _>>()?;
        let named = enrolments.iter().filter_map(|e| e.value.identified()).map(|identified| &identified.approval);
        let mut approvals = self.approvals(tenant, named).await?;
        let mut cards = self.cards(tenant, enrolments.iter().map(|e| e.value.card())).await?;
        let dossier = |enrolment: Stored<AnyEnrolment>| {
            let approval = approvals.remove(&enrolment.value.identified()?.approval)?;
            let card = cards.remove(enrolment.value.card())?;
            Some(Dossier { enrolment, approval, card })
        };
        Ok(enrolments.into_iter().filter_map(dossier).collect())
    }
}

/// Reads the columns of `select!`.
pub(crate) fn enrolment(row: &Row, keys: &Keys) -> Result<Stored<AnyEnrolment>, StoreError> {
    let mut columns = Columns::opening(row, WHAT, keys);
    let version = Version(columns.take()?);
    let stage: String = columns.take()?;
    let (id, tenant): (EnrolmentId, TenantId) = (columns.parse()?, columns.parse()?);
    let (applicant, card) = (columns.parse()?, columns.parse()?);
    let subject = columns.opened(place(SUBJECT, &tenant, &id))?;
    let subject = serde_json::from_str(&subject).map_err(|_| columns.corrupt())?;
    let terms = (from_json(&mut columns)?, from_json_or_null(&mut columns)?);
    let bare = Enrolment::from_parts((id, tenant), (applicant, card), subject, terms);
    let key = (&bare.tenant.clone(), &bare.id.clone());
    let submitted = Submitted { by: columns.parse()?, at: columns.time()? };
    let value = match stage.as_str() {
        "submitted" => AnyEnrolment::Submitted(Enrolment::restore(bare, submitted)),
        "identified" => AnyEnrolment::Identified(Enrolment::restore(bare, identified(submitted, &mut columns, key)?)),
        "approved" => AnyEnrolment::Approved(Enrolment::restore(bare, approved(submitted, &mut columns, key)?)),
        "issued" => AnyEnrolment::Issued(Enrolment::restore(bare, issued(submitted, &mut columns, key)?)),
        "activated" => AnyEnrolment::Activated(Enrolment::restore(bare, activated(submitted, &mut columns, key)?)),
        _ => return Err(columns.corrupt()),
    };
    Ok(Stored { value, version })
}

fn identified(submitted: Submitted, columns: &mut Columns<'_>, key: Key<'_>) -> Result<Identified, StoreError> {
    Ok(Identified {
        submitted,
        by: columns.parse()?,
        at: columns.time()?,
        proof: IdentityProof {
            document: from_word(columns)?,
            number: columns.opened(place(PROOF_NUMBER, key.0, key.1))?,
            expires: columns.take()?,
            method: from_word(columns)?,
            place: columns.take()?,
        },
        statement: columns.opened(place(STATEMENT, key.0, key.1))?,
        approval: columns.parse()?,
    })
}

fn approved(submitted: Submitted, columns: &mut Columns<'_>, key: Key<'_>) -> Result<Approved, StoreError> {
    Ok(Approved {
        identified: identified(submitted, columns, key)?,
        by: columns.parse()?,
        at: columns.time()?,
        second: second(columns, key)?,
    })
}

/// The second identification of a reserve card's holder, if that is what it is.
fn second(columns: &mut Columns<'_>, (tenant, id): Key<'_>) -> Result<Option<SecondIdentification>, StoreError> {
    let document = columns.opened_or_null(place(SECOND, tenant, id))?;
    document.map(|text| serde_json::from_str(&text).map_err(|_| columns.corrupt())).transpose()
}

fn issued(submitted: Submitted, columns: &mut Columns<'_>, key: Key<'_>) -> Result<Issued, StoreError> {
    Ok(Issued {
        approved: approved(submitted, columns, key)?,
        serials: from_json(columns)?,
        at: columns.time()?,
        delivery: columns.take()?,
    })
}

fn activated(submitted: Submitted, columns: &mut Columns<'_>, key: Key<'_>) -> Result<Activated, StoreError> {
    Ok(Activated { issued: issued(submitted, columns, key)?, by: columns.parse()?, at: columns.time()? })
}

/// What names an application's row.
type Key<'a> = (&'a TenantId, &'a EnrolmentId);

fn place<'a>(column: &'static str, tenant: &'a TenantId, id: &'a EnrolmentId) -> Place<'a> {
    Place::within(column, tenant.as_str(), id.as_str())
}

/// The row of a new application.
pub(crate) fn new_row(enrolment: &AnyEnrolment) -> Vec<Value> {
    let bare = enrolment.bare();
    let submitted = enrolment.submitted();
    let mut row = vec![
        Value::text(&bare.tenant),
        Value::text(&bare.id),
        Value::text(&bare.applicant),
        Value::text(&bare.card),
        Value::sealed(place(SUBJECT, &bare.tenant, &bare.id), &text(&bare.subject)),
        json(&bare.certificates),
        json_or_null(bare.reserve.as_ref()),
        Value::text(&submitted.by),
        submitted.at.into(),
    ];
    row.extend(stage_values(enrolment));
    row
}

/// The row of an application that moved on.
pub(crate) fn moved_row(enrolment: &AnyEnrolment, seen: Version) -> Vec<Value> {
    let bare = enrolment.bare();
    let mut row = vec![Value::text(&bare.tenant), Value::text(&bare.id), seen.0.into()];
    row.extend(stage_values(enrolment));
    row
}

/// The stage and the columns of all stages after the first.
fn stage_values(enrolment: &AnyEnrolment) -> [Value; 18] {
    let bare = enrolment.bare();
    let sealed = |column, value: Option<&String>| {
        Value::sealed_or_null(place(column, &bare.tenant, &bare.id), value.map(String::as_str))
    };
    let identified = enrolment.identified();
    let proof = identified.map(|i| &i.proof);
    let approved = enrolment.approved();
    let issued = enrolment.issued();
    let activated = enrolment.activated();
    [
        enrolment.stage_name().into(),
        Value::text_or_null(identified.map(|i| &i.by)),
        Value::time_or_null(identified.map(|i| i.at)),
        proof.map_or(Value::Text(None), |p| word(&p.document)),
        sealed(PROOF_NUMBER, proof.map(|p| &p.number)),
        Value::text_or_null(proof.map(|p| &p.expires)),
        proof.map_or(Value::Text(None), |p| word(&p.method)),
        Value::text_or_null(proof.map(|p| &p.place)),
        sealed(STATEMENT, identified.map(|i| &i.statement)),
        Value::text_or_null(identified.map(|i| &i.approval)),
        Value::text_or_null(approved.map(|a| &a.by)),
        Value::time_or_null(approved.map(|a| a.at)),
        sealed(SECOND, approved.and_then(|a| a.second.as_ref()).map(text).as_ref()),
        issued.map_or(Value::Text(None), |i| json(&i.serials)),
        Value::time_or_null(issued.map(|i| i.at)),
        Value::text_or_null(issued.map(|i| &i.delivery)),
        Value::text_or_null(activated.map(|a| &a.by)),
        Value::time_or_null(activated.map(|a| a.at)),
    ]
}

pub(crate) static NEW: Statement = Statement {
    point: "enrolment-new",
    batch: insert!("enrolment", (
        1 tenant text, 2 id text, 3 applicant text, 4 card text, 5 subject text, 6 certificates text,
        7 reserve text, 8 submitted_by text, 9 submitted_at bigint, 10 stage text, 11 identified_by text,
        12 identified_at bigint, 13 proof_document text, 14 proof_number text, 15 proof_expires text,
        16 proof_method text, 17 proof_place text, 18 statement text, 19 approval text,
        20 approved_by text, 21 approved_at bigint, 22 second_identification text, 23 serials text,
        24 issued_at bigint, 25 delivery text, 26 activated_by text, 27 activated_at bigint
    )),
    exists: Refusal::Conflict(Conflict::Exists(WHAT)),
    refers_to: "person, card or approval",
    idle: None,
};

/// What a stage recorded stays as it is, unread and unwritten: signed statements are long.
pub(crate) static MOVE: Statement = Statement {
    point: "enrolment",
    batch: batch!(
        (
            1 tenant text, 2 id text, 3 seen bigint, 4 stage text, 5 identified_by text,
            6 identified_at bigint, 7 proof_document text, 8 proof_number text, 9 proof_expires text,
            10 proof_method text, 11 proof_place text, 12 statement text, 13 approval text,
            14 approved_by text, 15 approved_at bigint, 16 second_identification text, 17 serials text,
            18 issued_at bigint, 19 delivery text, 20 activated_by text, 21 activated_at bigint
        ),
        "UPDATE enrolment SET stage = r.stage, \
         identified_by = coalesce(enrolment.identified_by, r.identified_by), \
         identified_at = coalesce(enrolment.identified_at, r.identified_at), \
         proof_document = coalesce(enrolment.proof_document, r.proof_document), \
         proof_number = coalesce(enrolment.proof_number, r.proof_number), \
         proof_expires = coalesce(enrolment.proof_expires, r.proof_expires), \
         proof_method = coalesce(enrolment.proof_method, r.proof_method), \
         proof_place = coalesce(enrolment.proof_place, r.proof_place), \
         statement = coalesce(enrolment.statement, r.statement), \
         approval = coalesce(enrolment.approval, r.approval), \
         approved_by = coalesce(enrolment.approved_by, r.approved_by), \
         approved_at = coalesce(enrolment.approved_at, r.approved_at), \
         second_identification = coalesce(enrolment.second_identification, r.second_identification), \
         serials = coalesce(enrolment.serials, r.serials), \
         issued_at = coalesce(enrolment.issued_at, r.issued_at), \
         delivery = coalesce(enrolment.delivery, r.delivery), \
         activated_by = coalesce(enrolment.activated_by, r.activated_by), \
         activated_at = coalesce(enrolment.activated_at, r.activated_at), \
         version = enrolment.version + 1 \
         FROM r WHERE enrolment.tenant = r.tenant AND enrolment.id = r.id AND enrolment.version = r.seen"
    ),
    exists: Refusal::Conflict(Conflict::Exists(WHAT)),
    refers_to: "person, approval or delivery",
    idle: Some(Idle::Versioned {
        what: WHAT,
        probe: Sql::both("SELECT version FROM enrolment WHERE tenant = $1 AND id = $2"),
    }),
};

/// The columns in the order in which [`enrolment`] reads them.
macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT version, stage, id, tenant, applicant, card, subject, certificates, reserve, submitted_by, \
             submitted_at, identified_by, identified_at, proof_document, proof_number, proof_expires, \
             proof_method, proof_place, statement, approval, approved_by, approved_at, second_identification, \
             serials, issued_at, delivery, activated_by, activated_at FROM enrolment WHERE ",
            $rest
        )
    };
}

const ENROLMENT: Sql = Sql::both(select!("tenant = $1 AND id = $2"));
/// The orders of a reserve card, the first one first.
pub(crate) const RESERVE_ORDERS: Sql = Sql::both(select!(
    "tenant = $1 AND id IN (SELECT enrolment FROM reserve_order WHERE tenant = $1 AND card = $2) ORDER BY \
     (SELECT turn FROM reserve_order o WHERE o.tenant = $1 AND o.card = $2 AND o.enrolment = enrolment.id)"
));
const OF_CARD: Sql = Sql::both(select!("tenant = $1 AND card = $2 ORDER BY submitted_at DESC LIMIT 1"));
const ENROLMENTS: Sql = Sql::both(select!("tenant = $1 AND id > $2 ORDER BY id LIMIT $3"));
const ENROLMENTS_AT: Sql = Sql::both(select!("tenant = $1 AND id > $2 AND stage = $4 ORDER BY id LIMIT $3"));
pub(crate) const OF_APPLICANT: Sql = Sql::both(select!("tenant = $1 AND applicant = $2 ORDER BY id LIMIT $3"));
static AMONG: Batch = batch!((1 tenant text, 2 id text), select!("(tenant, id) IN (SELECT tenant, id FROM r)"));
const WHAT: &str = "enrolment";
const SUBJECT: &str = "enrolment.subject";
const PROOF_NUMBER: &str = "enrolment.proof_number";
const STATEMENT: &str = "enrolment.statement";
const SECOND: &str = "enrolment.second_identification";
