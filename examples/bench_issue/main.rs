//! What issuing costs: certificates a second and processor time for each, beside OpenBao.
//!
//! A quickstart installation on each database, and OpenBao on its durable storage, are up at once. Applications are
//! made, identified and approved beforehand; then clients with kept TLS connections have the certificates issued as
//! fast as they are answered, in rounds that alternate with OpenBao's (A B, B A, …), so that a busy machine slows all
//! alike. Processor time is that of the servers' processes (service, signer with its token, database), never the
//! clients'. One failed request or wrong certificate voids the run.
//!
//! `cargo xtask bench issue` lends the database and the peer; `-- --help` lists what can be chosen.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a benchmark prints its result")]
#![expect(clippy::disallowed_methods, reason = "a benchmark measures time and waits for other processes")]

mod caller;
mod cards;
mod contest;
mod enrol;
mod judge;
mod openbao;
mod process;
mod report;
mod sigill;
mod syncs;
mod wait;

use anyhow::{Context, Result, ensure};
use clap::Parser;
use contest::{Contestant, Supply, number};
use enrol::PURPOSES;
use judge::Judge;
use openbao::OpenBao;
use sigill::{Engine, Installation};
use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};
use syncs::Syncs;

#[derive(Debug, Parser)]
struct Arguments {
    /// Pairs of rounds for each comparison; odd
    #[arg(long, default_value_t = 9)]
    pairs: usize,
    /// Cards in a round, each with two certificates
    #[arg(long, default_value_t = 400)]
    cards: usize,
    /// Cards in a request, for each series; each divides the cards of a round
    #[arg(long = "tray", default_values_t = [50, 1])]
    trays: Vec<usize>,
    /// Clients, each with a connection
    #[arg(long, default_value_t = 8)]
    clients: usize,
    /// Databases to measure on
    #[arg(long = "engine", value_enum, default_values_t = [Engine::Sqlite, Engine::Postgres])]
    engines: Vec<Engine>,
}

#[tokio::main]
async fn main() -> Result<()> {
    let arguments = Arguments::parse();
    // Fails only if a provider is set, and then by nobody else than this program.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let folder = Folder::make()?;
    let mut installations = Vec::new();
    for engine in &arguments.engines {
        installations.push(Arc::new(Installation::start(&folder.0, *engine).await?));
    }
    let peer = OpenBao::start(&folder.0).await?;
    println!("{}, {} clients, both servers up at once", peer.version, arguments.clients);
    wait::pause(IDLE).await;
    for installation in &installations {
        report::memory(&format!("{}, idle after start", installation.engine.name()), &installation.parts)?;
    }
    let mut bench = Bench { arguments, folder: &folder.0, peer: contestant_peer(&peer, &folder.0)?, people: 0 };
    bench.set_clients(&peer)?;
    for installation in &installations {
        bench.engine(installation).await?;
    }
    Ok(())
}

/// What stays the same over all comparisons.
struct Bench<'a> {
    arguments: Arguments,
    folder: &'a Path,
    peer: Contestant,
    /// Test people used so far.
    people: usize,
}

