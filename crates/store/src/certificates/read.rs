//! Records of certificates, from three tables at once.

use crate::certificates::write::{DER, TBS, reference};
use crate::engine::{Columns, Row, Sql, Value};
use crate::revocations::revocation;
use crate::seal::{Keys, Place};
use crate::word::from_word;
use crate::{Database, MAX_LIST, cards};
use async_trait::async_trait;
use domain::card::Card;
use domain::certificate::{CertificateRecord, CertificateRef, Holder, Intent, IssuedCertificate};
use domain::changes::Stored;
use domain::ports::{Certificates, StoreError};
use domain::revocation_code::KeptCode;
use domain::{CardNumber, PersonId, TenantId};
use pki::serial::SerialNumber;
use pki::time::UtcTime;

#[async_trait]
impl Certificates for Database {
    async fn card(&self, tenant: &TenantId, number: &CardNumber) -> Result<Option<Stored<Card>>, StoreError> {
        let values = vec![Value::text(tenant), Value::text(number)];
        self.pool.fetch_optional(cards::CARD, values).await?.as_ref().map(cards::card).transpose()
    }

    async fn revocation_code(&self, card: &CardNumber) -> Result<Option<KeptCode>, StoreError> {
        self.find_code(card).await
    }

    async fn cards_of_tenant(
        &self,
        tenant: &TenantId,
        after: Option<&CardNumber>,
        limit: u32,
    ) -> Result<Vec<Stored<Card>>, StoreError> {
        let after = after.map_or("", CardNumber::as_str);
        let values = vec![Value::text(tenant), after.into(), limit.min(MAX_LIST).into()];
        self.pool.fetch(cards::CARDS_OF_TENANT, values).await?.iter().map(cards::card).collect()
    }

    async fn certificates_of_tenant(
        &self,
        tenant: &TenantId,
        after: Option<&CertificateRef>,
        limit: u32,
    ) -> Result<Vec<CertificateRecord>, StoreError> {
        let (issuer, serial) = after.map(|after| (after.issuer.clone(), after.serial.to_string())).unwrap_or_default();
        let values =
            vec![Value::text(tenant), issuer.as_str().into(), serial.as_str().into(), limit.min(MAX_LIST).into()];
        self.records(OF_TENANT, values).await
    }

    async fn cards_of(&self, tenant: &TenantId, person: &PersonId) -> Result<Vec<Stored<Card>>, StoreError> {
        let values = vec![Value::text(tenant), Value::text(person), MAX_LIST.into()];
        self.pool.fetch(cards::CARDS_OF, values).await?.iter().map(cards::card).collect()
    }

    async fn certificates_of_card(
        &self,
        tenant: &TenantId,
        number: &CardNumber,
    ) -> Result<Vec<CertificateRecord>, StoreError> {
        self.records(OF_CARD, vec![Value::text(tenant), Value::text(number), MAX_LIST.into()]).await
    }

    async fn certificates_of_person(
        &self,
        tenant: &TenantId,
        person: &PersonId,
    ) -> Result<Vec<CertificateRecord>, StoreError> {
        self.records(OF_PERSON, vec![Value::text(tenant), Value::text(person), MAX_LIST.into()]).await
    }

    async fn certificate(&self, certificate: &CertificateRef) -> Result<Option<CertificateRecord>, StoreError> {
        Ok(self.records(ONE, reference(certificate)).await?.pop())
    }

    async fn certificate_by_fingerprint(
        &self,
        fingerprint: &[u8; 32],
    ) -> Result<Option<CertificateRecord>, StoreError> {
        Ok(self.records(BY_FINGERPRINT, vec![fingerprint.as_slice().into()]).await?.pop())
    }

    async fn open_intents(&self, before: UtcTime, limit: u32) -> Result<Vec<CertificateRecord>, StoreError> {
        self.records(OPEN, vec![before.into(), limit.min(MAX_LIST).into()]).await
    }

    async fn certificates_of_issuer(
        &self,
        issuer: &str,
        after: Option<&SerialNumber>,
        limit: u32,
    ) -> Result<Vec<CertificateRecord>, StoreError> {
        let after = after.map(ToString::to_string).unwrap_or_default();
        self.records(OF_ISSUER, vec![issuer.into(), after.as_str().into(), limit.min(MAX_LIST).into()]).await
    }

    async fn service_certificates(&self, key: &str, limit: u32) -> Result<Vec<CertificateRecord>, StoreError> {
        self.records(OF_SERVICE, vec![key.into(), limit.min(MAX_LIST).into()]).await
    }
}

impl Database {
    /// Runs one of the statements made by [`select`].
    pub(crate) async fn records(&self, sql: Sql, values: Vec<Value>) -> Result<Vec<CertificateRecord>, StoreError> {
        self.pool.fetch(sql, values).await?.iter().map(|row| record(row, &self.keys)).collect()
    }
}

