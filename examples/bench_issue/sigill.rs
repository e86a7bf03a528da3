//! `sigill quickstart` in a folder of its own.

use crate::caller::Caller;
use crate::process::{Part, children, parent};
use crate::wait::{pause, until};
use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use std::fs::File;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// Where an installation keeps what it knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Engine {
    /// A file, WAL, synchronous FULL.
    Sqlite,
    /// The server that was lent, with its default settings.
    Postgres,
}

/// A running installation, stopped when dropped.
pub(crate) struct Installation {
    /// Which database.
    pub(crate) engine: Engine,
    /// The data folder.
    pub(crate) data: PathBuf,
    /// `quickstart.json`.
    pub(crate) manifest: Value,
    /// Service, signer, and the database if it is a server.
    pub(crate) parts: Vec<Part>,
    service: Child,
}

impl Installation {
    /// Sets up and starts an installation under `folder`.
    ///
    /// # Errors
    /// If the program is not built, or does not become ready.
    pub(crate) async fn start(folder: &Path, engine: Engine) -> Result<Self> {
        let folder = folder.join(engine.name());
        std::fs::create_dir_all(&folder)?;
        let (data, log) = (folder.join("data"), File::create(folder.join("log"))?);
        let mut command = Command::new(program()?);
        command.args(["quickstart", "--port-base", &free_ports()?.to_string(), "--data"]).arg(&data);
        command.env_remove("SOFTHSM2_CONF").stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log);
        let server = if engine == Engine::Postgres { Some(Postgres::lent()?) } else { None };
        if let Some(server) = &server {
            command.args(["--database", &server.make_database()?]);
        }
        let service = command.spawn()?;
        let mut installation =
            Self { engine, data, manifest: Value::Null, parts: vec![Part::alone("service", service.id())], service };
        installation.become_ready(&folder.join("log")).await?;
        if let Some(server) = server {
            installation.parts.push(server.part()?);
        }
        Ok(installation)
    }

    async fn become_ready(&mut self, log: &Path) -> Result<()> {
        let path = self.data.join("quickstart.json");
        until(LONGEST_START, || {
            let ended = self.service.try_wait()?;
            ensure!(ended.is_none(), "sigill ended: {}", std::fs::read_to_string(log)?);
            Ok(path.exists())
        })
        .await?;
        self.manifest = serde_json::from_slice(&std::fs::read(&path)?)?;
        let signer = children(self.service.id())?.into_iter().next().context("the service has no signer")?;
        self.parts.push(Part::alone("signer", signer));
        Ok(())
    }

    /// An address or a file of the manifest.
    ///
    /// # Errors
    /// If it is not there.
    pub(crate) fn at(&self, name: &str) -> Result<&str> {
        self.manifest[name].as_str().with_context(|| format!("the manifest has no {name}"))
    }

    /// The person of the first agency with this role and no other, as the manifest has them.
    ///
    /// # Errors
    /// If nobody has.
    pub(crate) fn person(&self, role: &str) -> Result<&Value> {
        let people = self.manifest["people"].as_array().context("people")?;
        people.iter().find(|person| person["roles"] == json!([role])).with_context(|| format!("nobody is {role}"))
    }

    /// The officers' listener as that person, over a new connection.
    ///
    /// # Errors
    /// If nobody has the role.
    pub(crate) fn officer(&self, role: &str) -> Result<Caller> {
        Caller::with_certificate(self.at("officer_url")?, Path::new(self.at("tls_ca")?), self.person(role)?)
    }

    /// Waits until every certificate has its published OCSP answer.
    ///
    /// # Errors
    /// If that takes too long.
    pub(crate) async fn settle(&self) -> Result<()> {
        let status = Caller::with_token(self.at("status_url")?, Path::new(self.at("tls_ca")?), None)?;
        for _ in 0..SETTLE_TRIES {
            pause(SETTLE_PAUSE).await;
            let health = status.get("/health").await?;
            let published = health["published"].as_array().context("what is published")?;
            if published.iter().all(|issuer| issuer["waiting"] == 0) {
                return Ok(());
            }
        }
        anyhow::bail!("OCSP answers are still missing")
    }
}

impl Drop for Installation {
    fn drop(&mut self) {
        let asked = Command::new("kill").args(["-s", "TERM", &self.service.id().to_string()]).status();
        if let Err(error) = asked.and_then(|_| self.service.wait()) {
            eprintln!("the service was lost: {error}");
        }
    }
}

impl Engine {
    /// In tables and folders.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Sqlite => "sqlite",
            Self::Postgres => "postgres",
        }
    }
}

/// The lent PostgreSQL server.
struct Postgres {
    url: String,
}

impl Postgres {
    fn lent() -> Result<Self> {
        let url = std::env::var("SIGILL_BENCH_POSTGRES");
        Ok(Self { url: url.context("SIGILL_BENCH_POSTGRES is not set: use `cargo xtask bench issue`")? })
    }

    /// Makes an empty database and gives its address.
    fn make_database(&self) -> Result<String> {
        let name = format!("bench_issue_{}", std::process::id());
        self.ask(&format!("create database {name}"))?;
        let (server, _) = self.url.rsplit_once('/').context("the address names a database")?;
        Ok(format!("{server}/{name}"))
    }

    /// The server and everything below it.
    fn part(&self) -> Result<Part> {
        let below = self.ask("select pid from pg_stat_activity where backend_type = 'checkpointer'")?;
        Ok(Part { name: "database", id: parent(below.parse()?)?, with_children: true })
    }

    fn ask(&self, statement: &str) -> Result<String> {
        let output = Command::new("psql").args(["-AtX", "-d", &self.url, "-c", statement]).output()?;
        ensure!(output.status.success(), "psql: {}", String::from_utf8_lossy(&output.stderr));
        Ok(String::from_utf8(output.stdout)?.trim().to_owned())
    }
}

/// The program itself, beside the examples.
pub(crate) fn program() -> Result<PathBuf> {
    let example = std::env::current_exe()?;
    let program = example.parent().and_then(Path::parent).context("the folder of the build")?.join("sigill");
    ensure!(program.is_file(), "{} is not built: use `cargo xtask bench issue`", program.display());
    Ok(program)
}

/// Ten free ports in a row.
fn free_ports() -> Result<u16> {
    let free = |base: &u16| (0..10).all(|offset| TcpListener::bind(("127.0.0.1", base + offset)).is_ok());
    (20_000..30_000).step_by(10).find(free).context("ten free ports in a row")
}

const LONGEST_START: Duration = Duration::from_mins(1);
const SETTLE_TRIES: u32 = 300;
const SETTLE_PAUSE: Duration = Duration::from_millis(200);
