//! `sigill ceremony`: holds a key ceremony, verifies its transcript, and makes participants' codes.

mod adopt;
mod rehearsal;
pub(super) mod terminal;

use super::quickstart::environment;
use super::quickstart::report::say;
use super::quickstart::{demo, policies};
use crate::ceremony::desk::{Answers, Desk};
use crate::ceremony::layout::{Layout, TRANSCRIPT};
use crate::ceremony::participant::Code;
use crate::ceremony::run::{Progress, Setup, hold};
use crate::ceremony::script::{Host, Script};
use crate::ceremony::service_file::{self, Service};
use crate::ceremony::transcript::verify;
use crate::ceremony::{files, register, tokens};
use crate::clock::System;
use crate::custody::TokenCustody;
use crate::policies::PolicyFolder;
use crate::signer::config::Mode;
use anyhow::{Context, bail, ensure};
use domain::bundle::Bundle;
use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use terminal::Terminal;

/// `sigill ceremony …`.
#[derive(Debug, clap::Args)]
pub struct CeremonyArguments {
    #[command(subcommand)]
    command: CeremonyCommand,
}

#[derive(Debug, clap::Subcommand)]
enum CeremonyCommand {
    /// Hold the ceremony of a reviewed file, or go on with it
    Run(RunArguments),
    /// Check a transcript and every file that it names, offline
    Verify {
        /// Folder of the ceremony, or its transcript.json
        path: PathBuf,
    },
    /// Give an installation what a later ceremony made; the service must be stopped
    Adopt(adopt::AdoptArguments),
    /// Make a participant's secret code, and the key for the ceremony's file
    Participant,
}

#[derive(Debug, clap::Args)]
struct RunArguments {
    /// The reviewed file
    file: PathBuf,
    /// Try it out on throw-away tokens and leave nothing
    #[arg(long)]
    dry_run: bool,
    /// Folder of everything that is made; the same again to go on
    #[arg(long, default_value = "ceremony")]
    out: PathBuf,
    /// Folder of the ceremony that the file goes on from, if it says `[continues]`
    #[arg(long)]
    after: Option<PathBuf>,
    /// Answers of all participants, for demos and rehearsals
    #[arg(long)]
    answers: Option<PathBuf>,
    /// Which part this host holds, if the file says `root_on_own_host`
    #[arg(long, value_enum)]
    host: Option<Part>,
    /// Empty database of the service, to be told what was made [default: a SQLite file in the folder]
    #[arg(long)]
    database: Option<String>,
}

/// A part of a ceremony on two hosts.
#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum Part {
    /// The root's key; no network, no database
    Root,
    /// The issuing CAs' keys, OCSP signers and first officers
    Issuing,
}

/// Runs a command of `sigill ceremony`.
///
/// # Errors
/// Why the ceremony stopped and what to do, or what is wrong with a transcript.
pub fn run(arguments: &CeremonyArguments) -> anyhow::Result<()> {
    match &arguments.command {
        CeremonyCommand::Run(of) => run_file(of),
        CeremonyCommand::Verify { path } => verify(path),
        CeremonyCommand::Adopt(of) => adopt::run(of),
        CeremonyCommand::Participant => participant(),
    }
}

fn run_file(arguments: &RunArguments) -> anyhow::Result<()> {
    let text = files::read_text(&arguments.file)?;
    let script = Script::from_toml(&text)?;
    if arguments.answers.is_some() && script.mode == Mode::Production && !arguments.dry_run {
        bail!("an answers file holds every code in one hand: it is for demos and --dry-run");
    }
    let mut answers = arguments.answers.as_deref().map(|path| read_answers(path, &script, &text)).transpose()?;
    let mut terminal = Terminal;
    let desk: &mut dyn Desk = match &mut answers {
        Some(answers) => answers,
        None => &mut terminal,
    };
    if arguments.dry_run {
        ensure!(
            script.continues.is_none(),
            "rehearse it on a copy of the tokens: what it goes on from is not drawn anew"
        );
        return rehearsal::run(&text, &script, desk);
    }
    script.refuse_examples(&Script::from_toml(demo::PUBLISHED)?)?;
    if script.mode == Mode::Production && !std::io::stdin().is_terminal() {
        bail!("participants type their codes at a terminal: whoever pipes them in has every code in one hand");
    }
    let host = host(&script, arguments.host)?;
    let layout = Layout::new(&arguments.out)?;
    let after = arguments.after.as_deref().map(Layout::new).transpose()?;
    match &after {
        Some(after) => go_on(&layout, after, &script)?,
        None => prepare(&layout, &script)?,
    }
    let policies = PolicyFolder::read(&layout.policies())?.bundle;
    let setup =
        Setup { script: &text, host, layout: &layout, policies: &policies, after: after.as_ref(), rehearsal: false };
    // A later ceremony is taken into the installation of the first: see `sigill ceremony adopt`.
    let founds = host != Host::Root && after.is_none();
    let not_registered = founds && layout.transcript().exists() && !layout.config().exists();
    if !not_registered && let Progress::Waiting(next) = hold(setup, desk)? {
        return say(&next);
    }
    if founds {
        hand_over(&layout, &script, arguments.database.as_deref(), &policies)?;
    }
    say(&format!("The ceremony is over. Verify it with: sigill ceremony verify {}\n", layout.data().display()))
}

