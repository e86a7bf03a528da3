//! A later ceremony, the officers' acts on what it made, and OpenSSL's word on chains and lists.

use super::Issued;
use crate::support::Installation;
use crate::support::Stopwatch;
use crate::support::installation::{pause, signal};
use serde_json::Value;
use sigill::ceremony::script::Script;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

/// The published files for the next CA of persons, and for the next root.
pub(super) const PERSON: &str = include_str!("../../../policies/ceremony/demo-rollover-person.toml");
pub(super) const ROOT: &str = include_str!("../../../policies/ceremony/demo-rollover-root.toml");
const DEMO: &str = include_str!("../../../policies/ceremony/demo.toml");
const ANSWERS: &str = include_str!("../../../policies/ceremony/demo.answers.toml");

/// What a later ceremony made.
pub(super) struct Succession {
    out: PathBuf,
    earlier: PathBuf,
    acts: AtomicU32,
}

impl Succession {
    /// Holds the ceremony of `script` after the one in `earlier`, while the service runs.
    pub(super) fn hold(installation: &Installation, script: &str, name: &str, earlier: &Path) -> Self {
        let transcript = std::fs::read_to_string(earlier.join("transcript.json")).unwrap();
        let script = script
            .replace(&"0".repeat(64), &Script::digest(&transcript).to_string())
            .replace("http://127.0.0.1:8440", &installation.url("status_url"));
        let id = Script::from_toml(&script).unwrap().id;
        let answers = ANSWERS
            .replace(&Script::digest(DEMO).to_string(), &Script::digest(&script).to_string())
            .replace("ceremony = \"demo\"", &format!("ceremony = \"{id}\""));
        let path = |end: &str| installation.folder().join(format!("{name}{end}"));
        std::fs::write(path(".toml"), script).unwrap();
        std::fs::write(path(".answers.toml"), answers).unwrap();
        let it = Self { out: path(""), earlier: earlier.to_owned(), acts: AtomicU32::new(0) };
        let said = done(&it.run(installation));
        if !it.out.join("transcript.json").exists() {
            assert!(said.contains("Two security officers sign"), "{said}");
            it.get_approved(installation);
        }
        done(&command(installation, &["ceremony", "verify"]).arg(path("")).output().unwrap());
        it
    }

    /// Holds the ceremony, or goes on with it.
    fn run(&self, installation: &Installation) -> Output {
        let mut command = command(installation, &["ceremony", "run"]);
        command.arg(self.out.with_extension("toml")).arg("--out").arg(&self.out).arg("--after").arg(&self.earlier);
        command.arg("--answers").arg(self.out.with_extension("answers.toml")).output().unwrap()
    }

    /// Brings what two security officers signed. Every shortcut is refused, and nothing is certified meanwhile.
    fn get_approved(&self, installation: &Installation) {
        let (asked, given) = (self.out.join("out/approval.json"), self.out.join("in/approval.json"));
        let go_on_without = |why: &str| {
            std::fs::copy(&asked, &given).unwrap();
            refused(&self.run(installation), why);
            assert!(!self.out.join(format!("authorities/{}", super::pem(super::V2))).exists(), "{why}");
        };
        go_on_without("0 of 2 approvals");
        self.approve(installation, &asked, 0);
        go_on_without("not an officer"); // nobody brought a list that says who of them is revoked
        let list = fetch(&format!("{}/crl/{}.crl", installation.url("status_url"), super::V1));
        std::fs::write(self.out.join(format!("in/{}.crl", super::V1)), list).unwrap();
        go_on_without("1 of 2 approvals");
        let one = std::fs::read_to_string(&asked).unwrap();
        self.approve(installation, &asked, 0);
        go_on_without("four eyes");
        std::fs::write(&asked, one).unwrap();
        self.approve(installation, &asked, 1);
        let signed = std::fs::read_to_string(&asked).unwrap();
        std::fs::write(&asked, signed.replacen("\\\"days\\\":", "\\\"days\\\":1", 1)).unwrap();
        go_on_without("another operation");
        std::fs::write(&given, signed).unwrap();
        done(&self.run(installation));
    }

