//! `sigill token`: copies of closed `SoftHSM2` tokens, and of single keys that may leave theirs, and the proof that a copy
//! works.
//!
//! A token of keys that never leave is kept safe as a whole: its folder keeps what the token says of its keys. A copy is
//! worth what it can prove, so each is opened by itself, in a process of its own, and must sign with every key before it
//! is called a backup or put where a token belongs. Putting it back needs two security officers besides.

mod approval;
pub mod backup;
mod content;
mod proof;
mod workbench;
mod wrapped;

use crate::cli::custodians::{self, code_file};
use crate::cli::quickstart::files;
use crate::cli::quickstart::report::say;
use anyhow::{Context, bail, ensure};
use backup::Backup;
use content::Content;
use hsm::{Module, PinSource};
use proof::{Facts, Opener};
use std::path::{Path, PathBuf};
use workbench::Workbench;

/// `sigill token …`.
#[derive(Debug, clap::Args)]
pub struct TokenArguments {
    #[command(subcommand)]
    command: TokenCommand,
}

#[derive(Debug, clap::Subcommand)]
enum TokenCommand {
    /// Copy the folder of a SoftHSM2 token that nobody uses into one file
    Backup {
        /// The token's folder, below `directories.tokendir` of SoftHSM2
        folder: PathBuf,
        /// The file to make
        #[arg(long)]
        out: PathBuf,
        #[command(flatten)]
        opener: OpenerArguments,
    },
    /// Approve that a backup is restored, with a security officer's card or, for a root's token, a custodian's code; adds to
    /// a file of approvals
    Approve(approval::ApproveArguments),
    /// Put a token back from a backup file, once it is approved and it has proved itself
    Restore(RestoreArguments),
    /// Take one key of backup mode `wrap` out of its token, under the token's wrapping key
    Wrap(wrapped::WrapArguments),
    /// Bring such a key back, once it is approved
    Unwrap(wrapped::UnwrapArguments),
    /// Let a backup file, or a token that was restored from it, prove itself
    Verify {
        /// The backup file
        file: PathBuf,
        /// A token's folder to hold to the backup, instead of the backup's own content
        #[arg(long)]
        folder: Option<PathBuf>,
        #[command(flatten)]
        opener: OpenerArguments,
    },
    /// Open the one token of the environment and print what it proves, for the other commands
    #[command(hide = true)]
    Prove {
        /// SoftHSM2's module; the PIN is the first line of standard input
        #[arg(long)]
        module: String,
    },
}

#[derive(Debug, clap::Args)]
struct RestoreArguments {
    /// The backup file
    file: PathBuf,
    /// Folder of the tokens: `directories.tokendir` of SoftHSM2
    #[arg(long)]
    tokens: PathBuf,
    /// File of the officers' approvals
    #[arg(long)]
    approval: PathBuf,
    /// Configuration of the signer, which is stopped: its officers approve, its journal records
    #[arg(long)]
    signer: PathBuf,
    #[command(flatten)]
    opener: OpenerArguments,
}

#[derive(Debug, clap::Args)]
struct OpenerArguments {
    /// File with the token's user PIN in its first line
    #[arg(long, required_unless_present = "shares", conflicts_with = "shares")]
    pin_file: Option<PathBuf>,
    /// File with the PIN split among custodians, whose codes are asked for
    #[arg(long)]
    shares: Option<PathBuf>,
    /// CUSTODIAN=FILE with that custodian's code; nobody is asked then
    #[arg(long = "code", value_parser = code_file, requires = "shares")]
    codes: Vec<(String, PathBuf)>,
    /// SoftHSM2's module: a path, or `auto`
    #[arg(long, default_value = "auto")]
    module: String,
}

impl OpenerArguments {
    /// The PIN comes from the file, or from the custodians.
    fn opener(&self) -> anyhow::Result<Opener> {
        let pin = match (&self.pin_file, &self.shares) {
            (Some(file), _) => PinSource::File(file.clone()).read()?,
            (None, Some(shares)) => custodians::pin(shares, &self.codes.iter().cloned().collect())?,
            (None, None) => bail!("name a PIN file or a file with shares"),
        };
        Ok(Opener { module: Module::from(self.module.clone()), pin })
    }
}

