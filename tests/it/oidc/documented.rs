//! What `docs/relying/oidc.md` tells relying services to write works as it is written there.

use crate::support::Installation;
use crate::support::chromium::node;
use crate::support::installation::{free_ports, pause};
use crate::support::relying::{Browser, Page, Service, identity};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use openssl::ec::{EcGroup, EcKey};
use openssl::nid::Nid;
use reqwest::StatusCode;
use serde_json::{Value, json};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command};
use std::time::Duration;

/// The program with openid-client logs a person in; an answer that its browser did not ask for logs nobody in.
#[tokio::test]
async fn the_documented_program_logs_a_person_in() {
    let installation = Installation::start("documented");
    let port = free_ports();
    let (secret, public) = ec_key();
    let folder = installation.folder();
    std::fs::write(folder.join("client.jwk"), secret.to_string()).unwrap();
    Service::register(&installation, "program", &native(&format!("http://localhost:{port}/callback"), &public));
    // Its imports are found beside it.
    std::os::unix::fs::symlink(Path::new(&node()).join("node_modules"), folder.join("node_modules")).unwrap();
    let program = folder.join("service.mjs");
    std::fs::write(&program, blocks("js").remove(0)).unwrap();
    let running = Command::new("node")
        .arg(&program)
        .env("ISSUER", installation.url("api_url"))
        .env("CLIENT_ID", "program")
        .env("CLIENT_JWK", folder.join("client.jwk"))
        .env("PORT", port.to_string())
        .env("NODE_EXTRA_CA_CERTS", installation.manifest()["tls_ca"].as_str().unwrap())
        // Debian 12 has a Node.js that hides Web Cryptography behind this; later ones take it for granted.
        .env("NODE_OPTIONS", "--experimental-global-webcrypto")
        .spawn()
        .unwrap();
    let _program = Running(running);
    reachable(port);
    let person = installation.person(0, "employee");
    let browser = Browser::new(&installation, Some(identity(&person)));
    let page = log_in(&browser, &installation, &format!("http://localhost:{port}/")).await;
    let expected = format!(
        "{} logged in at http://id.swedenconnect.se/loa/1.0/uncertified-loa3\n",
        person["name"].as_str().unwrap()
    );
    assert_eq!((page.status, page.body), (StatusCode::OK, expected));
    let begun_elsewhere = Browser::new(&installation, None);
    let page = begun_elsewhere.get(&format!("http://localhost:{port}/callback?code=x&state=y")).await;
    assert_eq!(page.status, StatusCode::FORBIDDEN);
}

/// From the service over card and consent back to it.
async fn log_in(browser: &Browser, installation: &Installation, start: &str) -> Page {
    let (at, proof) = browser.reach_consent(start).await;
    let decided = browser.post(&at, &[("proof", &proof), ("answer", "accept")], &installation.url("api_url")).await;
    browser.follow(&decided.location.unwrap_or_else(|| panic!("{}", decided.body))).await.1
}

/// The members of a registration of a service on this machine.
fn native(redirect: &str, jwk: &Value) -> Value {
    json!({
        "application_type": "native",
        "redirect_uris": [redirect],
        "jwks": {"keys": [jwk]},
        "scope": "openid https://id.oidc.se/scope/naturalPersonInfo",
    })
}

/// The code blocks of the document in a language, in their order.
fn blocks(language: &str) -> Vec<String> {
    let document = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/relying/oidc.md"));
    let fence = format!("```{language}\n");
    document.split(&fence).skip(1).map(|rest| rest.split("```").next().unwrap().to_owned()).collect()
}

fn ec_key() -> (Value, Value) {
    let key = EcKey::generate(&EcGroup::from_curve_name(Nid::X9_62_PRIME256V1).unwrap()).unwrap();
    let (mut x, mut y) = (openssl::bn::BigNum::new().unwrap(), openssl::bn::BigNum::new().unwrap());
    let mut context = openssl::bn::BigNumContext::new().unwrap();
    key.public_key().affine_coordinates_gfp(key.group(), &mut x, &mut y, &mut context).unwrap();
    let text = |number: &openssl::bn::BigNumRef| URL_SAFE_NO_PAD.encode(number.to_vec_padded(32).unwrap());
    let public = json!({"kty": "EC", "crv": "P-256", "kid": "1", "x": text(&x), "y": text(&y)});
    let mut secret = public.clone();
    secret["d"] = text(key.private_key()).into();
    (secret, public)
}

/// Waits until somebody listens.
pub(super) fn reachable(port: u16) {
    for _ in 0..200 {
        if TcpStream::connect(("localhost", port)).is_ok() {
            return;
        }
        pause(Duration::from_millis(100));
    }
    panic!("nobody listens on {port}");
}

/// A program that ends with the test.
pub(super) struct Running(pub(super) Child);

impl Drop for Running {
    fn drop(&mut self) {
        // Told so, it ends what it started too.
        let _ = Command::new("kill").args(["-s", "TERM", &self.0.id().to_string()]).status();
        let _ = self.0.wait();
    }
}
