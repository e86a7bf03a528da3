//! `sigill ceremony adopt`: gives a stopped installation what a later ceremony made. Nothing of it signs before two
//! security officers activate it.

use super::say;
use crate::ceremony::layout::Layout;
use crate::ceremony::script::{Host, Script};
use crate::ceremony::service_file;
use crate::ceremony::transcript::verify;
use crate::ceremony::{files, register, signer_files};
use crate::clock::System;
use crate::config::Config;
use crate::custody::TokenCustody;
use crate::policies::PolicyFolder;
use crate::signer::config::{IssuerKind, SignerConfig};
use anyhow::{Context, ensure};
use std::path::{Path, PathBuf};

/// Arguments of `sigill ceremony adopt`.
#[derive(Debug, clap::Args)]
pub(super) struct AdoptArguments {
    /// Folder of the finished ceremony; it stays where it is, since the configurations name its certificates
    folder: PathBuf,
    /// The service's configuration
    #[arg(long, default_value = "sigill.toml")]
    config: PathBuf,
    /// The signer's configuration
    #[arg(long, default_value = "signer.toml")]
    signer_config: PathBuf,
}

/// Adds the CAs to both configurations and tells the database. What is there already is left as it is.
///
/// # Errors
/// If the transcript is not sound, or is of a first ceremony, or something cannot be written.
pub(super) fn run(of: &AdoptArguments) -> anyhow::Result<()> {
    let layout = Layout::new(&of.folder)?;
    let sound = verify::judge_folder(layout.data(), &files::read_text(&layout.transcript())?)?;
    let script = &sound.script;
    ensure!(script.continues.is_some(), "this ceremony founds an installation of its own: there is nothing to adopt");
    ensure!(sound.host != Host::Root, "adopt the folder of the issuing host");
    let config = Config::load(&of.config)?;
    tell_database(&config, &layout)?;
    let signer = configure_signer(&of.signer_config, script, &layout)?;
    let service = configure_service(&of.config, &config, script, &layout)?;
    let mut names: Vec<String> = signer.into_iter().chain(service).collect();
    names.sort();
    names.dedup();
    say(&format!(
        "added: {}\nStart the service and the signer again; nothing new signs before two security officers say so \
         (`sigill key trust`, `sigill key activate`).\n",
        if names.is_empty() { "nothing, it was there".to_owned() } else { names.join(", ") }
    ))
}

/// In one unit: what was adopted once is not adopted again.
fn tell_database(config: &Config, layout: &Layout) -> anyhow::Result<()> {
    let policies = PolicyFolder::read(&layout.policies())?.bundle;
    tokio::runtime::Runtime::new()?.block_on(async {
        let keys = hsm::Pool::open(config.hsm.token()?).context("opening the service's token")?;
        let store = store::open(&config.database, TokenCustody::of(&keys)).await.context("opening the database")?;
        if register::is_registered(store.as_ref(), layout).await? {
            return Ok(());
        }
        register::register(store.as_ref(), layout, &policies, &System).await.context("registering the ceremony")
    })
}

fn configure_signer(path: &Path, script: &Script, layout: &Layout) -> anyhow::Result<Vec<String>> {
    let mut signer = SignerConfig::load(path)?;
    let made = signer_files::configuration(script, Host::Only, layout, signer.allowed_uid);
    let mut added = Vec::new();
    for issuer in made.issuers.into_iter().filter(|issuer| issuer.kind != IssuerKind::Root) {
        if !signer.issuers.iter().any(|known| known.name == issuer.name) {
            added.push(issuer.name.clone());
            signer.issuers.push(issuer);
        }
    }
    if script.makes_root() {
        for anchor in made.anchors.into_iter().filter(|anchor| !signer.anchors.contains(anchor)).collect::<Vec<_>>() {
            added.push(script.root().name());
            signer.anchors.push(anchor);
        }
    }
    signer.check()?;
    files::private(path, toml::to_string(&signer)?)?;
    Ok(added)
}

fn configure_service(path: &Path, config: &Config, script: &Script, layout: &Layout) -> anyhow::Result<Vec<String>> {
    let mut text = files::read_text(path)?;
    let mut added = Vec::new();
    for authority in script.authorities.iter().skip(usize::from(!script.makes_root())) {
        if !config.issuers.iter().any(|known| known.name == authority.name()) {
            text.push_str(&service_file::issuer(authority, script, layout));
            added.push(authority.name());
        }
    }
    files::public(path, text)?;
    Config::load(path)?;
    Ok(added)
}
