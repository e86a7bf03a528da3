//! Certificates of systems and organisations: ordered by one, approved by another, for names that are the agency's.

use crate::packages::known;
use crate::support::client::Caller;
use crate::support::installation::free_ports;
use crate::support::oracle::Oracle;
use crate::support::records::events;
use crate::support::story::{Agency, request};
use crate::support::zone::Zone;
use crate::support::{Installation, Stopwatch, wait};
use rcgen::KeyPair;
use serde_json::{Value, json};
use std::io::Write as _;
use std::process::Command;
use std::time::Duration;

const HOST: &str = "diariet.norrsken.example.se";

/// The officers who order and approve, and somebody who answers for functions.
struct Desk {
    frida: (Caller, Value),
    responsible: String,
    agency: Agency,
    oracle: Oracle,
}

impl Desk {
    async fn of(installation: &Installation) -> Self {
        let person = installation.person(0, "function-administrator");
        let (_, responsible) = known(installation, "Bertil Björklund").await;
        Self {
            frida: (Caller::person(installation, &person), person),
            responsible,
            agency: Agency::new(installation, 0),
            oracle: Oracle::new(installation),
        }
    }

    fn wish(&self, key: &KeyPair) -> Value {
        json!({
            "profile": "function-server", "common_name": HOST, "dns_names": [HOST],
            "hsa_id": "SE5560160680-DIARIET9", "responsible": self.responsible,
            "contact": "drift@norrsken.example.se", "csr": request(key),
        })
    }

    async fn request(&self, wish: Value) -> Value {
        self.frida.0.post("/ra/v1/functions", wish).await.ok()
    }

    /// Signs what was prepared.
    async fn order(&self, id: &str, control: Value) -> Value {
        let path = format!("/ra/v1/functions/{id}/order");
        let prepared = self.frida.0.post(&format!("{path}/preparation"), json!({"control": control})).await.ok();
        let statement = self.oracle.statement(&self.frida.1, "order", prepared["operation_hash"].as_str().unwrap());
        self.frida.0.post(&path, json!({"operation": prepared["operation"], "statement": statement})).await.ok()
    }

    async fn approve(&self, ordered: &Value) -> Value {
        let id = ordered["id"].as_str().unwrap();
        let statement =
            self.oracle.statement(&self.agency.approver.1, "approve", ordered["operation_hash"].as_str().unwrap());
        let path = format!("/ra/v1/functions/{id}/approval");
        self.agency.approver.0.post(&path, json!({"statement": statement})).await.ok()
    }

    async fn issue(&self, id: &str) -> Value {
        self.frida.0.post(&format!("/ra/v1/functions/{id}/certificate"), json!({})).await.ok()
    }
}

/// A server's certificate that was asked for, and no more.
pub async fn requested(installation: &Installation) -> Value {
    let desk = Desk::of(installation).await;
    desk.request(desk.wish(&KeyPair::generate().unwrap())).await
}

/// A system of the first agency that Bertil answers for: its id, and the system with its certificate.
pub async fn client(installation: &Installation, name: &str) -> (String, Caller) {
    let (desk, key) = (Desk::of(installation).await, KeyPair::generate().unwrap());
    let wish = json!({
        "profile": "function-client", "common_name": name, "responsible": desk.responsible,
        "contact": "drift@norrsken.example.se", "csr": request(&key),
    });
    let requested = desk.request(wish).await;
    let id = requested["id"].as_str().unwrap();
    let entry = json!([{"name": name, "register": "Systemförteckning", "reference": "post 18"}]);
    desk.approve(&desk.order(id, entry).await).await;
    let issued = desk.issue(id).await;
    (id.to_owned(), Caller::system(installation, issued["pem"].as_str().unwrap(), &key.serialize_pem()))
}

