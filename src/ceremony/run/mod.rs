//! Holds a ceremony: each step is confirmed, then done, then written down.
//!
//! Everything asks the transcript first whether it was done before, so a ceremony that was interrupted goes on where
//! it was. `keys` makes tokens and keys, `certificates` has them certified, `cards` equips the first officers.

mod cards;
mod certificates;
mod keys;

use super::desk::Desk;
use super::error::Error;
use super::layout::Layout;
use super::participant::Participant;
use super::script::{Host, Script};
use super::step::Step;
use super::transcript::{CONFIRMATION_TYPE, Confirmation, Draft, Event, SEAL_TYPE, Seal, Sealed, text, verify};
use super::{exchange, files, signer_files};
use crate::clock::{Clock, System};
use crate::signer::ceremony::{CeremonyError, Foundation};
use crate::signer::digest::Digest;
use crate::signer::journal::JournalError;
use hsm::Pool;
use pki::jose::sign_compact;
use pki::key::{KeyId, PublicKey, SignatureAlgorithm, Signer};
use pki::profile::Profiles;
use serde_json::json;
use std::collections::BTreeMap;
use std::os::unix::fs::MetadataExt;

pub(crate) use cards::{AUTHENTICATION, SIGNATURE, SOFTWARE_PROFILE, card_number};
pub(crate) use certificates::{OCSP_PROFILE, certificate_files, root_crl_file};

/// What a ceremony is held with.
pub(crate) struct Setup<'a> {
    /// Text of the reviewed file.
    pub(crate) script: &'a str,
    /// Which part of it this host holds.
    pub(crate) host: Host,
    /// Where everything goes. The certificate profiles are there already.
    pub(crate) layout: &'a Layout,
    /// The certificate profiles.
    pub(crate) profiles: Profiles,
    /// SHA-256 over them.
    pub(crate) profiles_digest: Digest,
}

/// How far a ceremony came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Progress {
    /// It is over and its transcript is sealed.
    Finished,
    /// It waits for a file from another host; the text says what to do.
    Waiting(String),
}

/// A ceremony under way.
pub(crate) struct Ceremony<'a> {
    pub(crate) script: Script,
    pub(crate) digest: Digest,
    pub(super) host: Host,
    pub(crate) layout: &'a Layout,
    pub(crate) draft: Draft,
    pub(super) foundation: Foundation,
    profiles: Profiles,
    desk: &'a mut dyn Desk,
    entropy: System,
    tokens: BTreeMap<String, Pool>,
    keys: BTreeMap<String, PublicKey>,
}

/// Holds the ceremony, or as much of it as this host can before it needs another's file.
///
/// # Errors
/// [`Error`]; the same call goes on from there.
pub(crate) fn hold(setup: Setup<'_>, desk: &mut dyn Desk) -> Result<Progress, Error> {
    let mut ceremony = Ceremony::open(setup, desk)?;
    ceremony.confirm(Step::Keys)?;
    ceremony.make_keys()?;
    match ceremony.host {
        Host::Only => {
            ceremony.confirm(Step::Root)?;
            let root = ceremony.found_root()?;
            ceremony.confirm(Step::Issuing)?;
            ceremony.found_issuing(&root)?;
            ceremony.sign_root_crl(&root)?;
        }
        Host::Root => {
            ceremony.confirm(Step::Root)?;
            let root = ceremony.found_root()?;
            let Some(requests) = exchange::read_requests(&mut ceremony)? else {
                return ceremony.wait(exchange::REQUEST);
            };
            ceremony.confirm(Step::Issuing)?;
            ceremony.certify_requests(&root, &requests)?;
            ceremony.sign_root_crl(&root)?;
        }
        Host::Issuing => {
            exchange::write_requests(&mut ceremony)?;
            let Some(answer) = exchange::read_answer(&ceremony)? else {
                return ceremony.wait(exchange::ANSWER);
            };
            ceremony.confirm(Step::Import)?;
            exchange::import(&mut ceremony, &answer)?;
        }
    }
    if ceremony.host != Host::Root {
        ceremony.confirm(Step::FirstCertificates)?;
        ceremony.certify_responders()?;
        ceremony.equip_people()?;
    }
    ceremony.confirm(Step::Close)?;
    ceremony.close()?;
    Ok(Progress::Finished)
}

impl<'a> Ceremony<'a> {
    /// Begins, or goes on: checks the file, has it confirmed, and opens the signer's door.
    fn open(setup: Setup<'a>, desk: &'a mut dyn Desk) -> Result<Self, Error> {
        let Setup { script: text, host, layout, profiles, profiles_digest } = setup;
        let script = Script::from_toml(text)?;
        let digest = Script::digest(text);
        check_time(&script)?;
        if layout.transcript().exists() {
            return Err(Error::Finished(layout.data().display().to_string()));
        }
        make_folders(layout)?;
        let owner = std::fs::metadata(layout.data()).map_or(0, |folder| folder.uid());
        let signer = signer_files::configuration(&script, host, layout, owner);
        let mut draft = Draft::open(&layout.draft())?;
        let software = env!("CARGO_PKG_VERSION").to_owned();
        let resumed = !draft.entries().is_empty();
        if resumed {
            check_same(&draft, digest, host)?;
            draft.append(System.now(), Event::Resumed { software })?;
        } else if signer.journal().exists() {
            return Err(CeremonyError::from(JournalError::Exists { path: signer.journal() }).into());
        } else {
            let opened = Event::Opened {
                ceremony: script.id.clone(),
                host,
                software,
                script: text.to_owned(),
                profiles: profiles_digest,
            };
            draft.append(System.now(), opened)?;
        }
        confirm(&mut draft, (&script, digest), Step::File, desk)?;
        let (officers, standing) = (
            signer_files::officers(&script).map_err(|error| CeremonyError::Contradiction(error.to_string()))?,
            signer_files::standing(&script),
        );
        let foundation = if signer.journal().exists() {
            Foundation::reopen(&signer, &officers, &standing)?
        } else {
            Foundation::create(&signer, &officers, &standing)?
        };
        if draft.find(|event| matches!(event, Event::Founded { .. }).then_some(())).is_none() {
            let (officers, standing) = (Digest::of(&officers.to_json()), Digest::of(&standing.to_json()));
            draft.append(System.now(), Event::Founded { officers, standing })?;
        }
        let text = toml::to_string(&signer).map_err(|error| CeremonyError::Contradiction(error.to_string()))?;
        files::private(&layout.signer_config(), text)?;
        Ok(Self {
            script,
            digest,
            host,
            layout,
            draft,
            foundation,
            profiles,
            desk,
            entropy: System,
            tokens: BTreeMap::new(),
            keys: BTreeMap::new(),
        })
    }

