//! A card in the desk's reader, from blank to a login: `sigill card` with a token of its own.

use crate::support::Installation;
use crate::support::oracle::Oracle;
use crate::support::story::Agency;
use domain::id::hex;
use domain::operation::{DeliverCards, DeliveredCard, Operation, OperationHash};
use pki::profile::Purpose;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use testkit::token::TokenFolder;

const TOKEN: &str = "tjänstekort";
const PIN: &str = "271828";
const PUK: &str = "31415926";

/// Keys are born on the card, certificates come back onto it, and it logs its holder in.
#[tokio::test]
async fn a_card_is_made_at_the_desk_and_logs_in() {
    let reader = Reader::new("");
    reader.card("init", &["--pin", "env:CARD_PIN", "--puk", "env:CARD_PUK"]);
    let made = reader.show();
    assert!(made.contains("authentication: ec-p256, born on the card") && made.contains("no certificate"), "{made}");
    make_and_log_in("card-desk", &reader).await;

    let again = reader.refused("init", &["--pin", "env:CARD_PIN", "--puk", "env:CARD_PUK"]);
    assert!(again.contains("somebody's"), "{again}");
}

/// A card whose module offers RSA alone: `SoftHSM2`, kept to these mechanisms.
#[tokio::test]
async fn a_card_that_has_only_rsa_is_as_good() {
    let rsa =
        "slots.mechanisms = CKM_RSA_PKCS_KEY_PAIR_GEN,CKM_RSA_PKCS,CKM_RSA_PKCS_PSS,CKM_SHA256_RSA_PKCS,CKM_SHA256\n";
    let reader = Reader::new(rsa);
    let impossible = ["--pin", "env:CARD_PIN", "--puk", "env:CARD_PUK", "--keys", "ec-p256"];
    let refused = reader.refused("init", &impossible);
    assert!(refused.contains("it can make: rsa-2048, rsa-3072, rsa-4096"), "{refused}");
    // The refused try has set PIN and PUK, and the next one goes on from there.
    reader.card("init", &["--pin", "env:CARD_PIN"]);
    assert!(reader.show().contains("signature: rsa-3072, born on the card"));
    make_and_log_in("card-desk-rsa", &reader).await;
}

/// The PIN is changed with itself or with the PUK, and a wrong one is refused.
#[test]
fn pin_and_puk_are_changed() {
    let reader = Reader::new("");
    let weak = reader.refused("init", &["--pin", "env:WEAK_PIN", "--puk", "env:CARD_PUK"]);
    assert!(weak.contains("digits in a row") && !weak.contains("123456"), "{weak}");
    reader.card("init", &["--pin", "env:CARD_PIN", "--puk", "env:CARD_PUK"]);

    let wrong = reader.refused("pin change", &["--pin", "env:NEW_PIN", "--new", "env:NEW_PIN"]);
    assert!(wrong.contains("PIN refused") && wrong.contains("CKR_PIN_INCORRECT"), "{wrong}");
    reader.card("pin change", &["--pin", "env:CARD_PIN", "--new", "env:NEW_PIN"]);
    assert!(reader.refused("show", &["--pin", "env:CARD_PIN"]).contains("PIN refused"));
    reader.card("show", &["--pin", "env:NEW_PIN"]);

    let wrong = reader.refused("pin unblock", &["--puk", "env:NEW_PUK", "--new", "env:CARD_PIN"]);
    assert!(wrong.contains("PIN refused"), "{wrong}");
    reader.card("pin unblock", &["--puk", "env:CARD_PUK", "--new", "env:CARD_PIN"]);
    reader.card("show", &["--pin", "env:CARD_PIN"]);
    reader.card("pin puk", &["--puk", "env:CARD_PUK", "--new", "env:NEW_PUK"]);
    reader.card("pin unblock", &["--puk", "env:NEW_PUK", "--new", "env:NEW_PIN"]);
    assert!(reader.refused("pin unblock", &["--puk", "env:CARD_PUK", "--new", "env:CARD_PIN"]).contains("PIN refused"));

    let on_the_command_line = reader.refused("show", &["--pin", PIN]);
    assert!(on_the_command_line.contains("file:PATH") && on_the_command_line.contains("env:NAME"));
}

/// From requests to a login with OpenSSL and curl, which know nothing of Sigill.
async fn make_and_log_in(name: &str, reader: &Reader) {
    let installation = Installation::start(name);
    let oracle = Oracle::new(&installation);
    let agency = Agency::new(&installation, 0);
    let (id, number) = agency.approved(&oracle).await;
    reader.card("csr", &["--pin", "env:CARD_PIN", "--out", &reader.path("requests")]);
    let [authentication, signature] =
        ["authentication", "signature"].map(|key| reader.read(&format!("requests/{key}.csr")));
    let body = delivery(&agency, &oracle, (&id, &number), [&authentication, &signature]);
    let issued = agency.desk.0.post(&format!("/ra/v1/enrolments/{id}/certificates"), body).await.ok();
    for certificate in issued["certificates"].as_array().unwrap() {
        let file = format!("{}.pem", certificate["purpose"].as_str().unwrap());
        std::fs::write(reader.path(&file), certificate["pem"].as_str().unwrap()).unwrap();
    }
    let own = [reader.path("person-authentication.pem"), reader.path("person-signature.pem")];
    let swapped = ["--pin", "env:CARD_PIN", "--authentication", &own[1], "--signature", &own[0]];
    assert!(reader.refused("import", &swapped).contains("is not for"));
    assert!(reader.show().contains("no certificate"), "nothing is written of what does not fit");
    reader.card("import", &["--pin", "env:CARD_PIN", "--authentication", &own[0], "--signature", &own[1]]);
    let serial = issued["certificates"][0]["serial"].as_str().unwrap();
    assert!(reader.show().contains(&format!("certificate {serial} until")), "{}", reader.show());

    assert_eq!(reader.log_in(&installation)["code"], "card-not-active", "before the hand-out");
    agency.activate(&id).await;
    let me = reader.log_in(&installation);
    assert_eq!(me["cards"], json!([{"number": number, "state": "active"}]), "{me}");
}