/// The whole way of a server's certificate: its zone shows the challenge, two officers sign, OpenSSL believes it, it is
/// renewed, handed over and revoked.
#[tokio::test]
async fn a_server_gets_its_certificate() {
    let mut installation = Installation::start("functions");
    installation.stop();
    let port = free_ports();
    let config = installation.data().join("sigill.toml");
    let mut text = std::fs::File::options().append(true).open(config).unwrap();
    write!(text, "\n[functions]\nresolver = \"127.0.0.1:{port}\"\n").unwrap();
    installation.run();
    let desk = Desk::of(&installation).await;
    let (frida, key) = (&desk.frida.0, KeyPair::generate().unwrap());
    let requested = desk.request(desk.wish(&key)).await;
    let (id, challenge) = (requested["id"].as_str().unwrap(), requested["challenge"].as_str().unwrap());
    let preparation = format!("/ra/v1/functions/{id}/order/preparation");

    let away = frida.post(&preparation, json!({})).await;
    assert_eq!(away.problem(), (503, "busy".to_owned()), "no resolver answers");
    let name = format!("_sigill-challenge.{HOST}");
    {
        let _other = Zone::serve(port, &[(&name, "another challenge")]);
        let refused = frida.post(&preparation, json!({})).await;
        assert_eq!(refused.problem(), (422, "control-not-shown".to_owned()));
    }
    let _zone = Zone::serve(port, &[(&name, challenge)]);
    let ordered = desk.order(id, json!([])).await;
    assert_eq!((&ordered["stage"], &ordered["control"][0]["method"]), (&json!("ordered"), &json!("dns")));

    let own = desk.oracle.statement(&desk.frida.1, "approve", ordered["operation_hash"].as_str().unwrap());
    let alone = frida.post(&format!("/ra/v1/functions/{id}/approval"), json!({"statement": own})).await;
    assert_eq!(alone.problem(), (403, "denied".to_owned()), "whoever orders has no right to approve");
    let early = frida.post(&format!("/ra/v1/functions/{id}/certificate"), json!({})).await;
    assert_eq!(early.problem(), (409, "wrong-stage".to_owned()));
    assert_eq!(desk.approve(&ordered).await["stage"], "approved");
    let issued = desk.issue(id).await;
    let (pem, function) = (issued["pem"].as_str().unwrap(), &issued["function"]);
    assert_eq!(function["stage"], "issued");
    believed(&installation, pem);
    let twice = frida.post(&format!("/ra/v1/functions/{id}/certificate"), json!({})).await;
    assert_eq!(twice.problem(), (409, "wrong-stage".to_owned()));
    let again = frida.post("/ra/v1/functions", desk.wish(&key)).await.ok();
    let again = desk.order(again["id"].as_str().unwrap(), register()).await;
    desk.approve(&again).await;
    let path = format!("/ra/v1/functions/{}/certificate", again["id"].as_str().unwrap());
    assert_eq!(frida.post(&path, json!({})).await.problem(), (409, "key-taken".to_owned()), "a key is one function's");

    looked_after(&installation, &desk, id).await;
    let revocation = format!("/ra/v1/functions/{id}/revocation");
    let revoked = frida.post(&revocation, json!({"reason": "superseded"})).await.ok();
    let serial = revoked["certificates"][0]["serial"].as_str().unwrap();
    until_revoked(&installation, pem).await;
    let view = frida.get(&format!("/ra/v1/functions/{id}")).await.ok();
    assert_eq!(view["certificate"]["serial"], serial);
    assert_eq!(view["certificate"]["reason"], "superseded");
    for (kind, count) in [
        ("function.requested", 2),
        ("function.ordered", 2),
        ("function.approved", 2),
        ("function.handed-over", 1),
        ("function.revoked", 1),
    ] {
        assert_eq!(events(&installation, kind).len(), count, "{kind}");
    }
    assert!(installation.signer_journal().contains("\"type\":\"function\""), "the signer knows whose it is");
}

