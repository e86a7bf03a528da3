//! `sigill signer`: the process that holds the CA keys.

use crate::clock::System;
use crate::config::LogConfig;
use crate::crash::{Crash, NotACrash, SIGNER_VARIABLE};
use crate::signer::config::{Mode, SignerConfig};
use crate::signer::core::Core;
use crate::signer::fault::POINTS;
use crate::signer::server::{Server, Stop};
use crate::telemetry;
use anyhow::Context;
use hsm::{Module, Pool};
use std::io::Read;
use std::path::Path;
use std::sync::Arc;

/// Runs the signer until it is told to end. `module` stands in where the configuration says `auto`.
///
/// # Errors
/// If the configuration, the journal, the token or the socket cannot be used; the text says why.
pub fn run(config: &Path, module: Option<Module>, exit_with_parent: bool) -> anyhow::Result<()> {
    telemetry::logs(&LogConfig::default())?;
    let mut config = SignerConfig::load(config)?;
    if let (Module::Auto, Some(module)) = (&config.token.module, module) {
        config.token.module = module;
    }
    let token = Pool::open(config.token.read()?).context("opening the token")?;
    let core = Core::open(&config, Arc::new(token), Arc::new(System)).context("the signer does not start")?;
    let server = Server::bind(&config, Arc::new(rehearsing(core, config.mode)?))?;
    if exit_with_parent {
        let stop = server.stop();
        std::thread::Builder::new().name("signer-parent".to_owned()).spawn(move || end_with_parent(&stop))?;
    }
    server.run().context("serving")
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
