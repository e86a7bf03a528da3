//! `sigill signer unlock`: a custodian gives their share.

use crate::cli::custodians::code;
use crate::cli::quickstart::report::say;
use crate::signer::config::SignerConfig;
use crate::signer::unlock::door::{Said, give};
use crate::signer::unlock::shared_pin::SharedPin;
use anyhow::{Context, bail};
use std::path::PathBuf;

#[derive(Debug, clap::Args)]
pub(super) struct UnlockArguments {
    /// The signer's configuration file
    #[arg(long, default_value = "signer.toml")]
    config: PathBuf,
    /// Who gives a share, as the ceremony's file names them
    #[arg(long)]
    custodian: String,
    /// File with the custodian's code in its first line; else it is asked for
    #[arg(long)]
    code_file: Option<PathBuf>,
}

/// Opens the custodian's share with their code and gives it to the signer.
///
/// # Errors
/// If the code is not theirs, no locked signer runs here, or the share is not taken.
pub(super) fn run(of: &UnlockArguments) -> anyhow::Result<()> {
    let config = SignerConfig::load(&of.config)?;
    let shares = config.token.shares.as_deref().context("this signer opens its token by itself: nothing is locked")?;
    let shares = SharedPin::read(shares)?;
    let code = code(&format!("opens token {}", shares.token), &of.custodian, of.code_file.as_deref())?;
    let share = shares.open_share(&of.custodian, &code.share_opener())?;
    let socket = config.unlock_socket();
    let said = give(&socket, &of.custodian, &share);
    match said.with_context(|| format!("no locked signer answers at {}", socket.display()))? {
        Said::Waiting { given, needed } => {
            let seconds = config.unlock_window_seconds;
            say(&format!("{given} of {needed} given; the shares are forgotten {seconds} seconds after the first\n"))
        }
        Said::Open { problem: None } => say("enough were given: the token is open\n"),
        Said::Open { problem: Some(problem) } => bail!("enough were given, but the token cannot be used: {problem}"),
        Said::Refused { why } => bail!("{why}"),
    }
}
