//! `sigill key`: the CA keys of a running service, and the acts on them that two security officers approve.
//!
//! An act is a file: one command writes what is to happen, each officer's card signs it, and the last command has the
//! service and the signer do it.

mod online;

use super::card::CardArguments;
use super::connection::Connection;
use super::quickstart::report::say;
use crate::ceremony::files;
use crate::service::publish::same_subject;
use anyhow::{Context, bail, ensure};
use domain::evidence::{KEY_ACT_APPROVALS, KEY_ACT_MAX_AGE_DAYS, Signed};
use domain::id::hex;
use domain::key::KeyState;
use domain::operation::{Act, AddTrustAnchor, MoveKey, Operation};
use pki::certificate::Certificate;
use std::path::{Path, PathBuf};

/// `sigill key …`.
#[derive(Debug, clap::Args)]
pub struct KeyArguments {
    #[command(subcommand)]
    command: KeyCommand,
}

#[derive(Debug, clap::Subcommand)]
enum KeyCommand {
    /// Show every CA key: its state, its dates, how many days its certificate has left
    List(Connection),
    /// Write the act that lets a new CA issue
    Activate {
        #[command(flatten)]
        of: ActArguments,
        /// Certificate of its OCSP signer, PEM: the CA may certify the next ones under this name
        #[arg(long)]
        responder: Option<PathBuf>,
    },
    /// Write the act after which a CA only answers for what it issued
    StatusOnly(ActArguments),
    /// Write the act that ends a CA: its last CRL is signed, and then nothing more
    Retire(ActArguments),
    /// Write the act that destroys the key of a retired CA
    Destroy {
        #[command(flatten)]
        of: ActArguments,
        /// It was never active
        #[arg(long)]
        unused: bool,
    },
    /// Write the act for a CA whose key may be in other hands: it stops, and all that it signed is revoked
    Compromised {
        #[command(flatten)]
        of: ActArguments,
        /// It is status-only already, and becomes retired
        #[arg(long)]
        status_only: bool,
    },
    /// Write the act that adds a root to those that are trusted
    Trust(ActArguments),
    /// Sign an act with a security officer's card
    Approve(ApproveArguments),
    /// Have an act done that enough officers signed
    Execute {
        /// The act
        act: PathBuf,
        #[command(flatten)]
        connection: Connection,
    },
    /// List every certificate of a CA with its holder, for whoever must be told
    Affected(online::AffectedArguments),
}

#[derive(Debug, clap::Args)]
struct ActArguments {
    /// Name of the CA, as `sigill key list` shows it
    name: String,
    /// Its certificate, PEM
    #[arg(long)]
    certificate: PathBuf,
    /// Where the act is written
    #[arg(long)]
    act: PathBuf,
}

#[derive(Debug, clap::Args)]
struct ApproveArguments {
    /// The act
    act: PathBuf,
    #[command(flatten)]
    card: CardArguments,
}

/// Runs a command of `sigill key`.
///
/// # Errors
/// What is wrong with a file or a card, or why the service refuses.
pub fn run(arguments: &KeyArguments) -> anyhow::Result<()> {
    use KeyState::{Active, Destroyed, Generated, Retired, StatusOnly};
    match &arguments.command {
        KeyCommand::List(connection) => say(&online::list(connection)?),
        KeyCommand::Activate { of, responder } => {
            let signer = responder.as_deref().map(certificate).transpose()?;
            let ocsp_signer = signer.as_ref().map(same_subject);
            write(of, &Operation::MoveKey(MoveKey { ocsp_signer, ..moved(of, Generated, Active)? }))
        }
        KeyCommand::StatusOnly(of) => write(of, &Operation::MoveKey(moved(of, Active, StatusOnly)?)),
        KeyCommand::Retire(of) => write(of, &Operation::MoveKey(moved(of, StatusOnly, Retired)?)),
        KeyCommand::Destroy { of, unused } => {
            let from = if *unused { Generated } else { Retired };
            write(of, &Operation::MoveKey(moved(of, from, Destroyed)?))
        }
        KeyCommand::Compromised { of, status_only } => {
            let (from, to) = if *status_only { (StatusOnly, Retired) } else { (Active, StatusOnly) };
            write(of, &Operation::MoveKey(MoveKey { compromised: true, ..moved(of, from, to)? }))
        }
        KeyCommand::Trust(of) => write(of, &Operation::AddTrustAnchor(anchor(of)?)),
        KeyCommand::Approve(of) => say(&approve(of)?),
        KeyCommand::Execute { act, connection } => say(&online::execute(&read(act)?, connection)?),
        KeyCommand::Affected(of) => say(&online::affected(of)?),
    }
}

fn certificate(path: &Path) -> anyhow::Result<Certificate> {
    Certificate::from_pem(&files::read_text(path)?).with_context(|| format!("{}", path.display()))
}

fn moved(of: &ActArguments, from: KeyState, to: KeyState) -> anyhow::Result<MoveKey> {
    let found = certificate(&of.certificate)?;
    Ok(MoveKey {
        issuer: of.name.clone(),
        key: hex(&found.public_key().fingerprint()),
        certificate: hex(&found.fingerprint()),
        from,
        to,
        compromised: false,
        ocsp_signer: None,
    })
}

fn anchor(of: &ActArguments) -> anyhow::Result<AddTrustAnchor> {
    let root = certificate(&of.certificate)?;
    ensure!(root.verify_issued_by(&root).is_ok(), "{} is no root: it did not sign itself", of.certificate.display());
    Ok(AddTrustAnchor {
        name: of.name.clone(),
        key: hex(&root.public_key().fingerprint()),
        certificate: hex(&root.fingerprint()),
    })
}

/// Nothing is signed yet; an act that lies there already is left alone.
fn write(of: &ActArguments, operation: &Operation) -> anyhow::Result<()> {
    let path = of.act.display();
    if of.act.exists() {
        bail!("{path} exists: officers may have signed it; choose another name");
    }
    let bytes = String::from_utf8(operation.to_bytes())?;
    files::private(&of.act, serde_json::to_vec_pretty(&Signed { operation: bytes, statements: Vec::new() })?)?;
    say(&format!(
        "{}\n\nwritten to {path}: {KEY_ACT_APPROVALS} security officers sign it within {KEY_ACT_MAX_AGE_DAYS} days with \
         `sigill key approve {path}`\n",
        serde_json::to_string_pretty(operation)?
    ))
}

fn read(path: &Path) -> anyhow::Result<Signed> {
    serde_json::from_str(&files::read_text(path)?).with_context(|| format!("{} is no act", path.display()))
}

/// Shows the act and signs it: nobody signs what they did not see.
fn approve(of: &ApproveArguments) -> anyhow::Result<String> {
    let mut act = read(&of.act)?;
    let operation = Operation::from_bytes(act.operation.as_bytes())?;
    ensure!(operation.is_key_act(), "{} is no act on keys", of.act.display());
    act.statements.push(of.card.open()?.state(Act::Approve, operation.hash())?);
    files::private(&of.act, serde_json::to_vec_pretty(&act)?)?;
    let signed = act.statements.len();
    let next = if signed < KEY_ACT_APPROVALS {
        "another security officer must sign too"
    } else if matches!(operation, Operation::CertifyAuthorities(_)) {
        "the ceremony that wrote it goes on with it"
    } else {
        "`sigill key execute` has it done"
    };
    let shown = serde_json::to_string_pretty(&operation)?;
    Ok(format!("{shown}\nsignatures: {signed} of {KEY_ACT_APPROVALS}; {next}\n"))
}