/// What the desk sends for these requests.
fn delivery(agency: &Agency, oracle: &Oracle, (id, number): (&str, &str), requests: [&str; 2]) -> Value {
    let key = |pem: &str| hex(&pki::csr::read_csr(pem.as_bytes()).unwrap().key.fingerprint());
    let purposes = [Purpose::PersonAuthentication, Purpose::PersonSignature];
    let keys: BTreeMap<_, _> = purposes.into_iter().zip(requests.map(key)).collect();
    let card = DeliveredCard { enrolment: id.parse().unwrap(), card: number.parse().unwrap(), keys };
    let operation = Operation::DeliverCards(DeliverCards { cards: vec![card] }).to_bytes();
    let statement = oracle.statement(&agency.desk.1, "deliver", &OperationHash::of(&operation).to_string());
    json!({
        "authentication_csr": requests[0],
        "signature_csr": requests[1],
        "delivery": {"operation": String::from_utf8(operation).unwrap(), "statement": statement},
    })
}

/// A reader with one blank card.
struct Reader {
    tokens: TokenFolder,
}

impl Reader {
    /// With these lines more in the module's configuration.
    fn new(configuration: &str) -> Self {
        let tokens = TokenFolder::new().unwrap();
        let text = std::fs::read_to_string(tokens.configuration()).unwrap();
        std::fs::write(tokens.configuration(), text + configuration).unwrap();
        Self { tokens }
    }

    fn path(&self, name: &str) -> String {
        self.tokens.root().join(name).to_str().unwrap().to_owned()
    }

    fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.path(name)).unwrap()
    }

    fn show(&self) -> String {
        self.card("show", &["--pin", "env:CARD_PIN"])
    }

    /// Runs `sigill card`; gives what it said.
    fn card(&self, command: &str, arguments: &[&str]) -> String {
        let output = self.run(command, arguments);
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "sigill card {command} {arguments:?}: {said}");
        String::from_utf8(output.stdout).unwrap()
    }

    /// Runs `sigill card`, which must fail; gives its complaint.
    fn refused(&self, command: &str, arguments: &[&str]) -> String {
        let output = self.run(command, arguments);
        assert!(!output.status.success(), "sigill card {command} {arguments:?} should have been refused");
        String::from_utf8(output.stderr).unwrap()
    }

    fn run(&self, command: &str, arguments: &[&str]) -> Output {
        Command::new(env!("CARGO_BIN_EXE_sigill"))
            .arg("card")
            .args(command.split(' '))
            .args(["--token", TOKEN])
            .args(arguments)
            .envs(self.tokens.environment())
            .envs([("CARD_PIN", PIN), ("CARD_PUK", PUK), ("NEW_PIN", "161803"), ("NEW_PUK", "86028157")])
            .env("WEAK_PIN", "123456")
            .output()
            .unwrap()
    }

    /// Who the officers' listener says that this card's holder is; curl and OpenSSL use the card.
    fn log_in(&self, installation: &Installation) -> Value {
        let manifest = installation.manifest();
        let module = module();
        let engine = format!(
            "openssl_conf = i\n[i]\nengines = e\n[e]\npkcs11 = p\n[p]\nengine_id = pkcs11\nMODULE_PATH = {}\ninit = 0\n",
            module.display()
        );
        std::fs::write(self.path("engine.cnf"), engine).unwrap();
        let key = "pkcs11:token=tj%C3%A4nstekort;object=authentication";
        let output = Command::new("curl")
            .args(["-sS", "--max-time", "20", "--engine", "pkcs11", "--key-type", "ENG", "--cert-type", "ENG"])
            .args(["--key", &format!("{key};type=private;pin-value={PIN}"), "--cert", &format!("{key};type=cert")])
            .args(["--cacert", manifest["tls_ca"].as_str().unwrap()])
            .arg(format!("{}/self/v1/me", installation.url("officer_url")))
            .envs(self.tokens.environment())
            .env("OPENSSL_CONF", self.path("engine.cnf"))
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{}: {said}", output.status))
    }
}

fn module() -> PathBuf {
    let places = ["/usr/lib/softhsm/libsofthsm2.so", "/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so"];
    places.iter().map(|place| Path::new(place).to_owned()).find(|path| path.is_file()).unwrap()
}