    /// Writes down what happened.
    pub(crate) fn record(&mut self, what: Event) -> Result<(), Error> {
        self.draft.append(System.now(), what)
    }

    /// The public half of a key of this host.
    pub(crate) fn key(&self, label: &str) -> Option<&PublicKey> {
        self.keys.get(label)
    }

    /// Has a step confirmed, unless it was.
    fn confirm(&mut self, step: Step) -> Result<(), Error> {
        confirm(&mut self.draft, (&self.script, self.digest), step, self.desk)
    }

    fn wait(self, file: &str) -> Result<Progress, Error> {
        let (here, there) = (self.layout.outgoing(""), self.layout.incoming(file));
        Ok(Progress::Waiting(format!(
            "Carry the files in {} to the other host, and its {file} to {}; then run the same command again.\n",
            here.display(),
            there.display()
        )))
    }

    /// Closes the signer's door, seals the transcript and removes the draft.
    fn close(mut self) -> Result<(), Error> {
        let mut left = vec!["signer/officers.json".to_owned(), "signer/standing.json".to_owned()];
        if self.host != Host::Root {
            self.write_seal()?;
            left.push("authorities/audit-seal.pem".to_owned());
        }
        for file in left {
            let sha256 = Digest::of(&files::read(&self.layout.data().join(&file))?);
            self.once(Event::Output { file, sha256 })?;
        }
        let head = self.foundation.close()?;
        let closed = Event::Closed { journal: head.hash, records: head.records };
        let known = self.draft.entries().last().is_some_and(|entry| entry.what == closed);
        if !known {
            self.draft.append(System.now(), closed)?;
        }
        let (token, label) = self.script.seal(self.host);
        let (label, keys) = (KeyId::new(label), &self.tokens[token]);
        let entries = self.draft.entries().to_vec();
        let seal = Seal {
            ceremony: self.script.id.clone(),
            script: self.digest,
            entries: u64::try_from(entries.len()).expect("a length fits"),
            head: self.draft.head(),
        };
        let payload = serde_json::to_vec(&seal).expect("a seal holds strings and numbers");
        let algorithm =
            SignatureAlgorithm::default_for(keys.public_key(&label).map_err(super::tokens::failed(token))?.kind());
        let header = json!({"typ": SEAL_TYPE, "kid": label.as_str()});
        let seal = sign_compact(header, &payload, &label, algorithm, keys)?;
        let sealed = Sealed { entries, seal }.to_json();
        let sound = verify::judge(&sealed)?;
        files::private(&self.layout.transcript_text(), text::render(&sound))?;
        if self.host == Host::Root {
            exchange::write_answer(self.layout, &sealed, &sound)?;
        }
        files::private(&self.layout.transcript(), sealed)?;
        files::remove(&self.layout.draft())?;
        self.desk.say(&format!("The transcript is sealed; its end is {}\n", sound.head))
    }

    /// Writes down what has no other effect, unless it stands there.
    pub(crate) fn once(&mut self, what: Event) -> Result<(), Error> {
        if self.draft.entries().iter().any(|entry| entry.what == what) {
            return Ok(());
        }
        self.record(what)
    }
}

/// Asks everybody who must confirm a step, and custodians until there are enough.
fn confirm(
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
        script.participants.iter().partition(|one| one.role != super::participant::ParticipantRole::Custodian);
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
    draft.append(System.now(), Event::Confirmed { step, participant, role, confirmation })
}

fn check_time(script: &Script) -> Result<(), Error> {
    let now = System.now();
    if (script.valid_from..=script.valid_until).contains(&now) {
        return Ok(());
    }
    Err(Error::NotNow { from: script.valid_from, until: script.valid_until, now })
}

/// A draft is gone on with only for the same file on the same host.
fn check_same(draft: &Draft, digest: Digest, host: Host) -> Result<(), Error> {
    let begun = draft.find(|event| match event {
        Event::Opened { script, host, .. } => Some((Script::digest(script), *host)),
        _ => None,
    });
    let found = begun.map_or_else(String::new, |(found, on)| format!("{found} ({on:?})"));
    if begun == Some((digest, host)) {
        return Ok(());
    }
    Err(Error::OtherScript { what: "the ceremony in this folder", found, wanted: format!("{digest} ({host:?})") })
}

fn make_folders(layout: &Layout) -> Result<(), Error> {
    for private in [layout.secrets(), layout.signer(), layout.run(), layout.person_files()] {
        files::private_folder(&private)?;
    }
    for public in [layout.authorities(), layout.outgoing(""), layout.incoming("")] {
        files::public_folder(&public)?;
    }
    Ok(())
}
