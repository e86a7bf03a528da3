//! Time stamps: OpenSSL, rfc3161-client and pyHanko judge them; a real chrony says how good the clock is.

use crate::hsm_faults::shim::compile_library;
use crate::support::installation::pause;
use crate::support::{Installation, in_seconds, records};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output};
use std::time::Duration;

/// A folder with a document, and the authority that stamps it.
struct Desk {
    folder: PathBuf,
    url: String,
    root: String,
}

impl Desk {
    /// A folder with a document.
    fn before(installation: &Installation) -> Self {
        let folder = installation.folder().join("stamps");
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join("decision.txt"), "Beslut\n").unwrap();
        let manifest = installation.manifest();
        let text = |name: &str| manifest[name].as_str().unwrap().to_owned();
        Self { folder, url: text("tsa_url"), root: text("trust_anchor") }
    }

    /// The same once there are a unit and a measured clock.
    fn of(installation: &Installation) -> Self {
        let desk = Self::before(installation);
        until("the first stamp", || desk.stamp("first", &["-sha256", "-cert"]).status.success());
        desk
    }

    fn openssl(&self, arguments: &[&str]) -> Output {
        Command::new("openssl").current_dir(&self.folder).args(arguments).output().unwrap()
    }

    /// Asks for a stamp over the document: `NAME.tsq`, `NAME.tsr`.
    fn stamp(&self, name: &str, how: &[&str]) -> Output {
        let (query, reply) = (format!("{name}.tsq"), format!("{name}.tsr"));
        let query_made = self.openssl(&[&["ts", "-query", "-data", "decision.txt", "-out", &query], how].concat());
        assert!(query_made.status.success(), "{query_made:?}");
        self.send(&std::fs::read(self.folder.join(&query)).unwrap(), name);
        self.openssl(&["ts", "-verify", "-queryfile", &query, "-in", &reply, "-CAfile", &self.root])
    }

    /// Sends a request as it is. The status of HTTP.
    fn send(&self, request: &[u8], name: &str) -> String {
        std::fs::write(self.folder.join("request"), request).unwrap();
        let reply = format!("{name}.tsr");
        let arguments =
            ["-s", "-H", "content-type: application/timestamp-query", "--data-binary", "@request", "-o", &reply, "-w"];
        let mut curl = Command::new("curl");
        let output = curl.current_dir(&self.folder).args(arguments).arg("%{http_code}").arg(&self.url).output();
        String::from_utf8(output.unwrap().stdout).unwrap()
    }

    /// A reply in OpenSSL's words.
    fn text(&self, name: &str) -> String {
        let said = self.openssl(&["ts", "-reply", "-in", &format!("{name}.tsr"), "-text"]);
        String::from_utf8_lossy(&[said.stdout, said.stderr].concat()).into_owned()
    }

    fn field(&self, name: &str, field: &str) -> String {
        let text = self.text(name);
        let line = text.lines().find_map(|line| line.strip_prefix(field)).unwrap_or_else(|| panic!("{field}: {text}"));
        line.trim().to_owned()
    }
}

#[test]
fn openssl_and_two_clients_accept_what_is_stamped() {
    let installation = Installation::start("stamps");
    let desk = Desk::of(&installation);
    for (name, how) in [
        ("plain", &["-sha256", "-cert"][..]),
        ("long", &["-sha512", "-cert"]),
        ("sha3", &["-sha3-384", "-cert"]),
        ("no-nonce", &["-sha256", "-cert", "-no_nonce"]),
        ("policy", &["-sha256", "-cert", "-tspolicy", POLICY]),
    ] {
        let verified = desk.stamp(name, how);
        assert!(verified.status.success(), "{name}: {verified:?}\n{}", desk.text(name));
        assert_eq!(desk.field(name, "Policy OID: "), POLICY);
        assert_eq!(desk.field(name, "Ordering: "), "no");
        assert!(desk.field(name, "Accuracy: ").contains("0x01F4 millis"), "{}", desk.text(name));
    }
    assert_eq!(desk.field("no-nonce", "Nonce: "), "unspecified");
    // Without certificates in it, whoever verifies must have them.
    let bare = desk.stamp("bare", &["-sha256"]);
    assert!(!bare.status.success(), "{bare:?}");

    let altered = desk.folder.join("altered.txt");
    std::fs::write(&altered, "Beslut.\n").unwrap();
    let refused = desk.openssl(&["ts", "-verify", "-data", "altered.txt", "-in", "plain.tsr", "-CAfile", &desk.root]);
    assert!(!refused.status.success(), "{refused:?}");

    let venv =
        std::env::var("SIGILL_TEST_PYHANKO").expect("run the tests with `cargo xtask test`: it installs pyHanko");
    let driver = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/clients/stamps.py");
    let mut program = Command::new(format!("{venv}/bin/python"));
    let output = program.arg(driver).env("TSA_URL", &desk.url).env("TRUST_PEM", &desk.root).output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}\n{}", String::from_utf8_lossy(&output.stderr));
    assert!(said.ends_with("stamps: 10 ok, 0 failed\n"), "{said}");

    let verdict = installation.sigill(&["audit", "verify"]);
    let serial = desk.field("plain", "Serial number: ").replace("0x", "").to_ascii_lowercase();
    let recorded = records::events(&installation, "timestamp.issued");
    assert!(recorded.iter().any(|event| event.to_string().contains(&serial)), "{serial}\n{verdict}");
}

