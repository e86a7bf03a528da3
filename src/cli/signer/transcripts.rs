//! The sealed transcripts that say where keys were born that may leave their token wrapped.

use crate::ceremony::files;
use crate::ceremony::transcript::verify::{self, Sound};
use crate::ceremony::transcript::{Entry, Event};
use crate::signer::config::SignerConfig;
use crate::signer::journal::{Head, head_at};
use anyhow::{Context, ensure};
use hsm::KeyRole;
use std::collections::BTreeSet;

/// Fingerprints of the CA keys that the configuration's transcripts name. Each transcript is verified, and must be of the
/// ceremony that this signer's journal began with: anybody can hold a ceremony of their own.
///
/// # Errors
/// If a transcript is not sound, is a rehearsal's, or belongs to another journal.
pub(in crate::cli) fn ca_keys(config: &SignerConfig) -> anyhow::Result<BTreeSet<[u8; 32]>> {
    let mut keys = BTreeSet::new();
    for path in &config.transcripts {
        let text = files::read_text(path)?;
        let sound = verify::judge(&text).with_context(|| format!("{}", path.display()))?;
        check_origin(&sound, config).with_context(|| format!("{}", path.display()))?;
        keys.extend(sound.entries.iter().filter_map(|entry| match &entry.what {
            Event::Key { role: KeyRole::Ca, fingerprint, .. } => Some(fingerprint.to_bytes()),
            _ => None,
        }));
    }
    Ok(keys)
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
