//! Gathers what is on file of one card, and seals it. The export is itself recorded, before anything is given out.

use super::package::{EVIDENCE_TYPE, FORMAT, FileDigest, Files, Manifest, write};
use crate::app::App;
use crate::service::commit::commit;
use crate::service::permit::{ExportEvidence, Permit, Permits, ReadAnyAgency};
use crate::service::{ServiceError, protection, seal};
use domain::audit::{Event, Record};
use domain::card::Card;
use domain::certificate::CertificateRecord;
use domain::changes::Changes;
use domain::enrolment::AnyEnrolment;
use domain::evidence::Signed;
use domain::hand_out::HandOut;
use domain::id::hex;
use domain::operation::{Operation, ReceiveCard};
use domain::{CardNumber, TenantId};
use pki::certificate::Certificate;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// The evidence of a card of the caller's agency: a package that can be verified offline.
///
/// # Errors
/// [`ServiceError::NotFound`] for a card of another agency; [`ServiceError::Protected`] for that of somebody whom the caller
/// may not see. If the export cannot be recorded, there is none.
pub async fn of_card(app: &App, permit: &Permit<ExportEvidence>, number: &CardNumber) -> Result<Vec<u8>, ServiceError> {
    package(app, permit, permit.tenant(), number).await
}

/// The evidence of a card of any agency, for an auditor.
///
/// # Errors
/// As [`of_card`].
pub async fn of_any_agency(
    app: &App,
    permit: &Permit<ReadAnyAgency>,
    tenant: &TenantId,
    number: &CardNumber,
) -> Result<Vec<u8>, ServiceError> {
    package(app, permit, tenant, number).await
}

async fn package<A: Permits>(
    app: &App,
    permit: &Permit<A>,
    tenant: &TenantId,
    number: &CardNumber,
) -> Result<Vec<u8>, ServiceError> {
    let card = app.store.card(tenant, number).await?.ok_or(ServiceError::NotFound)?.value;
    protection::guard(app, permit, &card.holder).await?;
    seal::chain(app).await?; // what cannot be sealed is not exported
    let made_at = app.clock.now();
    let event = Event::new("evidence.exported", permit.actor(), number.as_str(), made_at).in_tenant(tenant);
    commit(app, Changes::recording(event)).await?;
    let head = app.store.head().await?;
    let files = files(app, &card).await?;
    let manifest = Manifest {
        format: FORMAT.to_owned(),
        agency: tenant.to_string(),
        card: number.to_string(),
        made_by: permit.person().to_string(),
        made_at,
        log: (head.size, hex(&head.hash)),
        files: files.iter().map(|(name, content)| (name.clone(), FileDigest::of(content))).collect(),
    };
    let payload = serde_json::to_vec(&manifest).expect("a manifest holds strings, numbers and string-keyed maps");
    let signed = seal::sign(app, EVIDENCE_TYPE, payload).await?;
    write(&signed, &files, made_at).map_err(|_| ServiceError::Incomplete("a package of its files"))
}

async fn files(app: &App, card: &Card) -> Result<Files, ServiceError> {
    let (tenant, number) = (&card.tenant, &card.number);
    let certificates = app.store.certificates_of_card(tenant, number).await?;
    let mut files = Files::new();
    let mut objects = vec![number.to_string()];
    for (prefix, enrolment) in ["", "extension-"].into_iter().zip(orders(app, tenant, number).await?) {
        objects.push(enrolment.id().to_string());
        signed_files(app, (prefix, &enrolment), &mut files).await?;
        files.insert(format!("{prefix}enrolment.json"), text(&enrolment_view(&enrolment)));
    }
    files.insert("card.json".to_owned(), text(&card_view(card, &certificates)));
    for record in &certificates {
        objects.push(record.intent.certificate.serial.to_string());
        let purpose = record.intent.purpose.as_str();
        let issued = record.issued.as_ref().and_then(|issued| Certificate::parse(&issued.der).ok());
        if let Some(certificate) = issued {
            let first = format!("certificates/{purpose}.pem");
            let again = format!("certificates/{purpose}-{}.pem", record.intent.certificate.serial);
            let name = if files.contains_key(&first) { again } else { first };
            files.insert(name, certificate.to_pem().into_bytes());
        }
    }
    // Whoever signed, and whatever was issued: the CAs above it.
    for authority in app.issuers.iter() {
        let name = format!("authorities/{}.pem", authority.issuer.name);
        files.insert(name, authority.issuer.certificate.to_pem().into_bytes());
    }
    files.insert("log.json".to_owned(), text(&log(app, &objects).await?));
    Ok(files)
}

/// The applications that a card has: one, or those of a reserve card and of its extension.
async fn orders(app: &App, tenant: &TenantId, number: &CardNumber) -> Result<Vec<AnyEnrolment>, ServiceError> {
    let orders = app.store.reserve_orders(tenant, number).await?;
    if orders.is_empty() {
        return Ok(app.store.enrolment_of_card(tenant, number).await?.into_iter().collect());
    }
    Ok(orders.into_iter().map(|row| row.value).collect())
}