/// Leaves a service that can start: a database that knows what was made, and a configuration. The configuration comes
/// last: without it the same command goes on from here.
fn hand_over(layout: &Layout, script: &Script, database: Option<&str>, policies: &Bundle) -> anyhow::Result<()> {
    let own = format!("sqlite://{}", layout.database().display());
    let database = database.unwrap_or(&own);
    registered(layout, script, database, policies)?;
    files::private_folder(&layout.tls())?;
    let text = service_file::render(script, &Service::after_ceremony(database), layout);
    files::private(&layout.config(), text)?;
    say(&format!("The service's configuration is {}\n", layout.config().display()))
}

fn read_answers(path: &Path, script: &Script, text: &str) -> anyhow::Result<Answers> {
    let heard: fn(&str) = |text| {
        // Whoever reads along may stop; the ceremony goes on.
        let _ = say(text);
    };
    let answers = Answers::read(&files::read_text(path)?, (&script.id, Script::digest(text)), heard);
    answers.with_context(|| format!("{}", path.display()))
}

fn host(script: &Script, part: Option<Part>) -> anyhow::Result<Host> {
    match (script.root_on_own_host, part) {
        (false, None) => Ok(Host::Only),
        (true, Some(Part::Root)) => Ok(Host::Root),
        (true, Some(Part::Issuing)) => Ok(Host::Issuing),
        (true, None) => bail!("the file wants the root on a host of its own: say --host root or --host issuing"),
        (false, Some(_)) => bail!("the file has one host for everything: leave --host out"),
    }
}

/// The folder, and the environment in which its tokens are found.
fn prepare(layout: &Layout, script: &Script) -> anyhow::Result<()> {
    files::private_folder(layout.data())?;
    policies::write(&layout.policies(), script.mode)?;
    if script.tokens.inside {
        files::private_folder(&layout.tokens())?;
        files::public(&layout.softhsm(), environment::softhsm_configuration(&layout.tokens()))?;
        environment::enter(&[(environment::VARIABLE, &layout.softhsm())])?;
    }
    Ok(())
}

/// As [`prepare`], for a ceremony that goes on from another: under its policies, with its tokens.
fn go_on(layout: &Layout, after: &Layout, script: &Script) -> anyhow::Result<()> {
    files::private_folder(layout.data())?;
    for (path, text) in PolicyFolder::read(&after.policies())?.bundle.iter() {
        let path = layout.policies().join(path);
        files::public_folder(path.parent().unwrap_or(layout.data()))?;
        files::public(&path, text)?;
    }
    if script.tokens.inside {
        files::public(&layout.softhsm(), files::read(&after.softhsm())?)?;
        environment::enter(&[(environment::VARIABLE, &layout.softhsm())])?;
    }
    Ok(())
}

fn registered(layout: &Layout, script: &Script, database: &str, policies: &Bundle) -> anyhow::Result<()> {
    let keys = tokens::service(layout, script)?;
    tokio::runtime::Runtime::new()?.block_on(async {
        let store = store::open(database, TokenCustody::of(&keys)).await.context("opening the database")?;
        register::register(store.as_ref(), layout, policies, &System).await.context("registering the ceremony")
    })
}

fn verify(path: &Path) -> anyhow::Result<()> {
    let file = if path.is_dir() { path.join(TRANSCRIPT) } else { path.to_owned() };
    let folder = file.parent().unwrap_or(Path::new("."));
    let sound = verify::judge_folder(folder, &files::read_text(&file)?)?;
    say(&format!(
        "transcript verified: ceremony {}, {} entries, {} files\n  file (SHA-256)    {}\n  end of the chain  {}\n  \
         sealed by         {}\nCompare these with what the participants and the audit log say.\n",
        sound.script.id,
        sound.entries.len(),
        verify::outputs(&sound.entries).count(),
        sound.digest,
        sound.head,
        domain::id::hex(&sound.seal.fingerprint()),
    ))
}

fn participant() -> anyhow::Result<()> {
    let code = Code::draw(&System);
    say(&format!(
        "code  {}   write it down, show it to nobody; custodians keep it as long as they open tokens, others until the \
         ceremony is over\nkey   {}   for the ceremony's file\nshare_key   {}   for the ceremony's file too, if a \
         custodian's share is to open tokens\n",
        code.reveal(),
        code.voice().key(),
        code.share_opener().key(),
    ))
}
