//! Judges a transcript offline: chain, confirmations, order, quorum, keys, seal, and the files that it names.

use super::rules::{check_attributes, check_complete};
use super::{CONFIRMATION_TYPE, Confirmation, Entry, Event, SEAL_TYPE, Seal, Sealed, approval, certificates, text};
use crate::ceremony::exchange::ROOT_TRANSCRIPT;
use crate::ceremony::participant::Participant;
use crate::ceremony::script::{Host, Script, ScriptError};
use crate::ceremony::step::Step;
use crate::signer::digest::Digest;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use domain::operation::CertifyAuthorities;
use hsm::KeyRole;
use pki::jose::{Jws, read_compact};
use pki::key::PublicKey;
use pki::time::UtcTime;
use std::collections::BTreeMap;
use std::path::{Component, Path};

/// Why a transcript is refused.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Unsound {
    /// Not a transcript, or not in its one form.
    #[error("not a transcript in its one form: {0}")]
    Form(String),
    /// The file that it carries is refused.
    #[error(transparent)]
    Script(#[from] ScriptError),
    /// An entry was edited, removed or moved.
    #[error("entry {0} does not follow from the one before it")]
    Chain(u64),
    /// An entry has no place there.
    #[error("entry {sequence}: {problem}")]
    Order {
        /// Which entry.
        sequence: u64,
        /// What is wrong.
        problem: String,
    },
    /// A confirmation is not the participant's, or not for this.
    #[error("entry {sequence}: the confirmation of {participant} is refused: {problem}")]
    Confirmation {
        /// Which entry.
        sequence: u64,
        /// Whose it should be.
        participant: String,
        /// What is wrong.
        problem: String,
    },
    /// A key is not as its role demands.
    #[error("the key {key} is refused for its {attribute}")]
    Attribute {
        /// Its label.
        key: String,
        /// PKCS#11's name of the attribute.
        attribute: &'static str,
    },
    /// Something planned was not made, or something else was.
    #[error("{file} was planned and not made, made and not planned, or is not the certificate that was made")]
    Outcome {
        /// The certificate or list.
        file: String,
    },
    /// The seal is not the key's, or not for this.
    #[error("the seal is refused: {0}")]
    Seal(String),
    /// It was only tried out.
    #[error("this is the transcript of a rehearsal")]
    Rehearsal,
    /// A file is not as it was left.
    #[error("{file} is not what the ceremony left")]
    File {
        /// Which.
        file: String,
    },
}

/// A transcript that was found sound.
#[derive(Debug)]
pub struct Sound {
    /// What happened.
    pub entries: Vec<Entry>,
    /// The reviewed file.
    pub script: Script,
    /// SHA-256 of it.
    pub digest: Digest,
    /// Which part of the ceremony it is of.
    pub host: Host,
    /// Whether it was only tried out.
    pub rehearsal: bool,
    /// The end of the chain.
    pub head: Digest,
    /// The key that sealed it.
    pub seal: PublicKey,
}

/// Judges the text of a `transcript.json`, all but the files that it names.
///
/// # Errors
/// [`Unsound`], the first thing that is wrong.
pub fn judge(text: &str) -> Result<Sound, Unsound> {
    let sealed: Sealed = serde_json::from_str(text).map_err(|error| Unsound::Form(error.to_string()))?;
    if sealed.to_json() != text {
        return Err(Unsound::Form("it was written by another program".to_owned()));
    }
    let walk = walk(&sealed.entries)?;
    let Some(Entry { what: Event::Closed { .. }, .. }) = sealed.entries.last() else {
        return Err(Unsound::Form("it has no end".to_owned()));
    };
    check_complete(&walk.script, walk.host, &sealed.entries)?;
    let (_, label) = walk.script.seal(walk.host);
    let seal = walk.keys.get(label).cloned().ok_or_else(|| Unsound::Seal(format!("no key {label} was made")))?;
    check_seal(&sealed.seal, &seal, &walk)?;
    let Walk { script, digest, host, rehearsal, head, .. } = walk;
    Ok(Sound { entries: sealed.entries, script, digest, host, rehearsal, head, seal })
}

