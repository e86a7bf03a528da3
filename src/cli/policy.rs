//! `sigill policy`: what a bundle of policies is, what it changes, and an officer's approval of it.

use super::card::CardArguments;
use super::quickstart::report::say;
use crate::policies::{APPROVAL, PolicyFolder};
use anyhow::{Context, ensure};
use domain::bundle::diff;
use domain::evidence::{POLICY_APPROVALS, Signed};
use domain::operation::{Act, LoadPolicies, Operation};
use std::fmt::Write;
use std::path::{Path, PathBuf};

/// `sigill policy …`.
#[derive(Debug, clap::Args)]
pub struct PolicyArguments {
    #[command(subcommand)]
    command: PolicyCommand,
}

#[derive(Debug, clap::Subcommand)]
enum PolicyCommand {
    /// Print the digest of a policy folder: what officers approve, and what /health shows
    Digest {
        /// The folder
        folder: PathBuf,
    },
    /// Say in words what a policy folder changes
    Diff {
        /// The policies in force
        old: PathBuf,
        /// The new ones
        new: PathBuf,
    },
    /// Approve a policy folder with a security officer's card; adds to approval.json in it
    Approve(ApproveArguments),
}

#[derive(Debug, clap::Args)]
struct ApproveArguments {
    /// The folder with the new policies
    folder: PathBuf,
    /// Digest of the policies in force, which these replace: see /health
    #[arg(long)]
    replaces: String,
    #[command(flatten)]
    card: CardArguments,
}

/// Runs a command of `sigill policy`.
///
/// # Errors
/// What is wrong with a folder or a card.
pub fn run(arguments: &PolicyArguments) -> anyhow::Result<()> {
    match &arguments.command {
        PolicyCommand::Digest { folder } => say(&format!("{}\n", PolicyFolder::read(folder)?.bundle.digest())),
        PolicyCommand::Diff { old, new } => say(&difference(old, new)?),
        PolicyCommand::Approve(of) => say(&approve(of)?),
    }
}

fn difference(old: &Path, new: &Path) -> anyhow::Result<String> {
    let (old, new) = (PolicyFolder::read(old)?.bundle, PolicyFolder::read(new)?.bundle);
    let mut said = format!("{}  in force\n{}  new\n\n", old.digest(), new.digest());
    let lines = diff::describe(&old, &new);
    if lines.is_empty() {
        said.push_str("nothing changes\n");
    }
    for line in lines {
        writeln!(said, "{line}")?;
    }
    Ok(said)
}

fn approve(of: &ApproveArguments) -> anyhow::Result<String> {
    let found = PolicyFolder::read(&of.folder)?;
    let bundle = found.bundle.digest();
    ensure!(bundle != of.replaces, "these policies are the ones in force: there is nothing to approve");
    let load = LoadPolicies { bundle: bundle.clone(), replaces: of.replaces.clone() };
    let operation = Operation::LoadPolicies(load);
    let bytes = String::from_utf8(operation.to_bytes())?;
    // Approvals of other policies, or in place of others, are worth nothing now.
    let earlier = found.approval.filter(|approval| approval.operation == bytes);
    let mut approval = earlier.unwrap_or(Signed { operation: bytes, statements: Vec::new() });

    approval.statements.push(of.card.open()?.state(Act::Approve, operation.hash())?);
    write_approval(&of.folder.join(APPROVAL), &approval)?;
    let signed = approval.statements.len();
    let next = if signed < POLICY_APPROVALS {
        "another security officer must sign too"
    } else {
        "give service and signer this folder, then send the service SIGHUP or restart both"
    };
    Ok(format!("approved {bundle}\nin place of {}\nsignatures: {signed} of {POLICY_APPROVALS}; {next}\n", of.replaces))
}

/// Whole or not at all: a service may be reading.
///
/// # Errors
/// If the file system refuses.
pub(super) fn write_approval(path: &Path, approval: &Signed) -> anyhow::Result<()> {
    let new = path.with_extension("new");
    let text = serde_json::to_vec_pretty(approval)?;
    std::fs::write(&new, text).and_then(|()| std::fs::rename(&new, path)).context("writing the approval")
}