#[test]
fn each_bad_request_is_told_why() {
    let installation = Installation::start("stamps-bad");
    let desk = Desk::of(&installation);
    for (name, how, why) in [
        ("sha1", &["-sha1"][..], "unrecognized or unsupported algorithm identifier"),
        ("policy", &["-sha256", "-tspolicy", "1.2.3.4"], "the requested TSA policy is not supported"),
    ] {
        desk.stamp(name, how);
        assert!(desk.text(name).contains(why), "{name}: {}", desk.text(name));
    }
    let good = std::fs::read(desk.folder.join("first.tsq")).unwrap();
    let extended = {
        let mut der = [&good[..], &[0xa0, 0]].concat();
        der[1] += 2;
        der
    };
    for (name, request, why) in [
        ("garbage", b"garbage".to_vec(), "the data submitted has the wrong format"),
        ("trailing", [&good[..], &[0]].concat(), "the data submitted has the wrong format"),
        ("extended", extended, "the requested extension is not supported"),
        ("huge", vec![0x30; 100_000], "transaction not permitted or supported"),
    ] {
        assert_eq!(desk.send(&request, name), "200");
        assert!(desk.text(name).contains(why), "{name}: {}", desk.text(name));
    }
    let curl = |more: &[&str], url: &str| {
        let done =
            Command::new("curl").args(["-s", "-o", "/dev/null", "-w", "%{http_code}"]).args(more).arg(url).output();
        String::from_utf8(done.unwrap().stdout).unwrap()
    };
    assert_eq!(curl(&[], &desk.url), "405");
    assert_eq!(curl(&["-d", "x"], &desk.url), "415");
    assert_eq!(curl(&["-d", "x"], &format!("{}x", desk.url)), "404");
    assert!(!installation.log().contains("panicked"), "{}", installation.log());
}

/// Killed in the middle of it: serial numbers never come twice, and whatever was handed out is in the record.
#[test]
fn no_serial_comes_twice_and_each_is_recorded() {
    let mut installation = Installation::start("stamps-kill");
    let desk = Desk::of(&installation);
    let mut serials = BTreeSet::new();
    let mut stamped = 0;
    for round in 0..3 {
        let clients: Vec<_> = (0..4)
            .map(|client| {
                let (folder, url) = (desk.folder.join(format!("{round}-{client}")), desk.url.clone());
                std::fs::create_dir(&folder).unwrap();
                std::fs::copy(desk.folder.join("first.tsq"), folder.join("request")).unwrap();
                std::thread::spawn(move || stamp_until_refused(&folder, &url))
            })
            .collect();
        pause(Duration::from_secs(2));
        installation.kill();
        for client in clients {
            for reply in client.join().unwrap() {
                let name = reply.strip_prefix(&desk.folder).unwrap().with_extension("");
                serials.insert(desk.field(name.to_str().unwrap(), "Serial number: "));
                stamped += 1;
            }
        }
        installation.run();
        until("a unit and a measured clock", || desk.stamp("again", &["-sha256", "-cert"]).status.success());
    }
    assert!(stamped > 20, "{stamped}");
    assert_eq!(serials.len(), stamped, "a serial number came twice");
    installation.sigill(&["audit", "verify"]);
    let recorded: BTreeSet<_> = records::events(&installation, "timestamp.issued")
        .iter()
        .map(|event| format!("0x{}", event["object"].as_str().unwrap().to_ascii_uppercase()))
        .collect();
    assert!(serials.is_subset(&recorded), "{:?}", serials.difference(&recorded).collect::<Vec<_>>());
}

/// The replies of one client, as files, until nobody answers.
fn stamp_until_refused(folder: &Path, url: &str) -> Vec<PathBuf> {
    let mut replies = Vec::new();
    loop {
        let reply = folder.join(format!("{}.tsr", replies.len()));
        let mut curl = Command::new("curl");
        curl.current_dir(folder).args([
            "-sf",
            "-H",
            "content-type: application/timestamp-query",
            "--data-binary",
            "@request",
            "-o",
        ]);
        if !curl.arg(&reply).arg(url).status().unwrap().success() {
            return replies;
        }
        replies.push(reply);
    }
}

