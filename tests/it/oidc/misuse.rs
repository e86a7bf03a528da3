//! What must not work.

use super::login::events;
use crate::support::Installation;
use crate::support::relying::{Browser, Service, answered, http, identity, post};
use reqwest::StatusCode;
use serde_json::json;

/// RFC 6749 section 4.1.2: a code is used once; who uses it again costs everybody the tokens.
#[tokio::test]
async fn a_code_that_comes_twice_kills_its_tokens() {
    let installation = Installation::start("replay");
    let service = Service::register(&installation, "rp", &json!({}));
    let thief = Service::register(&installation, "thief", &json!({}));
    let browser = Browser::new(&installation, Some(identity(&installation.person(0, "employee"))));
    let answer = browser.login(&service, &service.login_url(&[]), "accept").await;
    let (status, refused) = thief.exchange(&answer["code"]).await;
    assert_eq!((status, &refused["error"]), (400, &"invalid_grant".into()));
    let (_, tokens) = service.exchange(&answer["code"]).await;
    let token = tokens["access_token"].as_str().unwrap();
    assert_eq!(service.userinfo(token).await.0, 200, "a stranger's attempt changes nothing");

    let (status, refused) = service.exchange(&answer["code"]).await;
    assert_eq!((status, &refused["error"]), (400, &"invalid_grant".into()));
    assert_eq!(service.userinfo(token).await.0, 401);
    assert_eq!(events(&installation, "login.code-replayed").len(), 1);
}

/// RFC 7523 section 3: an assertion is used once, also if the request failed.
#[tokio::test]
async fn an_assertion_is_used_once() {
    let installation = Installation::start("assertion");
    let service = Service::register(&installation, "rp", &json!({}));
    let assertion = service.assertion();
    let token = [("token", "unknown")];
    assert_eq!(service.call_with(&assertion, "/oidc/introspect", &token).await.0, 200);
    let (status, refused) = service.call_with(&assertion, "/oidc/introspect", &token).await;
    assert_eq!((status, &refused["error"]), (401, &"invalid_client".into()));
    let assertion = service.assertion();
    let code = [("grant_type", "authorization_code"), ("code", "x"), ("redirect_uri", "x"), ("code_verifier", "x")];
    let (status, refused) = service.call_with(&assertion, "/oidc/token", &code).await;
    assert_eq!((status, &refused["error"]), (400, &"invalid_grant".into()));
    assert_eq!(service.call_with(&assertion, "/oidc/token", &code).await.0, 401);
}

/// A login belongs to the browser that began it; a decision is made once, on our page.
#[tokio::test]
async fn a_login_belongs_to_its_browser() {
    let installation = Installation::start("browser");
    let service = Service::register(&installation, "rp", &json!({}));
    let person = installation.person(0, "employee");
    let (victim, other) =
        (Browser::new(&installation, Some(identity(&person))), Browser::new(&installation, Some(identity(&person))));
    // The attacker begins a login and has the victim go on with it.
    let begun = other.get(&service.login_url(&[])).await.location.unwrap();
    let (_, page) = victim.follow(&begun).await;
    assert_eq!(page.status, StatusCode::GONE, "{}", page.body);

    let (at, proof) = victim.reach_consent(&service.login_url(&[])).await;
    let fields = [("proof", proof.as_str()), ("answer", "accept")];
    assert_eq!(other.post(&at, &fields, service.issuer()).await.status, StatusCode::GONE);
    assert_eq!(victim.post(&at, &fields, "https://evil.example").await.status, StatusCode::BAD_REQUEST);
    let decided = victim.post(&at, &fields, service.issuer()).await;
    assert!(answered(&decided.location.unwrap()).contains_key("code"));
    assert_eq!(victim.post(&at, &fields, service.issuer()).await.status, StatusCode::GONE, "decided already");
}

