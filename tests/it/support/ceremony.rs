//! Ceremonies of the real program, and the services that they found.

use super::Stopwatch;
use super::installation::{free_ports, pause, signal};
use sigill::ceremony::script::Script;
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;
use testkit::TestFolder;

/// The demo's ceremony as published.
pub const DEMO: &str = include_str!("../../../policies/ceremony/demo.toml");
/// What its people say to it.
pub const DEMO_ANSWERS: &str = include_str!("../../../policies/ceremony/demo.answers.toml");

/// A file, answers, and the folder of a ceremony.
pub struct Room {
    /// Everything is in it.
    pub folder: TestFolder,
    /// Text of the ceremony's file.
    pub script: String,
    /// Text of the answers.
    pub answers: String,
}

impl Room {
    /// A demo with one agency.
    pub fn new(name: &str) -> Self {
        let one_agency = DEMO.rsplit_once("[[agency]]").unwrap().0.to_owned();
        Self::with(name, one_agency)
    }

    /// Any file for the demo's participants.
    pub fn with(name: &str, script: String) -> Self {
        let id = Script::from_toml(&script).unwrap().id;
        let answers = DEMO_ANSWERS
            .replace(&Script::digest(DEMO).to_string(), &Script::digest(&script).to_string())
            .replace("ceremony = \"demo\"", &format!("ceremony = \"{id}\""));
        Self { folder: TestFolder::new(name), script, answers }
    }

    /// A path in the folder.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Runs `sigill ceremony run` with the answers into the folder `out`.
    pub fn run(&self, out: &str, more: &[&str]) -> Output {
        std::fs::write(self.path("answers.toml"), &self.answers).unwrap();
        let answers = self.path("answers.toml");
        self.command(out, more).arg("--answers").arg(answers).output().unwrap()
    }

    /// The same without answers.
    pub fn command(&self, out: &str, more: &[&str]) -> Command {
        std::fs::write(self.path("script.toml"), &self.script).unwrap();
        let mut command = sigill(&["ceremony", "run"]);
        command.arg(self.path("script.toml")).arg("--out").arg(self.path(out)).args(more);
        command
    }

    /// A demo with one agency whose signer two custodians open.
    pub fn locked(name: &str) -> Self {
        Self::new(name).edited(r#"unlock = "unattended""#, r#"unlock = "quorum""#)
    }

    /// With another text in its file, and answers that belong to it.
    pub fn edited(self, from: &str, to: &str) -> Self {
        assert!(self.script.contains(from), "{from}");
        let script = self.script.replace(from, to);
        let answers =
            self.answers.replace(&Script::digest(&self.script).to_string(), &Script::digest(&script).to_string());
        Self { script, answers, ..self }
    }

    /// A file with the code of a participant.
    pub fn code(&self, participant: &str) -> PathBuf {
        let mine = DEMO_ANSWERS.split("[[answer]]").find(|one| one.contains(&format!("\"{participant}\""))).unwrap();
        let file = self.path(&format!("{participant}.code"));
        std::fs::write(&file, mine.split("code = \"").nth(1).unwrap().split('"').next().unwrap()).unwrap();
        file
    }

    /// A custodian gives a share to the signer of `out`, with somebody's code.
    pub fn unlock(&self, out: &str, custodian: &str, code_of: &str) -> Output {
        let mut command = sigill(&["signer", "unlock", "--custodian", custodian, "--config"]);
        command.arg(self.signer_config(out)).arg("--code-file").arg(self.code(code_of)).output().unwrap()
    }

    /// The signer's configuration.
    pub fn signer_config(&self, out: &str) -> PathBuf {
        self.path(out).join("signer/signer.toml")
    }

    /// `sigill serve` with what the ceremony left in `out`, on ports of its own.
    pub fn serve(&self, out: &str) -> Service {
        let config = self.path(out).join("sigill.toml");
        let text = std::fs::read_to_string(&config).unwrap();
        let base = free_ports();
        let ports = [(8440, base), (8441, base + 1), (8442, base + 2)];
        let text = ports.iter().fold(text, |text, (from, to)| {
            let (from, to) = (format!("\"127.0.0.1:{from}\""), format!("\"127.0.0.1:{to}\""));
            text.replace(&from, &to)
        });
        let own = self.path(out).join("sigill.test.toml");
        std::fs::write(&own, text).unwrap();
        let log = std::fs::File::options().create(true).append(true).open(self.path("test.log")).unwrap();
        let mut command = sigill(&["serve", "--config"]);
        command.arg(own).env("SOFTHSM2_CONF", self.path(out).join("softhsm2.conf"));
        let process = command.stdout(log.try_clone().unwrap()).stderr(log).spawn().unwrap();
        Service { process, base, log: self.path("test.log") }
    }

    /// Without the answers of these participants.
    pub fn without(mut self, absent: &[&str]) -> Self {
        for participant in absent {
            let answer = self.answers.split("\n[[answer]]").find(|one| one.contains(&format!("\"{participant}\"")));
            let answer = format!("\n[[answer]]{}", answer.unwrap());
            self.answers = self.answers.replace(&answer, "");
        }
        self
    }

    /// Everybody confirms these steps only.
    pub fn up_to(mut self, steps: &str) -> Self {
        self.answers = self.answers.replace("\ncode = ", &format!("\nsteps = {steps}\ncode = "));
        self
    }
}

/// The program.
pub fn sigill(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_sigill"));
    command.args(arguments).env_remove("SOFTHSM2_CONF").stdin(Stdio::null());
    command
}

/// It succeeded; what it said.
#[track_caller]
pub fn done(output: &Output) -> String {
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{out}\n{err}");
    out.into_owned()
}

/// It was refused, and said why.
#[track_caller]
pub fn refused(output: &Output, why: &str) {
    let err = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success() && err.contains(why), "wanted {why:?}, got {err}");
}

