//! `sigill quickstart` in a folder and on ports of its own.

use super::Stopwatch;
use serde_json::{Value, json};
use std::net::TcpListener;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

/// A running demo installation. Dropped, it is killed and its folder removed.
pub struct Installation {
    folder: PathBuf,
    port_base: u16,
    environment: Vec<(String, String)>,
    /// Its address, if it is not the SQLite file in the folder.
    database: Option<String>,
    /// PKCS#11 module of its tokens, if it is not the one that quickstart finds.
    module: Option<String>,
    /// Length of the log when the service was started last.
    log_before: usize,
    service: Option<Child>,
}

impl Installation {
    /// Sets up and starts an installation.
    pub fn start(name: &str) -> Self {
        Self::start_with(name, &[])
    }

    /// As [`start`](Self::start), with more in the environment of the service.
    pub fn start_with(name: &str, environment: &[(&str, &str)]) -> Self {
        let mut installation = Self::prepare(name);
        installation.set_environment(environment);
        installation.run();
        installation
    }

    /// As [`start`](Self::start), on another database than the file in the folder.
    pub fn start_on(name: &str, database: &str) -> Self {
        let mut installation = Self::prepare(name);
        installation.database = Some(database.to_owned());
        installation.run();
        installation
    }

    /// As [`start`](Self::start), on tokens of another module than quickstart finds.
    #[cfg(feature = "embedded-token")]
    pub fn start_on_module(name: &str, module: &str) -> Self {
        let mut installation = Self::prepare(name);
        installation.module = Some(module.to_owned());
        installation.run();
        installation
    }

    /// A folder's name and ports.
    fn prepare(name: &str) -> Self {
        let count = STARTED.fetch_add(1, Ordering::SeqCst);
        let folder = std::env::temp_dir().join(format!("sigill-it-{}-{count}-{name}", std::process::id()));
        Self {
            folder,
            port_base: free_ports(),
            environment: Vec::new(),
            database: None,
            module: None,
            log_before: 0,
            service: None,
        }
    }

    /// Starts the service again after [`kill`](Self::kill) or [`stop`](Self::stop).
    ///
    /// Returns how long it took until every listener answered.
    pub fn run(&mut self) -> Duration {
        self.try_run().unwrap_or_else(|ended| panic!("quickstart {ended}:\n{}", self.log()))
    }

    /// As [`run`](Self::run); an error says that the service ended before it was ready.
    pub fn try_run(&mut self) -> Result<Duration, String> {
        let begun = Stopwatch::start();
        std::fs::create_dir_all(&self.folder).unwrap();
        self.log_before = self.log().len();
        self.repair_tokens();
        // A killed service leaves it behind, and it would be taken for the new one's.
        let _ = std::fs::remove_file(self.data().join("quickstart.json"));
        let log = std::fs::File::options().create(true).append(true).open(self.folder.join("test.log")).unwrap();
        let service = Command::new(self.program())
            .args(["quickstart", "--data"])
            .arg(self.data())
            .args(["--port-base", &self.port_base.to_string()])
            .args(self.database.iter().flat_map(|database| ["--database", database]))
            .args(self.module.iter().flat_map(|module| ["--module", module]))
            .envs(self.environment.iter().map(|(k, v)| (k, v)))
            .env_remove("SOFTHSM2_CONF")
            .stdin(Stdio::null())
            .stdout(log.try_clone().unwrap())
            .stderr(log)
            .process_group(0)
            .spawn()
            .unwrap();
        self.service = Some(service);
        while !self.data().join("quickstart.json").exists() {
            if let Some(status) = self.service.as_mut().unwrap().try_wait().unwrap() {
                return Err(format!("ended with {status}"));
            }
            assert!(begun.elapsed() < LONGEST_START, "quickstart is not ready:\n{}", self.log());
            pause(Duration::from_millis(5));
        }
        let elapsed = begun.elapsed();
        self.keep_tokens();
        Ok(elapsed)
    }