/// A real chrony that follows nothing but itself; it is taken away and comes back.
#[test]
fn nothing_is_stamped_while_nobody_knows_how_good_the_clock_is() {
    let mut installation = Installation::start("stamps-clock");
    Desk::of(&installation);
    installation.stop();
    let chrony = Chrony::new(&installation.folder().join("chrony"));
    let file = installation.data().join("sigill.toml");
    let program =
        format!("clock = {{ chrony = {{ program = \"/usr/bin/chronyc\", server = {:?} }} }}", chrony.socket());
    let text = std::fs::read_to_string(&file).unwrap().replace("clock = \"assumed\"", &program);
    assert!(text.contains(&program));
    std::fs::write(&file, text).unwrap();

    installation.run();
    let desk = Desk::before(&installation);
    until("the loss of the clock is said", || installation.log().contains("the clock is not good enough"));
    desk.stamp("without", &["-sha256"]);
    assert!(desk.text("without").contains("the TSA's time source is not available"), "{}", desk.text("without"));
    let running = chrony.start();
    until("chrony is found", || desk.stamp("with", &["-sha256", "-cert"]).status.success());
    drop(running);
    until("chrony is missed", || !desk.stamp("gone", &["-sha256", "-cert"]).status.success());
    assert!(desk.text("gone").contains("the TSA's time source is not available"), "{}", desk.text("gone"));
    let mut clock: Vec<_> = Vec::new();
    for kind in ["timestamp.clock-found", "timestamp.clock-lost"] {
        clock.push(records::events(&installation, kind).len());
    }
    // Found when it was assumed and when chrony came, lost before and after.
    assert_eq!(clock, [2, 2]);
}

/// A `chronyd` of its own that touches no clock.
struct Chrony {
    folder: PathBuf,
}

impl Chrony {
    fn new(folder: &Path) -> Self {
        std::fs::create_dir(folder).unwrap();
        let text = format!(
            "local stratum 1\nport 0\ncmdport 0\nbindcmdaddress {0}/sock/chronyd.sock\npidfile {0}/pid\n",
            folder.display()
        );
        std::fs::write(folder.join("chrony.conf"), text).unwrap();
        Self { folder: folder.to_owned() }
    }

    fn socket(&self) -> String {
        self.folder.join("sock/chronyd.sock").display().to_string()
    }

    fn start(&self) -> Running {
        let mut program = Command::new("/usr/sbin/chronyd");
        program.args(["-x", "-d", "-f"]).arg(self.folder.join("chrony.conf")).args(["-u", "root"]);
        Running(program.spawn().unwrap())
    }
}

struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Before the key of a unit ends the next takes over; what the first stamped stands.
#[test]
fn a_unit_is_followed_by_the_next() {
    let mut installation = Installation::start("stamps-next");
    let desk = Desk::of(&installation);
    assert!(desk.stamp("before", &["-sha256", "-cert"]).status.success());
    installation.stop();
    let later = compile_library(installation.folder(), "later");
    let days = |days: u64| (days * 86_400).to_string();
    for (name, days) in [("same", days(300)), ("next", days(340))] {
        installation.set_environment(&[("LD_PRELOAD", later.to_str().unwrap()), ("SECONDS_LATER", &days)]);
        installation.run();
        // OpenSSL lives today.
        let now: pki::UtcTime = in_seconds(days.parse().unwrap()).parse().unwrap();
        let at = now.unix().to_string();
        until("a stamp of that day", || {
            desk.stamp(name, &["-sha256", "-cert"]);
            let (query, reply) = (format!("{name}.tsq"), format!("{name}.tsr"));
            let verified = desk.openssl(&[
                "ts",
                "-verify",
                "-queryfile",
                &query,
                "-in",
                &reply,
                "-CAfile",
                &desk.root,
                "-attime",
                &at,
            ]);
            verified.status.success()
        });
        installation.stop();
    }
    installation.set_environment(&[]);
    installation.run();
    let made = records::events(&installation, "timestamp.unit-made");
    assert_eq!(made.iter().map(|event| event["object"].as_str().unwrap()).collect::<Vec<_>>(), ["tsu-1", "tsu-1#2"]);
    let old = desk.openssl(&["ts", "-verify", "-queryfile", "before.tsq", "-in", "before.tsr", "-CAfile", &desk.root]);
    assert!(old.status.success(), "{old:?}");
}

/// `policies/timestamps.toml`.
const POLICY: &str = "1.3.6.1.4.1.32473.1.2.1";

/// Waits until something holds.
fn until(what: &str, holds: impl Fn() -> bool) {
    for _ in 0..300 {
        if holds() {
            return;
        }
        pause(Duration::from_millis(200));
    }
    panic!("{what} never came");
}