/// Runs a command of `sigill token`.
///
/// # Errors
/// Why there is no backup, no restored token or no proof.
pub fn run(arguments: &TokenArguments) -> anyhow::Result<()> {
    match &arguments.command {
        TokenCommand::Backup { folder, out, opener } => make(folder, out, &opener.opener()?),
        TokenCommand::Approve(of) => approval::approve(of),
        TokenCommand::Restore(of) => restore(of),
        TokenCommand::Wrap(of) => wrapped::wrap(of),
        TokenCommand::Unwrap(of) => wrapped::unwrap(of),
        TokenCommand::Verify { file, folder, opener } => verify(file, folder.as_deref(), &opener.opener()?),
        TokenCommand::Prove { module } => {
            let opener = Opener { module: Module::from(module.clone()), pin: proof::given_pin()? };
            say(&format!("{}\n", serde_json::to_string(&opener.prove()?)?))
        }
    }
}

fn make(folder: &Path, out: &Path, opener: &Opener) -> anyhow::Result<()> {
    ensure!(!out.exists(), "{} exists already", out.display());
    let content = Content::read(folder)?;
    let facts = proof_of(&content, opener).context("the copy does not prove itself")?;
    ensure!(
        Content::read(folder)? == content,
        "{} changed while it was copied: stop whatever uses the token",
        folder.display()
    );
    let backup = Backup::new(content, facts);
    files::private(out, backup.to_bytes())?;
    say(&format!("{}backup {}\n", backup.facts(), out.display()))
}

fn restore(of: &RestoreArguments) -> anyhow::Result<()> {
    let backup = read(&of.file)?;
    let target = of.tokens.join(backup.content().name());
    ensure!(!target.exists(), "{} exists already: a restore overwrites nothing", target.display());
    let signer = approval::signer(&of.signer)?;
    let approved = signer
        .check_restore(&approval::read(&of.approval)?, approval::restoring(backup.facts(), &backup.to_bytes())?)?;
    let bench = Workbench::beside(&of.tokens, backup.content().name())?;
    bench.put(backup.content())?;
    hold(&bench, &backup, &of.opener.opener()?)?;
    let approvers = approved.approvers().join(", ");
    signer.record_restore(approved)?;
    bench.move_to(&target)?;
    say(&format!("{}approved by {approvers}\nrestored {}\n", backup.facts(), target.display()))
}

fn verify(file: &Path, folder: Option<&Path>, opener: &Opener) -> anyhow::Result<()> {
    let backup = read(file)?;
    let bench = Workbench::temporary()?;
    match folder {
        Some(folder) => bench.put(&Content::read(folder)?)?,
        None => bench.put(backup.content())?,
    }
    hold(&bench, &backup, opener)?;
    say(&format!("{}proved {}\n", backup.facts(), folder.unwrap_or(file).display()))
}

fn read(file: &Path) -> anyhow::Result<Backup> {
    let bytes = std::fs::read(file).with_context(|| format!("cannot read {}", file.display()))?;
    Backup::from_bytes(&bytes).with_context(|| format!("{}", file.display()))
}

fn proof_of(content: &Content, opener: &Opener) -> anyhow::Result<Facts> {
    let bench = Workbench::temporary()?;
    bench.put(content)?;
    opener.ask(bench.configuration())
}

/// Refuses a token that is not, key by key, the one of the backup.
fn hold(bench: &Workbench, backup: &Backup, opener: &Opener) -> anyhow::Result<()> {
    let proven = opener.ask(bench.configuration()).context("the token does not prove itself")?;
    if proven != *backup.facts() {
        bail!("the token is not the one of the backup:\n{proven}the backup names:\n{}", backup.facts());
    }
    Ok(())
}
