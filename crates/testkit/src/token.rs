//! Throw-away `SoftHSM2` tokens, and the means to take them away from whoever uses them.
//!
//! `SoftHSM2` finds its configuration by an environment variable when it is first loaded, so a test that uses it runs in
//! a process of its own: [`in_child`] starts the test binary once more, for that one test.

use std::ffi::OsString;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};

/// A folder with a `SoftHSM2` configuration and its tokens, removed when dropped by its maker.
#[derive(Debug)]
pub struct TokenFolder {
    root: PathBuf,
    owned: bool,
}

impl TokenFolder {
    /// Makes an empty one, readable by this user only.
    ///
    /// # Errors
    /// If the file system refuses.
    pub fn new() -> Result<Self> {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let name = format!("sigill-token-{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        let folder = Self { root: std::env::temp_dir().join(name), owned: true };
        fs::create_dir_all(folder.tokens())?;
        let text = format!(
            "directories.tokendir = {}\nobjectstore.backend = file\nlog.level = ERROR\nslots.removable = false\n",
            folder.tokens().display()
        );
        fs::write(folder.configuration(), text)?;
        fs::write(folder.fault_rules(), "")?;
        fs::set_permissions(&folder.root, fs::Permissions::from_mode(0o700))?;
        Ok(folder)
    }

    /// The same folder for another owner, who does not remove it.
    #[must_use]
    pub fn same(&self) -> Self {
        Self { root: self.root.clone(), owned: false }
    }

    /// The folder.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The value for `SOFTHSM2_CONF`.
    pub fn configuration(&self) -> PathBuf {
        self.root.join("softhsm2.conf")
    }

    /// The value for the variable that names the embedded token's configuration; whoever uses that token writes it.
    pub fn embedded_configuration(&self) -> PathBuf {
        self.root.join("embedded.conf")
    }

    /// Environment that reaches these tokens, also through the fault shim.
    pub fn environment(&self) -> Vec<(&'static str, OsString)> {
        vec![
            ("SOFTHSM2_CONF", self.configuration().into()),
            ("KRYOPTIC_CONF", self.embedded_configuration().into()),
            ("P11FAULT_CTL", self.fault_rules().into()),
            ("P11FAULT_LOG", self.fault_log().into()),
        ]
    }

    /// Initialises a token by `softhsm2-util`, from outside of this process.
    ///
    /// # Errors
    /// If the tool is missing or refuses, for example a PIN of fewer than four characters.
    pub fn init(&self, label: &str, so_pin: &str, pin: &str) -> Result<()> {
        let output = Command::new("softhsm2-util")
            .args(["--init-token", "--free", "--label", label, "--so-pin", so_pin, "--pin", pin])
            .envs(self.environment())
            .output()
            .context("softhsm2-util (package softhsm2)")?;
        ensure!(output.status.success(), "softhsm2-util: {}", String::from_utf8_lossy(&output.stderr));
        Ok(())
    }

    /// Takes every token away, as if the device was unplugged.
    ///
    /// # Errors
    /// If the file system refuses.
    pub fn take_away(&self) -> Result<()> {
        fs::rename(self.tokens(), self.root.join("away"))?;
        Ok(fs::create_dir(self.tokens())?)
    }

    /// Brings the tokens back.
    ///
    /// # Errors
    /// If they were not taken away.
    pub fn bring_back(&self) -> Result<()> {
        fs::remove_dir(self.tokens())?;
        Ok(fs::rename(self.root.join("away"), self.tokens())?)
    }

    /// Compiles the fault shim and gives its path: a module to load in place of `SoftHSM2`.
    ///
    /// # Errors
    /// If there is no C compiler or no `libp11-kit-dev`.
    pub fn fault_module(&self) -> Result<PathBuf> {
        let module = self.root.join("p11fault.so");
        if module.is_file() {
            return Ok(module);
        }
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/clients/p11fault.c");
        let output = Command::new("cc")
            .args(["-shared", "-fPIC", "-O2", "-I/usr/include/p11-kit-1", "-o"])
            .args([&module, &source])
            .args(["-ldl", "-lpthread"])
            .output()
            .context("cc")?;
        ensure!(output.status.success(), "cc: {}", String::from_utf8_lossy(&output.stderr));
        Ok(module)
    }

    /// Sets the rules of the fault shim, as its head describes them; empty for none.
    ///
    /// # Errors
    /// If the file system refuses.
    pub fn set_faults(&self, rules: &str) -> Result<()> {
        let new = self.root.join("faults.new");
        fs::write(&new, rules)?;
        Ok(fs::rename(new, self.fault_rules())?)
    }

    /// How many calls of a PKCS#11 function the fault shim has seen.
    ///
    /// # Errors
    /// If its log cannot be read; no log is no calls.
    pub fn calls_of(&self, function: &str) -> Result<usize> {
        if !self.fault_log().exists() {
            return Ok(0);
        }
        let log = fs::read_to_string(self.fault_log())?;
        Ok(log.lines().filter(|line| line.split(' ').nth(1) == Some(function)).count())
    }

    fn tokens(&self) -> PathBuf {
        self.root.join("tokens")
    }

    fn fault_rules(&self) -> PathBuf {
        self.root.join("faults")
    }

    fn fault_log(&self) -> PathBuf {
        self.root.join("faults.log")
    }
}

impl Drop for TokenFolder {
    fn drop(&mut self) {
        if self.owned
            && let Err(error) = fs::remove_dir_all(&self.root)
        {
            assert!(std::thread::panicking(), "{} stays behind: {error}", self.root.display());
        }
    }
}

/// Runs the body of `test` in a process of its own, whose environment reaches a fresh [`TokenFolder`].
///
/// `test` is the test's path as `cargo test` prints it. `prepare` runs in the parent and may add tokens and
/// environment; whatever it returns lives as long as the child.
///
/// # Panics
/// If the child fails, with its output.
pub fn in_child<T>(
    test: &str,
    prepare: impl FnOnce(&TokenFolder, &mut Command) -> Result<T>,
    body: impl FnOnce(&TokenFolder),
) {
    if let Some(root) = std::env::var_os(CHILD) {
        return body(&TokenFolder { root: root.into(), owned: false });
    }
    let run = || -> Result<()> {
        let folder = TokenFolder::new()?;
        let mut command = Command::new(std::env::current_exe()?);
        command.args(["--exact", test, "--nocapture", "--include-ignored"]).envs(folder.environment());
        command.env(CHILD, folder.root()).env("RUST_BACKTRACE", "0");
        let _alive = prepare(&folder, &mut command)?;
        let output = command.output()?;
        let said = String::from_utf8_lossy(&output.stdout);
        if !output.status.success() || !said.contains("1 passed") {
            bail!("{test}: {}\n{said}\n{}", output.status, String::from_utf8_lossy(&output.stderr));
        }
        Ok(())
    };
    if let Err(error) = run() {
        panic!("{error:#}");
    }
}

/// A `p11-kit server` that offers a module over a socket, with the processes that it forks for each client.
#[derive(Debug)]
pub struct TokenServer {
    child: Option<Child>,
    socket: PathBuf,
    module: PathBuf,
    environment: Vec<(&'static str, OsString)>,
}

impl TokenServer {
    /// Starts one for every token of `folder` behind `module`.
    ///
    /// # Errors
    /// If p11-kit is missing or does not start.
    pub fn start(folder: &TokenFolder, module: &Path) -> Result<Self> {
        Self::start_at(socket(folder), module, folder.environment())
    }

