//! Something behind the provider is away: nobody is logged in wrongly, the answer says so, and afterwards it goes on.

use super::login::events;
use super::walk::rename;
use crate::hsm_faults::{load_module, shim};
use crate::support::relying::{Browser, Service, answered, identity};
use crate::support::{Installation, wait};
use reqwest::StatusCode;
use serde_json::json;
use std::io::Write;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// Without the token there are no tokens; the code is not used up, and good again when the token is.
#[tokio::test]
async fn a_code_outlives_a_token_that_is_away() {
    let mut installation = Installation::start("token-away");
    installation.stop();
    let module = shim::compile(installation.folder());
    let rules = installation.folder().join("faults");
    std::fs::write(&rules, "").unwrap();
    load_module(&installation, &module);
    installation.set_environment(&[("P11FAULT_CTL", rules.to_str().unwrap())]);
    installation.run();
    let service = Service::register(&installation, "rp", &json!({}));
    let browser = Browser::new(&installation, Some(identity(&installation.person(0, "employee"))));
    let answer = browser.login(&service, &service.login_url(&[]), "accept").await;

    shim::set(&rules, "C_Sign rv 0x30\nC_SignInit rv 0x30");
    let (status, refused) = service.exchange(&answer["code"]).await;
    assert_eq!((status, &refused["error"]), (503, &"temporarily_unavailable".into()), "{refused}");
    until_told(&browser, &service, "Något fungerar inte just nu").await;
    shim::set(&rules, "");
    let mut answers = Vec::new();
    for _ in 0..40 {
        let (status, tokens) = service.exchange(&answer["code"]).await;
        if status == 200 {
            assert_eq!(service.userinfo(tokens["access_token"].as_str().unwrap()).await.0, 200);
            until_told(&browser, &service, "Allt fungerar").await;
            return;
        }
        answers.push(tokens);
        wait(Duration::from_millis(250)).await;
    }
    panic!("the token is back and nobody gets tokens: {answers:?}");
}

/// A login that cannot be recorded does not happen.
#[tokio::test]
async fn nobody_logs_in_unrecorded() {
    let installation = Installation::start("audit-away");
    let service = Service::register(&installation, "rp", &json!({}));
    let browser = Browser::new(&installation, Some(identity(&installation.person(0, "employee"))));
    let (at, proof) = browser.reach_consent(&service.login_url(&[])).await;
    let fields = [("proof", proof.as_str()), ("answer", "accept")];

    let mut lock = hold_database(&installation);
    let refused = browser.post(&at, &fields, service.issuer()).await;
    assert_eq!((refused.status, refused.location), (StatusCode::SERVICE_UNAVAILABLE, None), "{}", refused.body);
    assert!(refused.body.contains("temporarily_unavailable"), "{}", refused.body);
    assert!(refused.body.contains("Inloggningen fungerar inte just nu"), "{}", refused.body);
    lock.kill().unwrap();
    lock.wait().unwrap();
    assert!(events(&installation, "login.completed").is_empty());

    let mut decided = browser.post(&at, &fields, service.issuer()).await;
    for _ in 0..40 {
        if decided.status == StatusCode::SEE_OTHER {
            break;
        }
        wait(Duration::from_millis(250)).await;
        decided = browser.post(&at, &fields, service.issuer()).await;
    }
    let answer = answered(&decided.location.unwrap());
    assert_eq!(service.exchange(&answer["code"]).await.0, 200);
    assert_eq!(events(&installation, "login.completed").len(), 1);
}

/// A card whose revocation cannot be looked up logs nobody in, here or in a login under way; when it can, the same browser
/// goes on.
#[tokio::test]
async fn a_card_of_unknown_status_logs_nobody_in() {
    let installation = Installation::start("status-away");
    let service = Service::register(&installation, "rp", &json!({}));
    let browser = Browser::new(&installation, Some(identity(&installation.person(0, "employee"))));
    let (at, proof) = browser.reach_consent(&service.login_url(&[])).await;
    let fields = [("proof", proof.as_str()), ("answer", "accept")];

    rename(&installation, "certificate", "certificate_away");
    let check = browser.get(&super::cards::check_url(&installation)).await;
    let (_, begun) = browser.follow(&service.login_url(&[])).await;
    for page in [&check, &begun] {
        assert_eq!(page.status, StatusCode::SERVICE_UNAVAILABLE, "{}", page.body);
        assert!(page.body.contains("Kortets status kan inte kontrolleras"), "{}", page.body);
    }
    let decided = browser.post(&at, &fields, service.issuer()).await;
    assert!(decided.status.is_server_error() && decided.location.is_none(), "{}", decided.body);
    assert!(events(&installation, "login.completed").is_empty());

    rename(&installation, "certificate_away", "certificate");
    let decided = browser.post(&at, &fields, service.issuer()).await;
    assert!(answered(&decided.location.unwrap()).contains_key("code"));
    assert_eq!(browser.get(&super::cards::check_url(&installation)).await.status, StatusCode::OK);
}

/// Waits until the page for the public says so.
async fn until_told(browser: &Browser, service: &Service, text: &str) {
    let url = format!("{}/status", service.issuer());
    for _ in 0..60 {
        let page = browser.get(&url).await;
        assert_eq!(page.status, StatusCode::OK, "it is there whatever else is not");
        if page.body.contains(text) {
            return;
        }
        wait(Duration::from_millis(250)).await;
    }
    panic!("{url} never said: {text}");
}

/// Another program holds the database's write lock until it is killed.
fn hold_database(installation: &Installation) -> Child {
    let mut child = Command::new("sqlite3")
        .arg(installation.data().join("sigill.db"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let input = child.stdin.as_mut().unwrap();
    input.write_all(b".timeout 5000\nBEGIN IMMEDIATE;\nSELECT 'held';\n").unwrap();
    input.flush().unwrap();
    let mut said = [0; 5];
    std::io::Read::read_exact(child.stdout.as_mut().unwrap(), &mut said).unwrap();
    child
}
