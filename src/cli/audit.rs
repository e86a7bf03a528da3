//! `sigill audit`: checks the log offline, and exports where it ends.

use crate::cli::quickstart::enter;
use crate::cli::quickstart::layout::Layout;
use crate::cli::quickstart::report::say;
use crate::config::Config;
use crate::custody::TokenCustody;
use crate::service::audit::AUDIT_SEAL;
use anyhow::{Context, bail};
use domain::audit::{CHECKPOINT_TYPE, Checkpoint, Head, Tampered, Verifier, check_personal};
use domain::id::hex;
use domain::ports::Store;
use pki::jose::read_compact;
use pki::key::PublicKey;
use rustls_pki_types::pem::PemObject;
use std::path::{Path, PathBuf};

/// `sigill audit …`.
#[derive(Debug, clap::Args)]
pub struct AuditArguments {
    #[command(subcommand)]
    command: AuditCommand,
}

#[derive(Debug, clap::Subcommand)]
enum AuditCommand {
    /// Check the whole log: edits, deletions, reordering, and truncation against a checkpoint
    Verify {
        /// Configuration file
        #[arg(long, required_unless_present = "data")]
        config: Option<PathBuf>,
        /// Folder of a demo installation, instead of a configuration file
        #[arg(long, conflicts_with = "config")]
        data: Option<PathBuf>,
        /// A checkpoint that was exported before (`GET /admin/v1/audit/checkpoint`)
        #[arg(long)]
        checkpoint: Option<PathBuf>,
        /// Public key of the audit seal, PEM, instead of the configured one
        #[arg(long)]
        seal: Option<PathBuf>,
    },
}

/// Runs a command of `sigill audit`.
///
/// # Errors
/// What is wrong with the log, or why it cannot be read.
pub fn run(arguments: &AuditArguments) -> anyhow::Result<()> {
    let AuditCommand::Verify { config, data, checkpoint, seal } = &arguments.command;
    let path = match (config, data) {
        (Some(config), _) => config.clone(),
        (None, Some(data)) => {
            let layout = Layout::new(data)?;
            enter(&layout)?;
            layout.config()
        }
        (None, None) => bail!("say --config FILE or --data DIR"),
    };
    let config = Config::load(&path)?;
    let checkpoint = checkpoint.as_deref().map(|file| {
        let seal = seal.as_ref().or(config.audit.seal.as_ref());
        read_checkpoint(file, &read_seal(seal.context("say --seal FILE: the configuration names no audit.seal")?)?)
    });
    let checkpoint = checkpoint.transpose()?;
    let runtime = tokio::runtime::Runtime::new()?;
    let verified = runtime.block_on(async {
        let keys = hsm::Pool::open(config.hsm.token()?)?;
        let store = store::open(&config.database, TokenCustody::of(&keys)).await?;
        verify_store(store.as_ref(), checkpoint.as_ref()).await
    })?;
    let Verified { head, personal_values } = verified;
    say(&format!(
        "audit log verified: {} records, {personal_values} personal values, ends with {}\n",
        head.size,
        hex(&head.hash)
    ))?;
    if let Some(checkpoint) = checkpoint {
        say(&format!("contains the checkpoint of {} ({} records)\n", checkpoint.at, checkpoint.size))?;
    }
    Ok(())
}

fn read_seal(path: &Path) -> anyhow::Result<PublicKey> {
    let pem = std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
    let key = rustls_pki_types::SubjectPublicKeyInfoDer::from_pem_slice(&pem);
    let key = key.map_err(|_| anyhow::anyhow!("{} is not a public key in PEM", path.display()))?;
    Ok(PublicKey::from_spki(&key)?)
}

/// What a verification went through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Verified {
    /// Where the log ends.
    pub head: Head,
    /// Personal values that were compared with their commitments.
    pub personal_values: u64,
}

/// Verifies the whole log and, if given, that it still contains what a checkpoint signed. The
/// checkpoint's signature was checked before.
///
/// # Errors
/// The first record that was edited, deleted or moved, or a log shorter than the checkpoint.
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
    anyhow::ensure!(jws.header.get("typ").is_some_and(|typ| typ == CHECKPOINT_TYPE), "the JWS is no checkpoint");
    jws.verify(seal).with_context(|| format!("the checkpoint was not signed by {AUDIT_SEAL}"))?;
    serde_json::from_slice(&jws.payload).context("the JWS does not hold a checkpoint")
}

/// Records read in one go.
const PAGE: u32 = 500;
