//! The demo relying service of quickstart: a person logs in at once, sees what was told, and logs out.

use crate::support::relying::{Browser, Page, identity};
use crate::support::{Installation, wait};
use reqwest::StatusCode;
use std::time::Duration;

/// Nothing is registered before somebody wants to log in; then everything works as for any relying service, and a logout
/// or a revocation ends it.
#[tokio::test]
async fn a_person_logs_in_at_the_demo_service() {
    let installation = Installation::start("demo-service");
    let (service, issuer) = (address(&installation), installation.url("api_url"));
    let person = installation.person(0, "employee");
    let name = person["name"].as_str().unwrap();
    let browser = Browser::new(&installation, Some(identity(&person)));
    let front = async || front(&browser, &service).await;
    assert!(front().await.body.contains("ingen riktig tjänst"));
    assert!(super::login::events(&installation, "relying-service.proposed").is_empty());

    let log_in = async || {
        let (at, proof) = browser.reach_consent(&format!("{service}/login")).await;
        let decided = browser.post(&at, &[("proof", &proof), ("answer", "accept")], &issuer).await;
        browser.follow(&decided.location.unwrap()).await.1
    };
    let page = log_in().await;
    assert_eq!(page.status, StatusCode::OK, "{}", page.body);
    assert!(page.body.contains(name) && page.body.contains("uncertified-loa3"), "{}", page.body);
    assert!(page.body.contains("ES256") && !page.body.contains("<script"), "{}", page.body);

    let out = browser.post(&format!("{service}/logout"), &[], &service).await.location.unwrap();
    let asked = browser.get(&out).await;
    assert_eq!(asked.status, StatusCode::OK, "{}", asked.body);
    let query = out.split_once('?').unwrap().1;
    let fields: Vec<(String, String)> = url::form_urlencoded::parse(query.as_bytes()).into_owned().collect();
    let mut fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    fields.push(("answer", "accept"));
    let back = browser.post(&format!("{issuer}/oidc/end_session"), &fields, &issuer).await.location.unwrap();
    assert_eq!(back, format!("{service}/"));
    assert!(!front().await.body.contains(name));

    log_in().await;
    assert!(front().await.body.contains(name));
    super::logout::revoke_certificate(&installation, &person).await;
    for _ in 0..40 {
        if !front().await.body.contains(name) {
            assert_eq!(super::login::events(&installation, "relying-service.proposed").len(), 1, "once is enough");
            return;
        }
        wait(Duration::from_millis(250)).await;
    }
    panic!("the demo service was not told that the session is over");
}

/// An answer that this browser did not ask for logs nobody in.
#[tokio::test]
async fn the_demo_service_takes_no_answer_of_others() {
    let installation = Installation::start("demo-service-others");
    let (service, issuer) = (address(&installation), installation.url("api_url"));
    let browser = Browser::new(&installation, None);
    front(&browser, &service).await;
    let page = browser.get(&format!("{service}/callback?code=x&state=y&iss={issuer}")).await;
    assert_eq!(page.status, StatusCode::FORBIDDEN);
    assert!(page.body.contains("Du är inte inloggad"), "{}", page.body);
    let notice = browser.post(&format!("{service}/notice"), &[("logout_token", "x.y.z")], &issuer).await;
    assert_eq!(notice.status, StatusCode::BAD_REQUEST);
}

/// Where it is: quickstart prints it.
fn address(installation: &Installation) -> String {
    let log = installation.log();
    let line = log.lines().find(|line| line.trim_start().starts_with("demo ")).expect("quickstart says where");
    line.split_whitespace().nth(1).unwrap().to_owned()
}

/// Its first page. It stands up a moment after quickstart has said that the installation is ready.
async fn front(browser: &Browser, service: &str) -> Page {
    for _ in 0..600 {
        let port = service.rsplit(':').next().unwrap();
        if std::net::TcpStream::connect(format!("127.0.0.1:{port}")).is_ok() {
            break;
        }
        wait(Duration::from_millis(50)).await;
    }
    browser.get(&format!("{service}/")).await
}