    /// Gives the installation what was made, and starts it again.
    pub(super) fn adopt(&self, installation: &mut Installation) {
        installation.stop();
        done(&self.offer(installation));
        installation.run();
    }

    /// Offers what was made to the installation, which is stopped.
    pub(super) fn offer(&self, installation: &Installation) -> Output {
        let data = installation.data();
        let mut command = command(installation, &["ceremony", "adopt"]);
        command.arg(&self.out).arg("--config").arg(data.join("sigill.toml"));
        command.arg("--signer-config").arg(data.join("signer/signer.toml")).output().unwrap()
    }

    pub(super) fn out(&self) -> PathBuf {
        self.out.clone()
    }

    /// Path of a CA's certificate or list: of this ceremony, or of the one before.
    pub(super) fn file(&self, name: &str) -> String {
        let own = self.out.join("authorities").join(name);
        let file = if own.exists() { own } else { self.earlier.join("authorities").join(name) };
        file.to_str().unwrap().to_owned()
    }

    /// Writes an act, has both security officers sign it, and has it done.
    pub(super) fn act(&self, installation: &Installation, verb: &str, name: &str, more: &[&str]) {
        let act = self.write(installation, verb, name, more);
        self.approve(installation, &act, 0);
        self.approve(installation, &act, 1);
        done(&execute(installation, &act));
    }

    pub(super) fn write(&self, installation: &Installation, verb: &str, name: &str, more: &[&str]) -> PathBuf {
        let number = self.acts.fetch_add(1, Ordering::SeqCst);
        let act = self.out.with_extension(format!("act-{number}.json"));
        let mut command = command(installation, &["key", verb, name, "--certificate"]);
        command.arg(self.file(&format!("{name}.pem"))).arg("--act").arg(&act).args(more);
        done(&command.output().unwrap());
        act
    }

    /// The card of one of the two security officers signs an act.
    pub(super) fn approve(&self, installation: &Installation, act: &Path, officer: usize) {
        let officers = security_officers(installation);
        let card = &officers[officer]["card"];
        let pin = self.out.with_extension("pin");
        std::fs::write(&pin, card["pin"].as_str().unwrap()).unwrap();
        let mut command = command(installation, &["key", "approve"]);
        command.arg(act).args(["--token", card["token_label"].as_str().unwrap(), "--pin-file"]).arg(pin);
        done(&command.env("SOFTHSM2_CONF", card["config"].as_str().unwrap()).output().unwrap());
    }
}

pub(super) fn execute(installation: &Installation, act: &Path) -> Output {
    let mut command = command(installation, &["key", "execute"]);
    command.arg(act).args(connection(installation, "security-officer")).output().unwrap()
}

/// `sigill key list`.
pub(super) fn keys(installation: &Installation) -> String {
    let mut command = command(installation, &["key", "list"]);
    done(&command.args(connection(installation, "administrator")).output().unwrap())
}

/// `sigill key affected`.
pub(super) fn affected(installation: &Installation, name: &str) -> String {
    let mut command = command(installation, &["key", "affected", name]);
    done(&command.args(connection(installation, "security-officer")).output().unwrap())
}

/// A file of a ceremony that only signs the root's list, with one CA on it.
pub(super) fn revoking(serial: &str) -> String {
    let (head, rest) = PERSON.split_once("[[authority]]").unwrap();
    let root = rest.split_once("[[authority]]").unwrap().0;
    let (_, continues) = rest.rsplit_once("[continues]").unwrap();
    let mut script = format!("{head}[[authority]]{root}\n[continues]{continues}");
    script = script.replace("id = \"demo-rollover-person\"", "id = \"demo-list\"");
    writeln!(script, "\n[[continues.revoke]]\nserial = \"{serial}\"\nreason = \"cACompromise\"").unwrap();
    writeln!(script, "at = \"2026-01-02T00:00:00Z\"").unwrap();
    script
}

