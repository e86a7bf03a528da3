//! Cards in every state: each refusal is a page that says what to do, never a broken connection.

use crate::support::Installation;
use crate::support::oracle::Oracle;
use crate::support::relying::{Browser, Service};
use crate::support::story::{Agency, Keys};
use rcgen::KeyPair;
use reqwest::{Identity, StatusCode};
use serde_json::{Value, json};
use std::process::Command;

/// The decision table: not activated, good, the wrong certificate, somebody else's, revoked; in Swedish and English, at
/// the device check and in a login.
#[tokio::test]
async fn every_state_of_a_card_has_its_page() {
    let installation = Installation::start("cards");
    let service = Service::register(&installation, "rp", &json!({}));
    let (oracle, agency) = (Oracle::new(&installation), Agency::new(&installation, 0));
    let keys = Keys::new();
    let (id, card) = agency.approved(&oracle).await;
    let issued = agency.issue(&oracle, &id, &card, &keys).await;
    let authentication = identity(&issued, "person-authentication", &keys.authentication);
    let signature = identity(&issued, "person-signature", &keys.signature);
    let stranger = rcgen::generate_simple_self_signed(vec!["somebody".to_owned()]).unwrap();
    let stranger = pem(&stranger.cert.pem(), &stranger.signing_key);
    let see = async |identity: &Identity, status: StatusCode, sv: &str, en: &str| {
        let browser = Browser::new(&installation, Some(identity.clone()));
        let check = browser.get(&check_url(&installation)).await;
        assert_eq!(check.status, status, "{}", check.body);
        assert!(check.body.contains(sv), "{sv}: {}", check.body);
        let (_, page) = browser.follow(&service.login_url(&[("ui_locales", "en")])).await;
        let expected = if status == StatusCode::OK { "Agree and log in" } else { en };
        assert!(page.status == status && page.body.contains(expected), "{en}: {}", page.body);
    };
    let refused = StatusCode::FORBIDDEN;
    see(&authentication, refused, "Kortet är inte aktiverat", "The card is not activated").await;
    agency.activate(&id).await;
    see(&authentication, StatusCode::OK, "Kortet fungerar", "").await;
    see(&signature, refused, "Du valde certifikatet för underskrift", "You chose the certificate for signatures").await;
    see(&stranger, refused, "Certifikatet kommer från någon annan", "The certificate is somebody else").await;
    agency.revoker.post(&format!("/ra/v1/cards/{card}/revocation"), json!({"reason": "keyCompromise"})).await.ok();
    see(&authentication, refused, "Kortet är spärrat", "The card is revoked").await;
    see(&signature, refused, "Kortet är spärrat", "The card is revoked").await;
    let refusals = super::login::events(&installation, "login.refused");
    assert_eq!(refusals.len(), 4, "those of strangers are nobody's: {refusals:?}");
}

/// A card of the highest level satisfies what is asked for here, and says so of itself only what may be said.
#[tokio::test]
async fn a_card_logs_in_with_two_factors() {
    let installation = Installation::start("card-login");
    let service = Service::register(&installation, "rp", &json!({}));
    let (oracle, agency) = (Oracle::new(&installation), Agency::new(&installation, 0));
    let keys = Keys::new();
    let (_, card, issued) = agency.card(&oracle, &keys).await;
    let browser = Browser::new(&installation, Some(identity(&issued, "person-authentication", &keys.authentication)));
    let tokens = browser.tokens(&service).await;
    let claims = service.verified(tokens["id_token"].as_str().unwrap()).await;
    assert_eq!(claims["acr"], "http://id.swedenconnect.se/loa/1.0/uncertified-loa3");
    assert_eq!(claims["amr"], json!(["sc", "pin", "mfa"]));
    let event = super::login::events(&installation, "login.completed")[0].to_string();
    assert!(event.contains(&card) && event.contains("loa4"), "{event}");
}

/// A client that can only sign RSA with PKCS#1 v1.5 and SHA-256 logs in on the origin for older cards, and cannot on the
/// other: TLS 1.3 has no such signature.
#[tokio::test]
async fn an_older_card_logs_in_with_tls_1_2() {
    let installation = Installation::start("older-card");
    let (oracle, agency) = (Oracle::new(&installation), Agency::new(&installation, 0));
    let folder = installation.folder().to_owned();
    let key = folder.join("rsa.key");
    let made = Command::new("openssl").args(["genrsa", "-out"]).arg(&key).arg("3072").output().unwrap();
    assert!(made.status.success());
    let rsa = KeyPair::from_pem(&std::fs::read_to_string(&key).unwrap()).unwrap();
    let keys = Keys { authentication: rsa, signature: KeyPair::generate().unwrap() };
    let (_, _, issued) = agency.card(&oracle, &keys).await;
    let certificate = folder.join("rsa.pem");
    std::fs::write(&certificate, certificate_of(&issued, "person-authentication")).unwrap();
    let url = check_url(&installation);
    let older = url.replace(&port(&url).to_string(), &(port(&url) + 1).to_string());
    let root = installation.manifest()["tls_ca"].as_str().unwrap().to_owned();
    let reach = |url: &str, most: &str| {
        let config = folder.join("pkcs1.cnf");
        let text =
            "openssl_conf=i\n[i]\nssl_conf=s\n[s]\nsystem_default=d\n[d]\nClientSignatureAlgorithms=RSA+SHA256\n";
        std::fs::write(&config, text).unwrap();
        let output = Command::new("curl")
            .env("OPENSSL_CONF", &config)
            .args(["-sS", "-o", "/dev/null", "-w", "%{http_code}", "--tls-max", most, "--cacert", &root, "--cert"])
            .arg(&certificate)
            .arg("--key")
            .arg(&key)
            .arg(url)
            .output()
            .unwrap();
        String::from_utf8(output.stdout).unwrap()
    };
    assert_eq!(reach(&older, "1.2"), "200");
    assert_eq!(reach(&older, "1.3"), "200", "the origin speaks TLS 1.2 only, whatever is offered");
    assert_ne!(reach(&url, "1.3"), "200");
}

/// The device check of the card's origin, from the configuration.
pub(super) fn check_url(installation: &Installation) -> String {
    let text = std::fs::read_to_string(installation.data().join("sigill.toml")).unwrap();
    let config: toml::Value = toml::from_str(&text).unwrap();
    format!("{}/card/check", config["login"]["card"]["url"].as_str().unwrap())
}

fn port(url: &str) -> u16 {
    url.rsplit(':').next().unwrap().split('/').next().unwrap().parse().unwrap()
}

/// The issued certificate of a purpose, PEM.
pub(super) fn certificate_of(issued: &Value, purpose: &str) -> String {
    let all = issued["certificates"].as_array().unwrap();
    let found = all.iter().find(|certificate| certificate["purpose"] == purpose).unwrap();
    found["pem"].as_str().unwrap().to_owned()
}

fn identity(issued: &Value, purpose: &str, key: &KeyPair) -> Identity {
    pem(&certificate_of(issued, purpose), key)
}

fn pem(certificate: &str, key: &KeyPair) -> Identity {
    Identity::from_pem(format!("{certificate}{}", key.serialize_pem()).as_bytes()).unwrap()
}