/// Nobody is sent to an address that is not registered, whatever else is wrong.
#[tokio::test]
async fn there_is_no_open_redirect() {
    let installation = Installation::start("redirects");
    let service =
        Service::register(&installation, "rp", &json!({"post_logout_redirect_uris": ["https://rp.example/"]}));
    let browser = Browser::new(&installation, None);
    for changes in [
        &[("redirect_uri", "https://evil.example/cb")][..],
        &[("redirect_uri", "https://rp.example/cb/../x")],
        &[("redirect_uri", "https://rp.example.evil.example/cb")],
        &[("redirect_uri", "https://evil.example/cb"), ("response_type", "token")],
        &[("client_id", "nobody")],
        &[("client_id", "")],
    ] {
        let page = browser.get(&service.login_url(changes)).await;
        assert_eq!((page.status, page.location), (StatusCode::BAD_REQUEST, None), "{changes:?}");
    }
    let logout =
        |target: &str| format!("{}/oidc/end_session?client_id=rp&post_logout_redirect_uri={target}", service.issuer());
    assert_eq!(browser.get(&logout("https://evil.example/")).await.status, StatusCode::BAD_REQUEST);
    assert_eq!(browser.get(&logout("https://rp.example/")).await.status, StatusCode::OK);
}

/// RFC 8705 section 2.1: a certificate of our CA with the registered subject, and nothing less.
#[tokio::test]
async fn a_client_certificate_must_be_the_registered_one() {
    let installation = Installation::start("mtls");
    let own = installation.person(0, "card-desk");
    let pem = std::fs::read_to_string(own["certificate"].as_str().unwrap()).unwrap();
    let subject = pki::Certificate::from_pem(&pem).unwrap();
    let attributes = subject.subject_attributes().iter();
    let subject: Vec<String> = attributes.map(|(oid, value)| format!("{oid}={}", value.replace(',', "\\,"))).collect();
    let registration = json!({
        "token_endpoint_auth_method": "tls_client_auth",
        "tls_client_auth_subject_dn": subject.join(","),
    });
    let service = Service::register(&installation, "rp", &registration);
    let discovery = http(&installation, None).get(format!("{}/.well-known/openid-configuration", service.issuer()));
    let metadata: serde_json::Value = discovery.send().await.unwrap().json().await.unwrap();
    let endpoint = metadata["mtls_endpoint_aliases"]["introspection_endpoint"].as_str().unwrap();
    let fields = [("client_id".to_owned(), "rp".to_owned()), ("token".to_owned(), "x".to_owned())];
    let other = installation.person(0, "auditor");
    for (identity, status) in [(Some(identity(&own)), 200), (Some(identity(&other)), 401), (None, 401)] {
        let (found, body) = post(&http(&installation, identity), endpoint, &fields).await;
        assert_eq!(found, status, "{body}");
    }
}

/// What a connection proved of a card ends with the login that it was proved for: whoever comes to the browser afterwards
/// needs the card.
#[tokio::test]
async fn a_connection_that_is_kept_logs_nobody_in_again() {
    let installation = Installation::start("kept-connection");
    let service = Service::register(&installation, "rp", &json!({}));
    let browser = Browser::new(&installation, None);
    let card = http(&installation, Some(identity(&installation.person(0, "employee"))));
    let step = browser.get(&service.login_url(&[])).await.location.unwrap();
    let accepted = card.get(step).send().await.unwrap();
    assert_eq!(accepted.status(), StatusCode::SEE_OTHER);
    assert_eq!(accepted.headers()["connection"], "close");
}

/// The employment ends on its second, whether or not anything was revoked yet.
#[tokio::test]
async fn who_has_left_logs_in_no_more() {
    let installation = Installation::start("left");
    let person = installation.person(0, "employee");
    let card = http(&installation, Some(identity(&person)));
    let check = super::cards::check_url(&installation);
    assert_eq!(card.get(&check).send().await.unwrap().status(), StatusCode::OK);
    // As if the job that revokes had not come yet.
    let sql = "PRAGMA busy_timeout = 5000; UPDATE employment SET until_at = 1, closed = 1";
    let database = installation.data().join("sigill.db");
    let done = std::process::Command::new("sqlite3").arg(database).arg(sql).output().unwrap();
    assert!(done.status.success(), "{done:?}");
    let left = http(&installation, Some(identity(&person))).get(&check).send().await.unwrap();
    assert_eq!(left.status(), StatusCode::FORBIDDEN);
}
