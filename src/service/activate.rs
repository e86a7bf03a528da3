//! Hands out a card.

use crate::app::App;
use crate::config::Mode;
use crate::service::ServiceError;
use crate::service::commit::commit;
use crate::service::identify::{check_document, serde_word};
use crate::service::permit::{ActivateCard, Permit};
use crate::service::{protection, publish, reserve, revocation_code, standing};
use domain::audit::Event;
use domain::certificate::fingerprint;
use domain::changes::{Changes, Stored, Write};
use domain::enrolment::{AnyEnrolment, Enrolment, Issued};
use domain::hand_out::HandOut;
use domain::onboarding::Scope;
use domain::operation::{Operation, ShownDocument, TermsRef};
use domain::revocation_code::RevocationCode;
use domain::{CardNumber, EnrolmentId, TenantId};
use std::time::Duration;

/// What the desk brings: the holder's receipt, and what it is about.
pub struct Receipt {
    /// The document that the holder showed.
    pub document: ShownDocument,
    /// The language of the terms that the holder read.
    pub language: String,
    /// The holder's statement, a compact JWS of the new card.
    pub statement: String,
}

/// The exact operation that the holder signs with the new card.
///
/// # Errors
/// [`ServiceError`] if the application is not issued, or the document is not valid today.
pub async fn prepare(
    app: &App,
    permit: &Permit<ActivateCard>,
    id: &EnrolmentId,
    (document, language): (ShownDocument, &str),
) -> Result<Operation, ServiceError> {
    let row = load(app, permit, id).await?;
    protection::guard(app, permit, &row.value.applicant).await?;
    Ok(row.value.receipt(permit.person(), accept(app, &document).map(|()| document)?, terms(app, language)?))
}

/// Activates the card of an issued application, and draws the revocation code that the holder is shown. Production
/// demands the holder's receipt.
///
/// # Errors
/// [`ServiceError`]; the applicant and the approver are refused, and so are a revoked card and a receipt that another
/// card signed.
pub async fn activate(
    app: &App,
    permit: &Permit<ActivateCard>,
    id: &EnrolmentId,
    receipt: Option<Receipt>,
) -> Result<(AnyEnrolment, RevocationCode), ServiceError> {
    let now = app.clock.now();
    let Stored { value: enrolment, version } = load(app, permit, id).await?;
    protection::guard(app, permit, &enrolment.applicant).await?;
    let hand_out = match receipt {
        Some(receipt) => Some(verified(app, permit, &enrolment, receipt).await?),
        None if app.config.mode == Mode::Production => {
            let problem = "the holder's receipt, signed with the new card".to_owned();
            return Err(ServiceError::Invalid { field: "receipt", problem });
        }
        None => None,
    };
    standing::serves_agency(app, permit.tenant(), Scope::Certificates).await?;
    let card = app.store.card(permit.tenant(), &enrolment.card).await?;
    let card = card.ok_or(ServiceError::Incomplete("the enrolment's card"))?;
    let active = card
        .value
        .clone()
        .activate()
        .map_err(|why| ServiceError::WrongStage { wanted: why.wanted.as_str(), found: why.found.as_str() })?;
    reserve::supersede(app, permit.tenant(), &enrolment.applicant).await?;
    let event = Event::new("card.activated", permit.actor(), enrolment.card.as_str(), now)
        .in_tenant(permit.tenant())
        .with("enrolment", id);
    let activated = enrolment.activate(permit.person().clone(), now)?;
    let activated = AnyEnrolment::Activated(activated);
    let (code, kept) = revocation_code::draw(app, permit.tenant(), &card.value.number).await?;
    let mut changes = Changes::recording(event)
        .write(Write::RevocationCode(kept))
        .write(Write::Card { new: active, seen: card.version })
        .write(Write::Enrolment { new: activated.clone(), seen: version });
    if let Some(hand_out) = hand_out {
        changes = changes.also(received(app, permit, &hand_out)).write(Write::HandOut(hand_out));
    }
    commit(app, changes).await?;
    answer_now(app, permit.tenant(), activated.card()).await;
    Ok((activated, code))
}

async fn load(
    app: &App,
    permit: &Permit<ActivateCard>,
    id: &EnrolmentId,
) -> Result<Stored<Enrolment<Issued>>, ServiceError> {
    let row = app.store.enrolment(permit.tenant(), id).await?.ok_or(ServiceError::NotFound)?;
    match row.value {
        AnyEnrolment::Issued(value) => Ok(Stored { value, version: row.version }),
        other => Err(ServiceError::WrongStage { wanted: "issued", found: other.stage_name() }),
    }
}

fn accept(app: &App, document: &ShownDocument) -> Result<(), ServiceError> {
    check_document(app, ("document.number", &document.number), ("document.expires", &document.expires))
}

fn terms(app: &App, language: &str) -> Result<TermsRef, ServiceError> {
    let terms = app.policies.get().terms.in_language(language);
    terms.ok_or_else(|| ServiceError::Invalid { field: "language", problem: "no terms in that language".to_owned() })
}

async fn verified(
    app: &App,
    permit: &Permit<ActivateCard>,
    enrolment: &Enrolment<Issued>,
    receipt: Receipt,
) -> Result<HandOut, ServiceError> {
    accept(app, &receipt.document)?;
    let (by, at, terms) = (permit.person().clone(), app.clock.now(), terms(app, &receipt.language)?);
    let operation = enrolment.receipt(&by, receipt.document.clone(), terms.clone());
    let records = app.store.certificates_of_card(&enrolment.tenant, &enrolment.card).await?;
    let good = records.iter().filter(|record| record.revocation.is_none());
    let card = good.filter_map(|record| record.issued.as_ref()).map(|issued| fingerprint(&issued.der)).collect();
    enrolment.verify_receipt(&receipt.statement, &operation, &card, at)?;
    Ok(HandOut {
        tenant: enrolment.tenant.clone(),
        enrolment: enrolment.id.clone(),
        card: enrolment.card.clone(),
        document: receipt.document,
        terms,
        receipt: receipt.statement,
        by,
        at,
    })
}

fn received(app: &App, permit: &Permit<ActivateCard>, hand_out: &HandOut) -> Event {
    Event::new("card.received", permit.actor(), hand_out.card.as_str(), hand_out.at)
        .in_tenant(&hand_out.tenant)
        .with("document", serde_word(&hand_out.document.document))
        .with("terms_version", &hand_out.terms.version)
        .with("terms_sha256", &hand_out.terms.sha256)
        .personal("document_number", &hand_out.document.number, app.entropy.random16())
}

/// The holder uses the card at once: its OCSP answers do not wait for those of others. What cannot be
/// signed now follows when the job can.
pub(super) async fn answer_now(app: &App, tenant: &TenantId, card: &CardNumber) {
    let published = async {
        let (mut records, now) = (app.store.certificates_of_card(tenant, card).await?, app.clock.now());
        records.retain(|record| !app.board.is_answered(&record.intent.certificate, now));
        publish::presign(app, records).await
    };
    match tokio::time::timeout(ANSWER_TIME, published).await {
        Ok(Ok(_)) => {}
        Ok(Err(error)) => tracing::warn!(%error, "the status of a card that was handed out follows later"),
        Err(_) => tracing::warn!("the status of a card that was handed out follows later: the token is slow"),
    }
}

/// Longest that an activation waits for its OCSP answers.
const ANSWER_TIME: Duration = Duration::from_secs(1);