/// Whoever answers for it leaves: it stands on the work-list until somebody else does.
async fn looked_after(installation: &Installation, desk: &Desk, id: &str) {
    let frida = &desk.frida.0;
    let work_list = || async {
        let list = frida.get("/ra/v1/function-work-list").await.ok();
        list["items"].as_array().unwrap().iter().map(|item| item["id"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert!(work_list().await.is_empty());
    let end = format!("/ra/v1/persons/{}/employment-end", desk.responsible);
    desk.agency.registration.0.post(&end, json!({"last_day": "2026-01-31", "reason": "case 9"})).await.ok();
    assert_eq!(work_list().await, [id]);
    let (_, cecilia) = known(installation, "Cecilia Cederström").await;
    let keeper = format!("/ra/v1/functions/{id}/keeper");
    let to = |who: &str| json!({"responsible": who, "contact": "drift@norrsken.example.se", "reason": "case 9"});
    let left = frida.post(&keeper, to(&desk.responsible)).await;
    assert_eq!(left.problem(), (400, "invalid".to_owned()), "who has left answers for nothing");
    frida.post(&keeper, to(&cecilia)).await.ok();
    assert!(work_list().await.is_empty());
}

/// Systems and seals are shown by registers; what no such certificate may say, and what was not prepared, is refused.
#[tokio::test]
async fn what_is_not_the_agencys_is_refused() {
    let installation = Installation::start("functions-refused");
    let desk = Desk::of(&installation).await;
    let (frida, key) = (&desk.frida.0, KeyPair::generate().unwrap());
    let with = |field: &str, value: Value| {
        let mut wish = desk.wish(&key);
        wish[field] = value;
        wish
    };
    for (field, value, problem) in [
        ("profile", json!("person-signature-loa4"), (400, "profile-not-ordered")),
        ("dns_names", json!(["*.norrsken.example.se"]), (400, "host-name")),
        ("hsa_id", json!("SE5562265719-X"), (400, "identifier-of-another")),
        ("contact", json!("nobody"), (400, "contact-address")),
        ("responsible", json!("nobody"), (400, "invalid")),
        ("csr", json!("-----BEGIN NOTHING-----"), (400, "malformed")),
        ("renews", json!("nothing"), (404, "not-found")),
    ] {
        let refused = frida.post("/ra/v1/functions", with(field, value)).await.problem();
        assert_eq!((refused.0, refused.1.as_str()), problem, "{field}");
    }
    let requested = desk.request(desk.wish(&key)).await;
    let id = requested["id"].as_str().unwrap();
    let path = format!("/ra/v1/functions/{id}/order");
    let no_zone = frida.post(&format!("{path}/preparation"), json!({})).await;
    assert_eq!(no_zone.problem(), (422, "control-not-shown".to_owned()), "no resolver, no look-up");
    let prepared = frida.post(&format!("{path}/preparation"), json!({"control": register()})).await.ok();
    let operation = prepared["operation"].as_str().unwrap();
    let sign = |operation: &str, act: &str| {
        let hash = domain::operation::OperationHash::of(operation.as_bytes()).to_string();
        desk.oracle.statement(&desk.frida.1, act, &hash)
    };
    let order =
        |operation: &str, statement: String| frida.post(&path, json!({"operation": operation, "statement": statement}));
    let seen = "{\"method\":\"register\",\"register\":\"Systemförteckning\",\"reference\":\"post 17\"}";
    let claimed = operation.replace(seen, &format!("{{\"method\":\"dns\",\"record\":\"{}\"}}", text(&requested)));
    assert_ne!(claimed, operation);
    let refused = order(&claimed, sign(&claimed, "order")).await;
    assert_eq!(refused.problem(), (422, "control-not-shown".to_owned()), "the service itself must see it");
    let other = operation.replace("drift@", "annan@");
    assert_eq!(order(&other, sign(&other, "order")).await.problem(), (403, "other-operation".to_owned()));
    let other_act = order(operation, sign(operation, "approve")).await;
    assert_eq!(other_act.problem(), (403, "other-act".to_owned()));
    let ordered = order(operation, sign(operation, "order")).await.ok();

    // Bertil may approve in general, and answers for this one.
    let bertil = crate::packages::named(&installation, "Bertil Björklund");
    let statement = desk.oracle.statement(&bertil, "approve", ordered["operation_hash"].as_str().unwrap());
    let approval = format!("/ra/v1/functions/{id}/approval");
    let own = Caller::person(&installation, &bertil).post(&approval, json!({"statement": statement})).await;
    assert_eq!(own.problem(), (403, "four-eyes".to_owned()));

    let seal = json!({
        "profile": "legal-person-seal", "common_name": "TEST Norrsken stämpel", "responsible": desk.responsible,
        "contact": "drift@norrsken.example.se", "csr": request(&KeyPair::generate().unwrap()),
    });
    let seal = desk.request(seal).await;
    let entry =
        json!([{"name": "TEST Norrsken stämpel", "register": "Allmänt företagsregister", "reference": "5560160680"}]);
    let ordered = desk.order(seal["id"].as_str().unwrap(), entry).await;
    desk.approve(&ordered).await;
    desk.issue(seal["id"].as_str().unwrap()).await;
}

fn text(requested: &Value) -> &str {
    requested["challenge"].as_str().unwrap()
}

/// What an officer read in a register about the host.
fn register() -> Value {
    json!([{"name": HOST, "register": "Systemförteckning", "reference": "post 17"}])
}

/// OpenSSL builds the path and finds the host's name in it.
fn believed(installation: &Installation, pem: &str) {
    let leaf = installation.folder().join("function.pem");
    std::fs::write(&leaf, pem).unwrap();
    let authorities = installation.data().join("authorities");
    let authority = |name: &str| authorities.join(format!("{name}.pem"));
    let output = Command::new("openssl")
        .args(["verify", "-x509_strict", "-purpose", "sslserver", "-verify_hostname", HOST, "-CAfile"])
        .arg(authority("test-sigill-root-ca-v1"))
        .arg("-untrusted")
        .arg(authority("test-sigill-function-ca-v1"))
        .arg(&leaf)
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

/// OpenSSL learns of the revocation from the public responder.
async fn until_revoked(installation: &Installation, pem: &str) {
    let leaf = installation.folder().join("function.pem");
    std::fs::write(&leaf, pem).unwrap();
    let issuer = installation.data().join("authorities/test-sigill-function-ca-v1.pem");
    let begun = Stopwatch::start();
    loop {
        let output = Command::new("openssl")
            .args(["ocsp", "-no_nonce", "-noverify", "-issuer"])
            .arg(&issuer)
            .arg("-cert")
            .arg(&leaf)
            .args(["-url", &format!("{}/ocsp", installation.url("status_url"))])
            .output()
            .unwrap();
        if String::from_utf8_lossy(&output.stdout).contains(": revoked") {
            return;
        }
        assert!(begun.elapsed() < Duration::from_secs(20), "{}", String::from_utf8_lossy(&output.stdout));
        wait(Duration::from_millis(200)).await;
    }
}