fn record(row: &Row, keys: &Keys) -> Result<CertificateRecord, StoreError> {
    let mut columns = Columns::opening(row, "certificate", keys);
    let certificate = CertificateRef { issuer: columns.take()?, serial: columns.parse()? };
    let holder = holder(&mut columns)?;
    let serial = certificate.serial.to_string();
    let personal = holder.is_person();
    let octets = |columns: &mut Columns<'_>, column| {
        if personal {
            columns.opened_octets(Place::within(column, &certificate.issuer, &serial))
        } else {
            columns.take()
        }
    };
    let intent = Intent {
        certificate: certificate.clone(),
        holder,
        purpose: from_word(&mut columns)?,
        profile: columns.take()?,
        revision: columns.number()?,
        key_fingerprint: columns.bytes()?,
        tbs: octets(&mut columns, TBS)?.ok_or(StoreError::Corrupt { what: "certificate" })?,
        not_after: columns.time()?,
        at: columns.time()?,
    };
    let der = octets(&mut columns, DER)?;
    let issued_at = columns.time_or_null()?;
    let issued = der.zip(issued_at).map(|(der, at)| IssuedCertificate { der, at });
    let revocation = revocation(certificate, &mut columns)?;
    Ok(CertificateRecord { intent, issued, revocation })
}

fn holder(columns: &mut Columns<'_>) -> Result<Holder, StoreError> {
    let tenant = columns.parse_or_null()?;
    let person = columns.parse_or_null()?;
    let card = columns.parse_or_null()?;
    let enrolment = columns.parse_or_null()?;
    let key: Option<String> = columns.take()?;
    let function = (columns.parse_or_null()?, columns.parse_or_null()?);
    match (tenant, person, key, function) {
        (Some(tenant), Some(person), None, (None, None)) => Ok(Holder::Person { tenant, person, card, enrolment }),
        (None, None, Some(_), (Some(tenant), Some(function))) => Ok(Holder::Function { tenant, function }),
        (None, None, Some(key), (None, None)) => Ok(Holder::Service { key }),
        _ => Err(columns.corrupt()),
    }
}

/// A statement that gives whole records; the columns stand in the order in which [`record`] reads them.
macro_rules! select {
    ($from:literal, $rest:literal) => {
        $crate::engine::Sql::both(concat!(
            "SELECT c.issuer, c.serial, c.tenant, c.person, c.card, c.enrolment, c.service_key, c.function_tenant, \
             c.function_id, c.purpose, c.profile, c.revision, c.key_fingerprint, c.tbs, c.not_after, c.reserved_at, i.der, i.at, \
             v.reason, v.at, v.requester_person, v.requester_system FROM ",
            $from,
            " LEFT JOIN issued i ON i.issuer = c.issuer AND i.serial = c.serial \
             LEFT JOIN revocation v ON v.issuer = c.issuer AND v.serial = c.serial WHERE ",
            $rest
        ))
    };
}
pub(crate) use select;

const ONE: Sql = select!("certificate c", "c.issuer = $1 AND c.serial = $2");
const BY_FINGERPRINT: Sql =
    select!("issued f JOIN certificate c ON c.issuer = f.issuer AND c.serial = f.serial", "f.fingerprint = $1");
/// By the card's holder: so one index serves cards and people.
const OF_CARD: Sql = select!(
    "card k JOIN certificate c ON c.tenant = k.tenant AND c.person = k.holder AND c.card = k.number",
    "k.tenant = $1 AND k.number = $2 ORDER BY c.reserved_at, c.issuer, c.serial LIMIT $3"
);
const OF_PERSON: Sql =
    select!("certificate c", "c.tenant = $1 AND c.person = $2 ORDER BY c.reserved_at, c.issuer, c.serial LIMIT $3");
const OF_TENANT: Sql =
    select!("certificate c", "c.tenant = $1 AND (c.issuer, c.serial) > ($2, $3) ORDER BY c.issuer, c.serial LIMIT $4");
const OF_ISSUER: Sql = select!("certificate c", "c.issuer = $1 AND c.serial > $2 ORDER BY c.serial LIMIT $3");
const OPEN: Sql = select!(
    "certificate_status s JOIN certificate c ON c.issuer = s.issuer AND c.serial = s.serial",
    "s.due IS NULL AND s.reserved_at < $1 ORDER BY s.reserved_at LIMIT $2"
);
const OF_SERVICE: Sql =
    select!("certificate c", "c.service_key = $1 AND i.der IS NOT NULL ORDER BY c.reserved_at DESC, c.serial LIMIT $2");
