//! The commands, a file each.

pub mod audit;
mod card;
pub mod card_desk;
pub mod ceremony;
pub mod check;
mod connection;
mod custodians;
pub mod demo;
mod emergency;
mod evidence;
pub mod key;
mod memory;
pub mod policy;
pub mod quickstart;
pub mod serve;
pub mod signer;
mod tenant;
pub mod token;

use crate::config::Config;
use anyhow::Context;
use clap::{Parser, Subcommand};
use std::path::PathBuf;

/// E-identity and certificate service for the public sector.
#[derive(Debug, Parser)]
#[command(name = "sigill", version)]
pub struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the service in the foreground until SIGTERM
    Serve(ConfigArguments),
    /// Run the process that holds the CA keys
    Signer(signer::SignerArguments),
    /// Explain what is wrong with a configuration, or say that nothing is
    Check(ConfigArguments),
    /// Set up a demo installation, if there is none, and run it
    Quickstart(quickstart::QuickstartArguments),
    /// The set-up of `quickstart`, in a process of its own
    #[command(hide = true)]
    QuickstartSetup(quickstart::QuickstartArguments),
    /// Play with a running demo installation, as an outside client
    Demo(demo::DemoArguments),
    /// Hold a key ceremony, and verify its transcript
    Ceremony(ceremony::CeremonyArguments),
    /// Verify the audit log
    Audit(audit::AuditArguments),
    /// Verify an exported package of evidence, with nothing but the root
    Evidence(evidence::EvidenceArguments),
    /// See CA keys, and have them go on in their lives under two security officers' signatures
    Key(key::KeyArguments),
    /// See agencies, and lead them through the phases
    Tenant(tenant::TenantArguments),
    /// Compare and approve policies
    Policy(policy::PolicyArguments),
    /// Appoint officers when too few are left to approve anything, or stop that
    Emergency(emergency::EmergencyArguments),
    /// Personalise a card at the desk: keys, requests, certificates, PIN and PUK
    Card(card_desk::CardArguments),
    /// Back up, restore and verify SoftHSM2 tokens
    Token(token::TokenArguments),
}

impl Command {
    /// Whether it sees PINs, shares or codes. A demo's are in files; whether the signer's are, its configuration says.
    const fn holds_secrets(&self) -> bool {
        matches!(
            self,
            Self::Serve(_)
                | Self::Ceremony(_)
                | Self::Card(_)
                | Self::Token(_)
                | Self::Key(_)
                | Self::Policy(_)
                | Self::Emergency(_)
        )
    }
}

#[derive(Debug, clap::Args)]
struct ConfigArguments {
    /// Configuration file
    #[arg(long, default_value = "sigill.toml")]
    config: PathBuf,
}

/// Runs the command that the arguments name and ends the process with it.
pub fn main() -> ! {
    let code = match run(Arguments::parse()) {
        Ok(()) => 0,
        Err(error) => {
            // The alternate form names every cause. Nobody is left to be told that the output is gone.
            let _ = std::io::Write::write_fmt(&mut std::io::stderr(), format_args!("sigill: {error:#}\n"));
            1
        }
    };
    hsm::leave(code)
}

/// Runs a command.
///
/// # Errors
/// Whatever the command could not do.
fn run(arguments: Arguments) -> anyhow::Result<()> {
    if arguments.command.holds_secrets() {
        memory::keep().context("keeping secrets in memory")?;
    }
    match arguments.command {
        Command::Serve(of) => {
            let config = Config::load(&of.config)?;
            quickstart::leftovers::refuse_demo_leftovers(&config)?;
            tokio::runtime::Runtime::new()?.block_on(serve::run(config, |_| Ok(())))
        }
        Command::Signer(of) => signer::run(of),
        Command::Check(of) => check::run(&of.config),
        Command::Quickstart(of) => quickstart::run(&of),
        Command::QuickstartSetup(of) => quickstart::set_up(&of),
        Command::Demo(of) => demo::run(&of),
        Command::Ceremony(of) => ceremony::run(&of),
        Command::Audit(of) => audit::run(&of),
        Command::Evidence(of) => evidence::run(&of),
        Command::Key(of) => key::run(&of),
        Command::Tenant(of) => tenant::run(&of),
        Command::Policy(of) => policy::run(&of),
        Command::Emergency(of) => emergency::run(&of),
        Command::Card(of) => card_desk::run(&of),
        Command::Token(of) => token::run(&of),
    }
}