/// Two security officers allow RSA for CAs of persons, in the running service.
pub(super) fn allow_rsa(installation: &Installation) {
    let folder = installation.data().join("policies");
    let file = folder.join("profiles/issuing-ca-person.toml");
    let text = std::fs::read_to_string(&file).unwrap();
    let text = text.replacen("revision = 2", "revision = 3", 1);
    let text = text.replacen("allow = [\"ec-p256\", ", "allow = [\"ec-p256\", \"rsa-3072\", ", 1);
    let before = installation.health()["policies"].as_str().unwrap().to_owned();
    std::fs::write(&file, text).unwrap();
    for officer in security_officers(installation) {
        let card = &officer["card"];
        let pin = installation.folder().join("approver.pin");
        std::fs::write(&pin, card["pin"].as_str().unwrap()).unwrap();
        let mut command = command(installation, &["policy", "approve"]);
        command.arg(&folder).args(["--replaces", &before, "--token", card["token_label"].as_str().unwrap()]);
        command.arg("--pin-file").arg(&pin).env("SOFTHSM2_CONF", card["config"].as_str().unwrap());
        done(&command.output().unwrap());
    }
    signal(installation.service_id(), "HUP");
    let begun = Stopwatch::start();
    while !installation.log().contains("policies in force") {
        assert!(begun.elapsed() < Duration::from_secs(30), "{}", installation.log());
        pause(Duration::from_millis(50));
    }
}

/// What OpenSSL says of a chain to this anchor alone.
pub(super) fn judged(
    installation: &Installation,
    anchor: &str,
    chain: &[&String],
    leaf: &str,
) -> Result<String, String> {
    let (certificates, end) = (scratch(installation, "chain"), scratch(installation, "leaf"));
    let chain: String = chain.iter().map(|path| std::fs::read_to_string(path).unwrap()).collect();
    std::fs::write(&certificates, chain).unwrap();
    std::fs::write(&end, leaf).unwrap();
    let mut openssl = openssl(&["verify", "-x509_strict", "-no-CApath", "-no-CAstore", "-CAfile", anchor]);
    openssl.arg("-untrusted").arg(certificates).arg(end);
    verdict(openssl)
}

/// What OpenSSL says of a CA's certificate, with the root's list.
pub(super) fn ca_is(installation: &Installation, root: &str, list: &str, ca: &str) -> Result<String, String> {
    let list = as_pem(installation, &std::fs::read(list).unwrap());
    let mut openssl = openssl(&["verify", "-x509_strict", "-no-CApath", "-CAfile", root, "-crl_check", "-CRLfile"]);
    openssl.arg(list).arg(ca);
    verdict(openssl)
}

/// A list as text, if the CA's key signed it.
pub(super) fn list_verifies(installation: &Installation, list: &[u8], ca: &str) -> String {
    let list = as_pem(installation, list);
    let output = openssl(&["crl", "-text", "-noout", "-CAfile", ca, "-in"]).arg(list).output().unwrap();
    assert!(String::from_utf8_lossy(&output.stderr).contains("verify OK"), "{output:?}");
    done(&output)
}

/// What OpenSSL's own OCSP client is told of a certificate, once it has verified the answer to the root.
pub(super) fn ocsp(installation: &Installation, root: &str, ca: &str, pem: &str) -> Result<String, String> {
    let (leaf, trusted) = (scratch(installation, "ocsp-leaf"), scratch(installation, "ocsp-trusted"));
    std::fs::write(&leaf, pem).unwrap();
    let both = [root, ca].map(|path| std::fs::read_to_string(path).unwrap());
    std::fs::write(&trusted, both.concat()).unwrap();
    let url = format!("{}/ocsp", installation.url("status_url"));
    let mut openssl = openssl(&["ocsp", "-no_nonce", "-sha256", "-url", &url, "-issuer", ca, "-cert"]);
    openssl.arg(leaf).arg("-CAfile").arg(trusted);
    verdict(openssl)
}

/// A certificate as text.
pub(super) fn text_of(installation: &Installation, pem: &str) -> String {
    let file = scratch(installation, "text");
    std::fs::write(&file, pem).unwrap();
    done(&openssl(&["x509", "-text", "-noout", "-in"]).arg(file).output().unwrap())
}

