//! `sigill audit`: checks the log offline, and exports where it ends.

use crate::config::Config;
use crate::service::audit::AUDIT_SEAL;
use anyhow::{Context, bail};
use domain::audit::{Checkpoint, Head, Tampered, Verifier, check_personal};
use domain::id::hex;
use domain::ports::Store;
use pki::jose::read_compact;
use pki::key::PublicKey;
use std::path::Path;

/// What a verification went through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Verified {
    /// Where the log ends.
    pub head: Head,
    /// Personal values that were compared with their commitments.
    pub personal_values: u64,
}

/// Verifies the whole log and, if given, that it still contains what a checkpoint signed.
///
/// # Errors
/// The first record that was edited, deleted or moved; a log shorter than the checkpoint; a
/// checkpoint that the seal did not sign.
pub async fn verify(config: &Config, seal: &PublicKey, checkpoint: Option<&Path>) -> anyhow::Result<Verified> {
    let store = store::open(&config.database).await?;
    let checkpoint = checkpoint.map(|path| read_checkpoint(path, seal)).transpose()?;
    verify_store(store.as_ref(), checkpoint.as_ref()).await
}

/// As [`verify`], on an open store and a checkpoint whose signature was checked.
///
/// # Errors
/// As [`verify`].
pub async fn verify_store(store: &dyn Store, checkpoint: Option<&Checkpoint>) -> anyhow::Result<Verified> {
    let mut verifier = Verifier::default();
    let mut personal_values = 0;
    let mut at_checkpoint = checkpoint.filter(|c| c.size == 0).map(|_| verifier.head());
    loop {
        let records = store.records(verifier.head().size + 1, PAGE).await?;
        if records.is_empty() {
            break;
        }
        for record in &records {
            verifier.next(record)?;
            for (field, salt, value) in store.personal(record.sequence).await? {
                check_personal(record, &field, &salt, &value)?;
                personal_values += 1;
            }
            if checkpoint.is_some_and(|c| c.size == record.sequence) {
                at_checkpoint = Some(verifier.head());
            }
        }
    }
    let head = verifier.head();
    let stated = store.head().await?;
    if stated != head {
        bail!(Tampered::Truncated { wanted: stated.size, found: head.size });
    }
    if let Some(checkpoint) = checkpoint {
        let then = at_checkpoint.ok_or(Tampered::Truncated { wanted: checkpoint.size, found: head.size })?;
        if hex(&then.hash) != checkpoint.hash {
            bail!(Tampered::OtherHistory(checkpoint.size));
        }
    }
    Ok(Verified { head, personal_values })
}

/// Reads an exported checkpoint and checks the seal's signature.
///
/// # Errors
/// If the file is no checkpoint, or the signature is not the seal's.
pub fn read_checkpoint(path: &Path, seal: &PublicKey) -> anyhow::Result<Checkpoint> {
    let text = std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    let jws = read_compact(text.trim()).context("the checkpoint is not a compact JWS")?;
    jws.verify(seal).with_context(|| format!("the checkpoint was not signed by {AUDIT_SEAL}"))?;
    serde_json::from_slice(&jws.payload).context("the JWS does not hold a checkpoint")
}

/// Records read in one go.
const PAGE: u32 = 500;
