//! The first run's work, in a process of its own.

use super::layout::Layout;
use super::ports::Ports;
use super::{demo, files, logins, people, policies, tokens};
use crate::ceremony::register::register;
use crate::ceremony::run::{Progress, Setup, hold};
use crate::ceremony::script::{Host, Script};
use crate::ceremony::service_file::{self, Service};
use crate::clock::{Entropy, System};
use crate::custody::TokenCustody;
use crate::policies::PolicyFolder;
use crate::signer::config::Mode;
use anyhow::{Context, bail};
use domain::id::hex;
use hsm::Module;

/// Makes everything that an installation is made of. The folder holds the marker of an unfinished
/// set-up, the tokens' configuration, and nothing else.
///
/// # Errors
/// If anything cannot be made; the folder is then useless, and the next run begins again.
pub(crate) fn run(layout: &Layout, ports: Ports, database: &str, module: &Module) -> anyhow::Result<()> {
    for private in [layout.tokens(), layout.tls()] {
        files::private_folder(&private)?;
    }
    if *module == Module::Embedded {
        // Before any token is made: the module reads it once.
        files::private(&layout.embedded_tokens(), hsm::embedded_configuration(&layout.tokens(), EMBEDDED_SLOTS))?;
    }
    policies::write(&layout.policies(), Mode::Demo)?;
    let bundle = PolicyFolder::read(&layout.policies())?.bundle;
    let runtime = tokio::runtime::Runtime::new()?;

    let text = demo::script(ports, module);
    let (script, mut answers) = (Script::from_toml(&text)?, demo::answers(&text)?);
    let setup = Setup { script: &text, host: Host::Only, layout, policies: &bundle, after: None, rehearsal: false };
    if let Progress::Waiting(file) = hold(setup, &mut answers).context("the key ceremony")? {
        bail!("the demo's ceremony has one host and waits for another: {file}");
    }
    let keys = tokens::service(layout, &script)?;
    let store = runtime.block_on(store::open(database, TokenCustody::of(&keys))).context("making the database")?;
    let registered = register(store.as_ref(), layout, &bundle, &System);
    runtime.block_on(registered).context("registering what the ceremony made")?;
    if script.has_cards() {
        tokens::create(module, tokens::SPARE, &layout.pin(tokens::SPARE), &System)?;
    }

    files::private(&layout.register(), REGISTER)?;
    files::private(&layout.subject_key(), hex(&[System.random16(), System.random16()].concat()))?;
    let people = people::describe(&script, layout)?;
    files::private(&layout.people(), serde_json::to_vec_pretty(&people)?)?;
    let listen = [ports.status(), ports.api(), ports.officers()];
    let service = Service { origin: ORIGIN, database, listen, more: &logins::section(ports, layout) };
    files::public(&layout.config(), service_file::render(&script, &service, layout))?;
    Ok(files::remove(&layout.unfinished())?)
}

/// The people of a demo's register.
const REGISTER: &str = include_str!("register.json");
/// How the service's configuration begins.
const ORIGIN: &str = "\
Sigill, demo installation. Made by the first `sigill quickstart` on this folder and obeyed as it
stands by every later one. Unknown keys are errors; `sigill check --config FILE` explains.";
/// Root, issuing CAs, service: cards need a module that other programs can load.
const EMBEDDED_SLOTS: u32 = 3;
