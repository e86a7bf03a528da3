//! A login from end to end, in each of its ways.

use crate::support::Installation;
use crate::support::relying::{Browser, REDIRECT, Service, answered, identity, payload};
use reqwest::StatusCode;
use serde_json::{Value, json};
use sigill::clock::{Clock, System};

const LOA: &str = "http://id.swedenconnect.se/loa/1.0/uncertified-loa3";

/// Plain, signed and pushed requests end in tokens that say who, how and when; each login is in the audit log with names
/// of what was told, and without the values.
#[tokio::test]
async fn a_login_gives_what_was_agreed_to() {
    let installation = Installation::start("login");
    let service = Service::register(&installation, "rp", &json!({}));
    let person = installation.person(0, "employee");
    let browser = Browser::new(&installation, Some(identity(&person)));

    let answer = browser.login(&service, &service.login_url(&[("acr_values", LOA)]), "accept").await;
    assert_eq!((answer["state"].as_str(), answer["iss"].as_str()), ("state-1", service.issuer()));
    let (status, tokens) = service.exchange(&answer["code"]).await;
    assert_eq!((status, &tokens["token_type"]), (200, &"Bearer".into()), "{tokens}");
    let claims = service.verified(tokens["id_token"].as_str().unwrap()).await;
    assert_eq!((&claims["acr"], &claims["nonce"], &claims["aud"]), (&LOA.into(), &"nonce-1".into(), &"rp".into()));
    assert!(claims.get("name").is_none(), "identity claims go to userinfo: {claims}");
    assert!(claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap() <= 300);

    let token = tokens["access_token"].as_str().unwrap();
    let (status, told) = service.userinfo(token).await;
    assert_eq!((status, &told["sub"], &told["name"]), (200, &claims["sub"], &person["name"]), "{told}");
    let (_, active) = service.call("/oidc/introspect", &[("token", token)]).await;
    assert_eq!((&active["active"], &active["sub"]), (&true.into(), &claims["sub"]));

    let events = events(&installation, "login.completed");
    assert_eq!(events.len(), 1);
    let text = events[0].to_string();
    assert!(text.contains("family_name given_name name") && text.contains("\"rp\""), "{text}");
    assert!(!text.contains(person["name"].as_str().unwrap()), "{text}");

    let (status, nothing) = service.call("/oidc/revoke", &[("token", token)]).await;
    assert_eq!((status, nothing), (200, Value::Null));
    assert_eq!(service.userinfo(token).await.0, 401);
    let (_, inactive) = service.call("/oidc/introspect", &[("token", token)]).await;
    assert_eq!(inactive, json!({"active": false}));
}

/// RFC 9126: a pushed request is used once, by its client; RFC 9101: of a signed one only what is signed counts.
#[tokio::test]
async fn requests_can_be_pushed_and_signed() {
    let installation = Installation::start("pushed");
    let service = Service::register(&installation, "rp", &json!({}));
    let fapi = Service::register(&installation, "fapi", &json!({"security_profile": "fapi2"}));
    let person = installation.person(0, "employee");
    let browser = Browser::new(&installation, Some(identity(&person)));

    let pushed = fapi.parameters(&[]);
    let pushed: Vec<(&str, &str)> = pushed.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
    let (status, answer) = fapi.call("/oidc/par", &pushed).await;
    assert_eq!(status, 201, "{answer}");
    assert!(answer["expires_in"].as_i64().unwrap() < 600);
    let uri = answer["request_uri"].as_str().unwrap();
    let at = |client: &str| {
        let query = url::form_urlencoded::Serializer::new(String::new())
            .extend_pairs([("client_id", client), ("request_uri", uri)])
            .finish();
        format!("{}/oidc/authorize?{query}", fapi.issuer())
    };
    assert_eq!(browser.get(&at("rp")).await.status, StatusCode::BAD_REQUEST, "another client's");
    let answer = browser.login(&fapi, &at("fapi"), "accept").await;
    assert!(answer.contains_key("code"));
    assert_eq!(browser.get(&at("fapi")).await.status, StatusCode::BAD_REQUEST, "used");
    assert_eq!(browser.get(&fapi.login_url(&[])).await.status, StatusCode::BAD_REQUEST, "FAPI clients must push");

    let mut claims = serde_json::Map::new();
    for (name, value) in service.parameters(&[("scope", "openid")]) {
        claims.insert(name, value.into());
    }
    claims.extend([
        ("iss".to_owned(), "rp".into()),
        ("aud".to_owned(), service.issuer().into()),
        ("exp".to_owned(), (System.now().unix() + 60).into()),
    ]);
    let object = service.sign(&Value::Object(claims));
    let answer = browser.login(&service, &service.login_url(&[("request", &object)]), "accept").await;
    let (_, tokens) = service.exchange(&answer["code"]).await;
    assert_eq!(tokens["scope"], "openid", "the scope beside the object is not signed");
}

/// Subjects tell two services nothing of each other, unless both are registered for the public one.
#[tokio::test]
async fn subjects_are_pairwise() {
    let installation = Installation::start("subjects");
    let public = json!({"subject_type": "public"});
    let elsewhere = json!({"redirect_uris": [REDIRECT, "https://rp.example/other"]});
    let services = [
        Service::register(&installation, "one", &json!({})),
        Service::register(&installation, "same-sector", &elsewhere),
        Service::register(&installation, "public-1", &public),
        Service::register(&installation, "public-2", &public),
    ];
    let person = installation.person(0, "employee");
    let mut subjects = Vec::new();
    for service in &services {
        let tokens = Browser::new(&installation, Some(identity(&person))).tokens(service).await;
        subjects.push(payload(tokens["id_token"].as_str().unwrap())["sub"].clone());
    }
    assert_eq!(subjects[0], subjects[1]);
    assert_eq!(subjects[2], subjects[3]);
    assert_ne!(subjects[0], subjects[2]);
}

/// Sweden Connect OIDC profile section 2.1.3: a session answers its own service, for what was agreed to, and no more.
#[tokio::test]
async fn a_silent_login_needs_the_session_of_this_service() {
    let installation = Installation::start("silent");
    let service = Service::register(&installation, "rp", &json!({}));
    let other = Service::register(&installation, "other", &json!({}));
    let browser = Browser::new(&installation, Some(identity(&installation.person(0, "employee"))));
    let silently = async |service: &Service, changes: &[(&str, &str)]| {
        let changes = [&[("prompt", "none")], changes].concat();
        answered(&browser.follow(&service.login_url(&changes)).await.0)
    };
    assert_eq!(silently(&service, &[]).await["error"], "login_required");
    browser.tokens(&service).await;
    let answer = silently(&service, &[]).await;
    let (status, tokens) = service.exchange(&answer["code"]).await;
    assert_eq!(status, 200, "{tokens}");
    assert_eq!(silently(&other, &[]).await["error"], "login_required");
    let more = "openid https://id.oidc.se/scope/naturalPersonNumber";
    assert_eq!(silently(&service, &[("scope", more)]).await["error"], "interaction_required");
    let another = "http://id.elegnamnden.se/loa/1.0/loa4";
    assert_eq!(silently(&service, &[("acr_values", another)]).await["error"], "unmet_authentication_requirements");
}

/// The audit log's records of a kind.
pub fn events(installation: &Installation, kind: &str) -> Vec<Value> {
    let database = installation.data().join("sigill.db");
    let sql = format!("SELECT text FROM audit_record WHERE text LIKE '%\"{kind}\"%' ORDER BY sequence");
    let output = std::process::Command::new("sqlite3").arg(database).arg(sql).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}
