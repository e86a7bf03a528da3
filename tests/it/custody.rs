//! A CA's token is backed up, lost and restored, and signs on.

use crate::support::Installation;
use crate::support::judge::Judge;
use crate::support::story::{Keys, request};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

/// What was signed after the restore verifies with the CA's certificate of before, and every other way to a token is
/// refused.
#[tokio::test]
async fn restored_ca_token_signs_for_the_same_ca() {
    let mut installation = Installation::start("custody");
    let judge = Judge::new(&installation);
    judge.verify_chain(&issue(&installation, "before"));
    installation.stop();

    let desk = Desk::new(&installation);
    let made = desk.token(&["backup", desk.folder(), "--out", desk.file()]).unwrap();
    assert!(made.contains("token sigill-ca serial"), "{made}");
    assert_eq!(std::fs::metadata(desk.file()).unwrap().permissions().mode() & 0o777, 0o600);
    let again = desk.token(&["backup", desk.folder(), "--out", desk.file()]).unwrap_err();
    assert!(again.contains("exists already"), "{again}");
    let over = desk.token(&["restore", desk.file(), "--tokens", desk.tokens()]).unwrap_err();
    assert!(over.contains("overwrites nothing"), "{over}");

    std::fs::remove_dir_all(desk.folder()).unwrap();
    refuse_what_is_no_backup(&desk);
    find_half_a_restore(&desk);

    let restored = desk.token(&["restore", desk.file(), "--tokens", desk.tokens()]).unwrap();
    assert!(restored.contains("key "), "{restored}");
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
        for command in [&["restore", &file, "--tokens", desk.tokens()][..], &["verify", &file]] {
            let refused = desk.token(command).unwrap_err();
            assert!(refused.contains("backup"), "octet {at}: {refused}");
        }
    }
    let other = desk.with_pin(&desk.other_pin);
    let refused = other.token(&["restore", desk.file(), "--tokens", desk.tokens()]).unwrap_err();
    assert!(refused.contains("PIN refused"), "{refused}");
    let service = token_folder(desk.tokens(), "sigill-service");
    let refused = other.token(&["verify", desk.file(), "--folder", service.to_str().unwrap()]).unwrap_err();
    assert!(refused.contains("not the one of the backup"), "{refused}");
    assert!(!Path::new(desk.folder()).exists());
}

/// A restore that a crash interrupted is found by the next; a token that lost a file does not prove itself.
fn find_half_a_restore(desk: &Desk) {
    let name = Path::new(desk.folder()).file_name().unwrap().to_str().unwrap();
    let half = PathBuf::from(format!("{}.restoring-{name}", desk.tokens()));
    std::fs::create_dir(&half).unwrap();
    let refused = desk.token(&["restore", desk.file(), "--tokens", desk.tokens()]).unwrap_err();
    assert!(refused.contains("was interrupted"), "{refused}");
    std::fs::remove_dir_all(half).unwrap();

    desk.token(&["restore", desk.file(), "--tokens", desk.tokens()]).unwrap();
    let objects = || std::fs::read_dir(desk.folder()).unwrap().map(|entry| entry.unwrap().path());
    let lost = objects().find(|path| path.extension().is_some_and(|kind| kind == "object")).unwrap();
    std::fs::remove_file(lost).unwrap();
    let refused = desk.token(&["verify", desk.file(), "--folder", desk.folder()]).unwrap_err();
    assert!(refused.contains("does not prove itself") || refused.contains("not the one of the backup"), "{refused}");
    std::fs::remove_dir_all(desk.folder()).unwrap();
}

/// Where the operator works: the CA token's folder and PIN, and a place for the backup.
#[derive(Clone)]
struct Desk {
    program: PathBuf,
    pin: PathBuf,
    other_pin: PathBuf,
    tokens: String,
    folder: String,
    file: String,
}

impl Desk {
    fn new(installation: &Installation) -> Self {
        let text = |path: PathBuf| path.into_os_string().into_string().unwrap();
        let tokens = text(installation.data().join("tokens"));
        Self {
            program: installation.program(),
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

    /// `sigill token …`: what it says, on standard output or, refusing, on the other.
    fn token(&self, arguments: &[&str]) -> Result<String, String> {
        let mut command = Command::new(&self.program);
        command.arg("token").args(arguments).arg("--pin-file").arg(&self.pin).env_remove("SOFTHSM2_CONF");
        let output = command.output().unwrap();
        let text = |octets: Vec<u8>| String::from_utf8(octets).unwrap();
        if output.status.success() { Ok(text(output.stdout)) } else { Err(text(output.stderr)) }
    }
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
