//! What `docs/relying/oidc.md` tells relying services to write works as it is written there.

use crate::support::Installation;
use crate::support::chromium::node;
use crate::support::installation::{free_ports, pause};
use crate::support::relying::{Browser, Page, Service, identity};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use openssl::ec::{EcGroup, EcKey};
use openssl::nid::Nid;
use openssl::rsa::Rsa;
use reqwest::StatusCode;
use serde_json::{Value, json};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command};
use std::time::Duration;

/// A real Apache with Debian's `mod_auth_openidc` logs a person in; without a login nobody comes in.
#[tokio::test]
async fn apache_logs_a_person_in() {
    let installation = Installation::start("apache");
    let port = free_ports();
    let callback = format!("http://localhost:{port}/protected/callback");
    let key = Rsa::generate(2048).unwrap();
    let folder = installation.folder().join("apache");
    std::fs::create_dir_all(folder.join("site/protected")).unwrap();
    std::fs::write(folder.join("client.key"), key.private_key_to_pem().unwrap()).unwrap();
    let text = |number: &openssl::bn::BigNumRef| URL_SAFE_NO_PAD.encode(number.to_vec());
    let jwk = json!({"kty": "RSA", "kid": "1", "n": text(key.n()), "e": text(key.e())});
    Service::register(&installation, "apache", &native(&callback, &jwk));
    let protected = format!("http://localhost:{port}/protected/");
    let _apache = Running(apache(&installation, &folder, port, &callback));
    reachable(port);

    let stranger = Browser::new(&installation, None).get(&protected).await;
    assert_eq!(stranger.status, StatusCode::FOUND, "{}", stranger.body);
    let person = installation.person(0, "employee");
    let browser = Browser::new(&installation, Some(identity(&person)));
    let page = log_in(&browser, &installation, &protected).await;
    let log = || std::fs::read_to_string(folder.join("error.log")).unwrap_or_default();
    assert_eq!(page.status, StatusCode::OK, "{}\n{}", page.body, log());
    assert!(page.body.contains(person["name"].as_str().unwrap()), "{}\n{}", page.body, log());
}

/// The program with openid-client does too.
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

/// Apache with the second block of the document, its definitions made ours, and a page that says who came.
fn apache(installation: &Installation, folder: &Path, port: u16, callback: &str) -> Child {
    let blocks = blocks("apache");
    let known = [
        ("SIGILL_ISSUER", installation.url("api_url")),
        ("SIGILL_ROOT", installation.manifest()["tls_ca"].as_str().unwrap().to_owned()),
        ("CLIENT_ID", "apache".to_owned()),
        ("CLIENT_KEY", folder.join("client.key").to_str().unwrap().to_owned()),
        ("CLIENT_KID", "1".to_owned()),
        ("CLIENT_CALLBACK", callback.to_owned()),
        ("COOKIE_SECRET", "forty characters that nobody can guess..".replace(' ', "-")),
    ];
    let named = |(name, _): &(&str, String)| blocks[0].contains(&format!("Define {name} "));
    assert!(known.iter().all(named) && blocks[0].lines().count() == known.len(), "{}", blocks[0]);
    let definitions: String = known.iter().map(|(name, value)| format!("Define {name} {value}\n")).collect();
    let text = APACHE.replace("@FOLDER@", folder.to_str().unwrap()).replace("@PORT@", &port.to_string());
    std::fs::write(folder.join("apache.conf"), format!("{text}\n{definitions}\n{}", blocks[1])).unwrap();
    std::fs::write(
        folder.join("site/protected/index.shtml"),
        "<!--#echo var=\"OIDC_CLAIM_name\" encoding=\"none\" -->\n",
    )
    .unwrap();
    for readable in [folder.to_owned(), folder.join("site"), folder.join("site/protected")] {
        let status = Command::new("chmod").arg("a+rx").arg(readable).status().unwrap();
        assert!(status.success());
    }
    Command::new("apache2").arg("-f").arg(folder.join("apache.conf")).args(["-D", "FOREGROUND"]).spawn().unwrap()
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
        // Apache's own children end with a parent that is told so.
        let _ = Command::new("kill").args(["-s", "TERM", &self.0.id().to_string()]).status();
        let _ = self.0.wait();
    }
}

/// An Apache of its own; the user counts only where root starts it.
const APACHE: &str = r#"
ServerRoot @FOLDER@
ServerName localhost
Listen 127.0.0.1:@PORT@
User www-data
Group www-data
PidFile @FOLDER@/apache.pid
ErrorLog @FOLDER@/error.log
DefaultRuntimeDir @FOLDER@
Mutex file:@FOLDER@
LoadModule mpm_event_module /usr/lib/apache2/modules/mod_mpm_event.so
LoadModule authn_core_module /usr/lib/apache2/modules/mod_authn_core.so
LoadModule authz_core_module /usr/lib/apache2/modules/mod_authz_core.so
LoadModule authz_user_module /usr/lib/apache2/modules/mod_authz_user.so
LoadModule dir_module /usr/lib/apache2/modules/mod_dir.so
LoadModule mime_module /usr/lib/apache2/modules/mod_mime.so
LoadModule include_module /usr/lib/apache2/modules/mod_include.so
LoadModule auth_openidc_module /usr/lib/apache2/modules/mod_auth_openidc.so
TypesConfig /etc/mime.types
DocumentRoot @FOLDER@/site
DirectoryIndex index.shtml
AddType text/html .shtml
AddOutputFilter INCLUDES .shtml
<Directory @FOLDER@/site>
    Options +Includes
    Require all granted
</Directory>
"#;