/// A running service; stopped when dropped.
pub struct Service {
    process: Child,
    base: u16,
    log: PathBuf,
}

impl Service {
    /// Waits until the public listener answers.
    pub fn wait_for_status(&self) {
        self.wait_for(0);
    }

    /// Waits until there is a TLS certificate, which the infrastructure CA signed.
    pub fn wait_for_api(&self) {
        self.wait_for(1);
    }

    /// Whether the listener with the TLS certificate is there.
    pub fn has_api(&self) -> bool {
        self.connects(1)
    }

    /// What the public gets at a path; an error is the HTTP status.
    pub fn get(&self, path: &str) -> Result<Vec<u8>, String> {
        let url = format!("http://127.0.0.1:{}{path}", self.base);
        let output = Command::new("curl").args(["-sS", "--fail", &url]).output().unwrap();
        let said = || String::from_utf8_lossy(&output.stderr).into_owned();
        if output.status.success() { Ok(output.stdout.clone()) } else { Err(said()) }
    }

    /// Waits until every CA has its first CRL. What `/health` says then.
    pub fn wait_for_health(&self) -> String {
        let watch = Stopwatch::start();
        loop {
            match self.get("/health") {
                Ok(page) => return String::from_utf8(page).unwrap(),
                Err(said) => assert!(watch.elapsed() < LONGEST_START, "{said}"),
            }
            pause(Duration::from_millis(100));
        }
    }

    fn wait_for(&self, listener: u16) {
        let watch = Stopwatch::start();
        while !self.connects(listener) {
            let log = || std::fs::read_to_string(&self.log).unwrap_or_default();
            assert!(watch.elapsed() < LONGEST_START, "listener {listener} is not there:\n{}", log());
            pause(Duration::from_millis(20));
        }
    }

    fn connects(&self, listener: u16) -> bool {
        TcpStream::connect(("127.0.0.1", self.base + listener)).is_ok()
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        // It may have ended by itself.
        if self.process.try_wait().unwrap().is_none() {
            signal(self.process.id(), "TERM");
            self.process.wait().unwrap();
        }
    }
}

const LONGEST_START: Duration = Duration::from_secs(30);
