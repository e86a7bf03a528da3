//! Public status of a whole installation, read with the OpenSSL command.

use crate::support::Installation;
use crate::support::installation::{pause, signal};
use crate::support::oracle::Oracle;
use crate::support::story::{Agency, Keys};
use openssl::x509::X509;
use serde_json::{Value, json};
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

/// Steps of waiting, and how many of them fit the limits: OCSP 2 s, CRL 60 s.
const STEP: Duration = Duration::from_millis(100);
const OCSP_STEPS: usize = 20;
const CRL_STEPS: usize = 600;

/// An installation with people and certificates, and a relying party with OpenSSL.
struct World {
    installation: Installation,
    oracle: Oracle,
    agency: Agency,
    root: PathBuf,
    /// The CA of persons.
    issuer: PathBuf,
    crl_url: String,
}

/// A card's authentication certificate.
struct Card {
    number: String,
    pem: PathBuf,
    serial: String,
}

impl World {
    fn new(name: &str) -> Self {
        let installation = Installation::start(name);
        let (oracle, agency) = (Oracle::new(&installation), Agency::new(&installation, 0));
        let manifest = installation.manifest();
        let path = |value: &Value| PathBuf::from(value.as_str().unwrap());
        let issuers = manifest["issuers"].as_array().unwrap();
        let of_persons = issuers.iter().find(|issuer| issuer["name"].as_str().unwrap().contains("person")).unwrap();
        let (root, issuer) = (path(&manifest["trust_anchor"]), path(&of_persons["certificate"]));
        let crl_url = of_persons["crl_url"].as_str().unwrap().to_owned();
        Self { installation, oracle, agency, root, issuer, crl_url }
    }

    async fn card(&self) -> Card {
        let (_, number, issued) = self.agency.card(&self.oracle, &Keys::new()).await;
        let certificates = issued["certificates"].as_array().unwrap();
        let text = certificates[0]["pem"].as_str().unwrap();
        let pem = self.installation.folder().join(format!("{number}.pem"));
        std::fs::write(&pem, text).unwrap();
        let serial = X509::from_pem(text.as_bytes()).unwrap().serial_number().to_bn().unwrap().to_hex_str().unwrap();
        Card { number, pem, serial: serial.to_string() }
    }

    async fn revoke(&self, card: &Card) {
        let path = format!("/ra/v1/cards/{}/revocation", card.number);
        self.agency.revoker.post(&path, json!({"reason": "keyCompromise"})).await.ok();
    }

    /// What `openssl ocsp` prints, asked with these arguments.
    fn ocsp(&self, arguments: &[&str]) -> String {
        let mut command = Command::new("openssl");
        command.arg("ocsp").args(["-url", &format!("{}/ocsp", self.installation.url("status_url"))]);
        command.arg("-issuer").arg(&self.issuer).arg("-CAfile").arg(&self.root).arg("-verify_other").arg(&self.issuer);
        let output = command.args(arguments).output().unwrap();
        String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned()
    }

    /// What OCSP says of one card; the signature must verify.
    fn says(&self, card: &Card) -> String {
        let said = self.ocsp(&["-no_nonce", "-cert", card.pem.to_str().unwrap()]);
        if !said.contains("Responder Error") {
            assert!(said.contains("Response verify OK"), "{said}");
        }
        said
    }

    /// Waits until OCSP says `word` of the card; never more than `steps`. It must never say good meanwhile.
    fn await_revoked(&self, card: &Card, steps: usize) {
        for _ in 0..steps {
            let said = self.says(card);
            assert!(!said.contains(": good"), "a committed revocation withdraws the good at once: {said}");
            if said.contains(": revoked") {
                assert!(said.contains("Reason: keyCompromise"), "{said}");
                return;
            }
            pause(STEP);
        }
        panic!("not revoked in time: {}", self.says(card));
    }