/// The serial in a certificate's file, as 32 digits.
pub(super) fn serial_of(installation: &Installation, file: &str) -> String {
    let pem = std::fs::read_to_string(file).unwrap();
    let path = scratch(installation, "serial");
    std::fs::write(&path, pem).unwrap();
    let said = done(&openssl(&["x509", "-serial", "-noout", "-in"]).arg(path).output().unwrap());
    crate::support::judge::normal(said.trim().trim_start_matches("serial="))
}

/// A request with OpenSSL's own TLS client and the card's key: everything that it shows.
pub(super) fn handshake(installation: &Installation, card: &Issued) -> String {
    let (certificate, key) = (scratch(installation, "client"), scratch(installation, "key"));
    std::fs::write(&certificate, &card.pem).unwrap();
    std::fs::write(&key, card.keys.authentication.serialize_pem()).unwrap();
    let url = installation.url("officer_url");
    let address = url.trim_start_matches("https://");
    let root = installation.manifest()["tls_ca"].as_str().unwrap().to_owned();
    let mut openssl = openssl(&["s_client", "-connect", address, "-servername", "localhost", "-CAfile", &root]);
    openssl.args(["-verify_return_error", "-ign_eof", "-cert"]).arg(certificate).arg("-key").arg(key);
    let mut client = openssl.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let request = "GET /self/v1/me HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    std::io::Write::write_all(client.stdin.as_mut().unwrap(), request.as_bytes()).unwrap();
    String::from_utf8_lossy(&client.wait_with_output().unwrap().stdout).into_owned()
}

/// What is served at an address.
pub(super) fn fetch(url: &str) -> Vec<u8> {
    let output = Command::new("curl").args(["-sS", "--fail", url]).output().unwrap();
    assert!(output.status.success(), "{url}: {}", String::from_utf8_lossy(&output.stderr));
    output.stdout
}

#[track_caller]
pub(super) fn refused(output: &Output, why: &str) {
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success() && said.contains(why), "wanted {why:?}, got {said}");
}

#[track_caller]
fn done(output: &Output) -> String {
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{out}\n{err}");
    out.into_owned()
}

fn verdict(mut openssl: Command) -> Result<String, String> {
    let output = openssl.output().unwrap();
    let said = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    if output.status.success() { Ok(said) } else { Err(said) }
}

fn security_officers(installation: &Installation) -> Vec<Value> {
    let manifest = installation.manifest();
    let people = manifest["people"].as_array().unwrap().iter();
    people.filter(|person| person["roles"] == serde_json::json!(["security-officer"])).cloned().collect()
}

fn connection(installation: &Installation, role: &str) -> [String; 8] {
    let person = installation.person(0, role);
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let manifest = installation.manifest();
    ["--url", "--root", "--cert", "--key"]
        .into_iter()
        .zip([&manifest["officer_url"], &manifest["tls_ca"], &person["certificate"], &person["key"]])
        .flat_map(|(flag, value)| [flag.to_owned(), text(value)])
        .collect::<Vec<_>>()
        .try_into()
        .unwrap()
}

fn command(installation: &Installation, arguments: &[&str]) -> Command {
    let mut command = Command::new(installation.program());
    command.args(arguments).env_remove("SOFTHSM2_CONF").stdin(Stdio::null());
    command
}

fn openssl(arguments: &[&str]) -> Command {
    let mut command = Command::new("openssl");
    command.args(arguments).stdin(Stdio::null());
    command
}

fn as_pem(installation: &Installation, list: &[u8]) -> PathBuf {
    let (der, pem) = (scratch(installation, "crl"), scratch(installation, "crl.pem"));
    std::fs::write(&der, list).unwrap();
    done(&openssl(&["crl", "-inform", "DER", "-in"]).arg(&der).arg("-out").arg(&pem).output().unwrap());
    pem
}

fn scratch(installation: &Installation, name: &str) -> PathBuf {
    installation.folder().join(format!("openssl.{name}"))
}
