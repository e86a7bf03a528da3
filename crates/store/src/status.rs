//! What the public sees: revocations, CRLs, OCSP answers.

use crate::certificates::read::select;
use crate::certificates::write::reference;
use crate::engine::sql::batch;
use crate::engine::{Batch, Columns, Row, Sql, Value};
use crate::word::from_word;
use crate::writer::{Idle, Refusal, Statement};
use crate::{Database, MAX_LIST, revocations};
use async_trait::async_trait;
use domain::certificate::{CertificateRecord, CertificateRef};
use domain::changes::{PublishedCrl, PublishedOcsp};
use domain::ports::{Conflict, Status, StoreError};
use domain::revocation::Revocation;
use pki::crl::RevokedEntry;
use pki::time::UtcTime;

#[async_trait]
impl Status for Database {
    async fn revocations(&self, issuer: &str) -> Result<Vec<RevokedEntry>, StoreError> {
        let mut entries = Vec::new();
        let mut after = 0_i64;
        loop {
            let rows = self.pool.fetch(JOURNAL, vec![issuer.into(), after.into(), MAX_LIST.into()]).await?;
            for row in &rows {
                let mut columns = Columns::of(row, "revocation");
                after = columns.take()?;
                entries.push(RevokedEntry {
                    serial: columns.parse()?,
                    at: columns.time()?,
                    reason: from_word(&mut columns)?,
                });
            }
            if rows.len() < MAX_LIST as usize {
                return Ok(entries);
            }
        }
    }

    async fn revocation(&self, certificate: &CertificateRef) -> Result<Option<Revocation>, StoreError> {
        let Some(row) = self.pool.fetch_optional(REVOCATION, reference(certificate)).await? else { return Ok(None) };
        revocations::revocation(certificate.clone(), &mut Columns::of(&row, "revocation"))
    }

    async fn latest_crl(&self, issuer: &str) -> Result<Option<PublishedCrl>, StoreError> {
        let Some(row) = self.pool.fetch_optional(LATEST_CRL, vec![issuer.into()]).await? else { return Ok(None) };
        let mut columns = Columns::of(&row, "CRL");
        Ok(Some(PublishedCrl {
            issuer: issuer.to_owned(),
            number: columns.number()?,
            der: columns.take()?,
            this_update: columns.time()?,
            next_update: columns.time()?,
        }))
    }

    async fn ocsp_answers(
        &self,
        issuer: &str,
        after: Option<&CertificateRef>,
        limit: u32,
    ) -> Result<Vec<PublishedOcsp>, StoreError> {
        let after = Value::Text(Some(after.map_or_else(String::new, |after| after.serial.to_string())));
        let rows = self.pool.fetch(ANSWERS, vec![issuer.into(), after, limit.min(MAX_LIST).into()]).await?;
        rows.iter().map(|row| answer(row, issuer)).collect()
    }

    async fn ocsp_due(
        &self,
        issuer: &str,
        now: UtcTime,
        ends_before: UtcTime,
        limit: u32,
    ) -> Result<Vec<CertificateRecord>, StoreError> {
        self.records(DUE, vec![issuer.into(), ends_before.into(), now.into(), limit.min(MAX_LIST).into()]).await
    }
}

fn answer(row: &Row, issuer: &str) -> Result<PublishedOcsp, StoreError> {
    let mut columns = Columns::of(row, "OCSP answer");
    Ok(PublishedOcsp {
        certificate: CertificateRef { issuer: issuer.to_owned(), serial: columns.parse()? },
        revoked: columns.take::<i64>()? != 0,
        der: columns.take()?,
        this_update: columns.time()?,
        next_update: columns.time()?,
    })
}

/// The row of an answer to publish.
pub(crate) fn answer_row(answer: &PublishedOcsp) -> Vec<Value> {
    let mut row = reference(&answer.certificate);
    row.extend([
        i64::from(answer.revoked).into(),
        answer.der.as_slice().into(),
        answer.this_update.into(),
        answer.next_update.into(),
    ]);
    row
}

/// Which certificate a row returned by [`PUBLISH`] is about.
pub(crate) fn published(row: &Row) -> Result<CertificateRef, StoreError> {
    let mut columns = Columns::of(row, "OCSP answer");
    Ok(CertificateRef { issuer: columns.take()?, serial: columns.parse()? })
}

