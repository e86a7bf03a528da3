//! Rows and statements of intents and issued certificates.

use crate::engine::sql::{batch, insert};
use crate::engine::{Sql, Value};
use crate::seal::Place;
use crate::word::word;
use crate::writer::{Idle, Refusal, Statement};
use aws_lc_rs::digest::{SHA256, digest};
use domain::certificate::{CertificateRef, Holder, Intent};
use domain::ports::{Conflict, StoreError};
use domain::{FunctionId, TenantId};
use pki::issue::subject_of;
use pki::name_digest;
use pki::profile::Purpose;
use pki::time::UtcTime;

/// The row that binds the intent's key to its owner and purpose.
pub(crate) fn key_row(intent: &Intent) -> Vec<Value> {
    let (kind, owner) = match &intent.holder {
        Holder::Person { person, .. } => ("person", person.to_string()),
        Holder::Function { tenant, function } => ("service", function_key(tenant, function)),
        Holder::Service { key } => ("service", key.clone()),
    };
    // A root's key is the same key under another root.
    let purpose = if intent.purpose == Purpose::CrossCa { Purpose::RootCa } else { intent.purpose };
    vec![intent.key_fingerprint.as_slice().into(), kind.into(), owner.as_str().into(), word(&purpose)]
}

/// What stands in the place of a key's label for a function; no label has a colon.
fn function_key(tenant: &TenantId, function: &FunctionId) -> String {
    format!("function:{tenant}:{function}")
}

/// The row that binds the subject's name to its person; none for a certificate of the service.
///
/// # Errors
/// Corrupt, if the intent holds no certificate that could be signed.
pub(crate) fn name_row(intent: &Intent) -> Result<Option<Vec<Value>>, StoreError> {
    let Holder::Person { person, .. } = &intent.holder else { return Ok(None) };
    let digest = subject_of(&intent.tbs).and_then(name_digest);
    let digest = digest.ok_or(StoreError::Corrupt { what: "TBSCertificate" })?;
    Ok(Some(vec![digest.as_slice().into(), Value::text(person)]))
}

/// The row of an intent.
pub(crate) fn intent_row(intent: &Intent) -> Vec<Value> {
    let mut row = reference(&intent.certificate);
    let tbs = octets(TBS, &intent.certificate, (&intent.tbs, intent.holder.is_person()));
    row.extend(holder_values(&intent.holder));
    row.extend([
        word(&intent.purpose),
        intent.profile.as_str().into(),
        intent.revision.into(),
        intent.key_fingerprint.as_slice().into(),
        tbs,
        intent.not_after.into(),
        intent.at.into(),
    ]);
    row
}

/// The row of a signed certificate, sealed if it is a person's.
pub(crate) fn issued_row(certificate: &CertificateRef, (der, personal): (&[u8], bool), at: UtcTime) -> Vec<Value> {
    let mut row = reference(certificate);
    row.extend([digest(&SHA256, der).as_ref().into(), octets(DER, certificate, (der, personal)), at.into()]);
    row
}

/// A person's certificate says who they are; one of the service is needed before its token is there.
fn octets(column: &'static str, certificate: &CertificateRef, (octets, personal): (&[u8], bool)) -> Value {
    let serial = certificate.serial.to_string();
    if personal {
        Value::sealed_octets(Place::within(column, &certificate.issuer, &serial), octets)
    } else {
        octets.into()
    }
}

/// Issuer and serial, the first two values of each row here.
pub(crate) fn reference(certificate: &CertificateRef) -> Vec<Value> {
    vec![certificate.issuer.as_str().into(), Value::text(&certificate.serial)]
}

fn holder_values(holder: &Holder) -> [Value; 7] {
    const NONE: Value = Value::Text(None);
    match holder {
        Holder::Person { tenant, person, card, enrolment } => [
            Value::text(tenant),
            Value::text(person),
            Value::text_or_null(card.as_ref()),
            Value::text_or_null(enrolment.as_ref()),
            NONE,
            NONE,
            NONE,
        ],
        Holder::Function { tenant, function } => {
            let key = function_key(tenant, function);
            [NONE, NONE, NONE, NONE, key.as_str().into(), Value::text(tenant), Value::text(function)]
        }
        Holder::Service { key } => [NONE, NONE, NONE, NONE, key.as_str().into(), NONE, NONE],
    }
}

/// Column of what is signed.
pub(crate) const TBS: &str = "certificate.tbs";
/// Column of what was signed.
pub(crate) const DER: &str = "issued.der";

/// Touches the row of a known key only if owner and purpose are the same: no row, no right.
pub(crate) static KEY: Statement = Statement {
    point: "certified-key",
    batch: insert!(
        "certified_key",
        (1 fingerprint bytea, 2 owner_kind text, 3 owner text, 4 purpose text),
        "ON CONFLICT (fingerprint) DO UPDATE SET owner = certified_key.owner \
         WHERE certified_key.owner_kind = excluded.owner_kind AND certified_key.owner = excluded.owner \
         AND certified_key.purpose = excluded.purpose"
    ),
    exists: Refusal::Conflict(Conflict::KeyTaken),
    refers_to: "key",
    idle: Some(Idle::Always(Refusal::Conflict(Conflict::KeyTaken))),
};

/// Touches the row of a known name only if it is the same person's: no row, no right.
pub(crate) static NAME: Statement = Statement {
    point: "distinguished-name",
    batch: insert!(
        "distinguished_name",
        (1 digest bytea, 2 person text),
        "ON CONFLICT (digest) DO UPDATE SET person = distinguished_name.person \
         WHERE distinguished_name.person = excluded.person"
    ),
    exists: Refusal::Conflict(Conflict::NameTaken),
    refers_to: "person",
    idle: Some(Idle::Always(Refusal::Conflict(Conflict::NameTaken))),
};

pub(crate) static INTENT: Statement = Statement {
    point: "intent",
    batch: insert!("certificate", (
        1 issuer text, 2 serial text, 3 tenant text, 4 person text, 5 card text, 6 enrolment text,
        7 service_key text, 8 function_tenant text, 9 function_id text, 10 purpose text, 11 profile text,
        12 revision bigint, 13 key_fingerprint bytea, 14 tbs bytea, 15 not_after bigint, 16 reserved_at bigint
    )),
    exists: Refusal::Conflict(Conflict::Exists("serial")),
    refers_to: "employment, card or enrolment",
    idle: None,
};

/// Only an open intent gets a certificate: one that has none and was not revoked. The condition is
/// written so that PostgreSQL cannot take the index of open intents for it and walk all of them.
pub(crate) static ISSUED: Statement = Statement {
    point: "certificate",
    batch: batch!(
        (1 issuer text, 2 serial text, 3 fingerprint bytea, 4 der bytea, 5 at bigint),
        "INSERT INTO issued (issuer, serial, fingerprint, der, at) \
         SELECT r.issuer, r.serial, r.fingerprint, r.der, r.at FROM r \
         JOIN certificate_status s ON s.issuer = r.issuer AND s.serial = r.serial WHERE coalesce(s.due, -1) = -1"
    ),
    exists: Refusal::Conflict(Conflict::NotAnIntent),
    refers_to: "certificate",
    idle: Some(Idle::Either {
        probe: Sql::both("SELECT position FROM revocation WHERE issuer = $1 AND serial = $2"),
        found: Refusal::Conflict(Conflict::AlreadyRevoked),
        absent: Refusal::Conflict(Conflict::NotAnIntent),
    }),
};
