//! The sealed transcripts that say where keys were born that may leave their token wrapped, and who the custodians are.

use crate::ceremony::files;
use crate::ceremony::layout::shares_file;
use crate::ceremony::script::Script;
use crate::ceremony::transcript::verify::{self, Sound};
use crate::ceremony::transcript::{Entry, Event};
use crate::signer::config::SignerConfig;
use crate::signer::digest::Digest;
use crate::signer::emergency::Custodians;
use crate::signer::journal::{Head, head_at};
use anyhow::{Context, ensure};
use hsm::KeyRole;
use std::collections::BTreeSet;

/// What the transcripts prove.
#[derive(Debug, Default)]
pub(in crate::cli) struct Proven {
    /// Fingerprints of the CA keys that were born in the ceremony.
    pub(in crate::cli) ca_keys: BTreeSet<[u8; 32]>,
    /// Who took part as custodians.
    pub(in crate::cli) custodians: Option<Custodians>,
}

/// Reads the configuration's transcripts. Each is verified, and must be of the ceremony that this signer's journal began
/// with: anybody can hold a ceremony of their own.
///
/// # Errors
/// If a transcript is not sound, is a rehearsal's, or belongs to another journal.
pub(in crate::cli) fn read(config: &SignerConfig) -> anyhow::Result<Proven> {
    let mut proven = Proven::default();
    for path in &config.transcripts {
        let text = files::read_text(path)?;
        let sound = verify::judge(&text).with_context(|| format!("{}", path.display()))?;
        check_origin(&sound, config).with_context(|| format!("{}", path.display()))?;
        check_shares(&sound, config)?;
        proven.ca_keys.extend(sound.entries.iter().filter_map(|entry| match &entry.what {
            Event::Key { role: KeyRole::Ca, fingerprint, .. } => Some(fingerprint.to_bytes()),
            _ => None,
        }));
        proven.custodians = Some(custodians(&sound.script));
    }
    Ok(proven)
}

/// The file with the shares is the ceremony's: with another one custodians would open what somebody else closed.
fn check_shares(sound: &Sound, config: &SignerConfig) -> anyhow::Result<()> {
    let Some(path) = &config.token.shares else { return Ok(()) };
    let named = shares_file(&config.token.label);
    let left = verify::outputs(&sound.entries).find(|(file, _)| *file == named);
    let (_, sha256) = left.with_context(|| format!("the transcript names no {named}"))?;
    ensure!(Digest::of(&files::read(path)?) == sha256, "{} is not what the ceremony left", path.display());
    Ok(())
}

fn custodians(script: &Script) -> Custodians {
    let keys = script.custodians().map(|one| (one.id.clone(), one.key.public().clone()));
    Custodians { ceremony: script.id.clone(), needed: script.custodians_needed, keys: keys.collect() }
}

fn check_origin(sound: &Sound, config: &SignerConfig) -> anyhow::Result<()> {
    ensure!(!sound.rehearsal, "this is the transcript of a rehearsal: it proves nothing");
    ensure!(sound.script.mode == config.mode, "this is the transcript of a ceremony for another mode");
    let Some(Entry { what: Event::Closed { journal, records }, .. }) = sound.entries.last() else {
        anyhow::bail!("the transcript has no end");
    };
    let (hash, records) = (*journal, *records);
    ensure!(
        head_at(&config.journal(), records)? == Some(Head { records, hash }),
        "this is the transcript of another ceremony than the journal's"
    );
    Ok(())
}