    /// Gives back what SoftHSM2 lost when its process was killed: it empties a token's description and writes it anew
    /// at every login. No device forgets its keys because a client of it dies.
    pub fn repair_tokens(&self) {
        for (kept, token) in self.token_files() {
            let is_empty = || std::fs::metadata(&token).is_ok_and(|file| file.len() == 0);
            if kept.exists() && is_empty() {
                // Unless a living process is just writing it.
                pause(Duration::from_millis(20));
                if is_empty() {
                    std::fs::copy(&kept, &token).unwrap();
                }
            }
        }
    }

    fn keep_tokens(&self) {
        for (kept, token) in self.token_files() {
            if !kept.exists() && std::fs::metadata(&token).is_ok_and(|file| file.len() > 0) {
                std::fs::copy(&token, &kept).unwrap();
            }
        }
    }

    /// The description of each token, and where a copy of it is kept.
    fn token_files(&self) -> Vec<(PathBuf, PathBuf)> {
        let tokens = std::fs::read_dir(self.data().join("tokens")).into_iter().flatten().map(Result::unwrap);
        let copy = |name: std::ffi::OsString| self.folder.join(format!("token.{}", name.display()));
        tokens.map(|token| (copy(token.file_name()), token.path().join("token.object"))).collect()
    }

    /// What the service's environment has more than the test's, from the next start on.
    pub fn set_environment(&mut self, environment: &[(&str, &str)]) {
        self.environment = environment.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
    }

    /// SIGKILL to the service. The signer child notices and ends.
    pub fn kill(&mut self) {
        if let Some(mut service) = self.service.take() {
            // It may have ended by itself; either way it is gone after the wait.
            let _ = service.kill();
            service.wait().unwrap();
        }
    }

    /// Whether the service has ended by itself.
    pub fn has_ended(&mut self) -> bool {
        self.service.as_mut().is_none_or(|service| service.try_wait().unwrap().is_some())
    }

    /// Whether a signer child of the running service has ended: the service says so before it starts another.
    pub fn signer_has_ended(&self) -> bool {
        self.log()[self.log_before..].contains("the signer process ended")
    }

    /// The signer child, if it runs now.
    pub fn signer_id(&self) -> Option<u32> {
        children(self.service.as_ref()?.id()).into_iter().find(|child| {
            let arguments = std::fs::read(format!("/proc/{child}/cmdline")).unwrap_or_default();
            arguments.split(|octet| *octet == 0).any(|argument| argument == b"signer")
        })
    }

    /// SIGTERM, and wait.
    pub fn stop(&mut self) {
        if let Some(mut service) = self.service.take() {
            signal(service.id(), "TERM");
            service.wait().unwrap();
        }
    }

    /// The program under test, by a name of our own: a service that starts itself again must not meet another build.
    pub fn program(&self) -> PathBuf {
        let own = self.folder.join("sigill");
        if !own.exists() {
            let built = env!("CARGO_BIN_EXE_sigill");
            std::fs::hard_link(built, &own).or_else(|_| std::fs::copy(built, &own).map(|_| ())).unwrap();
        }
        own
    }

    /// The data folder.
    pub fn data(&self) -> PathBuf {
        self.folder.join("data")
    }

