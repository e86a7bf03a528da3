//! `sigill quickstart`: from an empty folder to a running demo service.
//!
//! The first run holds the key ceremony of the demo in a child process; every run serves from what it left.
//! `DIR/sigill.toml` is obeyed as it stands. Nothing of this works in production mode.

pub(crate) mod demo;
pub(crate) mod environment;
mod folder;
pub mod leftovers;
mod logins;
pub(crate) mod manifest;
pub(crate) mod people;
pub(crate) mod policies;
mod ports;
pub(crate) mod report;
mod service;
mod setup;
pub(crate) mod software;
pub(crate) mod tokens;

pub(crate) use crate::ceremony::{files, layout};

use crate::app::App;
use crate::config::{Config, Mode};
use anyhow::{Context, bail};
use folder::Lock;
use hsm::Module;
use layout::Layout;
use manifest::{HsmEntry, IssuerEntry, Manifest, PersonEntry};
use ports::{DEFAULT_BASE, Ports};
use std::path::PathBuf;
use std::process::Command;

/// Arguments of `sigill quickstart`.
#[derive(Debug, clap::Args)]
pub struct QuickstartArguments {
    /// Folder of the installation.
    #[arg(long, default_value = "sigill-data")]
    data: PathBuf,
    /// First port; the others come after it. Fixed by the first run, since ports stand in certificates [default: 8440]
    #[arg(long)]
    port_base: Option<u16>,
    /// Empty database for the first run, such as <postgres://user@host/name> [default: a SQLite file in the folder]
    #[arg(long)]
    database: Option<String>,
    /// PKCS#11 module of the first run's tokens: a path, `auto` for SoftHSM2, or `embedded` where the program was built
    /// with a token of its own [default: auto; embedded if there is no SoftHSM2]
    #[arg(long)]
    module: Option<String>,
}

impl QuickstartArguments {
    /// Where the first run makes tokens.
    fn module(&self) -> Module {
        match &self.module {
            Some(asked) => Module::from(asked.clone()),
            None if cfg!(feature = "embedded-token") && Module::Auto.locate().is_err() => Module::Embedded,
            None => Module::Auto,
        }
    }
}

/// Lets this program see the tokens of a folder.
///
/// # Errors
/// If the command cannot be started again.
pub(super) fn enter(layout: &Layout) -> anyhow::Result<()> {
    environment::enter(&[
        (environment::VARIABLE, &layout.softhsm()),
        (hsm::EMBEDDED_VARIABLE, &layout.embedded_tokens()),
    ])
}

/// Sets up if need be, serves until SIGTERM or SIGINT.
///
/// # Errors
/// If the folder, the ports, the set-up or the service fail.
pub fn run(arguments: &QuickstartArguments) -> anyhow::Result<()> {
    let layout = Layout::new(&arguments.data)?;
    folder::claim(&layout)?;
    enter(&layout)?;
    let first_run = !folder::is_ready(&layout);
    if first_run {
        let ports = Ports::new(arguments.port_base.unwrap_or(DEFAULT_BASE))?;
        set_up_in_child(&layout, ports, arguments)?;
    }
    let _lock = Lock::take(&layout)?;
    files::remove(&layout.manifest())?;
    let config = Config::load(&layout.config())?;
    check(&config, arguments)?;
    serve(config, layout)
}

/// The set-up itself; the hidden command `sigill quickstart-setup`.
///
/// # Errors
/// If the folder is not waiting for a set-up, or anything cannot be made.
pub fn set_up(arguments: &QuickstartArguments) -> anyhow::Result<()> {
    let layout = Layout::new(&arguments.data)?;
    let ports = Ports::new(arguments.port_base.unwrap_or(DEFAULT_BASE))?;
    let _lock = Lock::take(&layout)?;
    folder::clear(&layout)?;
    let database = arguments.database.clone().unwrap_or_else(|| format!("sqlite://{}", layout.database().display()));
    setup::run(&layout, ports, &database, &arguments.module())
}

