//! What only one side can read, judged by the library `jose`.

use crate::support::Installation;
use crate::support::relying::{Browser, Service, http, identity};
use serde_json::{Map, Value, json};
use sigill::clock::{Clock, System};
use std::path::{Path, PathBuf};
use std::process::Command;

/// A relying service's key, as `jose` keeps it.
struct Key {
    file: PathBuf,
    public: Value,
}

fn jose(arguments: &[&str]) -> String {
    let node = std::env::var("SIGILL_TEST_NODE").expect("run the tests with `cargo xtask test`: it installs jose");
    let program = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/clients/jwe.mjs");
    let mut command = Command::new("node");
    // Debian 12 has a Node.js that hides Web Cryptography behind this; later ones take it for granted.
    let command = command.arg(program).args(arguments).env("NODE_DIR", node);
    let output = command.env("NODE_OPTIONS", "--experimental-global-webcrypto").output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

impl Key {
    fn new(folder: &Path) -> Self {
        let file = folder.join("decryption.jwk");
        let public = jose(&["key", file.to_str().unwrap()]);
        Self { public: serde_json::from_str(&public).unwrap(), file }
    }

    /// The header, and what was inside.
    fn open(&self, message: &str) -> (Value, String) {
        let told = jose(&["open", self.file.to_str().unwrap(), message]);
        let (header, text) = told.trim_end().split_once('\n').unwrap();
        (serde_json::from_str(header).unwrap(), text.to_owned())
    }
}

/// OpenID Connect Core sections 10.2, 3.1.3.7 and 5.3.2: signed first, then encrypted to the registered key.
#[tokio::test]
async fn tokens_are_encrypted_to_a_service_that_asks_for_it() {
    let installation = Installation::start("encrypted");
    let key = Key::new(installation.folder());
    let plain = Service::register(&installation, "plain", &json!({}));
    let browser = Browser::new(&installation, Some(identity(&installation.person(0, "employee"))));
    for (enc, named) in [("A128CBC-HS256", None), ("A256GCM", Some("A256GCM"))] {
        let mut changes = json!({
            "id_token_encrypted_response_alg": "ECDH-ES",
            "userinfo_encrypted_response_alg": "ECDH-ES",
        });
        if let Some(named) = named {
            changes["id_token_encrypted_response_enc"] = named.into();
            changes["userinfo_encrypted_response_enc"] = named.into();
        }
        let service = Service::register_with_key(&installation, &format!("rp-{enc}"), &changes, &key.public);
        let tokens = browser.tokens(&service).await;
        let (header, id_token) = key.open(tokens["id_token"].as_str().unwrap());
        assert_eq!((&header["alg"], &header["enc"], &header["cty"]), (&"ECDH-ES".into(), &enc.into(), &"JWT".into()));
        let claims = plain.verified(&id_token).await;
        assert_eq!(claims["nonce"], "nonce-1");
        let told = service.userinfo_text(tokens["access_token"].as_str().unwrap()).await;
        assert_eq!(plain.verified(&key.open(&told).1).await["sub"], claims["sub"]);
    }
}

/// RFC 9101 section 6.1: signed, then encrypted to the key that the provider publishes; the private half is on its token.
#[tokio::test]
async fn a_request_can_be_encrypted_to_the_provider() {
    let installation = Installation::start("sealed-request");
    let service = Service::register(&installation, "rp", &json!({}));
    let browser = Browser::new(&installation, Some(identity(&installation.person(0, "employee"))));
    let published: Value = http(&installation, None)
        .get(format!("{}/oidc/jwks", service.issuer()))
        .send()
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    let ours = published["keys"].as_array().unwrap().iter().find(|key| key["use"] == "enc").unwrap();
    let mut claims = Map::new();
    for (name, value) in service.parameters(&[("state", "sealed")]) {
        claims.insert(name, value.into());
    }
    claims.extend([
        ("iss".to_owned(), "rp".into()),
        ("aud".to_owned(), service.issuer().into()),
        ("exp".to_owned(), (System.now().unix() + 60).into()),
    ]);
    let signed = service.sign(&Value::Object(claims));
    let sealed = jose(&["seal", &ours.to_string(), &signed]);
    let answer = browser.login(&service, &service.login_url(&[("request", sealed.trim())]), "accept").await;
    assert_eq!(answer["state"], "sealed", "only what is inside counts");
    assert!(answer.contains_key("code"));

    let unsigned = jose(&["seal", &ours.to_string(), "{\"iss\":\"rp\"}"]);
    let changed = sealed.trim().replacen(&sealed[..8], "eyJhbGci", 1).split('.').rev().collect::<Vec<_>>().join(".");
    for hostile in [unsigned.trim(), &changed, "a.b.c.d.e"] {
        let page = browser.get(&service.login_url(&[("request", hostile)])).await;
        assert_eq!(page.status, 400, "{hostile}");
    }
}