    /// Starts one at `socket` for every token that `module` shows in this environment.
    ///
    /// # Errors
    /// As [`start`](Self::start).
    pub fn start_at(socket: PathBuf, module: &Path, environment: Vec<(&'static str, OsString)>) -> Result<Self> {
        let mut server = Self { child: None, socket, module: module.to_owned(), environment };
        server.start_again()?;
        Ok(server)
    }

    /// The client module to load, which finds the server by [`address_in`](Self::address_in).
    ///
    /// # Errors
    /// If p11-kit's client module is not installed.
    pub fn client_module() -> Result<PathBuf> {
        let places = ["/usr/lib/x86_64-linux-gnu/pkcs11", "/usr/lib/aarch64-linux-gnu/pkcs11", "/usr/lib64/pkcs11"];
        let mut modules = places.iter().map(|place| Path::new(place).join("p11-kit-client.so"));
        modules.find(|path| path.is_file()).context("p11-kit-client.so (package p11-kit-modules)")
    }

    /// The value of `P11_KIT_SERVER_ADDRESS` for a server that is started in `folder`, now or later.
    pub fn address_in(folder: &TokenFolder) -> String {
        format!("unix:path={}", socket(folder).display())
    }

    /// Starts it once more, at the same address.
    ///
    /// # Errors
    /// If it does not.
    pub fn start_again(&mut self) -> Result<()> {
        if self.socket.exists() {
            fs::remove_file(&self.socket)?;
        }
        let child = Command::new("p11-kit")
            .args(["server", "-f", "-n"])
            .arg(&self.socket)
            .arg("--provider")
            .arg(&self.module)
            .arg("pkcs11:")
            .envs(self.environment.iter().cloned())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            // A process group of its own, so that signals reach the forked children too.
            .process_group(0)
            .spawn()
            .context("p11-kit (package p11-kit)")?;
        self.child = Some(child);
        wait_until("the p11-kit server listens", Duration::from_secs(10), || self.socket.exists());
        Ok(())
    }

    /// Sends a signal, for example `KILL`, `STOP` or `CONT`, to the server and its children.
    ///
    /// # Errors
    /// If it does not run.
    pub fn signal(&self, name: &str) -> Result<()> {
        let child = self.child.as_ref().context("the server does not run")?;
        let group = format!("-{}", child.id());
        let status = Command::new("kill").args(["-s", name, "--", &group]).status()?;
        ensure!(status.success(), "kill -s {name} {group}");
        Ok(())
    }

    /// Kills the server and its children.
    ///
    /// # Errors
    /// If it does not run.
    pub fn kill(&mut self) -> Result<()> {
        self.signal("KILL")?;
        if let Some(mut child) = self.child.take() {
            child.wait()?;
        }
        Ok(())
    }
}

impl Drop for TokenServer {
    fn drop(&mut self) {
        if self.child.is_some()
            && let Err(error) = self.kill()
        {
            assert!(std::thread::panicking(), "the p11-kit server stays behind: {error}");
        }
    }
}

fn socket(folder: &TokenFolder) -> PathBuf {
    folder.root().join("p11.sock")
}

/// Waits until `condition` holds.
///
/// # Panics
/// If it does not within `limit`.
#[expect(clippy::disallowed_methods, reason = "waits for another process, which gives no event to wait for")]
pub fn wait_until(what: &str, limit: Duration, mut condition: impl FnMut() -> bool) {
    let start = Instant::now();
    while !condition() {
        assert!(start.elapsed() < limit, "not within {limit:?}: {what}");
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// Set in the children of [`in_child`] to their token folder.
const CHILD: &str = "SIGILL_TOKEN_CHILD";
