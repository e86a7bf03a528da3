//! What `docs/relying/saml.md` tells services to write works as it is written there.

use crate::support::Installation;
use crate::support::installation::{free_ports, pause};
use crate::support::relying::{Browser, identity};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rcgen::{CertificateParams, KeyPair};
use reqwest::StatusCode;
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command};
use std::time::Duration;

/// A real Apache with Debian's `mod_auth_mellon` logs a person in; without a login nobody comes in.
#[tokio::test]
async fn mellon_logs_a_person_in() {
    let installation = Installation::start("mellon");
    let port = free_ports();
    let folder = installation.folder().join("mellon");
    std::fs::create_dir_all(folder.join("site/protected")).unwrap();
    let root = prepare(&installation, &folder, port);
    let _apache = Running(
        Command::new("apache2").arg("-f").arg(folder.join("apache.conf")).args(["-D", "FOREGROUND"]).spawn().unwrap(),
    );
    reachable(port);

    let person = installation.person(0, "employee");
    let protected = format!("https://localhost:{port}/protected/");
    let stranger = Browser::trusting(&installation, None, &root).get(&protected).await;
    assert_eq!(stranger.status, StatusCode::SEE_OTHER, "{}", stranger.body);
    let browser = Browser::trusting(&installation, Some(identity(&person)), &root);
    let issuer = installation.url("api_url");
    let (at, proof) = browser.reach_consent(&protected).await;
    let page = browser.post(&at, &[("proof", &proof), ("answer", "accept")], &issuer).await;
    let field =
        |name: &str| page.body.split(&format!("name=\"{name}\" value=\"")).nth(1).unwrap().split('"').next().unwrap();
    let fields = [("SAMLResponse", field("SAMLResponse")), ("RelayState", field("RelayState"))];
    let posted = browser.post(&format!("https://localhost:{port}/mellon/postResponse"), &fields, &issuer).await;
    let log = || std::fs::read_to_string(folder.join("error.log")).unwrap_or_default();
    assert_eq!(posted.location.as_deref(), Some(protected.as_str()), "{}\n{}", posted.body, log());
    let page = browser.get(&protected).await;
    assert_eq!(page.status, StatusCode::OK, "{}\n{}", page.body, log());
    assert!(page.body.contains(person["name"].as_str().unwrap()), "{}\n{}", page.body, log());
}

/// Keys, metadata of both sides, and Apache's own configuration around the block of the document. The root of its TLS.
fn prepare(installation: &Installation, folder: &Path, port: u16) -> String {
    let key = KeyPair::generate_for(&rcgen::PKCS_RSA_SHA256).unwrap();
    let certificate = CertificateParams::default().self_signed(&key).unwrap();
    let tls = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
    let here = format!("https://localhost:{port}/");
    let metadata =
        block("xml").replace("https://sp.example/", &here).replace("CERTIFICATE", &STANDARD.encode(certificate.der()));
    for (name, text) in [
        ("sp.key", key.serialize_pem()),
        ("sp.pem", certificate.pem()),
        ("sp.xml", metadata),
        ("tls.key", tls.signing_key.serialize_pem()),
        ("tls.pem", tls.cert.pem()),
        ("site/protected/index.shtml", "<!--#echo var=\"NAME\" encoding=\"none\" -->\n".to_owned()),
    ] {
        std::fs::write(folder.join(name), text).unwrap();
    }
    super::judge::metadata_file(&installation.url("api_url"), folder);
    installation.sigill(&["demo", "rp", "add", "--saml", folder.join("sp.xml").to_str().unwrap()]);
    let text = APACHE.replace("@FOLDER@", folder.to_str().unwrap()).replace("@PORT@", &port.to_string());
    std::fs::write(folder.join("apache.conf"), format!("{text}\n{}", block("apache"))).unwrap();
    let status = Command::new("chmod").args(["-R", "a+rX"]).arg(folder).status().unwrap();
    assert!(status.success());
    tls.cert.pem()
}

/// The first code block of the document in a language.
fn block(language: &str) -> String {
    let document = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/relying/saml.md"));
    document.split(&format!("```{language}\n")).nth(1).unwrap().split("```").next().unwrap().to_owned()
}

/// Waits until somebody listens.
fn reachable(port: u16) {
    for _ in 0..200 {
        if TcpStream::connect(("localhost", port)).is_ok() {
            return;
        }
        pause(Duration::from_millis(100));
    }
    panic!("nobody listens on {port}");
}

/// A program that ends with the test.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        // Apache's own children end with a parent that is told so.
        let _ = Command::new("kill").args(["-s", "TERM", &self.0.id().to_string()]).status();
        let _ = self.0.wait();
    }
}

/// An Apache of its own; the user counts only where root starts it.
const APACHE: &str = r"
ServerRoot @FOLDER@
ServerName localhost:@PORT@
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
LoadModule socache_shmcb_module /usr/lib/apache2/modules/mod_socache_shmcb.so
LoadModule ssl_module /usr/lib/apache2/modules/mod_ssl.so
LoadModule auth_mellon_module /usr/lib/apache2/modules/mod_auth_mellon.so
SSLEngine on
SSLCertificateFile @FOLDER@/tls.pem
SSLCertificateKeyFile @FOLDER@/tls.key
TypesConfig /etc/mime.types
DocumentRoot @FOLDER@/site
DirectoryIndex index.shtml
AddType text/html .shtml
AddOutputFilter INCLUDES .shtml
Define SAML_FOLDER @FOLDER@
<Directory @FOLDER@/site>
    Options +Includes
    Require all granted
</Directory>
";
