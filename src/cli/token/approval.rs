//! Two security officers approve that one backup is restored, onto one token, with these keys.

use super::backup::Backup;
use super::read as read_backup;
use crate::cli::card::CardArguments;
use crate::cli::policy::write_approval;
use crate::cli::quickstart::report::say;
use crate::clock::{Clock, System};
use crate::signer::config::SignerConfig;
use crate::signer::core::Core;
use crate::signer::digest::Digest;
use crate::signer::restore::Restoring;
use crate::signer::token::NoToken;
use anyhow::{Context, ensure};
use domain::evidence::{KEY_ACT_APPROVALS, Signed};
use domain::operation::{Act, Operation, OperationHash, RestoreToken};
use std::path::{Path, PathBuf};
use std::sync::Arc;

#[derive(Debug, clap::Args)]
pub(super) struct ApproveArguments {
    /// The backup file
    file: PathBuf,
    /// File of the approvals; made by the first officer
    #[arg(long)]
    approval: PathBuf,
    #[command(flatten)]
    card: CardArguments,
}

/// Signs for the restore of a backup and says what was signed.
///
/// # Errors
/// If the approvals are for another restore, or the card does not sign.
pub(super) fn approve(of: &ApproveArguments) -> anyhow::Result<()> {
    let backup = read_backup(&of.file)?;
    let restoring = restoring(&backup)?;
    let mut approval = if of.approval.exists() { read(&of.approval)? } else { fresh(&restoring)? };
    let asked = Operation::from_bytes(approval.operation.as_bytes())?;
    let same = matches!(&asked, Operation::RestoreToken(RestoreToken { asked_at, .. })
        if restoring.operation(*asked_at) == asked);
    ensure!(same, "{} is for another restore", of.approval.display());
    let operation = OperationHash::of(approval.operation.as_bytes());
    approval.statements.push(of.card.open()?.state(Act::Approve, operation)?);
    write_approval(&of.approval, &approval)?;
    say(&format!(
        "{}approved that backup {} is restored\nsignatures: {} of {KEY_ACT_APPROVALS}\n",
        backup.facts(),
        restoring.backup,
        approval.statements.len(),
    ))
}

/// Reads a file of approvals.
///
/// # Errors
/// If it is none.
pub(super) fn read(path: &Path) -> anyhow::Result<Signed> {
    let text = std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
    serde_json::from_slice(&text).with_context(|| format!("{} holds no approvals", path.display()))
}

/// What a backup says of itself, as officers sign it.
///
/// # Errors
/// If a fingerprint in it is none.
pub(super) fn restoring(backup: &Backup) -> anyhow::Result<Restoring> {
    let facts = backup.facts();
    let keys = facts.keys.iter().map(|key| Ok((key.label.clone(), key.fingerprint.parse()?)));
    Ok(Restoring {
        backup: Digest::of(&backup.to_bytes()),
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
    Core::open(&config, Arc::new(NoToken), Arc::new(System)).context("the signer's state cannot be used")
}

fn fresh(restoring: &Restoring) -> anyhow::Result<Signed> {
    let operation = String::from_utf8(restoring.operation(System.now()).to_bytes())?;
    Ok(Signed { operation, statements: Vec::new() })
}
