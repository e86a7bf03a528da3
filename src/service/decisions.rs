//! Decisions about a person: what was decided, by whom, when, on which grounds, under which rules, and how to appeal
//! (Förvaltningslagen 2017:900, sections 31 to 33).

use crate::app::App;
use crate::service::ServiceError;
use crate::service::commit::commit;
use crate::service::identify::serde_word;
use crate::service::permit::{Permit, ReadDecisions};
use crate::service::protection;
use crate::service::text::{MAX_REASON, one_line};
use domain::audit::Event;
use domain::changes::Changes;
use domain::decisions::{AppealText, Decision, Verdict};
use domain::enrolment::AnyEnrolment;
use domain::people::Person;
use domain::register::{Evidence, Vital};
use domain::{PersonId, TenantId};
use pki::time::UtcTime;

/// The decisions about a person at the caller's agency, in the order in which they were made.
#[derive(Debug)]
pub struct Decisions {
    /// Whom they are about.
    pub person: Person,
    /// The decisions.
    pub items: Vec<Decision>,
    /// How to appeal, in each language.
    pub appeal: AppealText,
}

/// Every decision about an employee of the agency.
///
/// # Errors
/// [`ServiceError`]; a protected person's are for those who may handle them, and the reading is recorded.
pub async fn of_person(
    app: &App,
    permit: &Permit<ReadDecisions>,
    id: &PersonId,
    purpose: &str,
) -> Result<Decisions, ServiceError> {
    one_line("purpose", purpose, MAX_REASON)?;
    let tenant = permit.tenant();
    let person = app.store.person(tenant, id).await?.ok_or(ServiceError::NotFound)?;
    protection::guard(app, permit, id).await?;
    let event = Event::new("decisions.read", permit.actor(), id.as_str(), app.clock.now())
        .in_tenant(tenant)
        .with("purpose", purpose);
    commit(app, Changes::recording(event)).await?;
    let answers = app.store.register_answers(id, MOST).await?;
    let mut items = Vec::new();
    for enrolment in app.store.enrolments_of(tenant, id, MOST).await? {
        of_enrolment(app, tenant, &enrolment, &answers, &mut items).await?;
    }
    for record in app.store.certificates_of_person(tenant, id).await? {
        if let Some(revocation) = record.revocation {
            let grounds = vec![format!("reason {}", revocation.reason.as_str())];
            let by = match revocation.requester {
                domain::revocation::Requester::Person(person) => person.to_string(),
                domain::revocation::Requester::System(name) => name,
            };
            let object = record.intent.certificate.serial.to_string();
            items.push(decision(app, Verdict::Revoked, (&object, &by), revocation.at, grounds).await?);
        }
    }
    items.sort_by_key(|item| item.at);
    Ok(Decisions { person, items, appeal: app.policies.get().appeal.clone() })
}

async fn of_enrolment(
    app: &App,
    tenant: &TenantId,
    enrolment: &AnyEnrolment,
    answers: &[Evidence],
    items: &mut Vec<Decision>,
) -> Result<(), ServiceError> {
    let (id, submitted) = (enrolment.id(), enrolment.submitted());
    let asked = answers.iter().filter(|answer| answer.enrolment.as_ref() == Some(id));
    let grounds: Vec<_> = asked.map(register_ground).collect();
    let ordered = decision(app, Verdict::Ordered, (id.as_str(), submitted.by.as_str()), submitted.at, grounds);
    items.push(ordered.await?);
    let Some(identified) = enrolment.identified() else { return Ok(()) };
    let grounds = vec![
        format!("document {}", serde_word(&identified.proof.document)),
        format!("method {}", serde_word(&identified.proof.method)),
    ];
    let met = decision(app, Verdict::Identified, (id.as_str(), identified.by.as_str()), identified.at, grounds);
    items.push(met.await?);
    let approval = app.store.approval(tenant, &identified.approval).await?;
    for signature in approval.into_iter().flat_map(|approval| approval.value.signatures) {
        let grounds = vec![format!("identification by {}", identified.by)];
        let mut approved =
            decision(app, Verdict::Approved, (id.as_str(), signature.by.as_str()), signature.at, grounds).await?;
        approved.reason = signature.reason;
        items.push(approved);
    }
    if let AnyEnrolment::Activated(activated) = enrolment {
        let stage = activated.stage();
        let shown = app.store.hand_out(tenant, id).await?;
        let grounds = shown.map(|shown| format!("document {}", serde_word(&shown.document.document)));
        let handed = (id.as_str(), stage.by.as_str());
        items.push(decision(app, Verdict::HandedOut, handed, stage.at, grounds.into_iter().collect()).await?);
    }
    Ok(())
}

/// What the register said, without the person's name and number.
fn register_ground(answer: &Evidence) -> String {
    let said = answer.said.as_ref().map_or("unknown", |entry| Vital::as_str(entry.status));
    format!("{} at {}: {said}", answer.source, answer.at)
}

async fn decision(
    app: &App,
    verdict: Verdict,
    (object, by): (&str, &str),
    at: UtcTime,
    grounds: Vec<String>,
) -> Result<Decision, ServiceError> {
    let rules = app.store.policies_at(at).await?.unwrap_or_default();
    Ok(Decision { verdict, object: object.to_owned(), by: by.to_owned(), at, grounds, reason: None, rules })
}

/// Most applications and answers of one person.
const MOST: u32 = 1_000;
