//! A CA's token is backed up, lost and restored, and signs on.

use crate::ceremony::{PRODUCTION, hold_on_two_hosts};
use crate::support::Installation;
use crate::support::ceremony::{Room, sigill};
use crate::support::installation::pause;
use crate::support::judge::Judge;
use crate::support::story::{Keys, request};
use serde_json::Value;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

/// What was signed after the restore verifies with the CA's certificate of before, and every other way to a token is
/// refused.
#[tokio::test]
async fn restored_ca_token_signs_for_the_same_ca() {
    let mut installation = Installation::start("custody");
    let judge = Judge::new(&installation);
    judge.verify_chain(&issue(&installation, "before"));
    let officers = installation.security_officers();
    installation.stop();

    let desk = Desk::new(&installation, officers);
    let made = desk.token(&["backup", desk.folder(), "--out", desk.file()]).unwrap();
    assert!(made.contains("token sigill-ca serial"), "{made}");
    assert_eq!(std::fs::metadata(desk.file()).unwrap().permissions().mode() & 0o777, 0o600);
    let again = desk.token(&["backup", desk.folder(), "--out", desk.file()]).unwrap_err();
    assert!(again.contains("exists already"), "{again}");
    let over = desk.restore(desk.file(), &desk.approved("over", &[0, 1])).unwrap_err();
    assert!(over.contains("overwrites nothing"), "{over}");

    std::fs::remove_dir_all(desk.folder()).unwrap();
    refuse_what_is_no_backup(&desk);
    refuse_what_two_officers_did_not_approve(&desk);
    find_half_a_restore(&desk);

    let restored = desk.restore(desk.file(), &desk.approved("last", &[0, 1])).unwrap();
    assert!(restored.contains("key ") && restored.contains("approved by "), "{restored}");
    assert_eq!(installation.signer_journal().matches(r#""kind":"restored""#).count(), 2);
    desk.token(&["verify", desk.file(), "--folder", desk.folder()]).unwrap();
    installation.run();
    judge.verify_chain(&issue(&installation, "after"));
}

/// An edited file, a wrong PIN, another token in the backup's place.
fn refuse_what_is_no_backup(desk: &Desk) {
    let honest = std::fs::read(desk.file()).unwrap();
    for at in [0, 30, 120, honest.len() / 2, honest.len() - 1] {
        let mut edited = honest.clone();
        edited[at] ^= 1;
        let file = desk.beside("edited");
        std::fs::write(&file, edited).unwrap();
        for outcome in [desk.restore(&file, "nowhere"), desk.token(&["verify", &file])] {
            let refused = outcome.unwrap_err();
            assert!(refused.contains("backup"), "octet {at}: {refused}");
        }
    }
    let other = desk.with_pin(&desk.other_pin);
    let refused = other.restore(desk.file(), &desk.approved("other", &[0, 1])).unwrap_err();
    assert!(refused.contains("PIN refused"), "{refused}");
    let service = token_folder(desk.tokens(), "sigill-service");
    let refused = other.token(&["verify", desk.file(), "--folder", service.to_str().unwrap()]).unwrap_err();
    assert!(refused.contains("not the one of the backup"), "{refused}");
    assert!(!Path::new(desk.folder()).exists());
}

/// The host of a root knows no officer: its custodians approve, two of three, and nobody else.
#[test]
fn a_roots_own_token_is_restored_by_its_custodians() {
    let script =
        PRODUCTION.replace("mode = \"production\"", "mode = \"demo\"").replace("inside = false", "inside = true");
    let room = Room::with("custody-root", script);
    hold_on_two_hosts(&room, ("issuing", &[]), ("root", &[]));
    let text = |path: PathBuf| path.into_os_string().into_string().unwrap();
    let [tokens, signer, shares] =
        ["tokens", "signer/signer.toml", "signer/root-v1.shares.json"].map(|name| text(room.path("root").join(name)));
    let [backup, approval] = ["root.backup", "root.json"].map(|name| text(room.path(name)));
    let codes = ["klara", "kim"].map(|id| format!("{id}={}", room.code(id).display()));
    let token = |arguments: &[&str]| said(sigill(&["token"]).args(arguments));
    let open = ["--shares", &shares, "--code", &codes[0], "--code", &codes[1]];
    let folder = text(token_folder(&tokens, "root-v1"));
    token(&[&["backup", &folder, "--out", &backup], &open[..]].concat()).unwrap();
    std::fs::remove_dir_all(&folder).unwrap();

    let approve = |custodian: &str, code_of: &str| {
        let code = text(room.code(code_of));
        let by = ["--custodian", custodian, "--code-file", &code, "--signer", &signer];
        token(&[&["approve", &backup, "--approval", &approval], &by[..]].concat())
    };
    let restore = || {
        let from = ["restore", &backup, "--tokens", &tokens, "--approval", &approval, "--signer", &signer];
        token(&[&from, &open[..]].concat())
    };
    approve("klara", "klara").unwrap();
    let refused = restore().unwrap_err();
    assert!(refused.contains("1 of 2 approvals"), "{refused}");
    let one = std::fs::read_to_string(&approval).unwrap();
    approve("karl", "vera").unwrap();
    let refused = restore().unwrap_err();
    assert!(refused.contains("no custodian's"), "the witness's code is not a custodian's: {refused}");
    std::fs::write(&approval, one).unwrap();
    approve("karl", "karl").unwrap();
    let restored = restore().unwrap();
    assert!(restored.contains("approved by karl, klara"), "{restored}");
    std::fs::remove_dir_all(&folder).unwrap();
    let replayed = restore().unwrap_err();
    assert!(replayed.contains("used before"), "{replayed}");
}

/// A key of mode `wrap` is lost on its token and comes back from its file, with two officers' approval; the signer takes it,
/// since the ceremony's transcript names it.
#[test]
fn a_wrapped_key_comes_back_to_its_token() {
    let label = "infrastructure-ca-v1";
    let line = format!("key = \"{label}\"");
    let room = Room::new("custody-wrap").edited(&line, &format!("{line}\nbackup = \"wrap\""));
    crate::support::ceremony::done(&room.run("out", &[]));
    let text = |path: PathBuf| path.into_os_string().into_string().unwrap();
    let [configuration, pin, signer] =
        ["softhsm2.conf", "signer/sigill-ca.pin", "signer/signer.toml"].map(|name| text(room.path("out").join(name)));
    let [file, approval] = ["key.json", "approval.json"].map(|name| text(room.path(name)));
    let token = |arguments: &[&str]| said(sigill(&["token"]).args(arguments).env("SOFTHSM2_CONF", &configuration));
    let open = ["--pin-file", pin.as_str()];
    let wrap = |key: &str| token(&[&["wrap", key, "--token", "sigill-ca", "--out", &file], &open[..]].concat());
    let refused = wrap("person-loa4-ca-v1").unwrap_err();
    assert!(refused.contains("never leaves its token"), "{refused}");
    wrap(label).unwrap();
    let unwrap = || token(&[&["unwrap", &file, "--approval", &approval, "--signer", &signer], &open[..]].concat());
    let approve = |officer: &str| {
        let card = format!("sigill-card-{officer}");
        let card_pin = text(room.path("out").join(format!("secrets/{card}.pin")));
        token(&["approve", &file, "--approval", &approval, "--token", &card, "--pin-file", &card_pin]).unwrap();
    };
    approve("lars-lindgren");
    let refused = unwrap().unwrap_err();
    assert!(refused.contains("1 of 2 approvals"), "{refused}");
    approve("maja-modig");
    let refused = unwrap().unwrap_err();
    assert!(refused.contains("nothing is overwritten"), "{refused}");

    lose(&configuration, &pin, label);
    let back = unwrap().unwrap();
    assert!(back.contains("approved by lars-lindgren, maja-modig") && back.contains(label), "{back}");
    let service = room.serve("out");
    service.wait_for_api(); // its certificate is signed with the key
    drop(service);
    lose(&configuration, &pin, label);
    let replayed = unwrap().unwrap_err();
    assert!(replayed.contains("used before"), "{replayed}");
}

/// Somebody removes both halves of a key from the CAs' token.
fn lose(configuration: &str, pin: &str, label: &str) {
    let pin = std::fs::read_to_string(pin).unwrap();
    let tool = |arguments: &[&str]| {
        let mut tool = Command::new("pkcs11-tool");
        tool.arg("--module").arg(hsm::Module::Auto.locate().unwrap()).args(arguments);
        said(tool.env("SOFTHSM2_CONF", configuration)).unwrap()
    };
    // By slot: the program takes the first token whose label begins so, and that may be a card's.
    let slots = tool(&["--list-slots"]);
    let before = slots.split_inclusive('\n').take_while(|line| !is_label(line, "sigill-ca")).collect::<String>();
    let slot = before.rsplit("(0x").next().unwrap().split(')').next().unwrap();
    for half in ["privkey", "pubkey"] {
        let delete =
            ["--slot", &format!("0x{slot}"), "--login", "--pin", pin.trim(), "--delete-object", "--type", half];
        tool(&[&delete[..], &["--label", label]].concat());
    }
}

fn is_label(line: &str, label: &str) -> bool {
    line.split_once("token label").is_some_and(|(_, rest)| rest.trim_start_matches([' ', ':']).trim_end() == label)
}

/// Without approvals, with one, with the same officer's twice, with approvals of another backup: nothing is restored.
fn refuse_what_two_officers_did_not_approve(desk: &Desk) {
    let service = token_folder(desk.tokens(), "sigill-service");
    let elsewhere = desk.beside("service");
    desk.with_pin(&desk.other_pin).token(&["backup", service.to_str().unwrap(), "--out", &elsewhere]).unwrap();
    for (approval, why) in [
        (desk.beside("absent"), "cannot read"),
        (desk.approved("one", &[0]), "1 of 2 approvals"),
        (desk.approved("twice", &[1, 1]), "four eyes"),
        (desk.approved_of(&elsewhere, "elsewhere", &[0, 1]), "about another operation"),
    ] {
        let refused = desk.restore(desk.file(), &approval).unwrap_err();
        assert!(refused.contains(why), "wanted {why:?}: {refused}");
    }
    let mixed = desk.approved("mixed", &[0]);
    let refused = desk.approve(&elsewhere, &mixed, 1).unwrap_err();
    assert!(refused.contains("is for another restore"), "{refused}");
    assert!(!Path::new(desk.folder()).exists());
}

/// A restore that a crash interrupted is found by the next; a token that lost a file does not prove itself.
fn find_half_a_restore(desk: &Desk) {
    let name = Path::new(desk.folder()).file_name().unwrap().to_str().unwrap();
    let half = PathBuf::from(format!("{}.restoring-{name}", desk.tokens()));
    std::fs::create_dir(&half).unwrap();
    let approval = desk.approved("half", &[0, 1]);
    let refused = desk.restore(desk.file(), &approval).unwrap_err();
    assert!(refused.contains("was interrupted"), "{refused}");
    std::fs::remove_dir_all(half).unwrap();

    desk.restore(desk.file(), &approval).unwrap();
    let objects = || std::fs::read_dir(desk.folder()).unwrap().map(|entry| entry.unwrap().path());
    let lost = objects().find(|path| path.extension().is_some_and(|kind| kind == "object")).unwrap();
    std::fs::remove_file(lost).unwrap();
    let refused = desk.token(&["verify", desk.file(), "--folder", desk.folder()]).unwrap_err();
    assert!(refused.contains("does not prove itself") || refused.contains("not the one of the backup"), "{refused}");
    std::fs::remove_dir_all(desk.folder()).unwrap();
    let replayed = desk.restore(desk.file(), &approval).unwrap_err();
    assert!(replayed.contains("used before"), "{replayed}");
    // The same restore asked for in another second is another act.
    pause(Duration::from_millis(1_100));
}

/// Where the operator works: the CA token's folder and PIN, and a place for the backup.
#[derive(Clone)]
struct Desk {
    program: PathBuf,
    data: PathBuf,
    officers: Vec<Value>,
    pin: PathBuf,
    other_pin: PathBuf,
    tokens: String,
    folder: String,
    file: String,
}

impl Desk {
    fn new(installation: &Installation, officers: Vec<Value>) -> Self {
        let text = |path: PathBuf| path.into_os_string().into_string().unwrap();
        let tokens = text(installation.data().join("tokens"));
        Self {
            program: installation.program(),
            data: installation.data(),
            officers,
            pin: installation.data().join("signer/sigill-ca.pin"),
            other_pin: installation.data().join("secrets/sigill-service.pin"),
            folder: text(token_folder(&tokens, "sigill-ca")),
            file: text(installation.folder().join("ca.backup")),
            tokens,
        }
    }

    fn with_pin(&self, pin: &Path) -> Self {
        Self { pin: pin.to_owned(), ..self.clone() }
    }

    fn tokens(&self) -> &str {
        &self.tokens
    }

    fn folder(&self) -> &str {
        &self.folder
    }

    fn file(&self) -> &str {
        &self.file
    }

    fn beside(&self, name: &str) -> String {
        format!("{}.{name}", self.file)
    }

    /// `sigill token restore` with the approvals in a file.
    fn restore(&self, file: &str, approval: &str) -> Result<String, String> {
        let signer = self.data.join("signer/signer.toml");
        let signer = signer.to_str().unwrap();
        self.token(&["restore", file, "--tokens", self.tokens(), "--approval", approval, "--signer", signer])
    }

    /// A file with these security officers' approvals of restoring the CA's token.
    fn approved(&self, name: &str, officers: &[usize]) -> String {
        self.approved_of(self.file(), name, officers)
    }

    fn approved_of(&self, backup: &str, name: &str, officers: &[usize]) -> String {
        let approval = self.beside(&format!("{name}.json"));
        for officer in officers {
            self.approve(backup, &approval, *officer).unwrap();
        }
        approval
    }

    /// An officer adds an approval with their card.
    fn approve(&self, backup: &str, approval: &str, officer: usize) -> Result<String, String> {
        let card = &self.officers[officer]["card"];
        let pin = self.beside("card.pin");
        std::fs::write(&pin, card["pin"].as_str().unwrap()).unwrap();
        let label = card["token_label"].as_str().unwrap();
        let mut command = Command::new(&self.program);
        command.args(["token", "approve", backup, "--approval", approval, "--token", label, "--pin-file", &pin]);
        said(command.env("SOFTHSM2_CONF", self.data.join("softhsm2.conf")))
    }

    /// `sigill token …`: what it says, on standard output or, refusing, on the other.
    fn token(&self, arguments: &[&str]) -> Result<String, String> {
        let mut command = Command::new(&self.program);
        command.arg("token").args(arguments).arg("--pin-file").arg(&self.pin);
        said(command.env_remove("SOFTHSM2_CONF"))
    }
}

fn said(command: &mut Command) -> Result<String, String> {
    let output = command.output().unwrap();
    let text = |octets: Vec<u8>| String::from_utf8(octets).unwrap();
    if output.status.success() { Ok(text(output.stdout)) } else { Err(text(output.stderr)) }
}

/// The folder of the token with this label, which stands padded in its description.
fn token_folder(tokens: &str, label: &str) -> PathBuf {
    let padded = format!("{label:32}");
    let mut folders = std::fs::read_dir(tokens).unwrap().map(|entry| entry.unwrap().path());
    let holds = |folder: &PathBuf| {
        let description = std::fs::read(folder.join("token.object")).unwrap();
        description.windows(padded.len()).any(|part| part == padded.as_bytes())
    };
    folders.find(holds).unwrap_or_else(|| panic!("no token {label}"))
}

/// A certificate from the running service, PEM.
fn issue(installation: &Installation, name: &str) -> String {
    let [csr, certificate] = ["csr", "pem"].map(|kind| installation.folder().join(format!("{name}.{kind}")));
    std::fs::write(&csr, request(&Keys::new().authentication)).unwrap();
    installation.sigill(&["demo", "issue", csr.to_str().unwrap(), certificate.to_str().unwrap()]);
    std::fs::read_to_string(certificate).unwrap()
}
