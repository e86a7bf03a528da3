//! Two security officers approve that one backup is restored, onto one token, with these keys.

use super::backup::Backup;
use super::proof::Facts;
use super::wrapped::{self, WrappedFile};
use crate::cli::card::CardArguments;
use crate::cli::custodians;
use crate::cli::policy::write_approval;
use crate::cli::quickstart::report::say;
use crate::cli::signer::transcripts;
use crate::clock::{Clock, System};
use crate::signer::config::SignerConfig;
use crate::signer::core::Core;
use crate::signer::digest::Digest;
use crate::signer::restore::{RESTORE_TYPE, Restoring, RootRestore};
use crate::signer::token::NoToken;
use anyhow::{Context, bail, ensure};
use domain::evidence::{KEY_ACT_APPROVALS, Signed};
use domain::operation::{Act, Operation, OperationHash, RestoreToken};
use pki::jose::sign_compact;
use pki::key::{KeyId, SignatureAlgorithm};
use serde_json::json;
use std::path::{Path, PathBuf};
use std::sync::Arc;

#[derive(Debug, clap::Args)]
pub(super) struct ApproveArguments {
    /// The backup file, or the file with a wrapped key
    file: PathBuf,
    /// File of the approvals; made by the first officer
    #[arg(long)]
    approval: PathBuf,
    /// Custodian of a root's own token, who signs with their code in place of an officer with a card
    #[arg(long, requires = "signer", conflicts_with_all = ["token", "pin_file"], required_unless_present = "token")]
    custodian: Option<String>,
    /// File with the custodian's code, which is asked for otherwise
    #[arg(long, requires = "custodian")]
    code_file: Option<PathBuf>,
    /// Configuration of the root's host, whose transcript names the custodians
    #[arg(long)]
    signer: Option<PathBuf>,
    #[command(flatten)]
    card: Option<CardArguments>,
}

/// Signs for the restore of a backup and says what was signed.
///
/// # Errors
/// If the approvals are for another restore, or the card does not sign.
pub(super) fn approve(of: &ApproveArguments) -> anyhow::Result<()> {
    let (facts, bytes) = described(&of.file)?;
    let restoring = restoring(&facts, &bytes)?;
    let mut approval = if of.approval.exists() { read(&of.approval)? } else { fresh(&restoring)? };
    let asked = Operation::from_bytes(approval.operation.as_bytes())?;
    let same = matches!(&asked, Operation::RestoreToken(RestoreToken { asked_at, .. })
        if restoring.operation(*asked_at) == asked);
    ensure!(same, "{} is for another restore", of.approval.display());
    let operation = OperationHash::of(approval.operation.as_bytes());
    approval.statements.push(match (&of.card, &of.custodian, &of.signer) {
        (Some(card), ..) => card.open()?.state(Act::Approve, operation)?,
        (None, Some(custodian), Some(signer)) => by_custodian(custodian, of.code_file.as_deref(), signer, operation)?,
        _ => bail!("name an officer's card, or a custodian and the signer's configuration"),
    });
    write_approval(&of.approval, &approval)?;
    say(&format!(
        "{}approved that backup {} is restored\nsignatures: {}; {KEY_ACT_APPROVALS} are needed, for a root as many custodians as act together\n",
        facts,
        restoring.backup,
        approval.statements.len(),
    ))
}

/// A custodian's signature, for as many as the ceremony had act together.
fn by_custodian(custodian: &str, code: Option<&Path>, signer: &Path, hash: OperationHash) -> anyhow::Result<String> {
    let custodians = transcripts::read(&SignerConfig::load(signer)?)?.custodians;
    let ceremony = custodians.context("the configuration names no transcript with custodians")?.ceremony;
    let voice = custodians::code("restores the root's token", custodian, code)?.voice();
    let operation = Digest::from_bytes(*hash.as_bytes());
    let payload = serde_json::to_vec(&RootRestore { ceremony, custodian: custodian.to_owned(), operation })?;
    let header = json!({"typ": RESTORE_TYPE});
    Ok(sign_compact(header, &payload, &KeyId::new(custodian), SignatureAlgorithm::Ed25519, &voice)?)
}

/// Reads a file of approvals.
///
/// # Errors
/// If it is none.
pub(super) fn read(path: &Path) -> anyhow::Result<Signed> {
    let text = std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
    serde_json::from_slice(&text).with_context(|| format!("{} holds no approvals", path.display()))
}

/// What a file says of itself, a token's backup or a wrapped key, and its octets.
fn described(file: &Path) -> anyhow::Result<(Facts, Vec<u8>)> {
    let bytes = wrapped::read(file)?;
    let facts = match bytes.first() {
        Some(b'{') => WrappedFile::from_bytes(&bytes).and_then(|key| key.facts()),
        _ => Backup::from_bytes(&bytes).map(|backup| backup.facts().clone()).map_err(Into::into),
    };
    Ok((facts.with_context(|| format!("{}", file.display()))?, bytes))
}

/// What is put back, as it is signed for.
///
/// # Errors
/// If a fingerprint in it is none.
pub(super) fn restoring(facts: &Facts, bytes: &[u8]) -> anyhow::Result<Restoring> {
    let keys = facts.keys.iter().map(|key| Ok((key.label.clone(), key.fingerprint.parse()?)));
    Ok(Restoring {
        backup: Digest::of(bytes),
        token_label: facts.token.clone(),
        token_serial: facts.serial.clone(),
        keys: keys.collect::<anyhow::Result<_>>()?,
    })
}

/// The state of a signer that is stopped.
///
/// # Errors
/// If it runs, or its state was changed.
pub(super) fn signer(config: &Path) -> anyhow::Result<Core> {
    let config = SignerConfig::load(config)?;
    let custodians = transcripts::read(&config)?.custodians;
    let core = Core::open(&config, Arc::new(NoToken), Arc::new(System)).context("the signer's state cannot be used")?;
    Ok(core.with_custodians(custodians))
}

fn fresh(restoring: &Restoring) -> anyhow::Result<Signed> {
    let operation = String::from_utf8(restoring.operation(System.now()).to_bytes())?;
    Ok(Signed { operation, statements: Vec::new() })
}
