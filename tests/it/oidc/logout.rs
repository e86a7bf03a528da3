//! Sessions end.

use super::login::events;
use crate::support::relying::{Browser, Service, answered, identity, payload};
use crate::support::{Installation, Stopwatch};
use reqwest::StatusCode;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use serde_json::json;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

/// A revocation ends every session and token of the card at once, and relying services are told within two seconds.
#[tokio::test]
async fn a_revoked_card_has_no_sessions() {
    let mut installation = Installation::start("logout");
    let (listener, acceptor) = relying_service(&mut installation).await;
    let uri = format!("https://localhost:{}/logout", listener.local_addr().unwrap().port());
    let service = Service::register(&installation, "rp", &json!({"backchannel_logout_uri": uri}));
    let person = installation.person(0, "employee");
    let browser = Browser::new(&installation, Some(identity(&person)));
    let tokens = browser.tokens(&service).await;
    let token = tokens["access_token"].as_str().unwrap();
    assert_eq!(service.userinfo(token).await.0, 200);
    let waiting = browser.login(&service, &service.login_url(&[]), "accept").await;
    let (at, proof) = browser.reach_consent(&service.login_url(&[])).await;

    let told = tokio::spawn(async move { (notice(&listener, &acceptor).await, notice(&listener, &acceptor).await) });
    revoke_certificate(&installation, &person).await;
    let watch = Stopwatch::start();
    assert_eq!(service.userinfo(token).await.0, 401, "at once");
    assert_eq!(service.exchange(&waiting["code"]).await.0, 400);
    let decided = browser.post(&at, &[("proof", &proof), ("answer", "accept")], service.issuer()).await;
    assert_eq!(decided.status, StatusCode::FORBIDDEN, "{}", decided.body);
    let silent = browser.follow(&service.login_url(&[("prompt", "none")])).await.0;
    assert_eq!(answered(&silent)["error"], "login_required");
    let (page, refused) = browser.follow(&service.login_url(&[])).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN, "{page}");
    assert!(refused.body.contains("Kortet är spärrat"), "{}", refused.body);

    let (first, second) = tokio::time::timeout(Duration::from_secs(10), told).await.unwrap().unwrap();
    assert!(watch.elapsed() < Duration::from_secs(4), "{:?}", watch.elapsed());
    let mut sessions = Vec::new();
    for notice in [first, second] {
        let claims = service.verified(&notice).await;
        assert_eq!(claims["aud"], "rp");
        assert!(claims["events"]["http://schemas.openid.net/event/backchannel-logout"].is_object());
        assert!(claims.get("nonce").is_none(), "Back-Channel Logout section 2.4");
        sessions.push(claims["sid"].clone());
    }
    assert!(sessions.contains(&payload(tokens["id_token"].as_str().unwrap())["sid"]));
    assert_eq!(events(&installation, "session.ended").len(), 2);
}

/// The holder ends the session on our page; nobody else can send them out.
#[tokio::test]
async fn a_holder_logs_out() {
    let installation = Installation::start("end-session");
    let target = "https://rp.example/bye";
    let service = Service::register(&installation, "rp", &json!({"post_logout_redirect_uris": [target]}));
    let browser = Browser::new(&installation, Some(identity(&installation.person(0, "employee"))));
    let tokens = browser.tokens(&service).await;
    let token = tokens["access_token"].as_str().unwrap();
    let at = format!("{}/oidc/end_session", service.issuer());
    let fields = [("client_id", "rp"), ("post_logout_redirect_uri", target), ("state", "s")];
    let asked = browser.post(&at, &fields, "https://rp.example").await;
    assert_eq!(asked.status, StatusCode::OK);
    assert!(asked.policy.contains("https://rp.example"), "{}", asked.policy);
    assert_eq!(service.userinfo(token).await.0, 200, "asked only");
    let hint = tokens["id_token"].as_str().unwrap();
    let by_hint = browser.post(&at, &[("id_token_hint", hint), ("post_logout_redirect_uri", target)], "null").await;
    assert_eq!(by_hint.status, StatusCode::OK, "an ID token names its service");
    let forged = format!("{}AA", &hint[..hint.len() - 2]);
    let by_hint = browser.post(&at, &[("id_token_hint", &forged), ("post_logout_redirect_uri", target)], "null").await;
    assert_eq!(by_hint.status, StatusCode::BAD_REQUEST);
    let fields = [&fields[..], &[("answer", "accept")]].concat();
    let forged = browser.post(&at, &fields, "https://rp.example").await;
    assert_eq!(forged.status, StatusCode::OK, "asked again");
    let done = browser.post(&at, &fields, service.issuer()).await;
    assert_eq!(done.location.as_deref(), Some("https://rp.example/bye?state=s"));
    assert_eq!(service.userinfo(token).await.0, 401);
}

/// Revokes the person's software certificate through the officers' API.
pub async fn revoke_certificate(installation: &Installation, person: &serde_json::Value) {
    use crate::support::client::Caller;
    let own = Caller::person(installation, person).get("/self/v1/me").await.ok();
    let officer = Caller::person(installation, &installation.person(0, "revocation-officer"));
    let path = format!("/ra/v1/persons/{}/revocation", own["id"].as_str().unwrap());
    officer.post(&path, json!({"reason": "keyCompromise"})).await.ok();
}

/// A listener of a relying service, whose certificate the installation is told to trust.
pub async fn relying_service(installation: &mut Installation) -> (TcpListener, tokio_rustls::TlsAcceptor) {
    let made = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
    let root = installation.folder().join("rp-root.pem");
    std::fs::write(&root, made.cert.pem()).unwrap();
    installation.stop();
    let path = installation.data().join("sigill.toml");
    let config = std::fs::read_to_string(&path).unwrap();
    let trusting = config.replace("key_days = 90", &format!("key_days = 90\ntrusted_roots = [\"{}\"]", root.display()));
    std::fs::write(&path, trusting).unwrap();
    installation.run();

    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(made.signing_key.serialize_der()));
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let tls = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![made.cert.der().clone()], key)
        .unwrap();
    (TcpListener::bind("localhost:0").await.unwrap(), Arc::new(tls).into())
}

/// The logout token of one notice.
async fn notice(listener: &TcpListener, acceptor: &tokio_rustls::TlsAcceptor) -> String {
    let text = received(listener, acceptor, |text| text.contains("logout_token=")).await;
    text.split("logout_token=").nth(1).unwrap().to_owned()
}

/// One request, which is answered once it is `whole`.
pub async fn received(
    listener: &TcpListener,
    acceptor: &tokio_rustls::TlsAcceptor,
    whole: impl Fn(&str) -> bool,
) -> String {
    loop {
        let (stream, _) = listener.accept().await.unwrap();
        let Ok(mut tls) = acceptor.accept(stream).await else { continue };
        let mut text = String::new();
        let mut octets = [0; 4096];
        while !whole(&text) {
            let read = tls.read(&mut octets).await.unwrap();
            assert!(read > 0, "{text}");
            text.push_str(std::str::from_utf8(&octets[..read]).unwrap());
        }
        tls.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n").await.unwrap();
        tls.shutdown().await.unwrap();
        return text;
    }
}
