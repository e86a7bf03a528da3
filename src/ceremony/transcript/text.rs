//! The transcript for people: the report that EN 319 411-1 clause 6.5.1 asks for.

use super::verify::Sound;
use super::{Entry, Event};
use crate::ceremony::script::{Host, Script};
use domain::PersonId;
use hsm::{BackupMode, KeyAttributes};
use std::fmt::Write as _;

/// The text of `transcript.txt`.
pub fn render(sound: &Sound) -> String {
    let script = &sound.script;
    let mut text =
        format!("Key ceremony {}\nOperator: {}\nFile (SHA-256): {}\n", script.id, script.operator.name, sound.digest);
    let mut line = |line: String| {
        let _ = writeln!(text, "{line}"); // writing to a String cannot fail
    };
    line(format!("Custodians needed: {} of {}", script.custodians_needed, script.custodians().count()));
    line("\nParticipants".to_owned());
    for one in &script.participants {
        line(format!("  {} ({}), {}", one.name, one.id, one.role));
    }
    line("\nWhat was done".to_owned());
    for entry in &sound.entries {
        line(format!("  {:>3}  {}  {}", entry.sequence, entry.at, describe(script, entry)));
    }
    line(format!("\nEnd of the chain: {}", sound.head));
    line(format!("Sealed by the key {}", domain::id::hex(&sound.seal.fingerprint())));
    text
}

/// One entry in words.
fn describe(script: &Script, entry: &Entry) -> String {
    match &entry.what {
        Event::Opened { host, software, policies, rehearsal, .. } => {
            let what = if *rehearsal { "REHEARSAL" } else { "opened" };
            format!("{what} on {}, Sigill {software}, policies {policies}", place(*host))
        }
        Event::Resumed { software } => format!("went on after an interruption, Sigill {software}"),
        Event::Confirmed { step, participant, role, .. } => {
            let name = script.participant(participant).map_or("", |one| &one.name);
            format!("{name} ({role}) confirmed step {step}")
        }
        Event::Founded { officers, standing } => {
            format!("the signer's journal began: officers {officers}, standing approvals {standing}")
        }
        Event::Token { label, serial, model, firmware, module, card, earlier } => {
            let what = if *card { "card" } else { "token" };
            let done = if *earlier { "opened" } else { "made" };
            format!("{what} {label} {done}: serial {serial}, {model}, firmware {firmware}, module {module}")
        }
        Event::Key { label, token, kind, fingerprint, attributes, earlier, .. } => {
            let done = if *earlier { "found" } else { "generated" };
            format!("key {label} ({kind}) {done} on {token}: {fingerprint}, {}", properties(attributes))
        }
        Event::WrappingKey { label, token } => format!("trusted wrapping key {label} made on {token}"),
        Event::Request { authority, .. } => format!("request of {authority} written"),
        Event::Requested { authority, fingerprint } => format!("request of {authority} read: key {fingerprint}"),
        Event::Approved { operation, approvers, .. } => {
            let names: Vec<_> = approvers.iter().map(PersonId::as_str).collect();
            format!("{} approved what the root certifies: {operation}", names.join(" and "))
        }
        Event::Card { person, number, token } => format!("card {number} ({token}) bound to {person}"),
        Event::Certificate { file, issuer, serial, profile, revision, not_after, sha256, .. } => format!(
            "{issuer} certified {file}: serial {serial}, profile {profile} revision {revision}, until {not_after}, \
             SHA-256 {sha256}"
        ),
        Event::Crl { issuer, number, next_update, file, sha256 } => {
            format!("{issuer} signed list {number}, next before {next_update}: {file}, SHA-256 {sha256}")
        }
        Event::Imported { file, sha256 } => format!("taken in from the root's host: {file}, SHA-256 {sha256}"),
        Event::Taken { file, sha256 } => format!("taken from the ceremony before: {file}, SHA-256 {sha256}"),
        Event::Output { file, sha256 } => format!("left {file}: SHA-256 {sha256}"),
        Event::Closed { journal, records } => format!("the door closed: journal of {records} records ends {journal}"),
    }
}

fn place(host: Host) -> &'static str {
    match host {
        Host::Only => "one host for everything",
        Host::Root => "the root's host",
        Host::Issuing => "the issuing CAs' host",
    }
}

fn properties(attributes: &KeyAttributes) -> String {
    let told = [
        ("local", attributes.local),
        ("sensitive", attributes.sensitive),
        ("always sensitive", attributes.always_sensitive),
        ("extractable", attributes.extractable),
        ("never extractable", attributes.never_extractable),
        ("copyable", attributes.copyable),
        ("modifiable", attributes.modifiable),
    ];
    let word = |(name, value): (&str, Option<bool>)| match value {
        Some(true) => name.to_owned(),
        Some(false) => format!("not {name}"),
        None => format!("{name} untold"),
    };
    let mut words: Vec<String> = told.into_iter().map(word).collect();
    if attributes.backup() == BackupMode::Wrap {
        words.push("wrapped by a trusted key only".to_owned());
    }
    words.extend(attributes.generation_mechanism.clone());
    words.join(", ")
}