    /// Number and text of the CRL, its signature verified.
    fn crl(&self) -> (String, String) {
        let file = self.installation.folder().join("now.crl");
        let fetched =
            Command::new("curl").args(["-sS", "--fail", "-o"]).arg(&file).arg(&self.crl_url).status().unwrap();
        assert!(fetched.success());
        let mut command = Command::new("openssl");
        command.args(["crl", "-inform", "DER", "-noout", "-text", "-crlnumber", "-in"]).arg(&file);
        let output = command.arg("-CAfile").arg(&self.issuer).output().unwrap();
        assert!(String::from_utf8_lossy(&output.stderr).contains("verify OK"), "{output:?}");
        let text = String::from_utf8(output.stdout).unwrap();
        let number = text.lines().find_map(|line| line.strip_prefix("crlNumber=")).unwrap().to_owned();
        (number, text)
    }

    fn await_listed(&self, card: &Card, steps: usize) {
        let listed = (0..steps).any(|_| {
            let (_, text) = self.crl();
            text.contains(&card.serial) || {
                pause(STEP);
                false
            }
        });
        assert!(listed, "{} is not on the CRL in time", card.serial);
    }
}

#[tokio::test]
async fn openssl_reads_every_kind_of_answer() {
    let world = World::new("status");
    let (good, revoked) = (world.card().await, world.card().await);
    assert!(world.says(&good).contains(": good"));
    world.revoke(&revoked).await;
    world.await_revoked(&revoked, OCSP_STEPS);
    world.await_listed(&revoked, CRL_STEPS);
    assert!(!world.crl().1.contains(&good.serial));

    let both = ["-cert", good.pem.to_str().unwrap(), "-cert", revoked.pem.to_str().unwrap(), "-no_nonce"];
    let said = world.ocsp(&both);
    assert!(said.contains("Response verify OK") && said.contains(": good") && said.contains(": revoked"), "{said}");
    let said = world.ocsp(&["-cert", good.pem.to_str().unwrap(), "-serial", "0x7fff", "-no_nonce"]);
    assert!(said.contains("unauthorized"), "one is not ours: {said}");
    let said = world.ocsp(&["-sha256", "-cert", good.pem.to_str().unwrap(), "-no_nonce"]);
    assert!(said.contains("Response verify OK") && said.contains(": good"), "{said}");
    let said = world.ocsp(&["-cert", good.pem.to_str().unwrap()]);
    assert!(said.contains("no nonce in response") && said.contains(": good"), "a nonce is ignored: {said}");
}

#[tokio::test]
async fn status_outlives_the_signer_and_crls_follow_when_it_is_back() {
    let world = World::new("signer-stopped");
    let (good, revoked) = (world.card().await, world.card().await);
    let (before, _) = world.crl();
    let signer = world.installation.signer_id().unwrap();
    signal(signer, "STOP");
    world.revoke(&revoked).await;
    world.await_revoked(&revoked, OCSP_STEPS);
    assert!(world.says(&good).contains(": good"));
    assert_eq!(world.crl().0, before, "nobody can sign a CRL now");
    let health = world.installation.health();
    assert_eq!((&health["status"], &health["signer"]), (&json!("degraded"), &json!("down")));
    signal(signer, "CONT");
    world.await_listed(&revoked, CRL_STEPS);
}

#[tokio::test]
async fn a_restart_forgets_no_revocation_and_repeats_no_crl_number() {
    let mut world = World::new("restart");
    let (good, revoked) = (world.card().await, world.card().await);
    world.revoke(&revoked).await;
    // At once: whatever was under way is lost.
    world.installation.kill();
    world.installation.run();
    // The connections of before went down with the service.
    world.agency = Agency::new(&world.installation, 0);
    world.await_revoked(&revoked, OCSP_STEPS);
    assert!(world.says(&good).contains(": good"));
    world.await_listed(&revoked, CRL_STEPS);
    let before = crl_number(&world);
    let another = world.card().await;
    world.revoke(&another).await;
    world.await_listed(&another, CRL_STEPS);
    assert!(crl_number(&world) > before);
}

fn crl_number(world: &World) -> u64 {
    let (number, _) = world.crl();
    u64::from_str_radix(number.trim_start_matches("0x"), 16).unwrap()
}
