//! A proxy in front of the card's origin: it is believed if it is the configured one, and nobody else is.

use super::cards::check_url;
use super::documented::{Running, reachable};
use crate::support::Installation;
use crate::support::installation::free_ports;
use crate::support::relying::identity;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rcgen::CertifiedKey;
use reqwest::{Client, Identity};
use std::path::Path;
use std::process::{Child, Command};

/// nginx passes on which certificate it saw. A header of the client's own is worth nothing, through the proxy or past it.
#[tokio::test]
async fn only_the_configured_proxy_speaks_for_a_card() {
    let mut installation = Installation::start("proxied");
    let proxy = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
    let folder = installation.folder().join("nginx");
    std::fs::create_dir(&folder).unwrap();
    configure(&mut installation, &folder, &proxy);
    let (direct, port) = (check_url(&installation), free_ports());
    let through = format!("https://localhost:{port}/card/check");
    let _nginx = Running(nginx(&installation, &folder, &direct, port));
    reachable(port);

    let (anna, other) = (installation.person(0, "employee"), installation.person(0, "auditor"));
    let name = |person: &serde_json::Value| person["name"].as_str().unwrap().to_owned();
    let der = openssl::x509::X509::from_pem(&std::fs::read(anna["certificate"].as_str().unwrap()).unwrap()).unwrap();
    let spoofed = format!(":{}:", STANDARD.encode(der.to_der().unwrap()));
    let see = async |url: &str, identity: Option<Identity>, headers: &[&str]| {
        let request = client(identity).get(url);
        let request = headers.iter().fold(request, |request, value| request.header(HEADER, *value));
        let response = request.send().await.unwrap();
        (response.status().as_u16(), response.text().await.unwrap())
    };
    let (status, page) = see(&through, Some(identity(&anna)), &[]).await;
    assert!(status == 200 && page.contains(&name(&anna)), "{page}");
    for (what, url, shows) in [("no card, through", &through, None), ("no card, past", &direct, None)] {
        assert_eq!(see(url, shows, &[&spoofed]).await.0, 401, "{what}");
    }
    for url in [&through, &direct] {
        let (status, page) = see(url, Some(identity(&other)), &[&spoofed]).await;
        assert!(status == 200 && page.contains(&name(&other)) && !page.contains(&name(&anna)), "{page}");
    }
    let as_proxy = || Some(Identity::from_pem(pem(&proxy).as_bytes()).unwrap());
    let (status, page) = see(&direct, as_proxy(), &[&spoofed]).await;
    assert!(status == 200 && page.contains(&name(&anna)), "RFC 9440: {page}");
    for (what, headers) in [("none", &[][..]), ("two", &[&*spoofed, &*spoofed]), ("nonsense", &[":x"])] {
        assert_eq!(see(&direct, as_proxy(), headers).await.0, 401, "{what}");
    }
    let impostor = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
    let impostor = Identity::from_pem(pem(&impostor).as_bytes()).unwrap();
    assert_eq!(see(&direct, Some(impostor), &[&spoofed]).await.0, 403, "another certificate of the same name");
}

fn pem(pair: &CertifiedKey<rcgen::KeyPair>) -> String {
    format!("{}{}", pair.cert.pem(), pair.signing_key.serialize_pem())
}

/// Whose server certificate it is does not matter here: who is let in does.
fn client(identity: Option<Identity>) -> Client {
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default(); // by another test already
    let builder = Client::builder().tls_danger_accept_invalid_certs(true).no_proxy();
    identity.into_iter().fold(builder, reqwest::ClientBuilder::identity).build().unwrap()
}

/// Tells the service which proxy it has.
fn configure(installation: &mut Installation, folder: &Path, proxy: &CertifiedKey<rcgen::KeyPair>) {
    std::fs::write(folder.join("proxy.pem"), proxy.cert.pem()).unwrap();
    std::fs::write(folder.join("proxy.key"), proxy.signing_key.serialize_pem()).unwrap();
    installation.stop();
    let file = installation.data().join("sigill.toml");
    let text = std::fs::read_to_string(&file).unwrap();
    let certificate = folder.join("proxy.pem");
    let line = format!("[login]\nproxies = [{{ certificate = '{}', header = '{HEADER}' }}]", certificate.display());
    std::fs::write(&file, text.replace("[login]", &line)).unwrap();
    installation.run();
}

fn nginx(installation: &Installation, folder: &Path, direct: &str, port: u16) -> Child {
    let upstream = direct.trim_end_matches("/card/check");
    let text = NGINX
        .replace("@FOLDER@", folder.to_str().unwrap())
        .replace("@PORT@", &port.to_string())
        .replace("@UPSTREAM@", upstream)
        .replace("@ROOT@", installation.manifest()["tls_ca"].as_str().unwrap())
        .replace("@HEADER@", HEADER);
    let file = folder.join("nginx.conf");
    std::fs::write(&file, text).unwrap();
    Command::new("nginx").arg("-p").arg(folder).arg("-c").arg(file).spawn().unwrap()
}

const HEADER: &str = "client-cert";
/// It asks for a certificate without judging it, and proves possession by TLS, as the origin itself does.
const NGINX: &str = r"
daemon off;
master_process off;
pid @FOLDER@/nginx.pid;
error_log @FOLDER@/error.log;
events {}
http {
    access_log off;
    client_body_temp_path @FOLDER@/body;
    proxy_temp_path @FOLDER@/proxy;
    fastcgi_temp_path @FOLDER@/fastcgi;
    uwsgi_temp_path @FOLDER@/uwsgi;
    scgi_temp_path @FOLDER@/scgi;
    server {
        listen 127.0.0.1:@PORT@ ssl;
        ssl_certificate @FOLDER@/proxy.pem;
        ssl_certificate_key @FOLDER@/proxy.key;
        ssl_verify_client optional_no_ca;
        location / {
            proxy_pass @UPSTREAM@;
            proxy_set_header @HEADER@ $ssl_client_escaped_cert;
            proxy_ssl_certificate @FOLDER@/proxy.pem;
            proxy_ssl_certificate_key @FOLDER@/proxy.key;
            proxy_ssl_trusted_certificate @ROOT@;
            proxy_ssl_verify on;
            proxy_ssl_verify_depth 4;
            proxy_ssl_name localhost;
            proxy_ssl_server_name on;
        }
    }
}
";