/// The row of a CRL.
///
/// # Errors
/// Corrupt, if the number does not fit a database integer.
pub(crate) fn crl_row(crl: &PublishedCrl) -> Result<Vec<Value>, StoreError> {
    let number = i64::try_from(crl.number).map_err(|_| StoreError::Corrupt { what: "CRL number" })?;
    Ok(vec![
        crl.issuer.as_str().into(),
        number.into(),
        crl.der.as_slice().into(),
        crl.this_update.into(),
        crl.next_update.into(),
    ])
}

/// CRL numbers only rise (RFC 5280 section 5.2.3).
pub(crate) static CRL: Statement = Statement {
    point: "crl",
    batch: batch!(
        (1 issuer text, 2 number bigint, 3 der bytea, 4 this_update bigint, 5 next_update bigint),
        "INSERT INTO crl (issuer, number, der, this_update, next_update) \
         SELECT r.issuer, r.number, r.der, r.this_update, r.next_update FROM r \
         WHERE NOT EXISTS (SELECT 1 FROM crl k WHERE k.issuer = r.issuer AND k.number >= r.number)"
    ),
    exists: Refusal::Conflict(Conflict::Exists("CRL number")),
    refers_to: "issuer",
    idle: Some(Idle::Always(Refusal::Conflict(Conflict::Exists("CRL number")))),
};

/// Keeps an answer only if it agrees with the journal, is not older than the one that stands, and
/// is for a certificate that exists. An answer that outlives the certificate is the last.
pub(crate) static PUBLISH: Batch = batch!(
    (1 issuer text, 2 serial text, 3 revoked bigint, 4 answer bytea, 5 this_update bigint, 6 next_update bigint),
    "UPDATE certificate_status AS s SET answer = r.answer, this_update = r.this_update, \
     next_update = r.next_update, \
     due = CASE WHEN r.next_update > s.not_after THEN 9223372036854775807 ELSE r.next_update END FROM r \
     WHERE s.issuer = r.issuer AND s.serial = r.serial AND s.revoked = r.revoked AND coalesce(s.due, -1) >= 0 \
     AND (s.this_update IS NULL OR s.this_update <= r.this_update) RETURNING issuer, serial",
    "UPDATE certificate_status AS s SET answer = r.answer, this_update = r.this_update, \
     next_update = r.next_update, \
     due = CASE WHEN r.next_update > s.not_after THEN 9223372036854775807 ELSE r.next_update END FROM r \
     WHERE s.issuer = r.issuer AND s.serial = r.serial AND s.revoked = r.revoked AND coalesce(s.due, -1) >= 0 \
     AND (s.this_update IS NULL OR s.this_update <= r.this_update) RETURNING s.issuer, s.serial"
);

const JOURNAL: Sql = Sql::both(
    "SELECT position, serial, at, reason FROM revocation WHERE issuer = $1 AND position > $2 \
     ORDER BY position LIMIT $3",
);
const REVOCATION: Sql = Sql::both(
    "SELECT reason, at, requester_person, requester_system FROM revocation WHERE issuer = $1 AND serial = $2",
);
const LATEST_CRL: Sql =
    Sql::both("SELECT number, der, this_update, next_update FROM crl WHERE issuer = $1 ORDER BY number DESC LIMIT 1");
const ANSWERS: Sql = Sql::both(
    "SELECT serial, revoked, answer, this_update, next_update FROM certificate_status \
     WHERE issuer = $1 AND serial > $2 AND answer IS NOT NULL ORDER BY serial LIMIT $3",
);
/// What is due is found first, by itself: PostgreSQL would otherwise see that every row has the issuer `$1`, join by
/// the serial alone, and read all certificates of the issuer for each that is due.
const DUE: Sql = select!(
    "(SELECT issuer, serial, due FROM certificate_status WHERE issuer = $1 AND due < $2 AND not_after >= $3 \
     ORDER BY due LIMIT $4) s JOIN certificate c ON c.issuer = s.issuer AND c.serial = s.serial",
    "true ORDER BY s.due"
);
