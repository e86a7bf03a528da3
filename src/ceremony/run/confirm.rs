//! Asks the participants, and keeps what they sign.

use super::Error;
use super::begin::check_time;
use crate::ceremony::desk::Desk;
use crate::ceremony::participant::{Participant, ParticipantRole};
use crate::ceremony::script::Script;
use crate::ceremony::step::Step;
use crate::ceremony::transcript::{CONFIRMATION_TYPE, Confirmation, Draft, Event};
use crate::clock::{Clock, System};
use crate::signer::digest::Digest;
use pki::jose::sign_compact;
use pki::key::{KeyId, SignatureAlgorithm, Signer};
use serde_json::json;

/// Asks everybody who must confirm a step, and custodians until there are enough.
pub(super) fn confirm(
    draft: &mut Draft,
    (script, digest): (&Script, Digest),
    step: Step,
    desk: &mut dyn Desk,
) -> Result<(), Error> {
    let done = |draft: &Draft| step.missing(script, &draft.confirmed(step)).is_none();
    if done(draft) {
        return Ok(());
    }
    let statement = step.statement(script, digest, draft.entries());
    desk.say(&format!("\n{statement}\n"))?;
    let (required, custodians): (Vec<_>, Vec<_>) =
        script.participants.iter().partition(|one| one.role != ParticipantRole::Custodian);
    let asked = required.into_iter().filter(|one| step.needs(one)).chain(custodians);
    for participant in asked {
        let known = draft.confirmed(step).contains(&participant.id.as_str());
        if known || (!step.needs(participant) && done(draft)) {
            continue;
        }
        if let Some(code) = desk.ask(participant, step)? {
            let voice = code.voice();
            if voice.key() != participant.key {
                return Err(Error::WrongCode { participant: participant.id.clone() });
            }
            sign_confirmation(draft, (script, digest), (step, &statement), (participant, &voice))?;
        }
    }
    match step.missing(script, &draft.confirmed(step)) {
        Some(missing) => Err(Error::Unconfirmed { step, missing }),
        None => Ok(()),
    }
}

fn sign_confirmation(
    draft: &mut Draft,
    (script, digest): (&Script, Digest),
    (step, statement): (Step, &str),
    (participant, voice): (&Participant, &dyn Signer),
) -> Result<(), Error> {
    let said = Confirmation {
        ceremony: script.id.clone(),
        script: digest,
        step,
        participant: participant.id.clone(),
        after: draft.head(),
        statement: statement.to_owned(),
    };
    let payload = serde_json::to_vec(&said).expect("a confirmation holds strings");
    let header = json!({"typ": CONFIRMATION_TYPE, "kid": participant.id});
    let key = KeyId::new(participant.id.as_str());
    let confirmation = sign_compact(header, &payload, &key, SignatureAlgorithm::Ed25519, voice)?;
    let (participant, role) = (participant.id.clone(), participant.role);
    let at = System.now();
    if !draft.is_rehearsal() {
        check_time(script, at)?;
    }
    draft.append(at, Event::Confirmed { step, participant, role, confirmation })
}
