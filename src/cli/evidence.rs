//! `sigill evidence`: judges an exported package offline.

use crate::cli::quickstart::report::say;
use crate::service::evidence::verify::verify;
use anyhow::Context;
use pki::certificate::Certificate;
use std::path::PathBuf;

/// `sigill evidence …`.
#[derive(Debug, clap::Args)]
pub(super) struct EvidenceArguments {
    #[command(subcommand)]
    command: EvidenceCommand,
}

#[derive(Debug, clap::Subcommand)]
enum EvidenceCommand {
    /// Check the seal, every file, every signature and every certificate of a package
    Verify {
        /// The package
        file: PathBuf,
        /// The root's certificate, PEM, from somewhere else than the package
        #[arg(long)]
        root: PathBuf,
    },
}

/// Runs a command of `sigill evidence`.
///
/// # Errors
/// The first thing that is wrong with the package.
pub(super) fn run(arguments: &EvidenceArguments) -> anyhow::Result<()> {
    let EvidenceCommand::Verify { file, root } = &arguments.command;
    let read = |path: &PathBuf| std::fs::read(path).with_context(|| format!("cannot read {}", path.display()));
    let pem = String::from_utf8(read(root)?).with_context(|| format!("{} is not PEM", root.display()))?;
    let root = Certificate::from_pem(&pem).with_context(|| format!("{} is not a certificate", root.display()))?;
    let sound = verify(&read(file)?, &root)?;
    let manifest = &sound.manifest;
    say(&format!(
        "evidence of card {} of {} is sound: {} files, {} signatures, {} certificates, {} records of the log\n\
         made {} by {}, when the log had {} records and ended with {}\n",
        manifest.card,
        manifest.agency,
        manifest.files.len(),
        sound.statements,
        sound.certificates,
        sound.records,
        manifest.made_at,
        manifest.made_by,
        manifest.log.0,
        manifest.log.1,
    ))
}