    /// What the service printed.
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.folder.join("test.log")).unwrap_or_default()
    }

    /// `quickstart.json`.
    pub fn manifest(&self) -> Value {
        serde_json::from_slice(&std::fs::read(self.data().join("quickstart.json")).unwrap()).unwrap()
    }

    /// An address of the manifest, such as `status_url`.
    pub fn url(&self, name: &str) -> String {
        self.manifest()[name].as_str().unwrap().trim_end_matches('/').to_owned()
    }

    /// The person of an agency (by position) with this role and no other, as the manifest has them;
    /// `employee` has none.
    pub fn person(&self, agency: usize, role: &str) -> Value {
        let manifest = self.manifest();
        let people = manifest["people"].as_array().unwrap();
        let mut agencies: Vec<&Value> = people.iter().map(|person| &person["agency"]).collect();
        agencies.dedup();
        let wanted = if role == "employee" { json!([]) } else { json!([role]) };
        let holds = |person: &&Value| person["agency"] == *agencies[agency] && person["roles"] == wanted;
        people.iter().find(holds).unwrap_or_else(|| panic!("no {role} at agency {agency}")).clone()
    }

    /// Runs another command of the program and gives its standard output; it must succeed.
    pub fn sigill(&self, arguments: &[&str]) -> String {
        let output = self.try_sigill(arguments);
        let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert!(output.status.success(), "sigill {arguments:?}: {}\n{out}\n{err}", output.status);
        out.into_owned()
    }

    /// Runs another command of the program.
    pub fn try_sigill(&self, arguments: &[&str]) -> std::process::Output {
        let mut command = Command::new(self.program());
        command.args(arguments).arg("--data").arg(self.data()).env_remove("SOFTHSM2_CONF").output().unwrap()
    }

    /// `/health` as served, with status 200.
    pub fn health(&self) -> Value {
        let url = format!("{}/health", self.url("status_url"));
        let output = Command::new("curl").args(["-sS", "--fail", &url]).output().unwrap();
        assert!(output.status.success(), "status is served, so health is 200");
        serde_json::from_slice(&output.stdout).unwrap()
    }

    /// The people who are security officers and nothing else, as the manifest has them.
    pub fn security_officers(&self) -> Vec<Value> {
        let manifest = self.manifest();
        let people = manifest["people"].as_array().unwrap().iter();
        people.filter(|person| person["roles"] == json!(["security-officer"])).cloned().collect()
    }

    /// `/openapi.json` as served.
    pub fn openapi(&self) -> Value {
        let manifest = self.manifest();
        let (url, root) = (manifest["openapi_url"].as_str().unwrap(), manifest["tls_ca"].as_str().unwrap());
        let output = Command::new("curl").args(["-sS", "--fail", "--cacert", root, url]).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        serde_json::from_slice(&output.stdout).unwrap()
    }

    /// The signer's journal as text.
    pub fn signer_journal(&self) -> String {
        std::fs::read_to_string(self.data().join("signer/journal")).unwrap()
    }

    /// Process id of the service.
    pub fn service_id(&self) -> u32 {
        self.service.as_ref().unwrap().id()
    }

    /// Path of the folder around the data folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }
}

impl Drop for Installation {
    fn drop(&mut self) {
        self.kill();
        if std::thread::panicking() {
            // What a failed test left behind is what one wants to look at.
            return;
        }
        // A signer that ends a moment later may still write; a folder left in /tmp does no harm.
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

/// Sends a signal by name.
pub fn signal(process: u32, name: &str) {
    let status = Command::new("kill").args(["-s", name, &process.to_string()]).status().unwrap();
    assert!(status.success(), "kill -s {name} {process}");
}

/// The processes that a process started and that still run.
fn children(process: u32) -> Vec<u32> {
    let tasks = std::fs::read_dir(format!("/proc/{process}/task")).into_iter().flatten().flatten();
    let lists = tasks.map(|task| std::fs::read_to_string(task.path().join("children")).unwrap_or_default());
    lists.flat_map(|list| list.split_whitespace().filter_map(|id| id.parse().ok()).collect::<Vec<_>>()).collect()
}

/// Waits.
#[expect(clippy::disallowed_methods, reason = "a test waits for another process")]
pub fn pause(time: Duration) {
    std::thread::sleep(time);
}

/// Ten free ports in a row, the first a multiple of ten, different in every test of this process.
pub fn free_ports() -> u16 {
    let first = 20_000 + u16::try_from(std::process::id() % 3_000).unwrap() * 10;
    let mut base = first;
    loop {
        let next = PORTS.fetch_add(10, Ordering::SeqCst);
        base = 20_000 + (base - 20_000 + u16::try_from(next % 30_000).unwrap()) % 30_000;
        if (0..10).all(|offset| TcpListener::bind(("127.0.0.1", base + offset)).is_ok()) {
            return base;
        }
    }
}

static STARTED: AtomicU32 = AtomicU32::new(0);
static PORTS: AtomicU32 = AtomicU32::new(0);
const LONGEST_START: Duration = Duration::from_mins(2);
