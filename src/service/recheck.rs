//! Looks people with cards up again: deaths, emigrations, new names and numbers have consequences unasked.

use crate::app::App;
use crate::service::ServiceError;
use crate::service::commit::commit;
use crate::service::register::{self, Answer, Concerned};
use crate::service::revoke::{self, Target};
use domain::audit::{Actor, Event};
use domain::changes::{Changes, Write};
use domain::people::Person;
use domain::ports::{Conflict, StoreError};
use domain::register::{Consequence, Entry, Finding, Occasion, Reason, RegisterError, compare};
use pki::crl;

/// Looks up whose turn it is; how many. The register's absence ends the run: the next one goes on. An answer that cannot be
/// read is that one person's: the others have their turn all the same.
///
/// # Errors
/// [`ServiceError`] if the register or the store fails, after everybody whose answer could be read.
pub async fn run(app: &App) -> Result<usize, ServiceError> {
    if app.register.is_none() {
        return Ok(0);
    }
    let before = app.clock.now().plus_days(-i64::from(app.policies.get().register.recheck_days));
    let due = app.store.due_for_look_up(before, BATCH).await?;
    let mut unread = None;
    for person in &due {
        let Some(known) = app.store.person_anywhere(person).await? else { continue };
        match one(app, &known).await {
            Ok(()) => {}
            Err(error @ ServiceError::Register(RegisterError::Malformed(_))) => {
                tracing::error!(%person, %error, "nobody knows whether this person may go on having cards");
                unread = Some(error);
            }
            Err(error) => return Err(error),
        }
    }
    unread.map_or(Ok(due.len()), Err)
}

async fn one(app: &App, known: &Person) -> Result<(), ServiceError> {
    let answer = register::ask(app, &known.identity_number).await?;
    match &answer {
        Some(_) => heard(app, known, answer).await.map(drop),
        None => Ok(()),
    }
}

/// What the register says of somebody who is known has its consequences at every agency, whichever of them asked and
/// whatever becomes of its order. The person as they are now.
///
/// # Errors
/// [`ServiceError`] if the store fails.
pub(super) async fn heard_at_order(app: &App, known: &Person, said: &Entry) -> Result<Person, ServiceError> {
    if compare(known, Some(said), &app.policies.get().register) == (known.clone(), Vec::new()) {
        return Ok(known.clone());
    }
    let (app, known, said) = (App::clone(app), known.clone(), said.clone());
    // In a task of its own: nothing of it is what the order's own request is done by.
    let work = tokio::spawn(async move { heard(&app, &known, Some(Some(said))).await });
    work.await.unwrap_or(Err(ServiceError::Incomplete("the consequences of a register's answer")))
}

async fn heard(app: &App, known: &Person, answer: Answer) -> Result<Person, ServiceError> {
    let said = answer.as_ref().and_then(Option::as_ref);
    let lenient = app.config.register.as_ref().is_some_and(|register| register.accept_unknown);
    let (now, mut findings) = compare(known, said, &app.policies.get().register);
    findings.retain(|finding| !(lenient && finding.reason == Reason::Unknown));
    // What is revoked and what waits comes first: only then this person's turn is over.
    for finding in findings.iter().filter(|finding| finding.consequence == Consequence::Revoke) {
        revoke_all(app, known, finding.reason).await?;
    }
    let evidence = register::evidence(app, &known.id, (Occasion::Recheck, None), answer);
    let with = |changes: Changes| evidence.iter().cloned().fold(changes, Changes::write);
    match commit(app, with(changed(app, known, &now, &findings).await?)).await {
        // The new number is known already, as somebody else's: an officer says who is who.
        Err(StoreError::Conflict(Conflict::Exists("person"))) if now.identity_number != known.identity_number => {
            let same = Person { identity_number: known.identity_number.clone(), ..now.clone() };
            commit(app, with(changed(app, known, &same, &findings).await?)).await?;
            Ok(same)
        }
        other => other.map(|_| now).map_err(ServiceError::from),
    }
}

/// The person as they are now, and work for every agency that employs them.
async fn changed(app: &App, known: &Person, now: &Person, findings: &[Finding]) -> Result<Changes, ServiceError> {
    let words: Vec<_> = findings.iter().map(|finding| finding.reason.as_str()).collect();
    let event = Event::new("person.rechecked", actor(), known.id.as_str(), app.clock.now())
        .with("findings", if words.is_empty() { "none".to_owned() } else { words.join(" ") });
    let mut changes = Changes::recording(event);
    if now != known {
        changes = changes.write(Write::PersonChanged(now.clone()));
    }
    if now.identity_number != known.identity_number {
        changes = changes.write(Write::NewNumber { person: now.clone(), at: app.clock.now() });
    }
    let reasons: Vec<_> =
        findings.iter().filter(|finding| finding.consequence != Consequence::Nothing).map(|f| f.reason).collect();
    if !reasons.is_empty() {
        for employment in app.store.employments_of(&known.id).await? {
            let concerned = Concerned::employee(&employment.tenant, now);
            changes = changes.join(register::waits(app, actor(), concerned, reasons.clone()).1);
        }
    }
    Ok(changes)
}

/// At every agency; what is revoked already stays so.
async fn revoke_all(app: &App, person: &Person, why: Reason) -> Result<(), ServiceError> {
    let reason =
        if why == Reason::Deceased { crl::Reason::CessationOfOperation } else { crl::Reason::AffiliationChanged };
    for employment in app.store.employments_of(&person.id).await? {
        match revoke::by_system(app, &employment.tenant, Target::Person(&person.id), reason, REGISTER).await {
            Ok(_) | Err(ServiceError::Store(StoreError::Conflict(Conflict::AlreadyRevoked))) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

fn actor() -> Actor {
    Actor::System(REGISTER.to_owned())
}

const REGISTER: &str = "person-register";
/// Looked up in one run.
const BATCH: u32 = 200;
