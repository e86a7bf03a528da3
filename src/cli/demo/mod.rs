//! `sigill demo`: an outside client of a running quickstart installation.
//!
//! It knows what `quickstart.json` says and nothing else of the service: it speaks HTTPS as the
//! officers do, and their virtual cards sign through PKCS#11.

pub(crate) mod api;
mod applicant;
mod card;
mod cards;
mod env;
mod issue;
mod officers;
mod order;
mod proof;
pub(crate) mod rp;
mod shell;
mod statements;
mod status;
mod story;

use super::quickstart::environment;
use super::quickstart::layout::Layout;
use super::quickstart::manifest::Manifest;
use crate::config::{Config, Mode};
use anyhow::{Context, bail};
use std::path::PathBuf;

/// Arguments of `sigill demo`.
#[derive(Debug, clap::Args)]
pub struct DemoArguments {
    #[command(subcommand)]
    command: Command,
    /// Folder of the installation
    #[arg(long, global = true, default_value = "sigill-data")]
    data: PathBuf,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Play the whole story, from application to revoked card, and check every step
    Run,
    /// Have an authentication certificate issued for a request: a new test person, approved by two officers
    Issue {
        /// PKCS#10, PEM
        csr: PathBuf,
        /// Where the certificate goes, PEM
        cert: PathBuf,
    },
    /// Make cards in the states that matter to a relying service, and list what each answers
    Cards,
    /// Sign officers' statements with their virtual cards, for another program: a question a line
    #[command(hide = true)]
    Statements,
    /// Register relying services
    Rp {
        #[command(subcommand)]
        command: rp::Command,
    },
    /// Print the environment of one of the drivers in tests/clients
    Env {
        /// Which driver
        name: env::Driver,
    },
}

/// A running installation, as a client sees it.
pub(crate) struct Demo {
    /// Where its files are.
    pub(crate) layout: Layout,
    /// What it says of itself.
    pub(crate) manifest: Manifest,
}

/// Runs a demo command.
///
/// # Errors
/// If the service is not running, or anything is not as it must be.
pub fn run(arguments: &DemoArguments) -> anyhow::Result<()> {
    let layout = Layout::new(&arguments.data)?;
    let manifest = Manifest::read(&layout.manifest())?;
    let person = manifest.people.first().context("the installation has no people")?;
    if let Some(card) = &person.card {
        environment::enter(&[(environment::VARIABLE, &card.config)])?;
    }
    if Config::load(&layout.config())?.mode == Mode::Production {
        bail!("demo does not run in production mode");
    }
    let demo = Demo { layout, manifest };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        match &arguments.command {
            Command::Run => story::run(&demo).await,
            Command::Issue { csr, cert } => issue::run(&demo, csr, cert).await,
            Command::Cards => cards::run(&demo).await,
            Command::Statements => statements::run(&demo),
            Command::Rp { command } => rp::run(&demo, command).await,
            Command::Env { name } => env::run(&demo, *name).await,
        }
    })
}
