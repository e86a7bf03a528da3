//! `sigill signer`: the process that holds the CA keys, and what custodians say to it.

pub(super) mod transcripts;
mod unlock;

use crate::cli::memory;
use crate::clock::System;
use crate::config::LogConfig;
use crate::crash::{Crash, NotACrash, SIGNER_VARIABLE};
use crate::signer::config::{Mode, SignerConfig};
use crate::signer::core::Core;
use crate::signer::fault::POINTS;
use crate::signer::server::{Server, Stop};
use crate::signer::token::{CaPool, CaToken};
use crate::signer::unlock::door::Door;
use crate::signer::unlock::quorum::Quorum;
use crate::signer::unlock::shared_pin::SharedPin;
use crate::signer::unlock::vault::Vault;
use crate::telemetry;
use anyhow::Context;
use hsm::Module;
use std::collections::BTreeSet;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// `sigill signer …`.
#[derive(Debug, clap::Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct SignerArguments {
    #[command(subcommand)]
    command: Option<SignerCommand>,
    /// The signer's configuration file
    #[arg(long, default_value = "signer.toml")]
    config: PathBuf,
    /// PKCS#11 module, where the configuration says `auto`
    #[arg(long)]
    module: Option<String>,
    /// Stop when standard input is closed: the process that started this one is gone
    #[arg(long)]
    exit_with_parent: bool,
}

#[derive(Debug, clap::Subcommand)]
enum SignerCommand {
    /// Give a custodian's share to a signer that is locked
    Unlock(unlock::UnlockArguments),
}

/// Runs a command of `sigill signer`, or the signer itself until it is told to end.
///
/// # Errors
/// If the configuration, the journal, the token or the socket cannot be used; the text says why.
pub fn run(arguments: SignerArguments) -> anyhow::Result<()> {
    match arguments.command {
        Some(SignerCommand::Unlock(of)) => {
            memory::keep().context("keeping secrets in memory")?;
            unlock::run(&of)
        }
        None => serve(&arguments.config, arguments.module.map(Module::from), arguments.exit_with_parent),
    }
}

/// `module` stands in where the configuration says `auto`.
fn serve(config: &Path, module: Option<Module>, exit_with_parent: bool) -> anyhow::Result<()> {
    telemetry::logs(&LogConfig::default())?;
    let mut config = SignerConfig::load(config)?;
    if config.mode == Mode::Production || config.token.shares.is_some() {
        memory::keep().context("keeping secrets in memory")?;
    }
    if let (Module::Auto, Some(module)) = (&config.token.module, module) {
        config.token.module = module;
    }
    let proven = transcripts::read(&config)?;
    let Held { token, vault } = Held::of(&config, proven.ca_keys)?;
    let core = Core::open(&config, token, Arc::new(System)).context("the signer does not start")?;
    let core = Arc::new(rehearsing(core.with_custodians(proven.custodians), config.mode)?);
    if let Some(vault) = vault {
        Door::bind(&config, vault, Arc::clone(&core))?.attend().context("attending the custodians' door")?;
    }
    let server = Server::bind(&config, core)?;
    if exit_with_parent {
        let stop = server.stop();
        std::thread::Builder::new().name("signer-parent".to_owned()).spawn(move || end_with_parent(&stop))?;
    }
    server.run().context("serving")
}

/// The token with the CA keys.
struct Held {
    /// Open or locked.
    token: Arc<dyn CaToken>,
    /// What custodians open it with, if it is locked.
    vault: Option<Arc<Vault>>,
}

impl Held {
    /// `transcribed` are the keys that may have been out of the token.
    fn of(config: &SignerConfig, transcribed: BTreeSet<[u8; 32]>) -> anyhow::Result<Self> {
        let settings = config.token.clone();
        if let Some(shares) = &config.token.shares {
            let quorum = Quorum::new(SharedPin::read(shares)?, config.unlock_window_seconds.into());
            let open = move |pin| {
                let token = CaPool::open(settings.with_pin(pin), transcribed.clone())?;
                Ok(Arc::new(token) as Arc<dyn CaToken>)
            };
            let vault = Arc::new(Vault::new(quorum, Box::new(open), Arc::new(System)));
            return Ok(Self { token: Arc::clone(&vault) as _, vault: Some(vault) });
        }
        let pin = settings.pin.as_ref().context("the configuration was checked: it names a PIN")?.read()?;
        let token = CaPool::open(settings.with_pin(pin), transcribed).context("opening the token")?;
        Ok(Self { token: Arc::new(token), vault: None })
    }
}

/// Outside production the environment may ask for a crash at a named step, so that tests can rehearse every one of them
/// in the real process.
fn rehearsing(core: Core, mode: Mode) -> Result<Core, NotACrash> {
    if mode == Mode::Production {
        return Ok(core);
    }
    Ok(match Crash::wanted(SIGNER_VARIABLE, POINTS)? {
        Some(crash) => core.crash_at(crash),
        None => core,
    })
}

/// Standard input ends when whoever holds its other end does, however that happens.
fn end_with_parent(stop: &Stop) {
    let mut input = std::io::stdin().lock();
    let mut ignored = [0; 64];
    while input.read(&mut ignored).is_ok_and(|octets| octets > 0) {}
    tracing::info!("the parent process is gone");
    stop.stop();
}