/// Runs the set-up in another process, so that the one that serves never knew a CA's PIN.
fn set_up_in_child(layout: &Layout, ports: Ports, arguments: &QuickstartArguments) -> anyhow::Result<()> {
    report::say(&format!("Setting up {} (tokens, key ceremony, people) ...\n", layout.data().display()))?;
    let status = Command::new(std::env::current_exe()?)
        .arg("quickstart-setup")
        .arg("--data")
        .arg(layout.data())
        .arg("--port-base")
        .arg(ports.base().to_string())
        .args(arguments.database.iter().flat_map(|database| ["--database", database]))
        .args(["--module", &String::from(arguments.module())])
        .status()
        .context("starting the set-up")?;
    if !status.success() {
        bail!("the set-up failed ({status}); the next run begins again");
    }
    Ok(())
}

fn check(config: &Config, arguments: &QuickstartArguments) -> anyhow::Result<()> {
    if config.mode == Mode::Production {
        bail!("quickstart does not run in production mode");
    }
    let made_with = config.listen.status.port();
    if let Some(asked) = arguments.port_base.filter(|asked| *asked != made_with) {
        bail!(
            "this installation was made with --port-base {made_with}, which stands in its certificates; \
             for {asked} choose another --data"
        );
    }
    if arguments.database.as_ref().is_some_and(|asked| *asked != config.database) {
        bail!("this installation was made on another database, which sigill.toml names; choose another --data");
    }
    Ok(())
}

fn serve(config: Config, layout: Layout) -> anyhow::Result<()> {
    let text = std::fs::read(layout.people()).with_context(|| format!("cannot read {}", layout.people().display()))?;
    let people = serde_json::from_slice(&text).with_context(|| format!("{}", layout.people().display()))?;
    let manifest = describe(&config, &layout, people)?;
    let path = layout.manifest();
    let gone = path.clone();
    let ports = Ports::new(config.listen.status.port())?;
    let ready = move |app: &crate::app::App| {
        report::say(&report::render(&manifest, &layout, &service::url(ports)))?;
        manifest.write(&path)?;
        // It ends with the runtime, as the service does.
        drop(tokio::spawn(service::run(App::clone(app), layout, manifest, ports)));
        Ok(())
    };
    let served = tokio::runtime::Runtime::new()?.block_on(super::serve::run(config, ready));
    files::remove(&gone)?;
    served
}

/// What exists and where.
fn describe(config: &Config, layout: &Layout, people: Vec<PersonEntry>) -> anyhow::Result<Manifest> {
    let pin_file = match &config.hsm.pin {
        hsm::PinSource::File(path) => path.clone(),
        other => bail!("quickstart needs the PIN of the service's token in a file, not {other:?}"),
    };
    let api_url = format!("https://localhost:{}", config.listen.api.port());
    Ok(Manifest {
        status_url: format!("http://127.0.0.1:{}", config.listen.status.port()),
        tsa_url: config
            .timestamps
            .as_ref()
            .map(|stamps| format!("http://{}{}", stamps.listen, crate::config::timestamps::PATH)),
        openapi_url: format!("{api_url}/openapi.json"),
        api_url,
        officer_url: format!("https://localhost:{}", config.listen.officers.port()),
        tls_ca: config.tls.root.clone(),
        trust_anchor: config.tls.root.clone(),
        issuers: config.issuers.iter().map(IssuerEntry::of).collect(),
        database: config.database.strip_prefix("sqlite://").unwrap_or(&config.database).to_owned(),
        hsm: HsmEntry {
            module: config.hsm.module.locate()?,
            config: if config.hsm.module == Module::Embedded { layout.embedded_tokens() } else { layout.softhsm() },
            token_label: config.hsm.token_label.clone(),
            pin_file,
        },
        people,
    })
}