/// What officers and the holder signed, each with its operation.
async fn signed_files(
    app: &App,
    (prefix, enrolment): (&str, &AnyEnrolment),
    files: &mut Files,
) -> Result<(), ServiceError> {
    let mut add = |name: &str, act: &str, signed: &Signed| {
        let view = json!({"act": act, "operation": signed.operation, "statements": signed.statements});
        files.insert(format!("signed/{prefix}{name}.json"), text(&view));
    };
    let tenant = &enrolment.bare().tenant;
    let Some(identified) = enrolment.identified() else { return Ok(()) };
    if let Some(approval) = app.store.approval(tenant, &identified.approval).await? {
        let signatures = approval.value.signatures;
        let statements = signatures.into_iter().map(|signature| signature.statement).collect();
        add("approval", "approve", &Signed { operation: approval.value.operation, statements });
    }
    let submitted = enrolment.submitted().clone();
    let bare = enrolment.bare();
    let again = domain::enrolment::Enrolment::restore(bare, submitted);
    let identification = of_operation(&again.identification(&identified.by, &identified.proof));
    add("identification", "identify", &Signed { statements: vec![identified.statement.clone()], ..identification });
    if let Some(second) = enrolment.approved().and_then(|approved| approved.second.as_ref()) {
        let operation = of_operation(&again.identification(&second.by, &second.proof));
        add("second-identification", "identify", &Signed { statements: vec![second.statement.clone()], ..operation });
    }
    if let Some(issued) = enrolment.issued()
        && let Some(delivery) = app.store.delivery(tenant, &issued.delivery).await?
    {
        add("delivery", "deliver", &delivery);
    }
    if let Some(hand_out) = app.store.hand_out(tenant, enrolment.id()).await? {
        let receipt = of_operation(&receipt(enrolment, &hand_out));
        add("receipt", "receive", &Signed { statements: vec![hand_out.receipt.clone()], ..receipt });
    }
    Ok(())
}

fn of_operation(operation: &Operation) -> Signed {
    let operation = String::from_utf8(operation.to_bytes()).expect("operations are JSON text");
    Signed { operation, statements: Vec::new() }
}

/// What the holder signed.
fn receipt(enrolment: &AnyEnrolment, hand_out: &HandOut) -> Operation {
    Operation::ReceiveCard(ReceiveCard {
        enrolment: hand_out.enrolment.clone(),
        tenant: hand_out.tenant.clone(),
        holder: enrolment.bare().applicant,
        card: hand_out.card.clone(),
        document: hand_out.document.clone(),
        terms: hand_out.terms.clone(),
        handed_out_by: hand_out.by.clone(),
    })
}

fn enrolment_view(enrolment: &AnyEnrolment) -> Value {
    let stage = |by: &domain::PersonId, at: pki::time::UtcTime| json!({"by": by, "at": at});
    json!({
        "id": enrolment.id(),
        "stage": enrolment.stage_name(),
        "applicant": enrolment.bare().applicant,
        "card": enrolment.card(),
        "submitted": stage(&enrolment.submitted().by, enrolment.submitted().at),
        "identified": enrolment.identified().map(|i| stage(&i.by, i.at)),
        "approved": enrolment.approved().map(|a| stage(&a.by, a.at)),
        "issued_at": enrolment.issued().map(|i| i.at),
        "handed_out": enrolment.activated().map(|a| stage(&a.by, a.at)),
    })
}

fn card_view(card: &Card, certificates: &[CertificateRecord]) -> Value {
    let certificate = |record: &CertificateRecord| {
        json!({
            "issuer": record.intent.certificate.issuer,
            "serial": record.intent.certificate.serial.to_string(),
            "purpose": record.intent.purpose.as_str(),
            "profile": record.intent.profile,
            "revision": record.intent.revision,
            "reserved_at": record.intent.at,
            "issued_at": record.issued.as_ref().map(|issued| issued.at),
            "revoked": record.revocation.as_ref().map(|r| json!({"at": r.at, "reason": r.reason.as_str()})),
        })
    };
    json!({
        "number": card.number,
        "holder": card.holder,
        "state": card.state.as_str(),
        "bound_at": card.bound_at,
        "certificates": certificates.iter().map(certificate).collect::<Vec<_>>(),
    })
}

/// The records of the log about these things, each with the hash of the one before it, from which its own follows.
async fn log(app: &App, objects: &[String]) -> Result<Value, ServiceError> {
    let mut found: BTreeMap<u64, Record> = BTreeMap::new();
    for object in objects {
        let records = app.store.records_about(object, MAX_RECORDS).await?;
        found.extend(records.into_iter().map(|record| (record.sequence, record)));
    }
    let mut log = Vec::with_capacity(found.len());
    for record in found.into_values() {
        let before = match record.sequence {
            1 => [0; 32],
            sequence => {
                let before = app.store.records(sequence - 1, 1).await?;
                before.first().ok_or(ServiceError::Incomplete("the whole audit log"))?.hash
            }
        };
        let (before, hash) = (hex(&before), hex(&record.hash));
        log.push(json!({"sequence": record.sequence, "text": record.text, "before": before, "hash": hash}));
    }
    Ok(Value::Array(log))
}

fn text(value: &Value) -> Vec<u8> {
    serde_json::to_vec_pretty(value).expect("a value with strings as keys is JSON")
}

/// More than the life of a card leaves.
const MAX_RECORDS: u32 = 200;