impl Bench<'_> {
    fn set_clients(&mut self, peer: &OpenBao) -> Result<()> {
        self.peer.callers = (0..self.arguments.clients).map(|_| peer.caller()).collect::<Result<_>>()?;
        Ok(())
    }

    /// All figures of one installation.
    async fn engine(&mut self, installation: &Arc<Installation>) -> Result<()> {
        let name = installation.engine.name();
        let mut ours = self.contestant(installation)?;
        for tray in self.arguments.trays.clone() {
            let (pairs, cards) = (self.arguments.pairs, self.arguments.cards);
            ensure!(tray > 0 && cards % tray == 0, "{cards} cards do not fill trays of {tray}");
            let (requests, certificates) = (cards / tray, tray * PURPOSES.len());
            // A round to warm up, the pairs, one by threads, one under strace.
            let mut supply = Supply::once(self.requests(installation, (pairs + 3) * cards, tray).await?);
            let mut peer_supply = Supply::endless(OpenBao::requests(requests * certificates)?);
            ours.round(supply.take(requests)?, certificates).await?;
            self.peer.round(peer_supply.take(requests)?, 1).await?;
            let (us, them) = ((&mut ours, &mut supply), (&mut self.peer, &mut peer_supply));
            let rounds = contest::pairs(pairs, requests, certificates, us, them).await?;
            report::pairs(&format!("{name}, cards in a request: {tray}"), &installation.parts, &rounds);
            threads(&mut ours, supply.take(requests)?, certificates).await?;
            self.syncs(&ours, supply.take(requests)?, certificates).await?;
        }
        let peer_requests = OpenBao::requests(self.arguments.cards)?;
        self.syncs(&self.peer, peer_requests, 1).await?;
        report::memory(&format!("{name}, after the load"), &installation.parts)
    }

    async fn requests(
        &mut self,
        installation: &Arc<Installation>,
        count: usize,
        tray: usize,
    ) -> Result<Vec<caller::Prepared>> {
        let begun = Instant::now();
        let ready = enrol::requests(installation, self.people, count, tray).await?;
        self.people += count;
        eprintln!("{count} applications approved on {} in {:.0?}", installation.engine.name(), begun.elapsed());
        installation.settle().await?;
        Ok(ready)
    }

    fn contestant(&self, installation: &Arc<Installation>) -> Result<Contestant> {
        let issuers = installation.manifest["issuers"].as_array().context("issuers")?;
        let person = issuers.iter().filter_map(|issuer| issuer["certificate"].as_str());
        let intermediate = person.map(PathBuf::from).find(|path| path.to_string_lossy().contains("person"));
        Ok(Contestant {
            callers: (0..self.arguments.clients).map(|_| installation.officer("card-desk")).collect::<Result<_>>()?,
            parts: installation.parts.clone(),
            judge: Judge {
                read: |answer| {
                    let cards = answer["cards"].as_array().into_iter().flatten();
                    let issued = cards.filter_map(|card| card["certificates"].as_array()).flatten();
                    issued.filter_map(|one| Some((one["serial"].as_str()?, one["pem"].as_str()?))).collect()
                },
                root: installation.at("trust_anchor")?.into(),
                intermediate,
                folder: self.folder.to_owned(),
                seen: HashSet::new(),
            },
            followed: Some(Arc::clone(installation)),
        })
    }

    /// A round under strace: how many syncs carry how many certificates.
    async fn syncs(&self, server: &Contestant, requests: Vec<caller::Prepared>, certificates: usize) -> Result<()> {
        let issued = requests.len() * certificates;
        let syncs = Syncs::begin(&server.parts, self.folder.join("strace")).await?;
        server.drive(requests).await?;
        let calls = syncs.end()?;
        let names = server.parts.iter().map(|part| part.name).collect::<Vec<_>>().join(", ");
        let ratio = number(calls) / number(issued);
        println!("  {names}: {calls} syncs for {issued} certificates, {ratio:.2} each");
        Ok(())
    }
}

fn contestant_peer(peer: &OpenBao, folder: &Path) -> Result<Contestant> {
    Ok(Contestant {
        callers: vec![peer.caller()?],
        parts: vec![peer.part.clone()],
        judge: Judge {
            read: |answer| {
                let data = &answer["data"];
                data["serial_number"].as_str().zip(data["certificate"].as_str()).into_iter().collect()
            },
            root: peer.root.clone(),
            intermediate: None,
            folder: folder.to_owned(),
            seen: HashSet::new(),
        },
        followed: None,
    })
}

/// A round by groups of threads, what follows the answers included.
async fn threads(server: &mut Contestant, requests: Vec<caller::Prepared>, certificates: usize) -> Result<()> {
    let issued = number(requests.len() * certificates);
    let parts = server.parts.clone();
    let before = parts.iter().map(process::Part::threads).collect::<Result<Vec<_>>>()?;
    server.round(requests, certificates).await?;
    println!("  by threads, µs for a certificate, OCSP answers included:");
    for (part, before) in parts.iter().zip(before) {
        for (name, seconds) in part.threads()? {
            let micros = (seconds - before.get(&name).unwrap_or(&0.0)) * 1e6 / issued;
            if micros >= 1.0 {
                println!("    {:<10} {name:<18} {micros:>6.0}", part.name);
            }
        }
    }
    Ok(())
}

/// A folder on the same disk as the build, removed at the end.
struct Folder(PathBuf);

impl Folder {
    fn make() -> Result<Self> {
        let target = sigill::program()?.parent().and_then(Path::parent).context("the target folder")?.to_owned();
        let path = target.join(format!("bench/issue-{}", std::process::id()));
        std::fs::create_dir_all(&path)?;
        Ok(Self(path))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        if let Err(error) = std::fs::remove_dir_all(&self.0) {
            eprintln!("{} is left: {error}", self.0.display());
        }
    }
}

/// How long a service is left alone before its memory is read.
const IDLE: Duration = Duration::from_secs(5);
