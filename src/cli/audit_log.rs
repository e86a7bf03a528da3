//! `sigill audit`: the command around [`audit`](super::audit).

use super::quickstart::environment;
use super::quickstart::layout::Layout;
use crate::config::Config;
use crate::service::audit::AUDIT_SEAL;
use anyhow::Context;
use domain::id::hex;
use pki::key::{KeyId, Signer};
use std::io::Write;
use std::path::PathBuf;

/// Arguments of `sigill audit`.
#[derive(Debug, clap::Args)]
pub struct AuditArguments {
    #[command(subcommand)]
    command: Command,
    /// Folder of the installation, with `sigill.toml` in it
    #[arg(long, global = true, default_value = "sigill-data")]
    data: PathBuf,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Verify the whole log, and that it still contains what a checkpoint signed
    Verify {
        /// An exported checkpoint
        #[arg(long)]
        checkpoint: Option<PathBuf>,
    },
    /// Print a checkpoint, signed by the audit seal; keep it elsewhere
    Checkpoint,
}

/// Runs an audit command. The service may run or not.
///
/// # Errors
/// What is wrong with the log, the checkpoint or the installation.
pub fn run(arguments: &AuditArguments) -> anyhow::Result<()> {
    let layout = Layout::new(&arguments.data)?;
    if layout.softhsm().exists() {
        environment::enter(&layout.softhsm())?;
    }
    let config = Config::load(&layout.config())?;
    tokio::runtime::Runtime::new()?.block_on(async {
        let said = match &arguments.command {
            Command::Verify { checkpoint } => verify(&config, checkpoint.as_deref()).await?,
            Command::Checkpoint => checkpoint(config).await?,
        };
        Ok(writeln!(std::io::stdout(), "{said}")?)
    })
}

async fn verify(config: &Config, checkpoint: Option<&std::path::Path>) -> anyhow::Result<String> {
    let keys = hsm::Pool::open(config.hsm.token()?)?;
    let seal = Signer::public_key(&keys, &KeyId::new(AUDIT_SEAL)).context("the key that seals the log")?;
    let verified = super::audit::verify(config, &seal, checkpoint).await?;
    let against = if checkpoint.is_some() { ", and it contains what the checkpoint signed" } else { "" };
    Ok(format!(
        "audit log verified: {} records, {} personal values, ends with {}{against}",
        verified.head.size,
        verified.personal_values,
        hex(&verified.head.hash)
    ))
}

async fn checkpoint(config: Config) -> anyhow::Result<String> {
    let app = crate::app::start(config).await?;
    Ok(crate::service::audit::checkpoint(&app).await?)
}
