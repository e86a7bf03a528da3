//! A foreign linter on one of everything that is issued, claimed to be qualified or not.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use pki::crl::{Reason, RevokedEntry, lint_crl, prepare_crl};
use pki::ocsp::{IssuerHashes, Responder, Single, Status, lint_ocsp, prepare_ocsp};
use pki::{Certificate, KeyId, Profile, Purpose};
use testkit::TestFolder;

use crate::world::{World, now, serial};

/// Files to lint.
struct Samples {
    folder: TestFolder,
    /// Kind of the file, its name, and its issuer's.
    list: Vec<(&'static str, String, String)>,
}

#[test]
fn pkilint_finds_nothing_but_what_is_argued() {
    let mut samples = Samples { folder: TestFolder::new("pkilint"), list: Vec::new() };
    for (mode, mut world) in [("ordinary", World::new()), ("qualified", World::qualified())] {
        samples.certificates(mode, &mut world);
    }
    samples.crls(&World::new());
    samples.answers(&mut World::new());
    let mut found = samples.lint();
    found.sort();
    let mut accepted: Vec<_> = ["ordinary", "qualified"]
        .into_iter()
        .flat_map(|mode| ACCEPTED.map(|(profile, code)| (format!("{mode}-{profile}.pem"), code.to_owned())))
        .collect();
    accepted.sort();
    assert_eq!(found, accepted);
}

impl Samples {
    fn add(&mut self, kind: &'static str, name: &str, issuer: &str, octets: &[u8]) {
        std::fs::write(self.path(name), octets).unwrap();
        self.list.push((kind, name.to_owned(), issuer.to_owned()));
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn certificates(&mut self, mode: &str, world: &mut World) {
        let all = world.certificates();
        let subjects: Vec<_> = all
            .iter()
            .map(|(profile, der)| (*profile, Certificate::parse(der.as_bytes()).unwrap().subject_der().to_vec()))
            .collect();
        for (profile, der) in &all {
            let certificate = Certificate::parse(der.as_bytes()).unwrap();
            let issuer = subjects.iter().find(|(_, subject)| subject == certificate.issuer_der()).unwrap().0;
            let chain = if issuer == *profile { String::new() } else { format!("{mode}-{issuer}.pem") };
            let kind = kind(world.profile(profile));
            self.add(kind, &format!("{mode}-{profile}.pem"), &chain, der.to_pem().as_bytes());
        }
    }

    fn crls(&mut self, world: &World) {
        let entries: Vec<_> = Reason::ALL
            .into_iter()
            .zip(50..)
            .map(|(reason, n)| RevokedEntry { serial: serial(n), at: now(), reason })
            .collect();
        for (kind, name, issuer, entries) in [
            ("crl", "full.crl", &world.person, entries.as_slice()),
            ("crl", "empty.crl", &world.person, &[]),
            ("arl", "root.crl", &world.root, &[]),
        ] {
            let tbs = prepare_crl(issuer, 7, now(), now().plus_days(1), entries.iter());
            let crl = lint_crl(tbs, &issuer.certificate, issuer.key.clone()).unwrap().sign(&world.keys).unwrap();
            self.add(kind, name, "", crl.as_bytes());
        }
    }

    fn answers(&mut self, world: &mut World) {
        let (_, signer) = world.certificates().into_iter().find(|(profile, _)| *profile == "ocsp-signer").unwrap();
        let certificate = Certificate::parse(signer.as_bytes()).unwrap();
        let responder = Responder { certificate, key: KeyId::new("ocsp-1") };
        let issuer = IssuerHashes::of(&world.person.certificate);
        let revoked = Status::Revoked { at: now(), reason: Reason::KeyCompromise };
        for (name, status, nonce) in [
            ("good.ors", Status::Good, None),
            ("revoked.ors", revoked, None),
            ("unknown.ors", Status::Unknown, Some(&[7_u8; 32][..])),
        ] {
            let singles = Single::both(&issuer, &serial(10), status, now(), now().plus_days(1));
            let tbs = prepare_ocsp(&responder, &singles, now().plus_seconds(1), nonce);
            let answer = lint_ocsp(tbs, &responder).unwrap().sign(&world.keys).unwrap();
            self.add("ocsp", name, "", answer.as_bytes());
        }
    }

    /// Names and codes of all findings at WARNING and above.
    fn lint(&self) -> Vec<(String, String)> {
        let venv = std::env::var("SIGILL_TEST_VENV")
            .expect("run the tests with `cargo xtask test`: it makes a venv with pkilint");
        let driver = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/clients/lint_many.py");
        let mut program = Command::new(Path::new(&venv).join("bin/python"));
        let program = program.arg(driver).current_dir(self.folder.path());
        let mut running = program.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let mut list = running.stdin.take().unwrap();
        for (kind, name, issuer) in &self.list {
            writeln!(list, "{kind}\t{name}\t{issuer}").unwrap();
        }
        drop(list);
        let output = running.wait_with_output().unwrap();
        let said = String::from_utf8(output.stdout).unwrap();
        let findings = said.strip_suffix(&format!("linted {}\n", self.list.len())).expect("the driver came to its end");
        let finding = |line: &str| {
            let mut fields = line.split('\t').map(str::to_owned);
            (fields.next().unwrap(), fields.next().unwrap())
        };
        findings.lines().map(finding).collect()
    }
}

/// By which rules a profile's certificates are judged.
fn kind(profile: &Profile) -> &'static str {
    match profile.purpose() {
        Purpose::PersonSignature if profile.is_qualified() => "qcp-n-qscd",
        Purpose::LegalPersonSeal if profile.is_qualified() => "qcp-l-qscd",
        Purpose::PersonAuthentication | Purpose::PersonSignature => "ncp-n",
        Purpose::FunctionServer | Purpose::FunctionClient | Purpose::LegalPersonSeal => "ncp-l",
        _ => "pkix",
    }
}

/// Profiles and findings that `docs/divergences.md` argues.
const ACCEPTED: [(&str, &str); 2] = [
    ("person-signature-short-term", "etsi.en_319_412_2.gen-4.3.11-2.crldp_extension_missing"),
    ("person-signature-short-term", "etsi.en_319_412_2.gen-4.4.1-8.ocsp_aia_access_method_absent"),
];