/// Judges `transcript.json` in a folder with `transcript.txt` and every file that it names.
///
/// # Errors
/// [`Unsound`], the first thing that is wrong.
pub fn judge_folder(folder: &Path, text: &str) -> Result<Sound, Unsound> {
    let sound = judge(text)?;
    if sound.rehearsal {
        return Err(Unsound::Rehearsal);
    }
    let changed = |file: &str| Unsound::File { file: file.to_owned() };
    for (file, sha256) in outputs(&sound.entries) {
        let content = std::fs::read(folder.join(file)).map_err(|_| changed(file))?;
        if Digest::of(&content) != sha256 {
            return Err(changed(file));
        }
    }
    certificates::check(folder, &sound.entries)?;
    approval::check(folder, &sound.script, &sound.entries)?;
    let readable = std::fs::read(folder.join("transcript.txt")).map_err(|_| changed("transcript.txt"))?;
    if readable != text::render(&sound).as_bytes() {
        return Err(changed("transcript.txt"));
    }
    if sound.host == Host::Issuing {
        root_part(folder, &sound)?;
    }
    Ok(sound)
}

/// The transcript of the root's host, which the issuing host took in with the certificates.
///
/// # Errors
/// [`Unsound`] if it is not sound, or not of the same ceremony.
pub fn root_part(folder: &Path, issuing: &Sound) -> Result<Sound, Unsound> {
    let changed = || Unsound::File { file: ROOT_TRANSCRIPT.to_owned() };
    let text = std::fs::read_to_string(folder.join(ROOT_TRANSCRIPT)).map_err(|_| changed())?;
    let root = judge(&text)?;
    let same = (root.digest, root.rehearsal) == (issuing.digest, issuing.rehearsal);
    if same && root.host == Host::Root { Ok(root) } else { Err(changed()) }
}

/// The files that a transcript names, with their hashes.
pub fn outputs(entries: &[Entry]) -> impl Iterator<Item = (&str, Digest)> {
    entries.iter().filter_map(|entry| match &entry.what {
        Event::Certificate { file, sha256, .. }
        | Event::Crl { file, sha256, .. }
        | Event::Imported { file, sha256 }
        | Event::Taken { file, sha256 }
        | Event::Output { file, sha256 } => Some((file.as_str(), *sha256)),
        _ => None,
    })
}

/// What the entries of a transcript add up to.
pub(super) struct Walk {
    script: Script,
    digest: Digest,
    host: Host,
    rehearsal: bool,
    confirmed: BTreeMap<Step, Vec<String>>,
    keys: BTreeMap<String, PublicKey>,
    approved: Option<CertifyAuthorities>,
    head: Digest,
    at: UtcTime,
}

/// Goes through the entries and stops at the first that is wrong. They need not be all.
pub(super) fn walk(entries: &[Entry]) -> Result<Walk, Unsound> {
    let Some((Entry { what: Event::Opened { script: text, host, ceremony, rehearsal, .. }, at, .. }, _)) =
        entries.split_first()
    else {
        return Err(Unsound::Form("it has no beginning".to_owned()));
    };
    let script = Script::from_toml(text)?;
    let mut walk = Walk {
        digest: Script::digest(text),
        host: *host,
        rehearsal: *rehearsal,
        confirmed: BTreeMap::new(),
        keys: BTreeMap::new(),
        approved: None,
        head: Digest::ZERO,
        at: *at,
        script,
    };
    if *ceremony != walk.script.id {
        return Err(Unsound::Form("it is of another ceremony than its file".to_owned()));
    }
    for (at, entry) in entries.iter().enumerate() {
        walk.step(&entries[..at], entry)?;
    }
    Ok(walk)
}

impl Walk {
    #[cfg(test)]
    pub(super) fn key_of(&self, label: &str) -> &PublicKey {
        &self.keys[label]
    }

    fn step(&mut self, before: &[Entry], entry: &Entry) -> Result<(), Unsound> {
        let sequence = entry.sequence;
        if u64::try_from(before.len() + 1) != Ok(sequence) || entry.previous != self.head || entry.at < self.at {
            return Err(Unsound::Chain(sequence));
        }
        let order = |problem: String| Unsound::Order { sequence, problem };
        if !before.is_empty() && matches!(entry.what, Event::Opened { .. }) {
            return Err(order("a ceremony begins once".to_owned()));
        }
        if let Some((file, _)) = outputs(std::slice::from_ref(entry)).find(|(file, _)| !is_below(file)) {
            return Err(order(format!("{file:?} is no path below the folder")));
        }
        self.check_quorum(&entry.what).map_err(order)?;
        if approval::lacks(entry, &self.script, self.approved.as_ref()) {
            return Err(order("security officers did not approve this certificate of a CA".to_owned()));
        }
        match &entry.what {
            Event::Confirmed { step, participant, role, confirmation } => {
                let refused = |problem: &str| Unsound::Confirmation {
                    sequence,
                    participant: participant.clone(),
                    problem: problem.to_owned(),
                };
                let known = self.script.participant(participant).filter(|one| one.role == *role);
                let known = known.ok_or_else(|| refused("nobody is called so in this role"))?;
                if !self.rehearsal && !self.script.is_valid_at(entry.at) {
                    return Err(refused("the file was not valid then"));
                }
                let statement = step.statement(&self.script, self.digest, before);
                self.check_confirmation(known, (*step, &statement), confirmation).map_err(refused)?;
                self.confirmed.entry(*step).or_default().push(participant.clone());
            }
            Event::Approved { .. } => {
                let opened = before.first().ok_or_else(|| order("it has no beginning".to_owned()))?;
                let approved = approval::read(&entry.what, &self.script, opened).map_err(order)?;
                if self.approved.replace(approved).is_some() {
                    return Err(order("officers approve once".to_owned()));
                }
            }
            Event::Key { label, role, attributes, .. } => {
                check_attributes(label, (*role, self.script.backup_of(label)), attributes)?;
                let key = stated_key(&entry.what);
                let key = key.ok_or_else(|| order(format!("the key {label} is not what the entry says of it")))?;
                // The keys of all cards are called the same, and nothing is verified with them here.
                if *role != KeyRole::Card && self.keys.insert(label.clone(), key).is_some() {
                    return Err(order(format!("the key {label} was made before")));
                }
            }
            _ => {}
        }
        self.head = entry.digest();
        self.at = entry.at;
        Ok(())
    }

    /// Everything but what only tells needs the confirmations of its step before it.
    fn check_quorum(&self, what: &Event) -> Result<(), String> {
        let Some(step) = Step::before(what) else { return Ok(()) };
        let confirmed: Vec<&str> = self.confirmed.get(&step).into_iter().flatten().map(String::as_str).collect();
        match step.missing(&self.script, &confirmed) {
            Some(missing) => Err(format!("step {step} was not confirmed: {missing}")),
            None => Ok(()),
        }
    }

    fn check_confirmation(
        &self,
        by: &Participant,
        (step, statement): (Step, &str),
        jws: &str,
    ) -> Result<(), &'static str> {
        if !Step::of_host(self.host).contains(&step) {
            return Err("this host has no such step");
        }
        if self.confirmed.get(&step).is_some_and(|before| before.contains(&by.id)) {
            return Err("they confirmed before");
        }
        let jws = typed(jws, CONFIRMATION_TYPE).ok_or("it is none")?;
        jws.verify(by.key.public()).map_err(|_| "another key signed it")?;
        let said: Confirmation = serde_json::from_slice(&jws.payload).map_err(|_| "it says something else")?;
        if said.ceremony != self.script.id || said.script != self.digest {
            return Err("it is for another ceremony or file");
        }
        if said.step != step || said.participant != by.id || said.after != self.head {
            return Err("it is for another step or moment");
        }
        if said.statement != statement {
            return Err("something else was shown than what was so");
        }
        Ok(())
    }
}

/// Whether a file is where a ceremony leaves one: an answer from another host is written where its transcript says.
fn is_below(file: &str) -> bool {
    !file.is_empty() && Path::new(file).components().all(|part| matches!(part, Component::Normal(_)))
}

/// The public key of a [`Event::Key`], if it is of the kind and has the fingerprint that the entry says.
fn stated_key(what: &Event) -> Option<PublicKey> {
    let Event::Key { kind, fingerprint, public, .. } = what else { return None };
    let key = PublicKey::from_spki(&STANDARD.decode(public).ok()?).ok()?;
    (Digest::from_bytes(key.fingerprint()) == *fingerprint && key.kind() == *kind).then_some(key)
}

fn check_seal(seal: &str, key: &PublicKey, walk: &Walk) -> Result<(), Unsound> {
    let refused = |problem: &str| Unsound::Seal(problem.to_owned());
    let jws = typed(seal, SEAL_TYPE).ok_or_else(|| refused("it is none"))?;
    jws.verify(key).map_err(|_| refused("another key signed it"))?;
    let said: Seal = serde_json::from_slice(&jws.payload).map_err(|_| refused("it says something else"))?;
    if said.head != walk.head || said.ceremony != walk.script.id || said.script != walk.digest {
        return Err(refused("it is for another transcript"));
    }
    Ok(())
}

/// A compact JWS of this type.
pub(crate) fn typed(text: &str, wanted: &str) -> Option<Jws> {
    read_compact(text).ok().filter(|jws| jws.header.get("typ").is_some_and(|typ| typ == wanted))
}
